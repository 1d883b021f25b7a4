"""Sessions: what the methods of a session do to the objects of a world, by the core's effects."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.parameters import bind
from loadwise.analyse.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    Function,
    Items,
    Many,
    Method,
    Options,
    Query,
    Ref,
    Rows,
    Value,
)
from loadwise.analyse.world import Happening, Mapped, Session, Thing, World, both
from loadwise.core.cause import CauseKind
from loadwise.core.effect import (
    Add,
    BulkUpdate,
    Commit,
    Delete,
    Detach,
    Effect,
    Expire,
    Flush,
    Load,
    Refresh,
    Returns,
    Rollback,
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
    from loadwise.analyse.interpreter import Frame

EXECUTING: Final = frozenset({"execute", "exec", "scalars", "scalar", "stream", "stream_scalars"})
RETURNING: Final = Returns(insert=True, update=True)
"""What most databases give back; what needs it not is the same anyway."""


def session_call(
    engine: Expressions,
    frame: Frame,
    world: World,
    key: int,
    name: str,
    arguments: Arguments,
    node: ast.Call,
) -> Value:
    """What a method of a session does, and gives."""
    positional, words = arguments
    site = engine.places.site(frame.function.module, node, frame.name)
    first = positional[0] if positional else next(iter(words.values()), UNKNOWN)
    if name in EXECUTING:
        return _executed(engine, world, key, name, first, site)
    if name in {"get", "get_one"}:
        return _gotten(engine, world, key, name, arguments, site)
    if name in {"begin", "begin_nested"}:
        _flushed(engine, world, key, site)
        return Method(Ref(key), f"{name}-block")
    if name == "run_sync":
        if isinstance(first, Function):
            given = [Ref(key), *positional[1:]]
            bound = bind(engine, world, first, given, words)
            return engine.run(first, bound, world, depth=frame.depth + 1, greenlet=True)
        return UNKNOWN
    if name == "query":
        return Rows(
            Items(tuple(_selected(engine, world, key, one, (), site) for one in positional))
        )
    if name == "merge":
        return _merged(engine, world, key, first, site)
    _done(engine, world, key, name, positional, words, site)
    return NONE


def _done(
    engine: Expressions,
    world: World,
    key: int,
    name: str,
    positional: list[Value],
    words: dict[str, Value],
    site: Site,
) -> None:
    """The methods that give nothing: what they do to all objects of the session, or to some."""
    session = world.heap[key]
    expires = isinstance(session, Session) and session.expires
    names = _names(positional[1] if len(positional) > 1 else words.get("attribute_names"))
    if name in {"commit", "flush", "refresh"}:
        _flushed(engine, world, key, site)
    of_all: dict[str, Effect] = {
        "commit": Commit(expire_on_commit=expires, site=site),
        "rollback": Rollback(site=site),
        "expire_all": Expire(site=site),
        "close": Detach(),
        "expunge_all": Detach(),
        "reset": Detach(),
    }
    of_one: dict[str, Effect] = {
        "refresh": Refresh(names=names, site=site),
        "expire": Expire(names=names, site=site),
        "expunge": Detach(),
        "delete": Delete(),
    }
    if name in of_all:
        _all(engine, world, Happening(key, site, of_all[name]))
    for ref in engine.refs(positional[0]) if positional else []:
        if name in {"add", "add_all"}:
            _added(engine, world, key, ref.id)
        elif name in of_one:
            _one(engine, world, key, ref.id, of_one[name], site)


def _names(value: Value | None) -> frozenset[str] | None:
    """The attributes that `refresh` or `expire` names; None for all of them."""
    if isinstance(value, Items):
        return frozenset(str(one.value) for one in value.elements if isinstance(one, Const)) or None
    return None


def _members(world: World, key: int) -> list[tuple[int, Mapped]]:
    """The objects of a session, and those that come from nobody knows where."""
    return [
        (place, thing)
        for place, thing in world.heap.items()
        if isinstance(thing, Mapped)
        and (thing.session == key or (thing.session is None and not thing.known))
    ]


def happened(engine: Expressions, world: World, one: Happening, told: Iterable[int] = ()) -> None:
    """What happened to a session happens to its objects, but for those of which it was told."""
    if one.effect is None:
        _flushed(engine, world, one.session, one.site, told, sure=one.sure)
    else:
        _all(engine, world, one, told)


def _all(engine: Expressions, world: World, one: Happening, told: Iterable[int] = ()) -> None:
    """An effect on every object of a session, or on those of an entity."""
    assert one.effect is not None
    world.note(one)
    for place, thing in _members(world, one.session):
        if place in told or (one.entity and not engine.graph.is_a(thing.entity, one.entity)):
            continue
        after = _after(engine, thing, one.effect, one.site)
        world.heap[place] = after if one.sure else both(thing, after)


def _one(
    engine: Expressions, world: World, key: int, place: int, effect: Effect, site: Site
) -> None:
    thing = world.heap.get(place)
    if isinstance(thing, Mapped):
        world.heap[place] = _after(
            engine, replace(thing, session=thing.session or key), effect, site
        )


def _after(engine: Expressions, thing: Mapped, effect: Effect, site: Site) -> Mapped:
    """An object after an effect; what it no longer holds leads nowhere."""
    state = engine.applied(thing.state, effect)
    related = {
        name: value for name, value in thing.related.items() if state[name].held is not Held.NO
    }
    kept: frozenset[str] = (
        thing.changed if not isinstance(effect, Rollback | Commit) else frozenset()
    )
    plan = thing.plan if not isinstance(effect, Refresh) else None
    known = thing.known or (isinstance(effect, Commit | Rollback | Refresh) and state.expired)
    left = site if isinstance(effect, Detach) else thing.left
    return replace(
        thing, state=state, related=related, changed=kept, plan=plan, known=known, left=left
    )


def _added(engine: Expressions, world: World, key: int, place: int) -> None:
    """An object joins a session, and what it refers to with it."""
    thing = world.heap.get(place)
    if not isinstance(thing, Mapped) or thing.session == key:
        return
    state = engine.applied(thing.state, Add())
    world.heap[place] = replace(thing, state=state, session=key)
    for value in thing.related.values():
        for ref in engine.refs(value):
            _added(engine, world, key, ref.id)


def _flushed(
    engine: Expressions,
    world: World,
    key: int,
    site: Site,
    told: Iterable[int] = (),
    *,
    sure: bool = True,
) -> None:
    """What waits for a flush is written."""
    world.note(Happening(key, site, sure=sure))
    for place, thing in _members(world, key):
        pending = thing.state.life is Life.PENDING
        if place in told or not (pending or thing.changed):
            continue
        names = engine.names(thing.entity)
        changed = frozenset(thing.changed & names) or frozenset(
            {"?"} & thing.changed and _any_column(engine, thing.entity)
        )
        effect = Flush(changed=changed, returns=RETURNING, site=site)
        state = engine.applied(thing.state, effect)
        after = replace(thing, state=state, changed=frozenset())
        world.heap[place] = after if sure else both(thing, after)


def _any_column(engine: Expressions, entity: str) -> set[str]:
    """A column that an UPDATE of an unknown one may set: one that nothing makes by itself."""
    plain = [
        column.name
        for column in engine.graph[entity].columns
        if not column.primary_key and column.on_update is Generated.NO and not column.computed
    ]
    return set(plain[:1])


def _executed(
    engine: Expressions, world: World, key: int, name: str, query: Value, site: Site
) -> Value:
    """A statement is run: pending changes are flushed before, objects come back."""
    session = world.heap[key]
    if isinstance(session, Session) and session.autoflush:
        _flushed(engine, world, key, site)
    if not isinstance(query, Query):
        return Rows(UNKNOWN)
    if query.kind in {"update", "delete"} and not query.returning:
        _bulk(engine, world, key, query, site)
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
    found = _brought(engine, world, key, entity, query.options, way, site)
    held = tuple(one.relationship for one in query.points if one.entity == entity)
    thing = world.heap.get(found.id) if isinstance(found, Ref) else None
    if held and isinstance(found, Ref) and isinstance(thing, Mapped):
        world.heap[found.id] = replace(thing, row=held)
    return found


def _met_again(world: World, key: int, entity: str) -> None:
    """What was expired by name is mostly selected again at once: then nothing tells its state."""
    for place, thing in _members(world, key):
        expired = thing.entity == entity and thing.state.expired
        kinds = {slot.cause.kind for slot in thing.state.slots if slot.cause is not None}
        if expired and CauseKind.EXPIRED_EXPLICITLY in kinds:
            world.heap[place] = replace(thing, known=False)


def _selected(
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


def _gotten(
    engine: Expressions, world: World, key: int, name: str, arguments: Arguments, site: Site
) -> Value:
    """`get()`: an object of the class, from the session or with a statement of its own."""
    positional, words = arguments
    kind = positional[0] if positional else words.get("entity", UNKNOWN)
    if not isinstance(kind, Class) or not kind.entity:
        return UNKNOWN
    given = words.get("options", UNKNOWN)
    options: tuple[Option, ...] = ()
    if isinstance(given, Items | Many):
        several = given.elements if isinstance(given, Items) else (given.element,)
        options = tuple(o for one in several if isinstance(one, Options) for o in one.options)
    found = _brought(engine, world, key, kind.entity, options, Way.GET, site)
    return Ref(found.id, nullable=name == "get") if isinstance(found, Ref) else found


def _merged(engine: Expressions, world: World, key: int, value: Value, site: Site) -> Value:
    refs = engine.refs(value)
    thing: Thing | None = world.heap.get(refs[0].id) if refs else None
    if not isinstance(thing, Mapped):
        return UNKNOWN
    return _brought(engine, world, key, thing.entity, (), Way.GET, site)


def _bulk(engine: Expressions, world: World, key: int, query: Query, site: Site) -> None:
    """An UPDATE of many rows may touch any object of the class: what the database makes expires."""
    for entity in (one for one in query.columns if one is not None):
        if query.kind == "update":
            made = frozenset(
                column.name
                for column in engine.graph[entity].columns
                if column.on_update is Generated.DATABASE
            )
            effect = BulkUpdate(expires=made, site=site)
            _all(engine, world, Happening(key, site, effect, entity))


def entered(value: Value) -> Value:
    """What a `with` block binds: a session itself, or what a generator yields."""
    match value:
        case Method(owner=Ref() as owner, name="begin-session"):
            return owner
        case _:
            return value


def left(engine: Expressions, frame: Frame, world: World, value: Value, node: ast.expr) -> None:
    """What the end of a `with` block does: a commit, or the session is closed."""
    site = engine.places.site(frame.function.module, node, frame.name)
    match value:
        case Method(owner=Ref(id=key), name="begin-block" | "begin-session"):
            session = world.heap.get(key)
            expires = isinstance(session, Session) and session.expires
            _flushed(engine, world, key, site)
            _all(engine, world, Happening(key, site, Commit(expire_on_commit=expires, site=site)))
            if value.name == "begin-session":
                _all(engine, world, Happening(key, site, Detach()))
        case Ref(id=key) if isinstance(world.heap.get(key), Session):
            _all(engine, world, Happening(key, site, Detach()))
        case _:
            pass
