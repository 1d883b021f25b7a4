"""Repeats: the same load for one object after the other, as the loops of the source show."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from loadwise.analyse.nodes import MOST, names_in
from loadwise.analyse.sightings import Seen
from loadwise.analyse.values import UNKNOWN, Cell, Class, Items, Ref, Value
from loadwise.analyse.world import Mapped, World
from loadwise.core.cause import Cause, CauseKind, immediately
from loadwise.core.have import Have, Loss
from loadwise.core.need import Need, Touch, Touched
from loadwise.core.origin import EntityName, LoadKind, Origin
from loadwise.core.path import Path
from loadwise.core.reading import Outcome, Reading
from loadwise.core.site import Site, Sites
from loadwise.core.state import Held
from loadwise.core.strategy import Strategy
from loadwise.core.tree import NOTHING
from loadwise.core.use import Context, Subject, Times, Use, Via

if TYPE_CHECKING:
    from loadwise.analyse.calls import Arguments
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.frame import Frame

ENOUGH: Final = 3
"""How many keys that are written down make a repeat of `get()`, as at run time."""
Loop = ast.For | ast.AsyncFor | ast.comprehension


@dataclass(frozen=True, slots=True)
class Round:
    """A loop that a frame runs: the names that each round binds anew, and when it began.

    Objects whose number is above `last` are made in a round. A loop over two keys is `few`.
    """

    frame: Frame
    names: frozenset[str]
    last: int
    few: bool


def round_of(frame: Frame, node: Loop, source: Value, last: int) -> Round:
    """The rounds of a loop over a value."""
    few = isinstance(source, Items) and len(source.elements) < ENOUGH
    return Round(frame, bound_anew(node), last, few or _ends_at_once(node))


def _ends_at_once(node: Loop) -> bool:
    """Whether the first round of a loop is its last."""
    body = [] if isinstance(node, ast.comprehension) else node.body
    return bool(body) and isinstance(body[-1], ast.Return | ast.Break | ast.Raise)


@lru_cache(MOST)
def bound_anew(node: Loop) -> frozenset[str]:
    """The names that a loop binds to something else in each round: what hangs on its target."""
    found = set(_stored(node.target))
    statements = [] if isinstance(node, ast.comprehension) else node.body
    bindings = [
        (set(names_in(value)), set(_stored(one)))
        for statement in statements
        for one in ast.walk(statement)
        if (value := getattr(one, "value", None) or getattr(one, "iter", None)) is not None
        and isinstance(one, ast.Assign | ast.AnnAssign | ast.NamedExpr | ast.For | ast.AsyncFor)
    ]
    for _ in bindings:
        more = {name for used, bound in bindings if used & found for name in bound}
        if more <= found:
            break
        found |= more
    return frozenset(found)


def _stored(node: ast.AST) -> Iterator[str]:
    """The names that are bound by a target or a statement of its own."""
    targets = getattr(node, "targets", None) or [getattr(node, "target", node)]
    for target in targets:
        for one in ast.walk(target):
            if isinstance(one, ast.Name):
                yield one.id


def another_each_time(
    engine: Expressions, frame: Frame, node: ast.expr, value: Value, *, session: int
) -> bool:
    """Whether an argument is another one in each round, of a session that outlives the rounds."""
    for one in reversed(engine.rounds):
        if one.frame is frame and one.names & names_in(node):
            return not one.few and session <= one.last
    ref = value.id if isinstance(value, Ref) else value.ref if isinstance(value, Cell) else None
    return ref in engine.looping and bool(engine.rounds) and session <= engine.rounds[-1].last


def note_each(
    engine: Expressions,
    frame: Frame,
    world: World,
    session: int,
    name: str,
    arguments: Arguments,
    node: ast.Call,
) -> None:
    """Note a `get()` or `refresh()` that loads one object after the other.

    A `get()` of what may be in the session already is left alone.
    """
    positional, words = arguments
    match name, positional:
        case "get" | "get_one", [Class(entity=entity), *rest] if entity:
            keys = [*node.args[1:2], *(word.value for word in node.keywords if word.arg == "ident")]
            value = rest[0] if rest else words.get("ident", UNKNOWN)
            engine.asked.append(entity)
            held = engine.holds(world.heap, entity)
            for key in keys if not held else ():
                if another_each_time(engine, frame, key, value, session=session):
                    _whole(engine, frame, entity, Via.GET, node, load=None)
        case "refresh", [Ref() as ref, *_] if node.args:
            thing = world.heap.get(ref.id)
            if isinstance(thing, Mapped) and another_each_time(
                engine, frame, node.args[0], ref, session=session
            ):
                _whole(engine, frame, thing.entity, Via.REFRESH, node, load=thing.load)
        case _:
            pass


def _whole(
    engine: Expressions, frame: Frame, entity: str, via: Via, node: ast.Call, load: Site | None
) -> None:
    """The use of objects as a whole, which are what is loaded."""
    site = engine.places.site(frame.function.module, node, frame.name)
    found, root = engine.graph[entity], Path.parse(entity)
    cause = Cause(kind=CauseKind.NEVER_LOADED, text="")
    engine.sightings.tell(
        (via, entity, site),
        Use(
            subject=Subject(entity=engine.sightings.qualified(entity)),
            have=Have.known(NOTHING, lost=[Loss(path=root, cause=cause)]),
            need=Need.of(Touched(path=root, site=site)),
            context=Context.GREENLET,
            times=Times.PER_ITEM,
            via=via,
            sites=Sites(read=site, load=load),
            key=found.primary_key,
            origin=Origin(
                kind=LoadKind.GET if via is Via.GET else LoadKind.SELECT,
                root=EntityName(module=found.module, name=found.name),
            ),
            predicted=True,
        ),
    )


def immediately_each(engine: Expressions, world: World, value: Value) -> None:
    """Note what immediate loading loads for each of many rows."""
    for ref in engine.refs(value):
        thing = world.heap.get(ref.id)
        if not isinstance(thing, Mapped) or thing.plan is None or thing.path is None:
            continue
        for choice in thing.plan.below(thing.path):
            if choice.strategy is Strategy.IMMEDIATE and choice.each and thing.load is not None:
                reading = Reading(outcomes=frozenset({Outcome.IO}))
                name, cause = choice.path.name, immediately(by_option=choice.by_option)
                lacking = thing.state.change(
                    {name},
                    lambda slot, cause=cause: replace(slot, held=Held.NO, cause=cause),  # type: ignore[misc]
                )
                there = replace(thing, state=lacking)
                engine.see(Seen(there, name, reading, None, Touch.READ, Via.IMMEDIATE))
