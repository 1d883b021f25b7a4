"""The levels of rules, from the ini file, and what is said of a wrong one."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from loadwise.core.finding import Level
from loadwise.report.shown import levels_of, shown
from tests.plugin.inner import make_project, run
from tests.plugin.suite import READS
from tests.plugin.test_about import finding

PYPROJECT = """\
[tool.pytest.ini_options]
pythonpath = ["."]
asyncio_mode = "strict"
loadwise_levels = ["lazy-read = off"]
"""


def test_the_levels() -> None:
    """A line a rule, with as much room as one likes."""
    lines = "lazy-read = warning\nexpired-read=error\n unset-read =  note \nlazy-write = off"
    assert levels_of(lines.splitlines()) == {
        "lazy-read": Level.WARNING,
        "expired-read": Level.ERROR,
        "unset-read": Level.NOTE,
        "lazy-write": Level.HIDDEN,
    }


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("lazy-raed = off", "there is no rule 'lazy-raed': did you mean lazy-read"),
        ("§ = off", "there is no rule '§': the rules are lazy-read, "),
        ("lazy-read = eror", "there is no level 'eror': did you mean error?"),
        ("lazy-read = 7", "there is no level '7': the levels are error, warning, note, off"),
        ("lazy-read", "'lazy-read' is not `rule = level`"),
        ("lazy-read =", "there is no level '': the levels are error, warning, note, off"),
    ],
)
def test_a_wrong_line(line: str, problem: str) -> None:
    """One line that names the nearest."""
    with pytest.raises(ValueError, match=re.escape(problem)) as caught:
        levels_of([line])
    assert "\n" not in str(caught.value)


def test_what_is_shown() -> None:
    """A finding at its level here; nothing where it is off, hidden or allowed."""
    one = finding()
    assert shown(one) is one
    assert shown(one, levels={"lazy-write": Level.HIDDEN}) is one
    assert shown(one, levels={"lazy-read": Level.NOTE}) == dataclasses.replace(
        one, level=Level.NOTE
    )
    assert shown(one, levels={"lazy-read": Level.HIDDEN}) is None
    assert shown(dataclasses.replace(one, level=Level.HIDDEN)) is None
    assert shown(one, allowed=["User.organization"]) is None
    assert shown(one, allowed=["lazy-read"]) is None
    assert shown(one, allowed=["User.name", "lazy-write"]) is one


@pytest.mark.parametrize("option", ["--loadwise", "--loadwise-mode=fail"])
def test_a_wrong_line_ends_the_run(tmp_path: Path, option: str) -> None:
    """As pytest says that an option is wrong, and no test runs."""
    project = make_project(tmp_path / "project", test_reads=READS)
    done = run(project, option, "-o", "loadwise_levels=lazy-reads = note", "tests")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert done.err.startswith("ERROR: loadwise_levels: there is no rule 'lazy-reads': did you")
    assert len(done.err.strip().splitlines()) == 1
    assert "passed" not in done.out


def test_a_rule_that_is_off(tmp_path: Path) -> None:
    """In pyproject.toml: nothing is listed and no test fails of it; what fails is explained."""
    project = make_project(tmp_path / "project", test_reads=READS)
    (project / "pytest.ini").unlink()
    (project / "pyproject.toml").write_text(PYPROJECT, encoding="utf-8")
    done = run(project, "--loadwise-mode=fail", "tests")
    assert "2 failed, 2 passed" in done.out
    assert "error" not in done.out.splitlines()[-1]
    assert "= loadwise: nothing was read that was not loaded =" not in done.out
    assert "= loadwise: nothing to show =" in done.out
    assert "LW101 lazy-read" in done.failure("test_first")
