"""load-in-loop: an attribute is loaded by its read, for one object after the other."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use, Via
from loadwise.rules.registry import for_each, repeated, rule


@rule(code=201, level=Level.WARNING)
def load_in_loop(use: Use) -> Iterator[Verdict]:
    """An attribute is loaded for one object after the other, where one statement could load all."""
    for gap in repeated(use, Via.READ, Via.DELETE):
        yield Verdict(gap=gap, message=for_each(use, gap))
