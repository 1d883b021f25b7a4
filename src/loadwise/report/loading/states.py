"""States: what a read of each attribute gives after each operation on its object."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from loadwise.core.effect import (
    Add,
    BulkUpdate,
    Commit,
    Detach,
    Effect,
    Expire,
    Flush,
    Get,
    Load,
    Merge,
    New,
    PopulateExisting,
    Read,
    Refresh,
    Reselect,
    Returns,
    Rollback,
    SavepointRollback,
    Set,
)
from loadwise.core.effects import apply, load
from loadwise.core.path import Path
from loadwise.core.reading import Reading, Target, read
from loadwise.core.state import Life, State, blank
from loadwise.core.statement import Option, Statement, Way
from loadwise.core.strategy import Strategy
from loadwise.report.loading.example import GRAPH
from loadwise.report.loading.words import said, table


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A column of the table: an attribute of `User`, and what it stands for.

    `held` says that its target is in the session, and that something keeps it there.
    """

    name: str
    kind: str
    held: bool = False

    @property
    def label(self) -> str:
        """How the table names it."""
        return f"`{self.name}` {self.kind}"


ATTRIBUTES: Final = (
    Attribute(name="id", kind="primary key"),
    Attribute(name="name", kind="column"),
    Attribute(name="bio", kind="deferred"),
    Attribute(name="created", kind="server_default"),
    Attribute(name="updated", kind="onupdate"),
    Attribute(name="organization", kind="many-to-one"),
    Attribute(name="organization", kind="target in session", held=True),
    Attribute(name="orders", kind="collection"),
    Attribute(name="addresses", kind="selectin"),
    Attribute(name="invoices", kind="raise"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A row of the table: what is done, as code, and as effects on the object.

    `expires_all` says that it expires what else is in the session, too.
    """

    code: str
    effects: tuple[Effect, ...]
    expires_all: bool = False


def _select(*options: Option, way: Way = Way.SELECT) -> Load:
    return load(GRAPH, Statement(entity="User", way=way, options=options))


def _eagerly(name: str, strategy: Strategy) -> Option:
    return Option(path=Path.parse(f"User.{name}"), strategy=strategy)


PLAIN: Final = _select()
ORDERS: Final = _select(_eagerly("orders", Strategy.SELECTIN))
ORGANIZATION: Final = _select(_eagerly("organization", Strategy.JOINED))
ROOT: Final = PLAIN.path
NAME: Final = frozenset({"name"})
ONUPDATE: Final = frozenset({"updated"})
"""What an UPDATE sets by itself, to a value that the database makes."""
MADE: Final = New(names=frozenset({"name", "organization_id"}))
FLUSH: Final = Flush(returns=Returns())
UPDATE: Final = Flush(changed=NAME, returns=Returns())


def _again(found: Load) -> Reselect:
    return Reselect(plan=found.plan, path=ROOT, options=found.options)


def _merged(source: tuple[Effect, ...], *, is_loading: bool = True) -> tuple[Effect, ...]:
    """The effects of `merge()` onto an object that the session does not have."""
    merge = Merge(source=after(source), load=is_loading)
    return (_select(way=Way.GET), merge) if is_loading else (merge,)


def after(effects: tuple[Effect, ...]) -> State:
    """The user after these effects."""
    state = blank(GRAPH["User"], Life.TRANSIENT)
    for effect in effects:
        state = apply(state, effect, GRAPH)
    return state


GROUPS: Final[dict[str, tuple[Operation, ...]]] = {
    "Loaded": (
        Operation(code="select(User)", effects=(PLAIN,)),
        Operation(code="select(User).options(selectinload(User.orders))", effects=(ORDERS,)),
        Operation(
            code="select(User).options(joinedload(User.organization))", effects=(ORGANIZATION,)
        ),
        Operation(code="session.get(User, 1)", effects=(_select(way=Way.GET),)),
        Operation(
            code="insert(User).returning(User)",
            effects=(_select(way=Way.RETURNING),),
        ),
        Operation(
            code="select(User).from_statement(text(...))",
            effects=(_select(way=Way.FROM_STATEMENT),),
        ),
    ),
    "Made": (
        Operation(code="User(name=..., organization_id=1)", effects=(MADE,)),
        Operation(code="add(user)", effects=(MADE, Add())),
        Operation(code="add(user), flush()", effects=(MADE, Add(), FLUSH)),
        Operation(
            code="add(user), commit()", effects=(MADE, Add(), FLUSH, Commit()), expires_all=True
        ),
        Operation(
            code="add(user), commit() with expire_on_commit=False",
            effects=(MADE, Add(), FLUSH, Commit(expire_on_commit=False)),
        ),
        Operation(
            code="add(user), commit(), refresh(user)",
            effects=(MADE, Add(), FLUSH, Commit(), Refresh()),
            expires_all=True,
        ),
        Operation(
            code='add(user), flush(), refresh(user, ["orders"])',
            effects=(MADE, Add(), FLUSH, Refresh(names=frozenset({"orders"}))),
        ),
    ),
    "Changed": (
        Operation(code='user.name = "Eve"', effects=(PLAIN, Set(name="name"))),
        Operation(code='user.name = "Eve", flush()', effects=(PLAIN, Set(name="name"), UPDATE)),
        Operation(
            code="user.organization = organization", effects=(PLAIN, Set(name="organization"))
        ),
        Operation(
            code='update(User).values(name="Eve")',
            effects=(PLAIN, BulkUpdate(sets=NAME, expires=ONUPDATE, matched=True)),
        ),
        Operation(
            code="update(User).values(name=func.upper(User.name))",
            effects=(PLAIN, BulkUpdate(expires=NAME | ONUPDATE, matched=True)),
        ),
    ),
    "Transactions": (
        Operation(code="commit()", effects=(PLAIN, Commit()), expires_all=True),
        Operation(
            code="commit() with expire_on_commit=False",
            effects=(PLAIN, Commit(expire_on_commit=False)),
        ),
        Operation(code="rollback()", effects=(PLAIN, Rollback()), expires_all=True),
        Operation(
            code="rollback to a savepoint, user unchanged since",
            effects=(PLAIN, SavepointRollback(touched=False)),
        ),
        Operation(
            code="rollback to a savepoint, user changed since",
            effects=(PLAIN, Set(name="name"), UPDATE, SavepointRollback(touched=True)),
        ),
    ),
    "Expired and refreshed": (
        Operation(code="expire(user)", effects=(PLAIN, Expire())),
        Operation(code='expire(user, ["name"])', effects=(PLAIN, Expire(names=NAME))),
        Operation(
            code='expire(user, ["addresses"])',
            effects=(PLAIN, Expire(names=frozenset({"addresses"}))),
        ),
        Operation(code="refresh(user)", effects=(PLAIN, Refresh())),
        Operation(code='refresh(user, ["name"])', effects=(PLAIN, Refresh(names=NAME))),
        Operation(
            code='refresh(user, ["orders"])',
            effects=(PLAIN, Refresh(names=frozenset({"orders"}))),
        ),
        Operation(
            code="commit(), refresh(user)", effects=(PLAIN, Commit(), Refresh()), expires_all=True
        ),
        Operation(
            code="selected with selectinload(User.orders), refresh(user)",
            effects=(ORDERS, Refresh()),
        ),
        Operation(code="await user.awaitable_attrs.orders", effects=(PLAIN, Read(name="orders"))),
        Operation(
            code="commit(), await user.awaitable_attrs.name",
            effects=(PLAIN, Commit(), Read(name="name")),
            expires_all=True,
        ),
    ),
    "Met again": (
        Operation(code="get(User, 1, options=[selectinload(User.orders)])", effects=(PLAIN, Get())),
        Operation(
            code="commit(), get(User, 1)", effects=(PLAIN, Commit(), Get()), expires_all=True
        ),
        Operation(
            code="select(User).options(selectinload(User.orders)), again",
            effects=(PLAIN, _again(ORDERS)),
        ),
        Operation(
            code="selected with selectinload(User.orders), select(User)",
            effects=(ORDERS, _again(PLAIN)),
        ),
        Operation(
            code="selected with selectinload(User.orders), select(User) with populate_existing",
            effects=(ORDERS, PopulateExisting(plan=PLAIN.plan, path=ROOT)),
        ),
        Operation(
            code="commit(), select(User)",
            effects=(PLAIN, Commit(), _again(PLAIN)),
            expires_all=True,
        ),
    ),
    "Merged": (
        Operation(
            code='merge(User(id=1, name="Eve"))',
            effects=_merged((New(names=frozenset({"id", "name"})),)),
        ),
        Operation(
            code="merge(user), detached, with orders loaded", effects=_merged((ORDERS, Detach()))
        ),
        Operation(
            code="merge(user, load=False), detached",
            effects=_merged((PLAIN, Detach()), is_loading=False),
        ),
    ),
    "Out of the session": (
        Operation(code="expunge(user), close()", effects=(PLAIN, Detach())),
        Operation(code="commit(), close()", effects=(PLAIN, Commit(), Detach()), expires_all=True),
    ),
}
"""The rows of the table, in groups: what is done to a user that `select(User)` has loaded."""


def reading(operation: Operation, attribute: Attribute) -> Reading:
    """What a read of an attribute gives after an operation."""
    target = Target.ABSENT
    if attribute.held:
        target = Target.HELD_EXPIRED if operation.expires_all else Target.HELD
    return read(GRAPH, after(operation.effects), attribute.name, target)


def cell(operation: Operation, attribute: Attribute) -> str:
    """The same in words."""
    relationship = GRAPH["User"].relationship(attribute.name)
    many = relationship is not None and relationship.uselist
    return said(reading(operation, attribute), many=many)


def states(attributes: tuple[Attribute, ...] = ATTRIBUTES) -> Iterator[str]:
    """The table, a part for each group: its name, then its rows."""
    for name, operations in GROUPS.items():
        header = ["after", *(attribute.label for attribute in attributes)]
        rows = [
            [f"`{operation.code}`", *(cell(operation, attribute) for attribute in attributes)]
            for operation in operations
        ]
        yield f"### {name}\n\n{table(header, rows)}\n"
