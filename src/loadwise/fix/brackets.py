"""Brackets: what stands between two brackets, one item more or less, with all else as it was."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from loadwise.core.lines import lines_of

LINE_END: Final = re.compile(r"\r\n|\r|\n")
BLANK: Final = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
)


class Change(NamedTuple):
    """Replace the text from one offset up to, not including, another."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Item:
    """Where an item starts and ends, and where the comma behind it is, if there is one."""

    start: int
    end: int
    comma: int | None = None

    @property
    def behind(self) -> int:
        """The offset behind the item, and behind its comma."""
        return self.end if self.comma is None else self.comma + 1


@dataclass(frozen=True, slots=True)
class Brackets:
    """The brackets from offset `start` (that of the opening one) up to, not including, `end`."""

    text: str
    start: int
    end: int
    items: tuple[Item, ...]

    @classmethod
    def read(cls, text: str, start: int, end: int) -> Brackets:
        """What stands between two brackets. Raises ValueError where that is not Python."""
        return cls(text, start, end, tuple(_items(text, start, end)))

    def added(self, item: str) -> list[Change]:
        """The changes that put an item behind the others, on a line of its own if they are so.

        `removed()` of the new item undoes them.
        """
        if not self.items:
            return [Change(self.start + 1, self.start + 1, item)]
        last = self.items[-1]
        if not self._has_own_line(last):
            if last.comma is None:
                return [Change(last.end, last.end, f", {item}")]
            return [Change(last.behind, last.behind, f" {item},")]
        ended = LINE_END.search(self.text, last.behind)
        place = ended.start() if ended is not None else self.end - 1
        line = self._line_start(last.start)
        new = f"{self._newline()}{self.text[line : last.start]}{item}"
        if last.comma is None:
            return [Change(last.end, place, f",{self.text[last.end : place]}{new}")]
        return [Change(place, place, f"{new},")]

    def removed(self, number: int) -> list[Change]:
        """The changes that take an item out."""
        item = self.items[number]
        if len(self.items) == 1:
            return [self._all_of(item)]
        if number < len(self.items) - 1:
            return [Change(item.start, self._next(item, self.items[number + 1]), "")]
        before = self.items[number - 1]
        if self._line_start(item.start) is None or before.comma is None:
            start = before.end if item.comma is None else before.behind
            return [Change(start, item.behind, "")]
        line = self._line_start(item.start) or 0
        ended = [*LINE_END.finditer(self.text, before.behind, line)][-1].start()
        taken = Change(ended, item.behind, "")
        if item.comma is None:
            return [Change(before.comma, before.behind, ""), taken]
        return [taken]

    def _all_of(self, item: Item) -> Change:
        """The one item that there is, with the white space around it if there was a line for it."""
        inside = self.text[self.start + 1 : item.start] + self.text[item.behind : self.end - 1]
        if item.start > self.start + 1 and not inside.strip():
            return Change(self.start + 1, self.end - 1, "")
        return Change(item.start, item.behind, "")

    def _next(self, item: Item, following: Item) -> int:
        """Up to where an item goes that others follow: what is said of it in a comment stays."""
        between = self.text[item.behind : following.start]
        if "#" not in between:
            return following.start
        return item.behind + len(between) - len(between.lstrip(" \t"))

    def _has_own_line(self, item: Item) -> bool:
        """Whether an item starts its line, and the closing bracket stands below it."""
        below = LINE_END.search(self.text, item.end, self.end)
        return self._line_start(item.start) is not None and below is not None

    def _line_start(self, offset: int) -> int | None:
        """Where the line starts, of what is the first on it; None where something stands before."""
        start = offset
        while start > 0 and self.text[start - 1] in " \t":
            start -= 1
        return start if start > self.start and self.text[start - 1] in "\r\n" else None

    def _newline(self) -> str:
        found = LINE_END.search(self.text, self.start)
        return found[0] if found is not None else "\n"


def _items(text: str, start: int, end: int) -> Iterator[Item]:
    """The items between two brackets, by the commas that are in no brackets of their own."""
    starts = [start]
    lines = lines_of(text[start:end])
    for line in lines:
        starts.append(starts[-1] + len(line))
    depth, first, last = 0, -1, -1
    try:
        for token in tokenize.generate_tokens(io.StringIO(text[start:end], newline="").readline):
            if token.type in BLANK or token.type == tokenize.COMMENT:
                continue
            begin = starts[token.start[0] - 1] + token.start[1]
            behind = starts[token.end[0] - 1] + token.end[1]
            depth -= token.string in {")", "]", "}"}
            if depth == 1 and token.string == ",":
                yield Item(first, last, begin)
                first = -1
            elif begin != start and behind != end:
                first, last = (begin if first < 0 else first), behind
            depth += token.string in {"(", "[", "{"}
    except (tokenize.TokenError, IndentationError) as error:
        raise ValueError(str(error)) from None
    if first >= 0:
        yield Item(first, last)


def changed(text: str, changes: list[Change]) -> str:
    """The text after its changes, which do not overlap."""
    for change in sorted(changes, reverse=True):
        text = text[: change.start] + change.text + text[change.end :]
    return text
