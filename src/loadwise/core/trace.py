"""Trace: a traceback as somebody pasted it, read back into frames and what was said.

Python's own form, of 3.10 (which marks no columns) and later, and those of pytest, rich and
IPython; bare, in a log with something before each line, in an exception group, or as one line of
JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """One line of a traceback: the file as it was named there, and the code without its indent.

    `marked` is the part of the code that carets stand under; empty where there are none.
    """

    file: str
    line: int
    function: str = ""
    code: str = ""
    marked: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The frames of one exception, the innermost last, and all that was said beside them."""

    frames: tuple[Frame, ...] = ()
    said: str = ""


STYLE: Final = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
START: Final = re.compile(
    r"Traceback \(most recent call last\)|During handling of the above exception"
    r"|The above exception was the direct cause"
)
FRAMES: Final = (
    re.compile(
        r'(?P<before>.*?)File "(?P<file>[^"]+)", line (?P<line>\d+)(?:, in (?P<in>.+?))?\s*$'
    ),
    re.compile(r"(?P<before>\W*)(?P<file>[^\s:]+\.py):(?P<line>\d+) in (?P<in>\w+)\b"),
    re.compile(r"(?P<before>)(?P<file>[^\s:]+\.py):(?P<line>\d+): (?:in (?P<in>\w+)|\w+\s*$)"),
    re.compile(r"(?P<before>)(?P<file>[^\s:]+\.py):(?P<line>\d+):\s*$"),
    re.compile(r"(?P<before>)File (?P<file>[^\s:]+):(?P<line>\d+), in (?P<in>\w+)"),
)
"""How a frame is named by Python, rich, pytest and IPython."""
CARETS: Final = re.compile(r" *[~^]*\^[~^]*")
ESCAPED: Final = re.compile(r"""\\n *File \\*["']""")
"""How a frame begins in a text that is escaped."""
ESCAPE: Final = re.compile(r"\\(.)")
SPACES: Final = {"n": "\n", "r": "\r", "t": "\t"}
ELIDED: Final = re.compile(r"\.\.\.<\d+ lines>\.\.\.|\[Previous line repeated \d+ more times?\]")


def traces_of(text: str) -> tuple[Trace, ...]:
    """The exceptions of a pasted text in their order; none where no frame is in it.

    >>> found = traces_of('  File "app.py", line 2, in show\\n    user.team\\nError: x')
    >>> found[0].frames[0].code, found[0].said
    ('user.team', 'Error: x')
    """
    found: list[Trace] = []
    frames: list[Frame] = []
    said: list[str] = []
    lines = _lines(text)
    place = 0
    while place < len(lines):
        frame = _frame(lines, place)
        if frame is not None:
            made, place = frame
            frames.append(made)
            continue
        if START.search(lines[place]):
            found.append(Trace(frames=tuple(frames), said="\n".join(said)))
            frames, said = [], []
        else:
            said.append(lines[place])
        place += 1
    found.append(Trace(frames=tuple(frames), said="\n".join(said)))
    return tuple(one for one in found if one.frames)


def _lines(text: str) -> list[str]:
    """The lines, without colours; a text whose line ends are escaped is taken out of its JSON."""
    plain = STYLE.sub("", text)
    while ESCAPED.search(plain):
        plain = ESCAPE.sub(lambda found: SPACES.get(found[1], found[1]), plain)
    return [line.rstrip("\r") for line in plain.split("\n")]


def _frame(lines: list[str], place: int) -> tuple[Frame, int] | None:
    """The frame that a line begins, with its code, and where what follows it begins."""
    match = next((found for form in FRAMES if (found := form.match(lines[place]))), None)
    if match is None:
        return None
    place += 1
    code, marked = "", ""
    for line in _below(lines[place:], match["before"]):
        place += 1
        if not code:
            code = line
        elif CARETS.fullmatch(line) and not marked:
            marked = code[len(line) - len(line.lstrip()) : len(line)]
    frame = Frame(
        file=match["file"],
        line=int(match["line"]),
        function=(match.groupdict().get("in") or "").strip(),
        code=code.strip(),
        marked=marked.strip(),
    )
    return frame, place


def _below(lines: list[str], before: str) -> Iterator[str]:
    """The lines of code below a frame, without what stands before each and without their indent."""
    margin = len(before)
    indent = 0
    for line in lines:
        rest = line[margin:]
        if not line.startswith(before.rstrip()) or not rest.startswith("  "):
            return
        if ELIDED.search(rest):
            continue
        indent = indent or len(rest) - len(rest.lstrip())
        yield rest[indent:]
