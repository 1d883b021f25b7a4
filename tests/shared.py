"""What is costly to make, made once for all processes of pytest-xdist."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

PATIENCE: Final = 300
"""Seconds until another process that makes it counts as dead."""


def once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Any]) -> Any:
    """What `make` returned, as JSON can hold it, in whichever process was the first to ask.

    It is given a new folder, which stays until pytest clears its temporary folders away.
    """
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    result = folder.with_suffix(".json")
    try:
        folder.mkdir()
    except FileExistsError:
        return _awaited(result)
    made = None
    try:
        made = make(folder)
    finally:  # where it failed, the others get None, and fail too
        unfinished = result.with_suffix(".part")
        unfinished.write_text(json.dumps(made), encoding="utf-8")
        unfinished.replace(result)
    return made


def _awaited(result: Path) -> Any:
    end = time.monotonic() + PATIENCE
    while not result.exists():
        assert time.monotonic() < end, f"another process did not make {result}"
        time.sleep(0.05)
    return json.loads(result.read_text(encoding="utf-8"))
