"""Vain: what a statement, or `session.get()`, is asked to load with its objects and does not.

Nothing fails of that alone. Where a read fails of it, the read is told of, and this is not.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.have import Have, Loss
from loadwise.core.need import Need, Touched
from loadwise.core.origin import Hop, LoadKind, Origin
from loadwise.core.path import Path, Step
from loadwise.core.plan import Choice, Plan
from loadwise.core.site import Sites
from loadwise.core.strategy import Strategy
from loadwise.core.tree import Tree
from loadwise.core.use import Context, Subject, Use
from loadwise.observe import hooks
from loadwise.observe.cause import HELD
from loadwise.observe.explain import use_of
from loadwise.observe.gather import EagerFacts, gather
from loadwise.observe.joins import states_of
from loadwise.observe.journal import Journal
from loadwise.observe.reading import Reader
from loadwise.observe.sites import Mark, Project

MOST: Final = 5_000
"""Places that are remembered."""
NOBODY: Final = Reader(None, None, refreshes=False)


@dataclass(slots=True, eq=False)
class Vain:
    """Something that one place asks for and does not get.

    `pending` are the executions of the stretch that is not over.
    """

    use: Use
    executions: int = 0
    pending: int = 0


class Asked:
    """What was asked for in vain in a run: by which place, of what was loaded at which one."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._found: dict[tuple[Mark, Mark, str], Vain] = {}
        self._told: set[tuple[Mark | None, str]] = set()

    def executed(
        self, mark: Mark, kind: LoadKind, facts: EagerFacts, held: tuple[str, ...]
    ) -> list[Vain]:
        """What the statements of a place ask for in vain, of objects that hold some attributes."""
        found: list[Vain] = []
        for hop, cause in facts.vain:
            one = self._found.get((mark, mark, hop.name))
            if one is None and len(self._found) < MOST:
                use = _executed(facts, hop, cause, held)
                origin = replace(use.origin, kind=kind) if use.origin is not None else None
                use = replace(use, sites=Sites(load=self.project.site(mark)), origin=origin)
                one = self._found[mark, mark, hop.name] = Vain(use)
            found += [one] if one is not None else []
        return found

    def got(self, state: Any, options: Any, asking: Mark, loading: Mark, journal: Journal) -> None:
        """An object was got that the session held, and options were given."""
        for owner, name, strategy in _lacking(state, options):
            key = asking, loading, name
            if key not in self._found and len(self._found) < MOST:
                cause = Cause(kind=CauseKind.OPTIONS_IGNORED, text=HELD)
                use = use_of(gather(owner, name, NOBODY, journal, self.project), cause)
                path = use.need.touched[0].path
                self._found[key] = Vain(
                    replace(
                        use,
                        context=Context.UNKNOWN,
                        sites=replace(use.sites, read=self.project.site(asking)),
                        plan=_plan(path, strategy, cause, by_option=True),
                    )
                )
            if key in self._found:
                self._found[key].pending += 1

    def told(self, loading: Mark | None, name: str) -> None:
        """A read of an attribute is told of, of what was loaded at a place."""
        self._told.add((loading, name))

    def settle(self) -> None:
        """A stretch of the run is over, and counts."""
        for one in self._found.values():
            one.executions, one.pending = one.executions + one.pending, 0

    def discard(self) -> None:
        """A stretch of the run is over that does not count."""
        for one in self._found.values():
            one.pending = 0

    def take(self) -> Iterator[Use]:
        """What is told by nothing else, as uses, a mapping once; starts anew."""
        found, told = self._found, self._told
        self._found, self._told = {}, set()
        mapped: set[tuple[str, str]] = set()
        for (_, loading, name), one in found.items():
            if not one.executions or (loading, name) in told:
                continue
            choice = one.use.plan.choices[0] if one.use.plan is not None else None
            if choice is not None and not choice.by_option:
                if (one.use.subject.entity, name) in mapped:
                    continue
                mapped.add((one.use.subject.entity, name))
            yield one.use


def _lacking(state: Any, options: Any) -> Iterator[tuple[Any, str, Strategy]]:
    """What options ask for and is not there: an object as its state, the attribute, how."""
    for choice in hooks.choices_of(options):
        strategy = Strategy(choice.strategy)
        if not strategy.is_eager:
            continue
        at = [state]
        for name in choice.names:
            lacking = [one for one in at if name in one.mapper.attrs and name not in one.dict]
            if lacking:
                yield lacking[0], name, strategy
                break
            at = [below for one in at for below in states_of(one, name)]


def _executed(facts: EagerFacts, hop: Hop, cause: Cause, held: tuple[str, ...]) -> Use:
    path = Path((Step(facts.root.name),))
    for one in facts.hops:
        path /= one.name
    columns = {Step(name): Tree() for name in held if name.isidentifier()}
    missing = path / hop.name
    return Use(
        subject=Subject(entity=facts.root.qualified),
        have=Have.known(Tree.along(path, Tree.of(columns)), lost=[Loss(path=missing, cause=cause)]),
        need=Need.of(Touched(path=missing)),
        plan=_plan(missing, hop.chosen, cause, by_option=hop.by_option),
        origin=Origin(
            kind=LoadKind.SELECT,
            root=facts.root,
            root_is_alias=facts.root_is_alias,
            hops=(*facts.hops, hop),
        ),
    )


def _plan(path: Path, strategy: Strategy, cause: Cause, *, by_option: bool) -> Plan:
    """What is promised, and not kept."""
    tree = Tree.along(path)
    choice = Choice(path=path, strategy=strategy, by_option=by_option, loaded=False, cause=cause)
    return Plan(tree=tree, may=tree, choices=(choice,))
