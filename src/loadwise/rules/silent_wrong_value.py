"""silent-wrong-value: a relationship is read as None though its foreign key is set."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict, attribute, gaps
from loadwise.core.use import Spared, Use
from loadwise.rules.registry import rule


@rule(code=405, level=Level.WARNING)
def silent_wrong_value(use: Use) -> Iterator[Verdict]:
    """A relationship is read as None, without a load, though its foreign key is set."""
    if use.spared is not Spared.BLANK:
        return
    for gap in gaps(use):
        name = attribute(use, gap.missing.path)
        yield Verdict(gap=gap, message=f"`{name}` is None here, though its foreign key is set")
