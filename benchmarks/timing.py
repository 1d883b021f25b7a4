"""Timing: the same work under several conditions, in interleaved rounds of one process.

The clock is the CPU time of the process, which leaves out what it waits for, or a given one.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from types import FrameType

Work = Callable[[], int]
"""Does some work and returns how many units of it were done."""
Clock = Callable[[], float]
"""Tells seconds."""
Condition = Callable[[], AbstractContextManager[object]]


def interleaved(
    work: Work,
    conditions: Mapping[str, Condition],
    *,
    rounds: int,
    clock: Clock = time.process_time,
) -> dict[str, list[float]]:
    """Microseconds a unit of `work` under each condition, one for each round.

    The conditions take turns, so that what drifts (frequency, caches, neighbours) falls on all
    alike; the order turns with each round. The garbage collector runs between the rounds, never in
    them. The work is done once before it is timed: what SQLAlchemy builds on first use, when a
    listener has come or gone, is no cost of a unit.
    """
    found: dict[str, list[float]] = {name: [] for name in conditions}
    names = list(conditions)
    gc.collect()
    gc.freeze()  # so that a collection between two rounds is short
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            with conditions[name]():
                found[name].append(_once(work, clock))
    gc.unfreeze()
    return found


def _once(work: Work, clock: Clock) -> float:
    gc.collect()
    gc.disable()
    try:
        work()
        start = clock()
        units = work()
        return (clock() - start) / units * 1e6
    finally:
        gc.enable()


@dataclass(frozen=True, slots=True)
class Added:
    """What one condition adds to another: the median over the rounds, and how sure that is."""

    median: float
    noise: float
    """How far the median of so many rounds may be off: by more in 3 of 100 runs."""


def added(plain: Sequence[float], other: Sequence[float]) -> Added:
    """What `other` takes more than `plain`, where each round is compared with itself."""
    differences = [after - before for before, after in zip(plain, other, strict=True)]
    low, median, high = statistics.quantiles(differences, n=4)
    return Added(median, 2 * (high - low) / len(differences) ** 0.5)


def calls(work: Work) -> float:
    """Calls a unit that Python makes in some work: a cost without noise."""
    counted = 0

    def count(frame: FrameType, what: str, argument: object) -> None:
        nonlocal counted
        counted += what in {"call", "c_call"}

    work()
    gc.collect()
    gc.disable()
    sys.setprofile(count)
    try:
        units = work()
    finally:
        sys.setprofile(None)
        gc.enable()
    return counted / units
