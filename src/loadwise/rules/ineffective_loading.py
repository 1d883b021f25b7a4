"""ineffective-loading: a relationship is asked for in a way that loads nothing."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict, attribute, gaps
from loadwise.core.use import Use
from loadwise.rules.registry import rule


@rule(code=404, level=Level.WARNING)
def ineffective_loading(use: Use) -> Iterator[Verdict]:
    """A relationship is asked for in a way that loads nothing."""
    if use.plan is None:
        return
    for gap in gaps(use):
        choice = use.plan.choice(gap.missing.path)
        if choice is not None and choice.loaded is False:
            name = attribute(use, gap.missing.path)
            yield Verdict(gap=gap, message=f"`{name}` is asked for here, and not loaded")
