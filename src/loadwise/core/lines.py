"""Lines: a text, cut where Python ends a line (`str.splitlines` also cuts at form feeds)."""

from __future__ import annotations

import re

LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")


def lines_of(text: str) -> list[str]:
    """The lines of a text, each with its end; joined, they are the text.

    >>> lines_of("a = 1\\r\\nb\\x0c = 2")
    ['a = 1\\r\\n', 'b\\x0c = 2']
    """
    return LINE.findall(text)
