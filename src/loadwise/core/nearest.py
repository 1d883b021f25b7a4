"""Nearest: which names someone may have meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(wanted: str, known: Iterable[str]) -> str:
    """The names that are nearest to what was typed, as a question; empty where none is near.

    >>> nearest("lazy-raed", ["lazy-read", "lazy-write", "masked-read"])
    'did you mean lazy-read or lazy-write?'
    """
    by_lower = {name.lower(): name for name in known}
    close = difflib.get_close_matches(wanted.lower(), by_lower, cutoff=0.4)
    *others, last = [by_lower[one] for one in close] or [""]
    if not last:
        return ""
    return f"did you mean {', '.join(others)}{' or ' if others else ''}{last}?"
