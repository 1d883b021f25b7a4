"""swallowed-missing-greenlet: an error that names what is not loaded is caught, and forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Level
from loadwise.core.judge import Verdict
from loadwise.core.use import Use
from loadwise.rules.registry import rule


@rule(code=403, level=Level.WARNING)
def swallowed_missing_greenlet(use: Use) -> Iterator[Verdict]:
    """A MissingGreenlet is caught, and the code goes on as if there were no value."""
    hazard = use.hazard
    if hazard is not None and hazard.cause.kind is CauseKind.SWALLOWED:
        yield Verdict(message=f"the MissingGreenlet of `{hazard.call}` is swallowed here")
