"""Explain: from a failing load to the finding that says why: facts, cause, use, judge."""

from __future__ import annotations

import re
from typing import Any, Final

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.finding import Finding
from loadwise.core.have import Have, Loss
from loadwise.core.judge import judge
from loadwise.core.need import Need, Touched
from loadwise.core.origin import LoadKind, Origin
from loadwise.core.path import Path, Step
from loadwise.core.site import Sites
from loadwise.core.tree import Tree
from loadwise.core.use import Context, Subject, Use
from loadwise.fix.planner import Planner
from loadwise.observe import hooks
from loadwise.observe.cause import cause_of, detached, raised
from loadwise.observe.facts import Facts
from loadwise.observe.gather import gather
from loadwise.observe.journal import Journal
from loadwise.observe.reading import Reader, find_reader
from loadwise.observe.sites import Project
from loadwise.rules import RULES


def explain(state: Any, name: str | None, journal: Journal, project: Project) -> Finding | None:
    """The finding about a load that is about to fail; None where it is not a read of an attribute.

    `state` is the object that SQLAlchemy is loading for, `name` the attribute if it says so. What
    the user's code names may be another one: reading `user.organization` reloads an expired
    organization.
    """
    reader = find_reader()
    if reader.access is not None:
        state, name = hooks.state_of(reader.access.instance), reader.access.name
    elif reader.refreshes:
        return None
    return _finding(state, name, reader, journal, project) if name is not None else None


def explain_detached(
    state: Any, name: str, journal: Journal | None, project: Project
) -> Finding | None:
    """The finding about a read of what a detached object does not hold."""
    return _finding(state, name, find_reader(), journal, project)


def explain_raised(state: Any, name: str, journal: Journal, project: Project) -> Finding | None:
    """The finding about a read that raises because someone asked for it."""
    return _finding(state, name, find_reader(), journal, project, raises=True)


def _finding(
    state: Any,
    name: str,
    reader: Reader,
    journal: Journal | None,
    project: Project,
    *,
    raises: bool = False,
) -> Finding | None:
    if name not in state.mapper.attrs:
        return None
    facts = gather(state, name, reader, journal, project)
    cause = cause_of(facts)
    if raises:
        cause = raised(facts, cause)
    elif facts.object.detached:
        cause = detached(facts, cause)
    use = use_of(facts, cause)
    return next(judge([use], rules=RULES, cure=Planner(project.source).cure), None)


def use_of(facts: Facts, cause: Cause) -> Use:
    """The use that facts describe: an object that is touched, and what it holds.

    It is touched in plain async code, or outside any session.
    """
    root = Path((_step(facts.object.name),))
    missing = root / _step(facts.attribute.hop.name)
    held = Tree.of({root.steps[0]: Tree.of({_step(key): Tree() for key in facts.object.loaded})})
    deepest = missing
    for hop in facts.reading.ahead:
        deepest /= _step(hop.name)
    touched = [Touched(path=missing, touch=facts.reading.touch, site=facts.reading.site)]
    if deepest != missing:
        touched.append(Touched(path=deepest, site=facts.reading.site))
    return Use(
        subject=Subject(entity=facts.object.entity, instance=facts.object.label),
        have=Have.known(held, lost=[Loss(path=missing, cause=cause)]),
        need=Need.of(*touched),
        context=Context.DETACHED if facts.object.detached else Context.ASYNC,
        sites=Sites(read=facts.reading.site, load=_load_site(facts, cause)),
        origin=origin_of(facts),
    )


def _step(name: str) -> Step:
    """The step of a name, which the mapping of a reflected table may spell as it likes."""
    return Step(name if name.isidentifier() else f"_{re.sub(NO_WORD, '_', name)}")


NO_WORD: Final = re.compile(r"\W")


def _load_site(facts: Facts, cause: Cause) -> Any:
    loading = facts.loading
    added = loading.added.site if loading.added else None
    if CauseKind.NEW_OBJECT in (cause.kind, cause.before):
        return added
    return loading.load.site if loading.load else added


def origin_of(facts: Facts) -> Origin:
    """How the object was loaded, and the way to what is missing, as the planner takes it."""
    loading, hop = facts.loading, facts.attribute.hop
    kind = LoadKind.ADD if loading.load is None and loading.added else loading.kind
    return Origin(
        kind=kind,
        root=loading.root,
        root_is_alias=loading.root_is_alias,
        hops=(*loading.hops, hop),
        ahead=facts.reading.ahead,
        handle=facts.reading.handle,
        expired=facts.object.expired and not facts.object.modified,
        awaitable=facts.object.awaitable,
        empty=facts.attribute.empty,
    )
