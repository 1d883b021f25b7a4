"""Tasks: coroutines that are not awaited where they are made, and what runs several at once."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.nodes import yields
from loadwise.analyse.values import Either, Function, Items, Many, Method, Pending, Ref, Value
from loadwise.analyse.world import Session, World
from loadwise.core.cause import CauseKind, because
from loadwise.core.have import Have
from loadwise.core.need import Need
from loadwise.core.site import Sites
from loadwise.core.tree import NOTHING
from loadwise.core.use import Context, Hazard, Subject, Use

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.frame import Frame

AWAITED: Final = frozenset(
    {
        *("execute", "exec", "scalars", "scalar", "stream", "stream_scalars", "get", "get_one"),
        *("refresh", "flush", "commit", "rollback", "merge", "delete", "run_sync"),
    }
)
"""Methods of a session that do IO, and are awaited."""
TOGETHER: Final = frozenset({"gather", "wait", "as_completed"})
"""Functions that run what they are given at once."""


def used(engine: Expressions, world: World, session: int, name: str) -> None:
    """Note that a session does IO."""
    thing = world.heap.get(session)
    if name in AWAITED and isinstance(thing, Session) and not thing.synchronous:
        engine.used.append(session)


def pending(
    engine: Expressions, world: World, callee: Value, value: Value, first: int, last: int
) -> Value:
    """What a call gives that is not awaited: a coroutine, with the sessions that it will use.

    `first` is how many uses there were before the call, `last` the number of the newest object.
    """
    sessions = tuple(sorted({one for one in engine.used[first:] if one <= last}))
    name = _coroutine(world, callee)
    return Pending(value, name, sessions) if name and sessions else value


def _coroutine(world: World, callee: Value) -> str:
    """The name of what makes a coroutine when it is called; empty for what does not."""
    match callee:
        case Function(node=ast.AsyncFunctionDef() as node) if not yields(node):
            return node.name
        case Method(owner=Ref(id=key), name=name) if name in AWAITED:
            return f"AsyncSession.{name}" if isinstance(world.heap.get(key), Session) else ""
        case _:
            return ""


def awaited(value: Value) -> Value:
    """What is there once a value has been awaited, or all that is in it."""
    match value:
        case Pending(value=inner):
            return awaited(inner)
        case Many(element=element):
            return replace(value, element=awaited(element))
        case Items(elements=several):
            return Items(tuple(awaited(one) for one in several))
        case _:
            return value


def each_its_own(value: Value, last: int) -> Value:
    """A coroutine that is made in each round of a loop: of sessions that are, each has its own."""
    if not isinstance(value, Pending):
        return value
    shared = tuple(one for one in value.sessions if one <= last)
    return replace(value, sessions=shared) if shared else value.value


def run_together(engine: Expressions, frame: Frame, given: Iterable[Value], node: ast.Call) -> None:
    """Note a session that two of some coroutines use, which are run at once."""
    tasks = [task for one in given for task in _tasks(one)]
    counted = Counter(key for task, times in tasks for key in dict.fromkeys(task.sessions * times))
    many = {key for task, times in tasks if times > 1 for key in task.sessions}
    shared = {key for key, count in counted.items() if count > 1} | many
    for task, _ in tasks:
        if shared & set(task.sessions):
            _tell(engine, frame, task.name, node)
            return


def _tasks(value: Value) -> Iterator[tuple[Pending, int]]:
    """The coroutines in a value, each with how many there are of it: one, or several."""
    match value:
        case Pending():
            yield value, 1
        case Many(element=Pending() as task):
            yield task, 2
        case Items(elements=several) | Either(options=several):
            for one in several:
                yield from _tasks(one)
        case _:
            pass


def _tell(engine: Expressions, frame: Frame, name: str, node: ast.Call) -> None:
    site = engine.places.site(frame.function.module, node, frame.name)
    use = Use(
        subject=Subject(entity="sqlalchemy.ext.asyncio.session.AsyncSession"),
        have=Have.known(NOTHING),
        need=Need.of(),
        context=Context.ASYNC,
        sites=Sites(read=site),
        hazard=Hazard(call=name, cause=because(CauseKind.CONCURRENT_USE)),
        predicted=True,
    )
    engine.sightings.tell(("shared", site), use)
