"""Strategies: what each `lazy=` does, what it costs, where it does nothing, when to use it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from loadwise.core.cost import Cost
from loadwise.core.strategy import Strategy
from loadwise.report.loading.kinds import (
    CASES,
    COLLECTION,
    COUNTED,
    EAGER,
    LAZY,
    MANY_TO_ONE,
    SITUATIONS,
    Case,
    first_read,
)
from loadwise.report.loading.words import counted, legend, table

MANY: Final = 100
"""How many parents the tables of costs have, beside one."""

WHAT: Final[dict[Strategy, str]] = {
    Strategy.SELECT: """\
The default. Nothing is loaded with the object; the first read loads, with one
statement for each object. In plain async code that read raises
`MissingGreenlet`, unless it needs no SQL: the foreign key is NULL, or the
target of a many-to-one is in the session.""",
    Strategy.JOINED: """\
The statement itself fetches it, by a LEFT OUTER JOIN, also where the foreign
key is NOT NULL; `innerjoin=True` makes it an INNER JOIN. The join comes with
every statement for the whole object, `get()` and `refresh()` among them, and
beside a `join()` of your own; not with `select(User.id)` or a count. A joined
collection brings its parent's columns once for each row, and its result needs
`unique()`.""",
    Strategy.SELECTIN: """\
One more statement for all objects together, `WHERE ... IN (...)`, for each 500
keys, without a LEFT OUTER JOIN. A many-to-one whose foreign keys are all NULL
needs none.""",
    Strategy.SUBQUERY: """\
One more statement for all objects together, which has the first one in it as a
subquery. It runs also where every foreign key is NULL.""",
    Strategy.IMMEDIATE: """\
Each object loads it as it comes, with a statement of its own: the lazy load of
`select`, done where it can be awaited, and N+1 all the same. Only a
many-to-one by primary key spares some: a target that the session has, or that
was loaded for another object, takes none. Nothing is joined.""",
    Strategy.RAISE: """\
Nothing is loaded, and a read raises `InvalidRequestError`: 'User.organization'
is not available due to lazy='raise'. It raises whatever the data: also where
the target is in the session, the foreign key is NULL, the object is expired or
detached. An eager option of the statement loads it all the same, and so does
`refresh()` that names it.""",
    Strategy.RAISE_ON_SQL: """\
Like `raise`, but only where SQL would be needed: a NULL foreign key, or a
target that the session has, gives the value. An object that is expired has to
load its foreign key first, and that is `MissingGreenlet`.""",
    Strategy.NOLOAD: """\
Nothing is ever loaded: a read gives None or an empty collection, whatever the
database has. Deprecated from SQLAlchemy 2.1 on.""",
    Strategy.DYNAMIC: """\
A read gives a query, which asks the database when it is iterated: in plain
async code that is `MissingGreenlet`. For collections only; SQLAlchemy refuses
a to-one relationship when the mappers are configured.""",
    Strategy.WRITE_ONLY: """\
A read gives a collection that cannot be iterated, only added to, removed from
and selected from: `await session.scalars(user.orders.select())`. For
collections only; SQLAlchemy refuses a to-one relationship when the mappers are
configured.""",
}

BEWARE: Final[dict[Strategy, str]] = {
    Strategy.SELECT: """\
The session holds its objects weakly: a target that nothing else refers to is
gone, and the same read fails. So it may work for one row and not for the next.""",
    Strategy.JOINED: """\
It is silently left out of RETURNING, `from_statement()`, relationships of a
subclass, and relationships to the same class without `join_depth`. `yield_per`
refuses a joined collection.""",
    Strategy.SELECTIN: """\
It is silently left out of relationships of a subclass where the base is
selected, and of relationships to the same class without `join_depth`.""",
    Strategy.SUBQUERY: """\
It is silently left out of RETURNING, `from_statement()`, relationships of a
subclass, and relationships to the same class without `join_depth`. `yield_per`
refuses it.""",
    Strategy.IMMEDIATE: """\
Of two `immediate` relationships in a row, the second is not loaded if it is a
many-to-one and the statement brings two objects or more: it works for one, and
raises `MissingGreenlet` for two. The parent of the same class is not loaded at
all, without `join_depth`. On both sides of a relationship it walks from object
to object through all that is connected.""",
    Strategy.RAISE: """\
`MissingGreenlet` is an `InvalidRequestError`, too: a handler of that catches
both. `lazyload()` in the statement that loaded the object takes the guard
away, and a new object gives None or an empty collection until it is flushed.""",
    Strategy.RAISE_ON_SQL: """\
Whether it raises depends on the data, as with `select`; a test may pass by
luck.""",
    Strategy.NOLOAD: """\
No error tells that the value is wrong.""",
    Strategy.DYNAMIC: """\
SQLAlchemy refuses eager options for it.""",
    Strategy.WRITE_ONLY: """\
SQLAlchemy refuses eager options for it.""",
}

WHEN: Final[dict[Strategy, str]] = {
    Strategy.SELECT: """\
Where each statement says what it needs: `options(selectinload(...))` for a
collection, `options(joinedload(...))` for a to-one relationship. Afterwards,
for a single object: `await user.awaitable_attrs.orders`, where its class has
the mixin `AsyncAttrs`, or `await session.refresh(user, ["orders"])`.""",
    Strategy.JOINED: """\
For a to-one relationship that nearly every reader of the object needs, with
`innerjoin=True` where the foreign key is NOT NULL. Else as an option.""",
    Strategy.SELECTIN: """\
For a collection that nearly every reader needs, and wherever levels follow
each other: each takes a statement or a few, however many objects there are.""",
    Strategy.SUBQUERY: """\
Rarely: selectin loading has taken its place. It is left for composite keys on
a database that does not take them in an IN.""",
    Strategy.IMMEDIATE: """\
For one object, or for a many-to-one with few targets that many objects share.""",
    Strategy.RAISE: """\
Where no unplanned load may ever happen: what is missing fails in every test
and for every row, and not by chance.""",
    Strategy.RAISE_ON_SQL: """\
Where the targets are in the session by design, and nothing else may be loaded.""",
    Strategy.NOLOAD: """\
Never: `raise` says that something is missing, `write_only` leaves a collection
out.""",
    Strategy.DYNAMIC: """\
Not in async code: `write_only` is made for it.""",
    Strategy.WRITE_ONLY: """\
For a collection that is too large to be loaded.""",
}


def part(lazy: Strategy) -> str:
    """All that is said of one strategy, as a page."""
    return "\n".join(
        [
            f'# lazy="{lazy}"',
            "",
            WHAT[lazy],
            "",
            "## What a first read gives",
            "",
            "In plain async code, after a `select()` of its objects:",
            "",
            _reads(lazy),
            "",
            _legend(lazy),
            "",
            "## What it costs",
            "",
            _costs_of(lazy),
            "",
            "## What else may come before the read",
            "",
            _elsewhere(lazy),
            "",
            BEWARE[lazy],
            "",
            "## When to use it",
            "",
            WHEN[lazy],
            "",
        ]
    )


def _possible(lazy: Strategy, cases: Sequence[Case] = CASES) -> list[Case]:
    return [case for case in cases if first_read(case, lazy) != "refused"]


def _reads(lazy: Strategy) -> str:
    rows = [[case.label, first_read(case, lazy)] for case in _possible(lazy)]
    return table(["relationship", "a read gives"], rows)


def _legend(lazy: Strategy) -> str:
    words = {first_read(case, lazy) for case in CASES}
    words |= {
        first_read(case, lazy, situation)
        for case in (MANY_TO_ONE, COLLECTION)
        for situation in SITUATIONS
    }
    return legend(words - {"refused"} if lazy not in EAGER else words)


def _elsewhere(lazy: Strategy) -> str:
    cases = _possible(lazy, (MANY_TO_ONE, COLLECTION))
    rows = [
        [f"`{situation.code}`", *(first_read(case, lazy, situation) for case in cases)]
        for situation in SITUATIONS
    ]
    return table(["before the read", *(case.label for case in cases)], rows)


def _costs_of(lazy: Strategy) -> str:
    if lazy not in EAGER:
        return "Nothing before the first read: no statement, no row, no join."
    rows = [
        [kind.label, *(_taken(kind.cost(lazy, parents)) for parents in (1, MANY))]
        for kind in COUNTED
    ]
    joins = "one" if lazy is Strategy.JOINED else "no"
    return "\n\n".join(
        [
            f"Statements and rows in all, with {joins} LEFT OUTER JOIN:",
            table(["relationship", "1 parent", f"{MANY} parents"], rows, right=2),
        ]
    )


def _taken(cost: Cost) -> str:
    return f"{cost.statements:,} ({counted(cost.rows, 'row')})"


def first_reads() -> str:
    """The table of first reads: each kind of relationship with each strategy."""
    rows = [[case.label, *(first_read(case, lazy) for lazy in LAZY)] for case in CASES]
    return table(["relationship", *(f"`{lazy}`" for lazy in LAZY)], rows)


def elsewhere(case: Case) -> str:
    """What a read gives after something else than a plain select, with each strategy."""
    strategies = [lazy for lazy in LAZY if first_read(case, lazy) != "refused"]
    rows = [
        [f"`{situation.code}`", *(first_read(case, lazy, situation) for lazy in strategies)]
        for situation in SITUATIONS
    ]
    return table(["before the read", *(f"`{lazy}`" for lazy in strategies)], rows)


def costs() -> str:
    """The table of costs, for one parent and for a hundred: each eager strategy, and the others."""
    rows: list[list[str]] = []
    for kind in COUNTED:
        for lazy in (*EAGER, Strategy.SELECT):
            name = "all others" if lazy is Strategy.SELECT else f"`{lazy}`"
            joins = kind.cost(lazy, 1).joins
            found = (_taken(kind.cost(lazy, parents)) for parents in (1, MANY))
            rows.append([kind.label, name, *found, str(joins)])
    header = ["relationship", "`lazy=`", "1 parent", f"{MANY} parents", "LEFT OUTER JOINs"]
    return table(header, rows, right=3)
