"""The command `reveal`: what the static witness believes at a place, printed."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from loadwise.analyse.files import NoSuchPathError
from loadwise.analyse.reveal import UnrevealedError, reveal
from loadwise.cli.check import root_of
from loadwise.cli.terminal import Terminal

PLACE: Final = re.compile(r"(?P<file>.+?):(?P<line>\d+)(?::(?P<expression>.+))?")


def run(place: str, paths: Sequence[str], terminal: Terminal) -> None:
    """Print what is believed. Raises UnrevealedError and NoSuchPathError."""
    found = PLACE.fullmatch(place)
    if found is None:
        raise UnrevealedError(f"{place!r} is no place: write FILE:LINE or FILE:LINE:EXPRESSION")
    file = Path(found["file"])
    if not file.is_file():
        raise NoSuchPathError(f"there is no file {file}")
    line, expression = int(found["line"]), found["expression"] or ""
    root = root_of(paths)
    for one in reveal(file, line, expression, list(paths), root):
        terminal.line(f"{found['file']}:{line}  {one.expression}", "bold")
        for number, belief in enumerate(one.beliefs):
            if number:
                terminal.line("  or, on another way:")
            for text in belief:
                terminal.line(f"  {text}")
