"""Causes: where the model and `watch()` may give different reasons, and why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from loadwise.core.cause import CauseKind as Kind

DIFFER: Final[Mapping[tuple[Kind, Kind], str]] = {
}
"""What the model says, and what `watch()` says of the same read: each pair with its reason."""
