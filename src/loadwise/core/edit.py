"""Edit and Fix: what to change in the source, and how far it can be trusted."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from loadwise.core.lines import lines_of
from loadwise.core.site import Site


class Applicability(str, Enum):
    """Whether a fix may be applied unseen (safe), on request (unsafe), or only be read."""

    SAFE = "safe"
    UNSAFE = "unsafe"
    DISPLAY = "display"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Edit:
    """Replace the text between `start` and `end` (line and column, both from 1) by `text`.

    `end` is the place behind the last replaced character; an insertion has `start == end`.
    """

    file: str
    start: tuple[int, int]
    end: tuple[int, int]
    text: str


def insertion(file: str, line: int, column: int, text: str) -> Edit:
    """The edit that puts a text in at a place."""
    return Edit(file=file, start=(line, column), end=(line, column), text=text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """One cure: the code to type (`text`), where (`site`), and the edits that do it."""

    title: str
    applicability: Applicability
    text: str
    site: Site | None = None
    edits: tuple[Edit, ...] = ()

    def __post_init__(self) -> None:
        if not self.edits and self.applicability is not Applicability.DISPLAY:
            raise ValueError("a fix without edits can only be displayed")


class OverlappingEditsError(ValueError):
    """Two edits change the same text."""


def apply_edits(text: str, edits: tuple[Edit, ...]) -> str:
    """The text of one file after its edits; equal edits count once. Raises OverlappingEditsError.

    >>> edit = Edit(file="a.py", start=(1, 5), end=(1, 6), text="2")
    >>> apply_edits("x = 1", (edit,))
    'x = 2'
    """
    lines = lines_of(text)
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line))

    def offset(place: tuple[int, int]) -> int:
        line, column = place
        return starts[min(line - 1, len(lines))] + column - 1

    behind = len(text) + 1
    for edit in sorted(set(edits), reverse=True):
        start, end = offset(edit.start), offset(edit.end)
        if end > behind:
            raise OverlappingEditsError(
                f"{edit.file}:{edit.start[0]}: two edits change the same text"
            )
        text = text[:start] + edit.text + text[end:]
        behind = start
    return text
