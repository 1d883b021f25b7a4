"""Loads: what statements, `get()` and `merge()` bring into a session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.identity import (
    key_among,
    key_of,
    may_be_hit,
    may_be_met,
    meeting,
    met,
    there,
)
from loadwise.analyse.values import (
    UNKNOWN,
    Class,
    Items,
    Many,
    Options,
    Query,
    Ref,
    Rows,
    Value,
)
from loadwise.analyse.waste import note_rows
from loadwise.analyse.world import Happening, Mapped, Session, Thing, World
from loadwise.core.cause import Cause, CauseKind
from loadwise.core.effect import (
    BulkUpdate,
    Get,
    Load,
)
from loadwise.core.effects import apply
from loadwise.core.graph import Generated
from loadwise.core.path import Path
from loadwise.core.site import Site
from loadwise.core.state import Held, Life, State
from loadwise.core.statement import Option, RefusedError, Statement, Way, kept

if TYPE_CHECKING:
    from loadwise.analyse.calls import Arguments
    from loadwise.analyse.expressions import Expressions

from loadwise.analyse.happenings import flushed, is_expired_by_name, members, to_all


def executed(
    engine: Expressions, world: World, key: int, name: str, query: Value, site: Site
) -> Value:
    """A statement is run: pending changes are flushed before, objects come back."""
    session = world.heap[key]
    if isinstance(session, Session) and session.autoflush:
        flushed(engine, world, key, site)
    if not isinstance(query, Query):
        return Rows(UNKNOWN)
    if query.kind in {"update", "delete"}:
        _bulk(engine, world, key, query, site)
        if not query.returning:
            return Rows(UNKNOWN)
    columns = tuple(
        _loaded(engine, world, key, one, query, site) if one is not None else UNKNOWN
        for one in query.columns
    )
    if name in {"scalars", "stream_scalars"}:
        return Rows(columns[0] if columns else UNKNOWN, "scalars")
    if name == "exec":
        single = len(columns) == 1
        return Rows(columns[0] if single else Items(columns), "scalars" if single else "rows")
    if name == "scalar":
        found = columns[0] if columns else UNKNOWN
        return Ref(found.id, nullable=True) if isinstance(found, Ref) else found
    return Rows(Items(columns))


def _loaded(
    engine: Expressions, world: World, key: int, entity: str, query: Query, site: Site
) -> Value:
    way = Way.SELECT
    if query.kind != "select" or query.returning:
        way = Way.RETURNING
    elif query.by_text:
        way = Way.FROM_STATEMENT
    _met_again(world, key, entity)
    row = key_among(engine, world, entity, query.rows)
    known = there(engine, world, key, entity, row)
    new = _brought(engine, world, key, entity, query.options, way, site, row)
    thing = world.heap[new.id]
    if isinstance(thing, Mapped):
        note_rows(engine, thing, site, limited=query.limited)
        if known is not None and thing.plan is not None and thing.path is not None:
            del world.heap[new.id]
            effect = meeting(thing.plan, thing.path, query.options, site, populate=query.populate)
            met(engine, world, known, effect)
            return Ref(known)
        held = tuple(one.relationship for one in query.points if one.entity == entity)
        world.heap[new.id] = replace(thing, row=held)
        may_be_met(engine, world, key, new.id, site)
    return new


def _met_again(world: World, key: int, entity: str) -> None:
    """What was expired by name is mostly selected again at once: then nothing tells its state."""
    for place, thing in members(world, key):
        if thing.entity == entity and is_expired_by_name(thing):
            world.heap[place] = replace(thing, known=False)


def selected(
    engine: Expressions,
    world: World,
    key: int,
    value: Value,
    options: tuple[Option, ...],
    site: Site,
) -> Value:
    if isinstance(value, Class) and value.entity:
        return _brought(engine, world, key, value.entity, options, Way.SELECT, site)
    return UNKNOWN


def _brought(
    engine: Expressions,
    world: World,
    key: int,
    entity: str,
    options: tuple[Option, ...],
    way: Way,
    site: Site,
    row: Value | None = None,
) -> Ref:
    """A new object of what a statement loads; of one that is refused, nothing is known."""
    own = tuple(one for one in options if not one.path or one.path.root == entity)
    statement = Statement(entity=entity, way=way, options=own)
    loaded = engine.loaded.get(statement)
    if loaded is None:
        loaded = engine.loaded[statement] = _first(engine, statement)
    place = site if loaded.known else None
    return engine.new(world, replace(loaded, session=key, load=place, key=row))


def _first(engine: Expressions, statement: Statement) -> Mapped:
    """The object that a statement loads; of one that is refused, nothing is known."""
    nothing = _blank(engine, statement.entity)
    try:
        plan = engine.plan(statement)
    except (RefusedError, KeyError):
        return Mapped(entity=statement.entity, state=nothing, known=False)
    path = Path.parse(statement.entity)
    left = kept(statement.options, path, statement.entity)
    effect = Load(plan=plan, path=path, entity=statement.entity, options=left)
    return Mapped(
        entity=statement.entity,
        state=apply(nothing, effect, engine.graph),
        plan=plan,
        path=path,
    )


def _blank(engine: Expressions, entity: str) -> State:
    return engine.blank(entity, Life.PERSISTENT)


def gotten(
    engine: Expressions, world: World, key: int, name: str, arguments: Arguments, site: Site
) -> Value:
    """`get()`: an object of the class, from the session or with a statement of its own."""
    positional, words = arguments
    kind = positional[0] if positional else words.get("entity", UNKNOWN)
    if not isinstance(kind, Class) or not kind.entity:
        return UNKNOWN
    options = _options(words.get("options", UNKNOWN))
    ident = positional[1] if len(positional) > 1 else words.get("ident", UNKNOWN)
    row = key_of(engine, world, kind.entity, ident)
    known = there(engine, world, key, kind.entity, row)
    anew = {"populate_existing", "with_for_update"} & set(words)
    if known is not None and not anew:
        _hit(engine, world, known, options, site)
        return Ref(known, nullable=name == "get")
    if row is None:
        may_be_hit(engine, world, key, kind.entity)
    new = _brought(engine, world, key, kind.entity, options, Way.GET, site, row)
    may_be_met(engine, world, key, new.id, site)
    return Ref(new.id, nullable=name == "get")


def _hit(
    engine: Expressions, world: World, place: int, options: tuple[Option, ...], site: Site
) -> None:
    """`get()` finds an object in the session: one that is expired is loaded again, no more."""
    thing = world.heap[place]
    if not isinstance(thing, Mapped):
        return
    state = engine.applied(thing.state, Get()) if thing.state.expired else thing.state
    asked = {one.path.name for one in options if one.path and len(one.path.steps) == 2}
    lacking = {slot.name for slot in state.slots if slot.name in asked and slot.held is Held.NO}
    cause = Cause(kind=CauseKind.OPTIONS_IGNORED, site=site, text=IGNORED)
    state = state.change(lacking, lambda slot: replace(slot, cause=cause)) if lacking else state
    world.heap[place] = replace(thing, state=state)


IGNORED: Final = "the session held the object already, and get() ignores its options then"


def _options(given: Value) -> tuple[Option, ...]:
    """What a list of loader options says."""
    if not isinstance(given, Items | Many):
        return ()
    several = given.elements if isinstance(given, Items) else (given.element,)
    return tuple(o for one in several if isinstance(one, Options) for o in one.options)


def merged(
    engine: Expressions, world: World, key: int, value: Value, words: dict[str, Value], site: Site
) -> Value:
    """`merge()`: an object of the class, loaded as by a `get()` with its options."""
    refs = engine.refs(value)
    thing: Thing | None = world.heap.get(refs[0].id) if refs else None
    if not isinstance(thing, Mapped):
        return UNKNOWN
    options = _options(words.get("options", UNKNOWN))
    return _brought(engine, world, key, thing.entity, options, Way.GET, site)


def _bulk(engine: Expressions, world: World, key: int, query: Query, site: Site) -> None:
    """An UPDATE of many rows may touch any object of the class: what the database makes expires."""
    for entity in (one for one in query.changed or query.columns if one is not None):
        if query.kind == "update":
            made = frozenset(
                column.name
                for column in engine.graph[entity].columns
                if column.on_update is Generated.DATABASE
            )
            effect = BulkUpdate(expires=made, site=site)
            to_all(engine, world, Happening(key, site, effect, entity))
