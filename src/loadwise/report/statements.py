"""Statements that are more than was planned, as text: how many, from where, which."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from loadwise.core.text import WIDTH
from loadwise.observe.cursor import Statement
from loadwise.report.roots import place_of

MOST: Final = 20
"""Lines of statements shown."""
NOWHERE: Final = "outside of the application's code"


def too_many(statements: Collection[Statement], planned: int) -> str:
    """What is said of more statements than planned: they are grouped by place and text."""
    ran = f"{len(statements)} {'statement' if len(statements) == 1 else 'statements'}"
    return "\n".join((f"{ran} ran, the budget is {planned}", *_grouped(statements)))


def _grouped(statements: Collection[Statement]) -> Iterator[str]:
    groups = Counter((statement.site, statement.text) for statement in statements)
    rows = sorted(
        (place_of(site), -number, text, str(site or NOWHERE))
        for (site, text), number in groups.items()
    )
    shown = ""
    for _, number, text, place in rows[:MOST]:
        if place != shown:
            yield f"  {place}"
        shown = place
        room = WIDTH - 10
        yield f"  {-number:>4} × {textwrap.shorten(text, room, placeholder=' …')}"
    if len(rows) > MOST:
        yield f"  and {len(rows) - MOST} more"
