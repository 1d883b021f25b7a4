"""get-in-loop: session.get() loads one object after the other."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use, Via
from loadwise.rules.registry import repeated, rule


@rule(code=203, level=Level.WARNING)
def get_in_loop(use: Use) -> Iterator[Verdict]:
    """Objects are got by session.get() one by one, where one statement could load all."""
    for gap in repeated(use, Via.GET):
        each = "one key after the other" if use.predicted else f"each of {use.counted.objects} keys"
        yield Verdict(gap=gap, message=f"`{gap.missing.path}` is loaded by get() for {each}")
