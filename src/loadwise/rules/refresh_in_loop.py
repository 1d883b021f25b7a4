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
        each = "object" if use.predicted else f"of {use.counted.objects} objects"
        message = f"`{gap.missing.path}` is refreshed once for each {each}"
        yield Verdict(gap=gap, message=message)
