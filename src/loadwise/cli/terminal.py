"""Terminal: where a command prints, with or without colour."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from functools import cached_property
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rich.console import Console

    from loadwise.core.finding import Finding

IN_LOGS: Final = 80
"""Columns of what is not printed on a terminal."""
MOST: Final = 100
"""Columns beyond which lines are hard to read."""


class Terminal:
    """Standard output. Plain text where it is not a terminal, unless colour is asked for.

    `color` is "auto", "always" or "never"; "auto" respects NO_COLOR and FORCE_COLOR. The library
    that colours is imported when something is coloured.
    """

    def __init__(self, color: str = "auto") -> None:
        self.is_real = sys.stdout.isatty()
        self.styled = color == "always" or (color == "auto" and _is_wanted(self.is_real))
        self.columns = shutil.get_terminal_size().columns if self.is_real else IN_LOGS

    @cached_property
    def console(self) -> Console:
        """What prints in colour."""
        from rich.console import Console
        from rich.theme import Theme

        return Console(
            file=sys.stdout,
            force_terminal=True,
            color_system="standard",
            no_color=False,
            highlight=False,
            markup=False,
            emoji=False,
            soft_wrap=True,
            theme=Theme({"markdown.code": "bold cyan"}),  # no black box on a light background
        )

    def line(self, text: str = "", style: str = "") -> None:
        """Print one line, or several, as they are."""
        if self.styled:
            self.console.print(text, style=style)
        else:
            click.echo(text)

    def entry(self, label: str, text: str) -> None:
        """Print a label and its text; on a terminal, a long one continues behind the label."""
        lines = textwrap.wrap(text, max(self.columns - len(label), 20)) if self.is_real else [text]
        self.line(f"\n{' ' * len(label)}".join([label + lines[0], *lines[1:]]))

    def heading(self, text: str) -> None:
        """Print a line that stands out, with room around it."""
        self.line()
        self.line(text, "bold")
        self.line("-" * len(text), "dim")

    def finding(self, finding: Finding) -> None:
        """Print a finding in full."""
        from loadwise.report.full import laid_out, styled

        if self.styled:
            self.console.print(styled(finding, columns=self.columns))
        else:
            click.echo(laid_out(finding, columns=self.columns))

    def page(self, text: str) -> None:
        """Print a page of Markdown: laid out in colour, as it is written in plain text."""
        if self.styled:
            from rich.markdown import Markdown

            page = Markdown(text, code_theme="ansi_dark")
            self.console.print(page, width=min(self.columns, MOST), soft_wrap=False)
        else:
            click.echo(text, nl=False)


def _is_wanted(is_terminal: bool) -> bool:
    """Whether the environment wants colour: https://no-color.org, https://force-color.org."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (is_terminal and os.environ.get("TERM") != "dumb")
