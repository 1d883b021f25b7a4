"""The command as a shell runs it, in a process of its own; and what it imports there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

START: Final = "from loadwise.cli import main\nmain()\n"
UNSET: Final = ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "TERM", "PYTEST")
"""How the variables begin that would change what is printed."""


def clean(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment without what would change the output."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(UNSET)}
    return {**kept, **(extra or {})}


def loadwise(
    *arguments: str,
    before: str = "",
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `loadwise` with these arguments; the code `before` runs first."""
    return subprocess.run(
        [sys.executable, "-c", f"{before}\n{START}", *arguments],
        env=clean(env),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


def without(names: Iterable[str]) -> str:
    """Code after which packages are as if they were not installed: not found, not imported."""
    return f"""\
import sys


class Without:
    def __init__(self, finder):
        self.finder = finder

    def find_spec(self, name, *more):
        hidden = name.partition(".")[0] in {set(names)!r}
        return None if hidden else self.finder.find_spec(name, *more)

    def __getattr__(self, name):
        return getattr(self.finder, name)


sys.meta_path[:] = map(Without, sys.meta_path)
"""
