"""Terminal: where a command prints, with or without colour."""

from __future__ import annotations

import os
import sys

from rich.console import Console
from rich.markdown import Markdown
from rich.text import Text

MOST_COLUMNS = 100


class Terminal:
    """Standard output. Plain text where it is not a terminal, unless colour is asked for.

    `color` is "auto", "always" or "never"; "auto" respects NO_COLOR and FORCE_COLOR.
    """

    def __init__(self, color: str = "auto") -> None:
        forced = color == "always" or (color == "auto" and bool(os.environ.get("FORCE_COLOR")))
        plain = color == "never" or (color == "auto" and bool(os.environ.get("NO_COLOR")))
        self.styled = not plain and (forced or sys.stdout.isatty())
        self.console = Console(
            file=sys.stdout,
            force_terminal=self.styled,
            color_system="standard" if self.styled else None,
            highlight=False,
            markup=False,
            soft_wrap=True,
        )

    @property
    def width(self) -> int:
        """The columns that text is laid out for."""
        return min(self.console.width, MOST_COLUMNS) if sys.stdout.isatty() else 80

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line, or several, as they are."""
        self.console.print(Text(text, style=style if self.styled else ""))

    def heading(self, text: str) -> None:
        """Print a line that stands out, with room before it."""
        self.line()
        self.line(text, "bold")
        self.line("-" * len(text), "dim")

    def text(self, text: Text) -> None:
        """Print styled text."""
        self.console.print(text if self.styled else Text(text.plain))

    def markdown(self, text: str) -> None:
        """Print a page: laid out on a terminal, as it is written elsewhere."""
        if self.styled:
            self.console.print(Markdown(text), width=self.width, soft_wrap=False)
        else:
            sys.stdout.write(text)
