"""No file makes the analysis fail or hang: mutated and truncated real sources.

`LOADWISE_FUZZ` says how many, and `LOADWISE_FUZZ_SEED` which; the nightly run takes 10,000.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from loadwise.analyse.check import check
from tests.analyse.mutants import mutants

COUNT: Final = int(os.environ.get("LOADWISE_FUZZ", "240"))
SEED: Final = int(os.environ.get("LOADWISE_FUZZ_SEED", "0"))
PARTS: Final = 8
"""Tests that share the work, so that they can run beside each other."""
SLOWEST: Final = 20.0
"""Seconds for one file, on a machine that does other things, too: what takes longer hangs."""


@pytest.mark.parametrize("part", range(PARTS))
def test_no_crash_and_no_hang(tmp_path: Path, part: int) -> None:
    seen = read = 0
    for text in _mutants(part):
        file = tmp_path / "mutant.py"
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        start = time.process_time()
        try:
            found = check([file], tmp_path)
        except Exception as error:
            kept = Path(os.environ.get("LOADWISE_FUZZ_KEEP", str(tmp_path))) / f"{part}_{seen}.py"
            kept.write_text(text, encoding="utf-8", errors="surrogatepass")
            pytest.fail(f"{type(error).__name__}: {error} ({kept})")
        seen += 1
        read += not found.unread
        assert time.process_time() - start < SLOWEST
    assert seen == COUNT // PARTS
    assert read > seen // 4  # most can be read, or little would be tested


def _mutants(part: int) -> Iterator[str]:
    return mutants(COUNT // PARTS, SEED * PARTS + part)
