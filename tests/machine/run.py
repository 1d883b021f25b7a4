"""Run the machine from the command line: `uv run python -m tests.machine.run --steps 100000`."""

from __future__ import annotations

import argparse
import random
import sys
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from typing import Final

import sqlalchemy
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.errors import FlakyStrategyDefinition
from hypothesis.stateful import run_state_machine_as_test

from tests.machine.machine import StoppedError, machine
from tests.machine.program import Failure
from tests.machine.world import TALLY, dispose_of_engines

LENGTH: Final = 40
"""Steps of one program, at most."""


def run(
    steps: int,
    *,
    number: int,
    schemas: int,
    tell: Callable[[Failure], bool] = lambda _: False,
    progress: Callable[[], None] = lambda: None,
) -> int:
    """Run programs until so many steps are done, and say how many that were.

    `tell` is given each disagreement, and says whether to go on.
    """
    first, round_ = TALLY.steps, 0
    with suppress(StoppedError):
        while TALLY.steps - first < steps:
            missing = steps - (TALLY.steps - first)
            one = seed(number + round_)(machine(schemas, tell))
            # SQLAlchemy goes through sets, and so not always in one order
            with suppress(FlakyStrategyDefinition):
                run_state_machine_as_test(
                    one,
                    settings=settings(
                        max_examples=max(1, min(200, missing // (LENGTH // 2))),
                        stateful_step_count=LENGTH,
                        database=None,
                        deadline=None,
                        suppress_health_check=list(HealthCheck),
                        phases=(Phase.generate,),
                        print_blob=False,
                    ),
                )
            round_ += 1
            progress()
    return TALLY.steps - first


def main() -> int:
    """Run as many steps as asked for, and print what was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--steps", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--schemas", type=int, default=300)
    parser.add_argument("--causes", action="store_true", help="say how often which came with which")
    parser.add_argument("--failures", type=int, default=1, help="stop after so many; default 1")
    asked = parser.parse_args()
    warnings.simplefilter("error")
    print(f"seed {asked.seed}, SQLAlchemy {sqlalchemy.__version__}", flush=True)
    start = time.monotonic()
    failures: list[Failure] = []

    def tell(failure: Failure) -> bool:
        failures.append(failure)
        print(f"--- disagreement {len(failures)}\n{failure.text}\n", flush=True)
        return len(failures) < int(asked.failures)

    try:
        run(
            asked.steps,
            number=asked.seed,
            schemas=asked.schemas,
            tell=tell,
            progress=lambda: print(report(), f"after {time.monotonic() - start:.0f} s", flush=True),
        )
    finally:
        if asked.causes:
            print(*pairs(), sep="\n")
        print(report(), f"in {time.monotonic() - start:.0f} s, {len(failures)} disagreements")
        dispose_of_engines()
    return 1 if failures else 0


def report() -> str:
    """What was done, in one line."""
    rate = TALLY.certain / TALLY.compared if TALLY.compared else 0
    return (
        f"{TALLY.steps} steps in {TALLY.programs} programs, {TALLY.compared} attributes compared, "
        f"certain of {rate:.2%}, {TALLY.unresolved} loads at unknown paths"
    )


def pairs() -> list[str]:
    """The causes that differed: the model's, that of `watch()`, and how often."""
    found = ((mine, told, count) for (mine, told), count in TALLY.causes.items() if mine != told)
    return [f"{mine} {told} {count}" for mine, told, count in sorted(found)]


if __name__ == "__main__":
    sys.exit(main())
