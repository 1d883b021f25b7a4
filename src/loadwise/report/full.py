"""The full format on a terminal: the text of `core.text`, folded to its columns, and coloured."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from loadwise.core.finding import Finding
from loadwise.core.text import WIDTH, full

if TYPE_CHECKING:
    from rich.text import Text

NARROWEST: Final = 60
"""Columns below which it is left to the terminal to wrap."""
LABELS: Final = "why|have|need|gap|seen|fix|or|docs"
CODE: Final = re.compile(r"(?P<margin>  +\d+ \| )(?P<rest>(?P<indent> *).*)")
POINTER: Final = re.compile(r"(?P<margin>  +\| )(?P<rest> *\^.*)")
"""The two lines of a frame: the code, and the marks below it."""
FOLDABLE: Final = re.compile(rf"(?P<fact>  (?:{LABELS}) +)|  +\| (?=[^\s^])")
"""How the lines begin that hold words: facts, and what is said below a code frame."""

STYLES: Final = (
    (re.compile(r"\A\S+:\d+"), "bold"),
    (re.compile(r"\bLW\d+ [\w-]+"), "bold red"),
    (re.compile(r"`[^`\n]+`"), "bold cyan"),
    (re.compile(r"^  +\d* \|", re.MULTILINE), "blue"),
    (re.compile(r"(?<= \| )\s*\^+.*$", re.MULTILINE), "red"),
    (re.compile(rf"^  (?:{LABELS})(?=  )", re.MULTILINE), "bold"),
    (re.compile(r"   (?:need|gap)  "), "bold"),
    (re.compile(r"\[safe\]"), "green"),
    (re.compile(r"\[(?:unsafe|display)\]"), "yellow"),
)


def laid_out(finding: Finding, *, columns: int) -> str:
    """A finding in so many columns, at least 60 and at most 100.

    Code is never folded; that of a frame which does not fit is moved to the left.
    """
    width = min(max(columns, NARROWEST), WIDTH)
    first, *rest = full(finding, width=width).splitlines()
    lines = list(_headline(first, width))
    for line in _moved(rest, width):
        lines.extend(_folded(line, width))
    return "\n".join(lines)


def _moved(lines: list[str], width: int) -> Iterator[str]:
    """The lines, with those frames that do not fit without the indentation of their code."""
    indent = ""
    for line in lines:
        if code := CODE.match(line):
            indent = code["indent"] if len(line) > width else ""
        pointer = POINTER.match(line)
        if found := code or pointer:
            yield found["margin"] + found["rest"].removeprefix(indent)
        else:
            yield line


def _headline(line: str, width: int) -> Iterator[str]:
    """The first line; where it is too long, the fact has a line of its own."""
    place, gap, fact = line.rpartition("  ")
    if len(line) <= width or not gap:
        yield line
    else:
        yield place
        yield f"  {fact}"


def _folded(line: str, width: int) -> Iterator[str]:
    start = FOLDABLE.match(line)
    if len(line) <= width or start is None:
        yield line
        return
    head = start[0]
    again = " " * len(head) if start["fact"] else head
    words = textwrap.TextWrapper(
        width,
        initial_indent=head,
        subsequent_indent=again,
        break_long_words=False,
        break_on_hyphens=False,
    )
    yield from words.wrap(line[len(head) :])


def styled(finding: Finding, *, columns: int) -> Text:
    """A finding as a terminal shows it in colour; `.plain` is the text without."""
    from rich.text import Text

    text = Text(laid_out(finding, columns=columns))
    for pattern, style in STYLES:
        text.highlight_regex(pattern, style)
    return text
