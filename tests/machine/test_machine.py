"""5,000 steps of random programs, from one seed; each step is compared."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

import pytest

from tests.machine.program import Failure
from tests.machine.run import report, run
from tests.machine.world import TALLY, dispose_of_engines

pytestmark = pytest.mark.deep

STEPS: Final = 5_000
SEED: Final = 1
SCHEMAS: Final = 20
CERTAIN: Final = 0.95
"""The part of the attributes of which the model has to be certain."""


@pytest.fixture(autouse=True)
def _engines() -> Iterator[None]:
    yield
    dispose_of_engines()


def test_the_model_agrees_with_sqlalchemy_on_every_step(capsys: pytest.CaptureFixture[str]) -> None:
    failures: list[str] = []

    def tell(failure: Failure) -> bool:
        failures.append(failure.text)
        return False

    steps = run(
        STEPS,
        number=SEED,
        schemas=SCHEMAS,
        tell=tell,
    )
    with capsys.disabled():
        sys.stderr.write(f"\n{report()}\n")
    assert not failures, failures[0]
    assert steps >= STEPS
    assert TALLY.certain / TALLY.compared > CERTAIN
