"""How these tests write a source, find a place in it, and apply edits to it."""

from __future__ import annotations

import ast
import textwrap
from collections.abc import Iterable

from loadwise.core.edit import Edit, apply_edits
from loadwise.core.source import Source
from loadwise.fix.loading import Loading, loading_at

FILE = "app.py"


def text(written: str) -> str:
    """A source as a test writes it, without the indentation and the first line end."""
    return textwrap.dedent(written).removeprefix("\n")


def source(written: str) -> Source:
    """A source that must be Python."""
    parsed = Source.parse(written)
    assert parsed is not None, written
    return parsed


def place(written: str, part: str) -> tuple[int, int]:
    """The line and the column, in characters, at which the one occurrence of a part begins."""
    assert written.count(part) == 1, part
    before = written[: written.index(part)].removeprefix("\ufeff")
    lines = before.replace("\r\n", "\n").split("\n")
    return len(lines), len(lines[-1]) + 1


def loading(written: str, part: str = "session.") -> Loading:
    """The call that loads, which begins with a part of the source."""
    found = loading_at(source(written), FILE, *place(written, part))
    assert found is not None
    return found


def applied(written: str, edits: Iterable[Edit]) -> str:
    """A source after its edits, which must be Python again."""
    edits = tuple(edits)
    assert all(edit.file == FILE for edit in edits)
    edited = apply_edits(written, edits)
    compile(edited, FILE, "exec", ast.PyCF_ALLOW_TOP_LEVEL_AWAIT, dont_inherit=True)
    return edited
