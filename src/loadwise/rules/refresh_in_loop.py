"""refresh-in-loop: session.refresh() loads one object after the other."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use, Via
from loadwise.rules.registry import repeated, rule


@rule(code=204, level=Level.WARNING)
def refresh_in_loop(use: Use) -> Iterator[Verdict]:
    """Objects are refreshed one by one, where one statement could load all."""
    for gap in repeated(use, Via.REFRESH):
        name, number = gap.missing.path, use.counted.objects
        message = f"`{name}` is refreshed once for each of {number} objects"
        yield Verdict(gap=gap, message=message)
