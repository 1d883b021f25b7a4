"""Statements: what `select()`, loader options and results are, as values."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.hazards import QUERY, dynamic_call, synchronous_query
from loadwise.analyse.repeats import immediately_each
from loadwise.analyse.values import (
    NONE,
    SOME,
    UNKNOWN,
    Attribute,
    Class,
    Const,
    Dynamic,
    Either,
    Entries,
    Expression,
    Foreign,
    Items,
    Maker,
    Many,
    Method,
    Options,
    Points,
    Query,
    Ref,
    Row,
    Rows,
    Value,
    either,
)
from loadwise.analyse.world import World
from loadwise.core.path import Path, Step
from loadwise.core.statement import Option, load_only
from loadwise.core.strategy import Strategy

if TYPE_CHECKING:
    from loadwise.analyse.calls import Arguments
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.frame import Frame

STRATEGIES: Final = {
    "joinedload": Strategy.JOINED,
    "selectinload": Strategy.SELECTIN,
    "subqueryload": Strategy.SUBQUERY,
    "immediateload": Strategy.IMMEDIATE,
    "lazyload": Strategy.SELECT,
    "raiseload": Strategy.RAISE,
    "noload": Strategy.NOLOAD,
    "contains_eager": Strategy.CONTAINS_EAGER,
    "defer": Strategy.DEFER,
    "undefer": Strategy.UNDEFER,
}
KINDS: Final = {"select": "select", "insert": "insert", "update": "update", "delete": "delete"}
KEPT: Final = frozenset(
    {
        "where", "filter", "filter_by", "order_by", "limit", "offset", "distinct", "join",
        "outerjoin", "group_by", "having", "with_for_update", "select_from", "unique", "slice",
        "correlate", "prefix_with", "with_hint", "execution_options", "params", "values_from",
    }
)  # fmt: skip
"""Methods of a statement that change nothing about what it loads."""
MAKERS: Final = {
    "sqlalchemy.ext.asyncio.async_sessionmaker": False,
    "sqlalchemy.ext.asyncio.session.async_sessionmaker": False,
    "sqlalchemy.orm.sessionmaker": True,
}
"""What makes sessions, and whether those are synchronous."""
SESSIONS: Final = {
    "sqlalchemy.ext.asyncio.AsyncSession": False,
    "sqlalchemy.ext.asyncio.session.AsyncSession": False,
    "sqlmodel.ext.asyncio.session.AsyncSession": False,
    "sqlalchemy.ext.asyncio.async_scoped_session": False,
    "sqlalchemy.orm.Session": True,
    "sqlalchemy.orm.session.Session": True,
    "sqlmodel.Session": True,
}
"""The classes of sessions, and whether they are synchronous."""


def statement_of(name: str, positional: list[Value], words: dict[str, Value]) -> Value:
    """What a function of SQLAlchemy gives: a statement, a loader option, an alias."""
    last = name.rpartition(".")[2]
    if name.startswith("sqlalchemy.func.") or last in {"case", "text"}:
        return Expression()
    if last in KINDS:
        return Query(KINDS[last], columns=tuple(_column(one) for one in positional))
    if last in STRATEGIES or last in {"load_only", "defaultload", "Load"}:
        return _option(last, positional, words, Options(()))
    if last in {"aliased", "with_polymorphic"} and positional:
        return positional[0]
    if last == "and_":
        return Items(tuple(positional))
    return UNKNOWN


def maker_of(name: str, words: dict[str, Value]) -> Maker:
    """What a sessionmaker says of its sessions: `class_=AsyncSession`, `expire_on_commit=False`."""
    made = words.get("class_")
    synchronous = MAKERS[name]
    if isinstance(made, Foreign):
        synchronous = SESSIONS.get(made.name, synchronous)
    return Maker(synchronous, words.get("expire_on_commit") != Const(False))


def _column(value: Value) -> str | None:
    """The entity that a column of a statement is; None for a column of another kind."""
    return value.entity or None if isinstance(value, Class) else None


def _option(
    function: str, positional: list[Value], words: dict[str, Value], before: Options
) -> Value:
    """A loader option: of a chain, what goes on from the path that it has come to."""
    base = before.options[-1].path if before.options and before.entity else Path()
    attributes = [one for one in positional if isinstance(one, Attribute)]
    wild = any(one == Const("*") for one in positional)
    if function == "Load" and positional and isinstance(positional[0], Class):
        return Options((), positional[0].entity)
    if function == "load_only":
        if not attributes:
            return before
        root = base or Path((Step(attributes[0].entity),))
        return Options(
            (*before.options, *load_only(root, *(one.name for one in attributes))), before.entity
        )
    strategy = STRATEGIES.get(function)
    if wild and strategy is not None:
        return Options(
            (*before.options, Option(path=base, strategy=strategy, every=True, alone=not base)),
            before.entity,
        )
    found = list(before.options)
    path = base
    for attribute in attributes:
        path = (path or Path((Step(attribute.entity),))) / attribute.name
        if strategy is not None:
            raises = words.get("sql_only") == Const(True)
            chosen = Strategy.RAISE_ON_SQL if strategy is Strategy.RAISE and raises else strategy
            found.append(Option(path=path, strategy=chosen))
        else:  # defaultload
            found.append(Option(path=path, strategy=Strategy.UNDEFER, every=True))
    if not attributes and positional:
        return UNKNOWN
    return Options(tuple(found), attributes[-1].entity if attributes else before.entity)


def method_call(
    engine: Expressions,
    frame: Frame,
    world: World,
    callee: Method,
    arguments: Arguments,
    node: ast.Call,
) -> Value:
    """A method of a statement, of options, of a result, or of a collection."""
    positional, words = arguments
    owner, name = callee.owner, callee.name
    match owner:
        case Query():
            return _of_query(engine, world, owner, name, arguments)
        case Options() if name == "options":
            return _nested(owner, positional)
        case Options():
            return _option(name, positional, words, owner)
        case Rows():
            return _of_rows(engine, frame, world, owner, name, node)
        case Dynamic():
            return dynamic_call(engine, frame, world, owner, name, node)
        case Attribute():
            return _of_attribute(engine, world, owner, name, positional)
        case Many() | Items():
            return _of_collection(engine, world, owner, name, positional, node)
        case Entries():
            return _of_entries(owner, name, positional)
        case _:
            return UNKNOWN


def _of_attribute(
    engine: Expressions, world: World, owner: Attribute, name: str, positional: list[Value]
) -> Value:
    """A method of an attribute of a mapped class: a condition, or the attribute of a subclass."""
    if name in {"and_", "of_type"}:
        return owner
    if name == "in_" and positional:
        found = engine.points(world, owner, engine.element(positional[0]))
        return found if isinstance(found, Points) else UNKNOWN
    return UNKNOWN


def _of_query(
    engine: Expressions, world: World, owner: Query, name: str, arguments: Arguments
) -> Value:
    positional, words = arguments
    columns = tuple(_column(one) for one in positional)
    match name:
        case "limit":
            return replace(owner, limited=positional != [Const(1)])
        case "options":
            return _with_options(owner, positional)
        case "execution_options":
            populate = words.get("populate_existing") == Const(True)
            return replace(owner, populate=owner.populate or populate)
        case "returning":
            changed = owner.changed or owner.columns
            return replace(owner, returning=True, columns=columns, changed=changed)
        case "values":
            return replace(owner, sets=(*owner.sets, *words))
        case "from_statement":
            return replace(owner, by_text=True)
        case "with_only_columns":
            return replace(owner, columns=columns)
        case "add_columns":
            return replace(owner, columns=(*owner.columns, *columns))
        case "where" | "filter" | "filter_by":
            return _filtered(engine, world, owner, arguments)
        case _:
            return owner if name in KEPT else UNKNOWN


def _filtered(engine: Expressions, world: World, owner: Query, arguments: Arguments) -> Query:
    """A statement with conditions, which may say which row it is, or what its rows point at."""
    positional, words = arguments
    given = _flat(positional)
    if owner.columns and owner.columns[0]:
        entity = owner.columns[0]
        said = (engine.points(world, Attribute(entity, key), words[key]) for key in words)
        given += [one for one in said if one is not None]
    points = tuple(one for one in given if isinstance(one, Points))
    rows = tuple(one for one in given if isinstance(one, Row))
    return replace(owner, points=(*owner.points, *points), rows=(*owner.rows, *rows))


def _with_options(owner: Query, positional: list[Value]) -> Query:
    """A statement with loader options; with one that is not known, nothing is known of its rows."""
    added: list[Option] = []
    for one in _flat(positional):
        if isinstance(one, Options):
            added += one.options
        elif one != NONE:
            return replace(owner, columns=tuple(None for _ in owner.columns))
    return replace(owner, options=(*owner.options, *added))


def _flat(values: list[Value]) -> list[Value]:
    found: list[Value] = []
    for value in values:
        if isinstance(value, Items):
            found += _flat(list(value.elements))
        elif isinstance(value, Many):
            found += _flat([value.element])
        elif isinstance(value, Either):
            known = [one for one in value.options if one != NONE]
            found += _flat(known[:1])
        else:
            found.append(value)
    return found


def _nested(owner: Options, positional: list[Value]) -> Value:
    """`option.options(a, b)`: each goes on from where the chain has come to."""
    if not owner.options:
        return owner
    base, found = owner.options[-1].path, list(owner.options)
    for one in _flat(positional):
        if isinstance(one, Options):
            for option in one.options:
                path = Path((*base.steps, *option.path.steps[1:]))
                found.append(replace(option, path=path))
    return Options(
        (
            *found[: len(owner.options)],
            *found[len(owner.options) :],
        ),
        owner.entity,
    )


ONE: Final = frozenset(
    {"one", "scalar_one", "first", "one_or_none", "scalar_one_or_none", "scalar", "fetchone"}
)
NONE_TOO: Final = frozenset({"first", "one_or_none", "scalar_one_or_none", "scalar", "fetchone"})
SEVERAL: Final = frozenset({"all", "fetchall", "fetchmany", "partitions"})


def _of_rows(
    engine: Expressions, frame: Frame, world: World, owner: Rows, name: str, node: ast.Call
) -> Value:
    element = owner.element
    if owner.shape == QUERY:
        synchronous_query(engine, frame, name, node)
    elif name in SEVERAL:
        immediately_each(engine, world, owner)
    if owner.shape == "rows" and name in {"scalars", "scalar", "scalar_one", "scalar_one_or_none"}:
        element = (
            element.elements[0] if isinstance(element, Items) and element.elements else UNKNOWN
        )
    if name in {"scalars", "unique", "tuples", "mappings", "yield_per", "columns"}:
        return Rows(element, "scalars" if name == "scalars" else owner.shape)
    if name in SEVERAL:
        return Many(element)
    if name in ONE:
        if name in NONE_TOO and isinstance(element, Ref):
            return Ref(element.id, nullable=True)
        return element
    return UNKNOWN


def _of_collection(
    engine: Expressions,
    world: World,
    owner: Many | Items,
    name: str,
    positional: list[Value],
    node: ast.Call,
) -> Value:
    """A method of a list; what is put into one that has a name is among its elements then."""
    if name in {"append", "add", "insert", "extend"} and positional:
        given = positional[-1]
        element = engine.element(given) if name == "extend" else given
        function = node.func
        if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name):
            before = [] if owner == Items(()) else [engine.element(owner)]
            if isinstance(owner, Items) and name == "append" and len(owner.elements) < 12:
                world.names[function.value.id] = Items((*owner.elements, element))
            else:
                world.names[function.value.id] = Many(either([*before, element]))
        return NONE
    if name in {"pop", "popitem"}:
        return engine.element(owner)
    if name in {"copy", "values"}:
        return owner
    if name == "get":
        found, default = engine.element(owner), positional[1] if len(positional) > 1 else NONE
        return SOME if found == UNKNOWN and default not in {NONE, UNKNOWN} else found
    if name == "items":
        return Many(Items((UNKNOWN, engine.element(owner))))
    return UNKNOWN


def _of_entries(owner: Entries, name: str, positional: list[Value]) -> Value:
    match name:
        case "get" | "pop" if positional and isinstance(positional[0], Const):
            key = positional[0].value
            default = positional[1] if len(positional) > 1 else NONE
            return next((value for known, value in owner.entries if known == key), default)
        case "values":
            return Many(either([value for _, value in owner.entries])) if owner.entries else UNKNOWN
        case "items":
            pairs = tuple(Items((Const(key), value)) for key, value in owner.entries)
            return Items(pairs)
        case _:
            return UNKNOWN
