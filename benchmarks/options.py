"""What `loadwise.options_for()` costs once its options are made. Prints microseconds a call.

    uv run python benchmarks/options.py [--quick]

A schema of three levels. Rows: the call as an application makes it; the same for `list[UserOut]`,
made anew for each call; and the first call, which makes the options.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from typing import Any, Final

from overhead import User
from sqlalchemy.orm import configure_mappers

import loadwise

MOST: Final = 2.0
"""Microseconds a call."""


@dataclass
class TeamOut:
    """What is read of a team."""

    name: str


@dataclass
class UserOut:
    """What is read of a user."""

    id: int
    name: str
    team: TeamOut


def calls(work: Callable[[], Any], *, number: int, rounds: int) -> float:
    """Microseconds a call of `work`, the call of a lambda among them: the median of some rounds."""
    found: list[float] = []
    for _ in range(rounds):
        start = time.process_time()
        for _ in range(number):
            work()
        found.append((time.process_time() - start) / number * 1e6)
    return median(found)


def main() -> None:
    parser = argparse.ArgumentParser(description="What options_for() costs.")
    parser.add_argument("--quick", action="store_true", help="a few rounds, for a first look")
    quick = parser.parse_args().quick
    number, rounds = (2_000, 3) if quick else (100_000, 15)
    configure_mappers()
    start = time.process_time()
    loadwise.options_for(UserOut, User)
    first = (time.process_time() - start) * 1e6
    kept = calls(lambda: loadwise.options_for(UserOut, User), number=number, rounds=rounds)
    listed = calls(lambda: loadwise.options_for(list[UserOut], User), number=number, rounds=rounds)
    verdict = "within" if kept < MOST else "over"
    print("CPU time; microseconds a call")
    print(f"options_for(UserOut, User)        {kept:8.2f}  budget {MOST:g}  {verdict}")
    print(f"options_for(list[UserOut], User)  {listed:8.2f}")
    print(f"the first call, which imports     {first:8.0f}")


if __name__ == "__main__":
    main()
