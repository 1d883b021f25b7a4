"""Marks: what `loadwise_allow` and `loadwise_budget` say of a test."""

from __future__ import annotations

from collections.abc import Generator, Iterable
from contextlib import contextmanager
from typing import Any

import pytest

from loadwise.testing import Recording

ALLOW = "loadwise_allow"
BUDGET = "loadwise_budget"


def allow_as_marked(recording: Recording, item: pytest.Item) -> None:
    """Let a test's recording leave out what its marks allow. Raises ValueError with one line."""
    with _naming(ALLOW):
        for mark in item.iter_markers(ALLOW):
            _only({"reason"}, mark.kwargs)
            names: tuple[Any, ...] = mark.args
            reason: object = mark.kwargs.get("reason", "")
            if not all(isinstance(one, str) for one in (*names, reason)):
                raise ValueError("names and reason are strings")
            recording.allow(*names, reason=str(reason))


def budget_of(item: pytest.Item) -> int | None:
    """The statements that a test's nearest mark plans; None without one. Raises ValueError."""
    mark = item.get_closest_marker(BUDGET)
    if mark is None:
        return None
    with _naming(BUDGET):
        _only({"statements"}, mark.kwargs)
        planned: object = mark.kwargs.get("statements")
        if mark.args or type(planned) is not int or planned < 0:
            raise ValueError("give statements=N, a number from 0")
        return planned


@contextmanager
def _naming(mark: str) -> Generator[None, None, None]:
    try:
        yield
    except ValueError as error:
        raise ValueError(f"@pytest.mark.{mark}: {error}") from None


def _only(known: set[str], given: Iterable[str]) -> None:
    for name in sorted(set(given) - known):
        raise ValueError(f"there is no argument {name!r}: give {', '.join(sorted(known))}")
