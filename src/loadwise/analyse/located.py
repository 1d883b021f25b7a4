"""Located: which line of the source a frame of a pasted traceback is.

The traceback may come from elsewhere: a container, another checkout, an older commit. A file is
found by the end of its path, and a line that has moved by its text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final

from loadwise.core.site import Site
from loadwise.core.trace import Frame, Trace

INSTALLED: Final = re.compile(r"(?:^|/)(?:site-packages|dist-packages)/|/lib/python3\.\d+t?/")
"""What the paths of libraries have."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Located:
    """A line of the source: its site, what the carets marked, and the line that was named first.

    `said` is 0 where the line is where the traceback has it.
    """

    site: Site
    marked: str = ""
    said: int = 0


Lines = Callable[[str], list[str]]
"""The lines of a file of the project."""


def located(trace: Trace, files: Iterable[str], lines: Lines) -> Located | None:
    """The innermost frame that lies in the project; None where none does."""
    known = tuple(files)
    for frame in reversed(trace.frames):
        found = _of_frame(frame, known, lines)
        if found is not None:
            return found
    return None


def is_installed(frame: Frame) -> bool:
    """Whether a frame is in a library, or in no file."""
    path = frame.file.replace("\\", "/")
    return path.startswith("<") or INSTALLED.search(path) is not None


def _of_frame(frame: Frame, files: tuple[str, ...], lines: Lines) -> Located | None:
    if is_installed(frame):
        return None
    parts = frame.file.replace("\\", "/").split("/")
    shared = {file: _shared(parts, file.split("/")) for file in files}
    most = max(shared.values(), default=0)
    alike = [file for file, count in shared.items() if count == most and count]
    found = [one for file in alike if (one := _in_file(frame, file, lines(file))) is not None]
    return found[0] if len(found) == 1 else None


def _shared(path: list[str], file: list[str]) -> int:
    """How many parts two paths end alike in."""
    count = 0
    for one, other in zip(reversed(path), reversed(file), strict=False):
        if one != other:
            break
        count += 1
    return count


def _in_file(frame: Frame, file: str, lines: list[str]) -> Located | None:
    """The line of a frame in a file; by its text, where that stands elsewhere by now."""
    line = frame.line
    if frame.code and _is_code(frame.code) and _text(lines, line) != frame.code:
        places = [place + 1 for place, text in enumerate(lines) if text.strip() == frame.code]
        if not places:
            return None
        line = min(places, key=lambda place: abs(place - frame.line))
    if not 0 < line <= len(lines):
        return None
    code = lines[line - 1].rstrip("\r\n")
    start = code.find(frame.marked) if frame.marked else len(code) - len(code.lstrip())
    end = start + len(frame.marked) if frame.marked else len(code)
    site = Site(
        file=file,
        line=line,
        column=max(start, 0) + 1,
        end_column=max(end, 0) + 1,
        function=frame.function,
        code=code,
    )
    return Located(site=site, marked=frame.marked, said=frame.line if frame.line != line else 0)


def _is_code(text: str) -> bool:
    """Whether it is a line of the file; FastAPI shows the route there."""
    return not re.match(r"(?:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS|TRACE) /", text)


def _text(lines: list[str], line: int) -> str:
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""
