"""Loads: what statements, `get()` and `merge()` bring into a session."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from loadwise.analyse.values import (
    UNKNOWN,
    Attribute,
    Cell,
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
from loadwise.core.cause import CauseKind
from loadwise.core.effect import (
    BulkUpdate,
    Effect,
    Get,
    Load,
    PopulateExisting,
    Reselect,
)
from loadwise.core.effects import apply
from loadwise.core.graph import Generated
from loadwise.core.path import Path
from loadwise.core.site import Site
from loadwise.core.state import Life, State
from loadwise.core.statement import Option, RefusedError, Statement, Way, kept

if TYPE_CHECKING:
    from loadwise.analyse.calls import Arguments
    from loadwise.analyse.expressions import Expressions

from loadwise.analyse.happenings import flushed, members, to_all


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
    same = query.same
    if same is not None and same.entity == entity and way is Way.SELECT:
        met = _meets(engine, world, key, same.ref, query.options, site, populate=query.populate)
        if met is not None:
            return met
    _met_again(world, key, entity)
    found = _brought(engine, world, key, entity, query.options, way, site)
    thing = world.heap.get(found.id) if isinstance(found, Ref) else None
    if isinstance(thing, Mapped):
        note_rows(engine, thing, site, limited=query.limited)
    held = tuple(one.relationship for one in query.points if one.entity == entity)
    if held and isinstance(found, Ref) and isinstance(thing, Mapped):
        world.heap[found.id] = replace(thing, row=held)
    return found


def _meets(
    engine: Expressions,
    world: World,
    key: int,
    place: int,
    options: tuple[Option, ...],
    site: Site,
    *,
    populate: bool,
) -> Ref | None:
    """A statement meets an object that the session has; None where that is not known of it.

    It fills what is missing, or with `populate_existing` replaces what it selects.
    """
    thing = _in_session(world, key, place)
    if thing is None:
        return None
    own = tuple(one for one in options if not one.path or one.path.root == thing.entity)
    try:
        plan = engine.plan(Statement(entity=thing.entity, options=own))
    except (RefusedError, KeyError):
        return None
    path = Path.parse(thing.entity)
    left = kept(own, path, thing.entity)
    effect: Effect
    if populate:
        effect = PopulateExisting(plan=plan, path=path, options=left or None, site=site)
    else:
        effect = Reselect(plan=plan, path=path, options=left, site=site)
    state = engine.applied(thing.state, effect)
    if populate or thing.state.expired:  # all that it has is of this statement
        thing = replace(thing, plan=plan, path=path, load=site, related={})
    world.heap[place] = replace(thing, state=state)
    return Ref(place)


def _in_session(world: World, key: int, place: int) -> Mapped | None:
    """An object of which it is known that a session has it, and in what state."""
    thing = world.heap.get(place)
    if not isinstance(thing, Mapped) or not thing.known or thing.session != key:
        return None
    return thing if thing.state.life is Life.PERSISTENT else None


def _met_again(world: World, key: int, entity: str) -> None:
    """What was expired by name is mostly selected again at once: then nothing tells its state."""
    for place, thing in members(world, key):
        expired = thing.entity == entity and thing.state.expired
        kinds = {slot.cause.kind for slot in thing.state.slots if slot.cause is not None}
        if expired and CauseKind.EXPIRED_EXPLICITLY in kinds:
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
) -> Value:
    """A new object of what a statement loads; of one that is refused, nothing is known."""
    own = tuple(one for one in options if not one.path or one.path.root == entity)
    statement = Statement(entity=entity, way=way, options=own)
    loaded = engine.loaded.get(statement)
    if loaded is None:
        loaded = engine.loaded[statement] = _first(engine, statement)
    return engine.new(world, replace(loaded, session=key, load=site if loaded.known else None))


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
    met = _met_by_key(engine, world, key, kind.entity, arguments)
    if met is not None:
        return Ref(met.id, nullable=name == "get")
    options = _options(words.get("options", UNKNOWN))
    found = _brought(engine, world, key, kind.entity, options, Way.GET, site)
    return Ref(found.id, nullable=name == "get") if isinstance(found, Ref) else found


def _met_by_key(
    engine: Expressions, world: World, key: int, entity: str, arguments: Arguments
) -> Ref | None:
    """The object that `get()` finds in the session, which it reloads only if all is expired."""
    positional, words = arguments
    given = positional[1] if len(positional) > 1 else words.get("ident", UNKNOWN)
    keys = engine.graph[entity].primary_key
    anew = {"populate_existing", "with_for_update"} & set(words)
    if anew or len(keys) != 1 or not isinstance(given, Cell):
        return None
    thing = _in_session(world, key, given.ref)
    if thing is None or not engine.is_key(world, Attribute(entity, keys[0]), given):
        return None
    world.heap[given.ref] = replace(thing, state=engine.applied(thing.state, Get()))
    return Ref(given.ref)


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
