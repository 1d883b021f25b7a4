"""What the options do: off, the traceback beside the explanation, what they need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.plugin.inner import line_of, make_project, run
from tests.plugin.suite import READS

OFF = """\
import sys


def test_what_is_imported():
    print(sorted(name for name in sys.modules if name.startswith("loadwise")))
    assert False
"""
NO_GREENLET = '''\
"""As if greenlet were not installed."""

import sys

sys.modules["greenlet"] = None
'''
WITHOUT_OTHERS = tuple(f"no:{name}" for name in ("xdist", "anyio", "hypothesispytest"))
"""What is installed beside loadwise and need not be waited for."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with a test that prints what is imported, and the usual ones."""
    folder = make_project(tmp_path_factory.mktemp("options"), test_off=OFF, test_reads=READS)
    (folder / "no_greenlet.py").write_text(NO_GREENLET, encoding="utf-8")
    return folder


@pytest.mark.parametrize(
    ("arguments", "imported"),
    [
        pytest.param((), "['loadwise_pytest']", id="installed"),
        pytest.param(("-p", "no:loadwise"), "[]", id="blocked"),
    ],
)
def test_off_imports_nothing_else(project: Path, arguments: tuple[str, ...], imported: str) -> None:
    """Found by its entry point, and not asked for; or not even found."""
    blocked = [part for name in WITHOUT_OTHERS for part in ("-p", name)]
    done = run(project, *blocked, *arguments, "tests/test_off.py", plugins=())
    assert f"\n{imported}\n" in done.out
    assert "loadwise:" not in done.out
    assert done.code == pytest.ExitCode.TESTS_FAILED


def test_the_traceback_beside_the_explanation(project: Path) -> None:
    """`--tb=long` shows pytest's own, which ends with the explanation; the fact sums it up."""
    done = run(project, "--loadwise", "--tb=long", "tests/test_reads.py::test_first")
    shown = done.failure("test_first")
    assert "orm/attributes.py" in shown
    assert "E  " in shown
    assert f"E             {line_of('return user.organization')} |     return" in shown
    assert shown.count("docs  loadwise explain lazy-read") == 1
    assert "test_first - LW101 `User.organization` is" in done.summary("::test_first")


def test_without_greenlet(project: Path) -> None:
    """One line, which names SQLAlchemy's extra; no test runs."""
    plugins = ("no_greenlet", "loadwise_pytest")
    done = run(project, "--loadwise", "tests", plugins=plugins, env={"PYTHONPATH": str(project)})
    assert done.code == pytest.ExitCode.USAGE_ERROR
    lines = done.err.strip().splitlines()
    assert len(lines) == 1, done.err
    assert lines[0].startswith("ERROR: --loadwise: ")
    assert lines[0].endswith('pip install "sqlalchemy[asyncio]"')
