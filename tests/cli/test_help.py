"""`loadwise --help` answers at once: what it imports, not how long it takes."""

from __future__ import annotations

import sys

import pytest

from tests.cli.command import loadwise

MOST: int = 110
"""Modules imported for `--help`, the standard library's among them: 85 on Python 3.11."""
PRINT_MODULES = """\
import atexit, sys
before = set(sys.modules)
atexit.register(lambda: print(*sorted(set(sys.modules) - before), file=sys.stderr))
"""


def imported(*arguments: str) -> set[str]:
    """The modules that a command imports."""
    done = loadwise(*arguments, before=PRINT_MODULES)
    assert done.returncode == 0, done.stderr
    return set(done.stderr.split())


def packages(modules: set[str]) -> set[str]:
    """The packages that modules are in, those of the standard library left out."""
    return {name.partition(".")[0] for name in modules} - sys.stdlib_module_names


@pytest.mark.parametrize("arguments", [("--help",), ("explain", "-h"), ("demo", "--help")])
def test_help_imports_click_alone(arguments: tuple[str, ...]) -> None:
    """No rich, no LibCST, no SQLAlchemy; and of loadwise only where the commands are."""
    modules = imported(*arguments)
    assert packages(modules) - {"colorama"} == {"click", "loadwise"}
    own = {name for name in modules if name.partition(".")[0] == "loadwise"}
    assert own == {"loadwise", "loadwise.cli", "loadwise.cli.app"}
    assert len(modules) <= MOST, sorted(modules)


@pytest.mark.parametrize(
    "arguments",
    [("rules",), ("explain", "lazy-read"), ("explain", "loading"), ("schema",), ("--version",)],
)
def test_plain_text_needs_no_other_package(arguments: tuple[str, ...]) -> None:
    """What is not coloured is printed without rich, and nothing needs SQLAlchemy."""
    assert packages(imported(*arguments)) - {"colorama"} == {"click", "loadwise"}


def test_help_names_every_command() -> None:
    """A line each, none of them cut off, and how to start."""
    out = loadwise("--help").stdout
    for command in ("demo", "explain", "rules", "schema"):
        assert f"\n  {command} " in out
    assert "..." not in out.partition("Commands:")[2]
    assert "pytest --loadwise" in out
    assert all(len(line) <= 80 for line in out.splitlines())
