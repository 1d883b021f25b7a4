"""unused-eager-load: a statement loads a relationship that nobody reads."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict, attribute, wastes
from loadwise.core.use import Use
from loadwise.rules.registry import rule


@rule(code=301, level=Level.WARNING)
def unused_eager_load(use: Use) -> Iterator[Verdict]:
    """A statement loads a relationship that nobody reads in the whole run."""
    if use.multiplies:
        return
    for waste in wastes(use):
        name = attribute(use, waste.missing.path)
        message = f"`{name}` is loaded here and never read"
        yield Verdict(gap=waste, message=message, waste=True)
