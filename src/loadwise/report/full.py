"""The full format, in colour: the text of `core.text` with its parts styled."""

from __future__ import annotations

import re
from typing import Final

from rich.text import Text

from loadwise.core.finding import Finding
from loadwise.core.text import full

STYLES: Final = (
    (re.compile(r"\A.*"), "bold"),
    (re.compile(r"\bLW\d+ [\w-]+"), "bold red"),
    (re.compile(r"`[^`\n]+`"), "bold cyan"),
    (re.compile(r"^ +\d* \|", re.MULTILINE), "blue"),
    (re.compile(r"(?<=\| )\s*\^+.*$", re.MULTILINE), "red"),
    (re.compile(r"^  (?:why|have|seen|fix|or|docs)\b", re.MULTILINE), "bold"),
    (re.compile(r"   (?:need|gap)  "), "bold"),
    (re.compile(r"\[safe\]"), "green"),
    (re.compile(r"\[(?:unsafe|display)\]"), "yellow"),
)


def styled(finding: Finding, *, width: int) -> Text:
    """A finding as it is shown on a terminal; `.plain` is the text without colour."""
    text = Text(full(finding, width=width))
    for pattern, style in STYLES:
        text.highlight_regex(pattern, style)
    return text
