"""Reads: how a field names what it is made from, where its own name does not tell."""

from __future__ import annotations

from dataclasses import dataclass

from loadwise.core.path import NotationError, Path


@dataclass(frozen=True, slots=True)
class Reads:
    """What a field is made from: paths of attributes, seen from the entity."""

    paths: tuple[tuple[str, ...], ...]


def reads(*paths: str) -> Reads:
    """Name what a field is made from, for `need_of()` and `options_for()`.

    It stands in `Annotated`, beside the type of a field or that of a computed field, and says what
    is read of the entity instead of the attribute of the field's own name. Without arguments it
    says that nothing has to be loaded. Raises ValueError for what is no path.

    >>> from typing import Annotated
    >>> Count = Annotated[int, reads("orders.items")]
    """
    found: list[tuple[str, ...]] = []
    for path in paths:
        try:
            steps = Path.parse(path).steps
        except NotationError as error:
            raise ValueError(f"reads(): {error}") from None
        if not steps or any(step.of_type for step in steps):
            raise ValueError(f"reads(): {path!r} is not a path of attributes, as in 'orders.items'")
        found.append(tuple(step.name for step in steps))
    return Reads(tuple(found))
