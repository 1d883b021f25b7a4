"""No file makes the analysis fail or hang: mutated and truncated real sources.

`LOADWISE_FUZZ` says how many, and `LOADWISE_FUZZ_SEED` which; the nightly run takes 10,000.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, NoReturn

import pytest

from loadwise.analyse.check import check
from tests.analyse.mutants import mutants

COUNT: Final = int(os.environ.get("LOADWISE_FUZZ", "240"))
SEED: Final = int(os.environ.get("LOADWISE_FUZZ_SEED", "0"))
PARTS: Final = 8
"""Tests that share the work, so that they can run beside each other."""
SLOWEST: Final = 20.0
"""Seconds of the processor for one file: what takes longer hangs."""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_crash_and_no_hang(tmp_path: Path, part: int) -> None:
    seen = read = 0
    for text in _mutants(part):
        file = tmp_path / "mutant.py"
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        try:
            with limited():
                found = check([file], tmp_path)
        except Exception as error:
            kept = Path(os.environ.get("LOADWISE_FUZZ_KEEP", str(tmp_path))) / f"{part}_{seen}.py"
            kept.write_text(text, encoding="utf-8", errors="surrogatepass")
            pytest.fail(f"{type(error).__name__}: {error} ({kept})")
        seen += 1
        read += not found.unread
    assert seen == COUNT // PARTS
    assert read > seen // 8  # what cannot be read tests little; how much can depends on the Python


class HangError(Exception):
    """It takes too long."""


@contextmanager
def limited() -> Generator[None, None, None]:
    """Ends what takes too long, by the processor's time; where there is no such signal, nothing."""

    def end(number: int, frame: object) -> NoReturn:
        raise HangError(f"it has taken {SLOWEST} seconds")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGPROF, end)
    signal.setitimer(signal.ITIMER_PROF, SLOWEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _mutants(part: int) -> Iterator[str]:
    return mutants(COUNT // PARTS, SEED * PARTS + part)
