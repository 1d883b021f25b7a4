"""Sightings: what the interpreter sees of touched objects becomes uses, each told once."""

from __future__ import annotations

import ast
from dataclasses import dataclass, replace

from loadwise.analyse.checked import Place
from loadwise.analyse.world import Mapped
from loadwise.core.cause import Cause, CauseKind
from loadwise.core.graph import Graph, Relationship
from loadwise.core.need import Need, Touch, Touched
from loadwise.core.origin import EntityName, Hop, LoadKind, Origin, Shape
from loadwise.core.path import Path
from loadwise.core.plan import Plan
from loadwise.core.reading import Outcome, Reading
from loadwise.core.site import Site, Sites
from loadwise.core.state import Held, State, have_of
from loadwise.core.strategy import Strategy
from loadwise.core.use import Context, Subject, Times, Use, Via
from loadwise.schema.scope import Module


class Places:
    """Where a node of a module stands, as a site with its line of code."""

    def __init__(self, lines: dict[str, list[str]]) -> None:
        self._lines = lines
        self._sites: dict[tuple[int, bool, str], Site] = {}

    def site(
        self, module: Module, node: ast.AST, function: str, *, name_only: bool = False
    ) -> Site:
        """The site of a node; of an attribute, that of its name alone if asked for."""
        key = (id(node), name_only, function)
        known = self._sites.get(key)
        if known is None:
            known = self._sites[key] = self._site(module, node, function, name_only=name_only)
        return known

    def _site(self, module: Module, node: ast.AST, function: str, *, name_only: bool) -> Site:
        line, column = getattr(node, "lineno", 1), getattr(node, "col_offset", 0)
        end_line = getattr(node, "end_lineno", line) or line
        end = getattr(node, "end_col_offset", column) or column
        if name_only and isinstance(node, ast.Attribute):
            line, column = end_line, end - len(node.attr.encode())
        lines = self._lines.get(module.file, [])
        text = lines[line - 1] if 0 < line <= len(lines) else ""
        stop = _characters(text, end) if end_line == line else len(text)
        start = _characters(text, column)
        return Site(
            file=module.file,
            line=line,
            column=start + 1,
            end_column=max(stop, start) + 1,
            function=function,
            code=text,
        )


def _characters(text: str, offset: int) -> int:
    """A count of bytes in characters."""
    if text.isascii():
        return min(offset, len(text))
    return len(text.encode()[:offset].decode(errors="ignore"))


@dataclass(frozen=True, slots=True)
class Seen:
    """An attribute of an object is touched at a place, where it may not be there.

    `each` says by what it is loaded there for one object after the other, in a loop. `held` says
    that it is served without IO if its target is the object of its class that the session has,
    `doubtful` that the object is one of several that may be touched there.
    """

    thing: Mapped
    name: str
    reading: Reading
    read: Site | None
    touch: Touch
    each: Via | None = None
    held: bool = False
    doubtful: bool = False

    @property
    def key(self) -> tuple[object, ...]:
        """What tells uses apart: where an attribute is read, what loaded it, what took it away."""
        cause = self.thing.state[self.name].cause
        why = (cause.kind, cause.site) if cause is not None else None
        certain = Outcome.VALUE not in self.reading.outcomes and not self.doubtful
        return (
            self.thing.entity,
            self.name,
            self.read,
            self.thing.load,
            self.each,
            self.held,
            why,
            certain,
        )


class Sightings:
    """The uses of a whole analysis, in the order in which they were seen first."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.uses: dict[tuple[object, ...], Use] = {}
        self.held: dict[tuple[object, ...], Use] = {}
        """The uses that are served if their target is the object that the session has."""
        self.reads: set[Place] = set()
        self.resolved: set[Place] = set()

    def see(self, seen: Seen) -> None:
        """Note that an attribute is touched that may not be there."""
        thing, name, reading, read = seen.thing, seen.name, seen.reading, seen.read
        context = Context.DETACHED if Outcome.DETACHED in reading.outcomes else Context.ASYNC
        context = context if seen.each is None else Context.GREENLET
        *key, certain = seen.key
        uses = self.held if seen.held else self.uses
        known = uses.get(tuple(key))
        if known is not None and (not certain or not _is_certain(known)):
            return
        root = Path.parse(thing.entity)
        state = thing.state if not certain else _without(thing.state, name)
        slot_cause = state[name].cause
        if context is Context.DETACHED:
            gone = Cause(
                kind=CauseKind.DETACHED,
                site=thing.left,
                text="its session was closed" if thing.left else "it is in no session",
                before=slot_cause.kind if slot_cause is not None else CauseKind.UNKNOWN,
            )
            state = state.change({name}, lambda slot: replace(slot, cause=gone))
        need = Need.of(Touched(path=root / name, touch=seen.touch, site=read))
        have = have_of(state)
        if seen.each is not None or seen.held or seen.doubtful:  # how many there are, and which
            have = replace(have, may=have.may | need.must)
        uses[tuple(key)] = Use(
            times=Times.ONE if seen.each is None else Times.PER_ITEM,
            via=seen.each or Via.READ,
            subject=Subject(entity=self.qualified(thing.entity), instance=""),
            have=have,
            need=need,
            context=context,
            sites=Sites(read=read, load=thing.load),
            origin=self.origin(thing, name),
            predicted=True,
        )

    def tell(self, key: tuple[object, ...], use: Use) -> None:
        """Note a use that is the same whoever calls; the first of those with one key counts."""
        self.uses.setdefault(key, use)

    def qualified(self, entity: str) -> str:
        module = self.graph[entity].module
        return f"{module}.{entity}" if module else entity

    def origin(self, thing: Mapped, name: str) -> Origin | None:
        """The way from the root of the statement to the attribute, as a cure is planned from it."""
        if thing.path is None or thing.load is None:
            return None
        hops: list[Hop] = []
        entity = thing.path.root
        at = Path((thing.path.steps[0],))
        for step in (*thing.path.steps[1:], *Path.parse(name).steps):
            at = at / step
            hop = self._hop(entity, step.name, at, thing.plan)
            if hop is None:
                return None
            hops.append(hop)
            relationship = self.graph[entity].relationship(step.name)
            entity = relationship.target if relationship is not None else entity
        root = self.graph[thing.path.root]
        return Origin(
            kind=LoadKind.SELECT,
            root=EntityName(module=root.module, name=root.name),
            hops=tuple(hops),
        )

    def _hop(self, entity: str, name: str, path: Path, plan: Plan | None) -> Hop | None:
        found = self.graph[entity]
        relationship = found.relationship(name)
        choice = plan.choice(path) if plan is not None else None
        column = found.column(name)
        if relationship is None and column is None:
            return None
        return Hop(
            owner=EntityName(module=found.module, name=found.name),
            name=name,
            shape=_shape(relationship),
            chosen=_chosen(relationship, choice.strategy if choice is not None else None),
            by_option=choice is not None and choice.by_option,
            self_referential=relationship is not None and relationship.target == entity,
            generated=column is not None and str(column.on_update) == "database",
        )


def _is_certain(use: Use) -> bool:
    return not use.need.must <= use.have.may


def _without(state: State, name: str) -> State:
    return state.change({name}, lambda slot: replace(slot, held=Held.NO))


def _shape(relationship: Relationship | None) -> Shape:
    if relationship is None:
        return Shape.COLUMN
    return Shape.COLLECTION if relationship.uselist else Shape.REFERENCE


def _chosen(relationship: Relationship | None, strategy: Strategy | None) -> Strategy:
    if strategy is not None:
        return strategy
    return relationship.lazy if relationship is not None else Strategy.SELECT
