"""Timing: the same work under several conditions, in interleaved rounds of one process."""

from __future__ import annotations

import gc
import statistics
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass

Work = Callable[[], int]
"""Does some work and returns how many units of it were done."""
Condition = Callable[[], AbstractContextManager[object]]


@dataclass(frozen=True, slots=True)
class Timed:
    """Microseconds a unit, over the rounds: the median, and half the spread between quartiles."""

    median: float
    spread: float


def interleaved(
    work: Work,
    conditions: Mapping[str, Condition],
    *,
    rounds: int,
    clock: Callable[[], float] = time.process_time,
) -> dict[str, Timed]:
    """Time `work` under each condition, one after the other, `rounds` times over.

    What drifts (frequency, caches, neighbours) so falls on all alike. The garbage collector runs
    between the rounds, never in them. The order turns with each round.
    """
    samples: dict[str, list[float]] = {name: [] for name in conditions}
    names = list(conditions)
    for number in range(rounds + 1):
        turned = names[number % len(names) :] + names[: number % len(names)]
        for name in turned:
            with conditions[name]():
                taken = _once(work, clock)
            if number:  # the first round warms up
                samples[name].append(taken)
    return {name: _timed(values) for name, values in samples.items()}


def _once(work: Work, clock: Callable[[], float]) -> float:
    gc.collect()
    gc.disable()
    try:
        start = clock()
        units = work()
        return (clock() - start) / units * 1e6
    finally:
        gc.enable()


def _timed(values: list[float]) -> Timed:
    low, _, high = statistics.quantiles(values, n=4)
    return Timed(statistics.median(values), (high - low) / 2)
