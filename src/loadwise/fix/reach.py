"""Reach: what a plain `select()` of a class brings with it, by the `lazy=` of its relationships."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loadwise.core.graph import Graph
from loadwise.core.loading import DEEPEST, choices_of
from loadwise.core.plan import Choice
from loadwise.core.statement import Statement
from loadwise.core.strategy import COLUMNS, Strategy

MOST: Final = 40
"""Relationships that are counted; where there are more, the number says no more than that."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How many statements it is, with how many joins; `each` are statements for each object.

    It is counted on rows that have all that they can point to; `more` says that it does not end.
    """

    statements: int = 1
    joins: int = 0
    each: int = 0
    more: bool = False

    def __str__(self) -> str:
        parts = [_count(self.statements, "statement")]
        parts += [_count(self.joins, "join")] if self.joins else []
        parts += [f"{_count(self.each, 'statement')} more for each object"] if self.each else []
        return f"{'more than ' if self.more else ''}{', '.join(parts)}"


def reach_of(graph: Graph, entity: str) -> Reach:
    """What a select() of an entity brings, as far as relationships are loaded one by another."""
    statement, found = Statement(entity=entity), list[Choice]()
    for deepest in range(1, DEEPEST + 1):
        before = len(found)
        choices = choices_of(graph, statement, deepest)
        found = [one for one in choices if one.strategy not in COLUMNS and _is_eager(one)]
        if len(found) == before or len(found) > MOST:
            break
    found.sort(key=lambda one: len(one.path.steps))
    counted = found[:MOST]
    joins = sum(one.strategy is Strategy.JOINED for one in counted)
    each = sum(one.each or one.strategy is Strategy.IMMEDIATE for one in counted)
    return Reach(
        statements=1 + len(counted) - joins - each,
        joins=joins,
        each=each,
        more=len(found) > MOST,
    )


def _is_eager(one: Choice) -> bool:
    return one.strategy.is_eager and one.loaded is not False


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
