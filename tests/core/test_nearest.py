"""The names that someone may have meant."""

from __future__ import annotations

import pytest

from loadwise.core.nearest import nearest

RULES = ("lazy-read", "lazy-write", "masked-read", "get-in-loop")


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ("lazy-raed", "did you mean lazy-read or lazy-write?"),
        ("GET-IN-LOOPS", "did you mean get-in-loop?"),
        ("lazy-writ", "did you mean lazy-write or lazy-read?"),
        ("§", ""),
        ("", ""),
    ],
)
def test_nearest(wanted: str, said: str) -> None:
    """The nearest first, at most three, whatever their case; nothing where none is near."""
    assert nearest(wanted, RULES) == said


def test_of_nothing() -> None:
    """Where there are no names, none is near."""
    assert nearest("lazy-read", ()) == ""


def test_names_keep_their_case() -> None:
    """They are shown as they are written."""
    assert nearest("lw11", ["LW101"]) == "did you mean LW101?"
