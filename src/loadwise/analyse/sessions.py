"""Sessions: what the methods of a session do, and the end of a block that one opens."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from loadwise.analyse.parameters import bind
from loadwise.analyse.tasks import used
from loadwise.analyse.values import (
    NONE,
    UNKNOWN,
    Const,
    Function,
    Items,
    Method,
    Ref,
    Rows,
    Synchronous,
    Value,
)
from loadwise.analyse.world import Happening, Session, World
from loadwise.core.effect import (
    Commit,
    Delete,
    Detach,
    Effect,
    Expire,
    Refresh,
    Rollback,
)
from loadwise.core.site import Site

if TYPE_CHECKING:
    from loadwise.analyse.calls import Arguments
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.frame import Frame

from loadwise.analyse.happenings import added, flushed, to_all, to_one
from loadwise.analyse.hazards import EXECUTING, QUERY, note_synchronous
from loadwise.analyse.loads import executed, gotten, merged, selected
from loadwise.analyse.repeats import note_each


def synchronous_call(
    engine: Expressions,
    frame: Frame,
    world: World,
    owner: Synchronous,
    name: str,
    arguments: Arguments,
    node: ast.Call,
) -> Value:
    """A method of `session.sync_session`, which does at once what that of the session awaits."""
    if not isinstance(owner.owner, Ref):
        return UNKNOWN
    note_synchronous(engine, frame, world, owner.owner.id, name, node)
    found = session_call(engine, frame, world, owner.owner.id, name, arguments, node)
    return replace(found, shape=QUERY) if name == "query" and isinstance(found, Rows) else found


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
    used(engine, world, key, name)
    note_each(engine, frame, world, key, name, arguments, node)
    if name in EXECUTING:
        return executed(engine, world, key, name, first, site)
    if name in {"get", "get_one"}:
        return gotten(engine, world, key, name, arguments, site)
    if name in {"begin", "begin_nested"}:
        flushed(engine, world, key, site)
        return Method(Ref(key), f"{name}-block")
    if name == "run_sync":
        if isinstance(first, Function):
            given = [Ref(key), *positional[1:]]
            bound = bind(engine, world, first, given, words)
            return engine.run(first, bound, world, depth=frame.depth + 1, greenlet=True)
        return UNKNOWN
    if name == "query":
        return Rows(Items(tuple(selected(engine, world, key, one, (), site) for one in positional)))
    if name == "merge":
        return merged(engine, world, key, first, words, site)
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
        flushed(engine, world, key, site)
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
        to_all(engine, world, Happening(key, site, of_all[name]))
    for ref in engine.refs(positional[0]) if positional else []:
        if name in {"add", "add_all"}:
            added(engine, world, key, ref.id)
        elif name in of_one:
            to_one(engine, world, key, ref.id, of_one[name], site)


def _names(value: Value | None) -> frozenset[str] | None:
    """The attributes that `refresh` or `expire` names; None for all of them."""
    if isinstance(value, Items):
        return frozenset(str(one.value) for one in value.elements if isinstance(one, Const)) or None
    return None


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
            flushed(engine, world, key, site)
            to_all(engine, world, Happening(key, site, Commit(expire_on_commit=expires, site=site)))
            if value.name == "begin-session":
                to_all(engine, world, Happening(key, site, Detach()))
        case Ref(id=key) if isinstance(world.heap.get(key), Session):
            to_all(engine, world, Happening(key, site, Detach()))
        case _:
            pass
