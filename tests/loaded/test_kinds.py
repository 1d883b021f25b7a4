"""The tables of `lazy=` are what was measured, and what SQLAlchemy does when measured again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Final

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from loadwise.core.strategy import Strategy
from loadwise.report.loading.kinds import (
    CASES,
    COLLECTION,
    LAZY,
    MANY_TO_ONE,
    SELECTED,
    SITUATIONS,
    Case,
    Situation,
    first_read,
)
from tests.truth.cells import VERSIONS, Cell, Key, Outcome, Result, cells
from tests.truth.measure import measured

pytestmark = pytest.mark.deep

KINDS: Final = {
    "many-to-one": ("m2o", False),
    "many-to-one, target in the session": ("m2o", True),
    "many-to-one, foreign key is NULL": ("m2o_null", False),
    "many-to-one, not by primary key": ("m2o_nonpk", False),
    "one-to-one, from the other side": ("o2o", False),
    "one-to-many": ("o2m", False),
    "many-to-many": ("m2m", False),
    "to the same class, many-to-one": ("self_m2o", False),
    "to the same class, one-to-many": ("self_o2m", False),
    "of a subclass, one-to-many": ("inh_o2m", False),
}
"""The kind of each case in the measured table, and whether its target was held."""

WAYS: Final = {
    "select()": "select",
    "add(), flush()": "add+flush",
    "add(), flush(), get()": "get_hit(after add+flush)",
    'add(), flush(), refresh(parent, ["name"])': "add+flush+refresh([name])",
    "add(), flush(), refresh(parent)": "add+flush+refresh()",
    'add(), flush(), refresh(parent, ["rel"])': "add+flush+refresh([rel])",
    "add(), flush(), select() again": "reselect(after add+flush)",
    "select(), commit()": "select,commit eoc=True",
    "select(), commit(), select() again": "select,commit eoc=True,reselect",
    "select(), close()": "select,session closed (detached)",
    "insert().returning()": "insert().returning(P)",
    "select().from_statement()": "select.from_statement(text)",
    "select() with yield_per": "stream_scalars yield_per=5",
}
"""The way of each situation in the measured table."""

WORDS: Final = {
    Outcome.OK: "value",
    Outcome.MISSING_GREENLET: "IO",
    Outcome.RAISE: "raises",
    Outcome.RAISE_ON_SQL: "raises",
    Outcome.DETACHED: "detached",
    Outcome.QUERY: "query",
    Outcome.WRITE_ONLY: "write-only",
    Outcome.LOAD_ERROR: "refused",
    Outcome.CONFIG_ERROR: "refused",
}


def places() -> Iterator[tuple[Case, Situation, Strategy]]:
    """Every cell of the tables: the kinds by a plain select, and two of them in each situation."""
    for lazy in LAZY:
        yield from ((case, SELECTED, lazy) for case in CASES)
        yield from (
            (case, situation, lazy)
            for case in (MANY_TO_ONE, COLLECTION)
            for situation in SITUATIONS
        )


PLACES: Final = tuple(places())


def keys(case: Case, situation: Situation, lazy: Strategy) -> tuple[Key, ...]:
    """The measured cells of a place: of one parent, and of twenty."""
    kind, held = KINDS[case.label]
    if first_read(case, lazy) == "refused":
        return (_key(kind, lazy, "*", None, None),)
    return tuple(_key(kind, lazy, WAYS[situation.code], held, n) for n in (1, 20))


def _key(kind: str, lazy: Strategy, way: str, held: bool | None, n: int | None) -> Key:
    return Key(table="lazy_config", kind=kind, strategy=str(lazy), way=way, held=held, n=n)


def word(case: Case, result: Result) -> str:
    """A measured result in the words of the page."""
    is_none = result.outcome is Outcome.OK and KINDS[case.label][0] == "m2o_null"
    if is_none or result.outcome is Outcome.EMPTY:
        return "empty" if case.uselist else "None"
    return WORDS[result.outcome]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_first_read_is_what_was_measured(version: str) -> None:
    stored = {cell.key: cell for cell in cells(version)}
    wrong = [
        f"{key}: {stored[key].result}, and the page says {first_read(case, lazy, situation)}"
        for case, situation, lazy in PLACES
        for key in keys(case, situation, lazy)
        if word(case, stored[key].result) != first_read(case, lazy, situation)
    ]
    assert wrong == []


def test_every_case_and_situation_was_measured() -> None:
    assert {case.label for case in CASES} == set(KINDS)
    assert {situation.code for situation in (SELECTED, *SITUATIONS)} == set(WAYS)


@pytest.mark.parametrize("lazy", LAZY)
def test_every_first_read_is_what_sqlalchemy_does(lazy: Strategy) -> None:
    """Measured again, on the SQLAlchemy that is installed."""
    wanted: dict[Key, list[tuple[Case, str]]] = {}
    for case, situation, strategy in PLACES:
        if strategy is lazy:
            for key in keys(case, situation, lazy):
                wanted.setdefault(key, []).append((case, first_read(case, lazy, situation)))
    assert asyncio.run(_disagreements(wanted)) == []


async def _disagreements(wanted: dict[Key, list[tuple[Case, str]]]) -> list[str]:
    asked = [
        Cell(
            table=key.table,
            kind=key.kind,
            strategy=key.strategy,
            way="select" if key.way == "*" else key.way,
            held=key.held,
            n=key.n,
            outcome=Outcome.OTHER,
        )
        for key in wanted
    ]
    engine = create_async_engine("sqlite+aiosqlite://")
    wrong = []
    try:
        async for cell, result in measured(asked, engine):
            key = (
                cell.key
                if cell.key in wanted
                else _key(cell.kind, Strategy(cell.strategy), "*", None, None)
            )
            for case, expected in wanted[key]:
                found = word(case, result)
                if found != expected:
                    wrong.append(f"{key}: {result}, and the page says {expected}")
    finally:
        await engine.dispose()
    return wrong
