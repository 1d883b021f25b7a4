"""Site: a place in the source."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Site:
    """A place in the source: lines and columns count from 1, the file is relative to the project.

    `end_column` is the column behind the marked text (equal to `column` where its extent is not
    known); `code` is the line as it stood, empty where it could not be read.
    """

    file: str
    line: int
    column: int = 1
    function: str = ""
    end_column: int = 1
    code: str = ""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """Both ends of a use: where the object is touched, and where it was loaded."""

    read: Site | None = None
    load: Site | None = None
