"""What is said of two runs: on records, and on a suite that a watch would harm."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Final

from tests.host.outcomes import Comparison, Outcomes, differences
from tests.host.runs import Suite, both

PASSED: Final = ("call: passed",)
FAILED: Final = ("call: failed (AssertionError)",)
BROKEN: Final = ("call: passed", "teardown: failed (AssertionError)")


def compared(without: Outcomes, watched: Outcomes, **expected: str) -> Comparison:
    """Two runs of a suite."""
    return Comparison(name="suite", without=without, watched=watched, expected=expected)


def test_equal_runs_agree() -> None:
    tests = Outcomes(tests={"one": PASSED, "two": FAILED})
    assert compared(tests, tests).agrees()
    assert list(compared(tests, tests).lines()) == [
        "suite: 2 tests compared (1 call: failed (AssertionError), 1 call: passed)",
        "  with a watch, 0 findings",
        "  0 differences that must not be",
    ]


def test_a_test_that_differs_is_told() -> None:
    without = Outcomes(tests={"one": PASSED, "two": PASSED, "gone": PASSED})
    watched = Outcomes(tests={"one": FAILED, "two": BROKEN, "new": PASSED})
    found = [one.test for one in differences(without, watched)]
    assert found == ["gone", "new", "one", "two"]
    assert not compared(without, watched).agrees()


def test_an_exception_has_to_be_named() -> None:
    without, watched = Outcomes(tests={"one": PASSED}), Outcomes(tests={"one": FAILED})
    comparison = compared(without, watched, one="as it asserts that nobody listens")
    assert comparison.agrees()
    assert "  differs, as it asserts that nobody listens: one" in comparison.lines()


def test_nothing_compared_is_no_agreement() -> None:
    assert not compared(Outcomes(tests={}), Outcomes(tests={})).agrees()


def test_a_fault_of_loadwise_is_no_agreement() -> None:
    without = Outcomes(tests={"one": PASSED})
    watched = Outcomes(tests={"one": PASSED}, faults=("on_execute failed (KeyError: 'x')",))
    assert not compared(without, watched).agrees()


HARMED: Final = dedent("""
    import sys

    import pytest


    def test_alike():
        pass


    def test_that_nobody_watches():
        assert "loadwise.observe.watch" not in sys.modules


    @pytest.mark.skip
    def test_skipped():
        pass


    @pytest.fixture
    def broken():
        yield
        raise ValueError


    def test_broken(broken):
        pass
""")


def test_a_suite_runs_with_and_without(tmp_path: Path) -> None:
    suite_folder = tmp_path / "suite"
    suite_folder.mkdir()
    (suite_folder / "test_it.py").write_text(HARMED, encoding="utf-8")
    (suite_folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    suite = Suite(
        name="suite", folder=suite_folder, options=("-p", "no:xdist"), watched=("--watch=full",)
    )
    without, watched = both(suite, tmp_path / "logs")
    assert without.tests == {
        "test_it.py::test_alike": PASSED,
        "test_it.py::test_that_nobody_watches": PASSED,
        "test_it.py::test_skipped": ("setup: skipped",),
        "test_it.py::test_broken": ("call: passed", "teardown: failed (ValueError)"),
    }
    (difference,) = differences(without, watched)
    assert difference.test == "test_it.py::test_that_nobody_watches"
    assert difference.watched == FAILED
    assert watched.faults == ()
