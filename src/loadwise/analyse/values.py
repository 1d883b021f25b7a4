"""Values: what an expression may stand for, as far as the source tells. Immutable, by kind."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from loadwise.core.statement import Option
from loadwise.schema.classes import ClassSource
from loadwise.schema.scope import Module


@dataclass(frozen=True, slots=True)
class Unknown:
    """Nothing is known."""


@dataclass(frozen=True, slots=True)
class Some:
    """Nothing is known, but that it is not None."""


@dataclass(frozen=True, slots=True)
class Const:
    """A constant: a string, a number, True, None."""

    value: Any


@dataclass(frozen=True, slots=True)
class Ref:
    """An object of the heap; `nullable` says that None may be there in its place."""

    id: int
    nullable: bool = False


@dataclass(frozen=True, slots=True)
class Many:
    """A collection of values that are all alike: one element stands for all."""

    element: Value


@dataclass(frozen=True, slots=True)
class Items:
    """A tuple or a list whose elements are known one by one."""

    elements: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Entries:
    """A dictionary with constant keys."""

    entries: tuple[tuple[Any, Value], ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several values, on different ways."""

    options: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Class:
    """A class of the project; `entity` is its name in the graph if it is mapped."""

    source: ClassSource
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Function:
    """A function of the project, with what it is bound to and what it closes over."""

    module: Module
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    owner: ClassSource | None = None
    bound: Value | None = None
    closure: Mapping[str, Value] = field(
        default_factory=dict["str", "Value"], hash=False, compare=False
    )


@dataclass(frozen=True, slots=True)
class Foreign:
    """A name that leaves the project: `sqlalchemy.select`."""

    name: str


@dataclass(frozen=True, slots=True)
class Imported:
    """A module of the project."""

    module: Module


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of a mapped class, as in `User.orders`."""

    entity: str
    name: str


@dataclass(frozen=True, slots=True)
class Cell:
    """The value of a column of an object, as in `user.id`."""

    ref: int
    name: str


@dataclass(frozen=True, slots=True)
class Expression:
    """A SQL expression, which the database evaluates: `func.now()`, `Post.views + 1`."""


@dataclass(frozen=True, slots=True)
class Dynamic:
    """The query that a dynamic relationship of an object is."""

    ref: int
    name: str


@dataclass(frozen=True, slots=True)
class Synchronous:
    """`session.sync_session`: what its methods do is not awaited."""

    owner: Value


@dataclass(frozen=True, slots=True)
class Pending:
    """A coroutine that is not awaited yet: what it will give, and the sessions that it will use."""

    value: Value
    name: str
    sessions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Points:
    """A condition by which the rows of an entity point at an object: `Order.user_id == user.id`.

    `relationship` leads to that object, which the session holds.
    """

    entity: str
    relationship: str


@dataclass(frozen=True, slots=True)
class Row:
    """A condition that asks for the row of a key: `User.id == 3`."""

    entity: str
    key: Value


@dataclass(frozen=True, slots=True)
class Query:
    """A statement: what it selects (an entity's name, or None for another column), and how.

    `kind` is select, insert, update or delete; `sets` are the columns that an UPDATE sets, `points`
    says which relationships of its rows lead to objects that are held, `rows` which keys it asks
    for, `limited` that it has a LIMIT of more than one; `changed` is what a statement changes that
    gives back something else.
    """

    kind: str
    columns: tuple[str | None, ...] = ()
    options: tuple[Option, ...] = ()
    populate: bool = False
    by_text: bool = False
    returning: bool = False
    changed: tuple[str | None, ...] = ()
    sets: tuple[str, ...] = ()
    points: tuple[Points, ...] = ()
    rows: tuple[Row, ...] = ()
    limited: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """Loader options: `last` is the path that the next call of the chain goes on from."""

    options: tuple[Option, ...]
    entity: str = ""


@dataclass(frozen=True, slots=True)
class Rows:
    """The result of a statement: `shape` is rows, scalars or mappings; `element` is one of it."""

    element: Value
    shape: str = "rows"


@dataclass(frozen=True, slots=True)
class Method:
    """A method of a value that the interpreter knows itself."""

    owner: Value
    name: str


@dataclass(frozen=True, slots=True)
class Awaitables:
    """`x.awaitable_attrs`, whose attributes are loaded where they are awaited."""

    owner: Value


@dataclass(frozen=True, slots=True)
class Above:
    """`super()` within a method of `owner`: what the classes behind it give the receiver."""

    owner: ClassSource
    receiver: Value


@dataclass(frozen=True, slots=True)
class Maker:
    """A sessionmaker: what it makes, and whether that expires at a commit."""

    synchronous: bool
    expires: bool


Value = (
    Unknown
    | Some
    | Const
    | Ref
    | Many
    | Items
    | Entries
    | Either
    | Class
    | Function
    | Foreign
    | Imported
    | Attribute
    | Cell
    | Expression
    | Dynamic
    | Pending
    | Synchronous
    | Points
    | Row
    | Query
    | Options
    | Rows
    | Method
    | Awaitables
    | Above
    | Maker
)

UNKNOWN = Unknown()
SOME = Some()
NONE = Const(None)


def options_of(value: Value) -> tuple[Value, ...]:
    """The values that a value may be."""
    return value.options if isinstance(value, Either) else (value,)


def either(values: list[Value]) -> Value:
    """One of some values, one of which may be unknown; at most six of them are told apart."""
    found: list[Value] = []
    for value in values:
        found += [one for one in options_of(value) if one not in found]
    if len(found) == 1:
        return found[0]
    known = [one for one in found if not isinstance(one, Unknown)]
    if len(found) == 2 and NONE in found:
        other = found[0] if found[1] == NONE else found[1]
        if isinstance(other, Ref):
            return Ref(other.id, nullable=True)
    refs = {one.id for one in known if isinstance(one, Ref)}
    if (
        len(refs) == 1
        and len(found) == len(known)
        and all(isinstance(one, Ref) or one == NONE for one in known)
    ):
        return Ref(refs.pop(), nullable=True)
    if not known or len(known) > 6:
        return UNKNOWN
    return Either((*known, UNKNOWN) if len(found) > len(known) else tuple(known))


def narrow(value: Value, *, truth: bool) -> Value | None:
    """What a value is where it is true, or where it is not; None where it cannot be."""
    match value:
        case Const(value=constant):
            return value if bool(constant) is truth else None
        case Ref(id=key, nullable=nullable):
            if truth:
                return Ref(key)
            return NONE if nullable else None
        case Either(options=options):
            left = [one for one in (narrow(each, truth=truth) for each in options) if one]
            return either(left) if left else None
        case Many():
            return value if truth else Items(())
        case Class() | Function() | Method() | Query() | Imported():
            return value if truth else None
        case _:
            return value


def narrow_none(value: Value, *, none: bool) -> Value | None:
    """What a value is where it is None, or where it is something; None where it cannot be."""
    match value:
        case Const(value=constant):
            return value if (constant is None) is none else None
        case Ref(id=key, nullable=nullable):
            if none:
                return NONE if nullable else None
            return Ref(key)
        case Either(options=options):
            left = [one for one in (narrow_none(each, none=none) for each in options) if one]
            return either(left) if left else None
        case Unknown():
            return NONE if none else value
        case _:
            return None if none else value
