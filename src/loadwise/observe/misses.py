"""Misses: what comes of a read of what is not there, in the place of SQLAlchemy's bare answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def missed(attribute: Any, instance: object, read: Callable[[], Any]) -> Any:
    """The value of an attribute that is not there, as `read` gets it from SQLAlchemy."""
    return read()
