"""Hazards: what does its IO at once: dynamic relationships, calls of the synchronous half."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.repeats import immediately_each
from loadwise.analyse.sightings import Seen
from loadwise.analyse.values import UNKNOWN, Dynamic, Rows, Value
from loadwise.analyse.world import Mapped, Session, World
from loadwise.core.cause import CauseKind, because
from loadwise.core.have import Have
from loadwise.core.need import Need, Touch
from loadwise.core.reading import Outcome, Reading
from loadwise.core.site import Sites
from loadwise.core.state import Held
from loadwise.core.tree import NOTHING
from loadwise.core.use import Context, Hazard, Subject, Use

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.frame import Frame

EXECUTING: Final = frozenset({"execute", "exec", "scalars", "scalar", "stream", "stream_scalars"})
"""Methods of a session that run a statement."""
RUNNING: Final = frozenset(
    {"all", "count", "first", "one", "one_or_none", "scalar", "scalars", "get", "delete", "update"}
)
"""Methods of a `Query` that run it."""
WRITING: Final = frozenset({"commit", "flush"})
"""Methods of a session that need IO where something waits for a flush."""
QUERY: Final = "query"
"""The shape of rows that a `Query` of a synchronous session is, until it is run."""


def gone_through(
    engine: Expressions, frame: Frame, world: World, value: Value, node: ast.expr
) -> None:
    """Something is iterated: a query runs, and each row loads what it is to load at once."""
    if isinstance(value, Dynamic):
        _queried(engine, frame, world, value, node)
    elif isinstance(value, Rows) and value.shape == QUERY:
        synchronous_query(engine, frame, "all", node)
    else:
        immediately_each(engine, world, value)


def dynamic_call(
    engine: Expressions, frame: Frame, world: World, owner: Dynamic, name: str, node: ast.Call
) -> Value:
    """A method of the query that a dynamic relationship is; all but a few make another of it."""
    if name in RUNNING and isinstance(node.func, ast.Attribute):
        _queried(engine, frame, world, owner, node.func.value)
        return UNKNOWN
    return UNKNOWN if name in {"append", "add", "remove", "extend", "add_all"} else owner


def _queried(
    engine: Expressions, frame: Frame, world: World, query: Dynamic, node: ast.expr
) -> None:
    """The query of a dynamic relationship runs."""
    thing = world.heap.get(query.ref)
    if not isinstance(thing, Mapped) or not thing.known or frame.greenlet:
        return
    session = world.heap.get(thing.session) if thing.session is not None else None
    if isinstance(session, Session) and session.synchronous:
        return
    site = engine.places.site(frame.function.module, node, frame.name, name_only=True)
    cause = because(CauseKind.DYNAMIC)
    state = thing.state.change({query.name}, lambda slot: replace(slot, held=Held.NO, cause=cause))
    reading = Reading(outcomes=frozenset({Outcome.QUERY}), cause=cause)
    engine.see(Seen(replace(thing, state=state), query.name, reading, site, Touch.ITERATE))


def note_synchronous(
    engine: Expressions, frame: Frame, world: World, session: int, name: str, node: ast.Call
) -> None:
    """A method of `session.sync_session` needs IO if it executes or has something to write.

    What may be in the session already (`get()`), or needs IO only within a transaction
    (`rollback()`, `close()`), is left alone.
    """
    waits = any(
        isinstance(thing, Mapped) and thing.session == session and thing.changed
        for thing in world.heap.values()
    )
    if name in EXECUTING or (name in WRITING and waits):
        _synchronous(engine, frame, f"Session.{name}", node)


def synchronous_query(engine: Expressions, frame: Frame, name: str, node: ast.expr) -> None:
    """A `Query` of a synchronous session is run, if this method is one that runs it."""
    if name in RUNNING:
        _synchronous(engine, frame, f"Query.{name}", node)


def _synchronous(engine: Expressions, frame: Frame, call: str, node: ast.expr) -> None:
    if frame.greenlet:
        return
    site = engine.places.site(frame.function.module, node, frame.name)
    module = "session" if call.startswith("Session") else "query"
    use = Use(
        subject=Subject(entity=f"sqlalchemy.orm.{module}.{call.partition('.')[0]}"),
        have=Have.known(NOTHING),
        need=Need.of(),
        context=Context.ASYNC,
        sites=Sites(read=site),
        hazard=Hazard(call=call, cause=because(CauseKind.OUTSIDE_GREENLET)),
        predicted=True,
    )
    engine.sightings.tell((call, site), use)
