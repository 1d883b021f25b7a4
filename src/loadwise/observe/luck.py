"""Luck: a read of what was not loaded that did no IO, and why it needed none this time."""

# SQLAlchemy's mappers are generic over classes that are not known here.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from sqlalchemy.orm import MANYTOONE

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.site import Site
from loadwise.core.strategy import Strategy
from loadwise.core.use import Context, Spared, Use
from loadwise.observe import hooks
from loadwise.observe.cause import cause_of
from loadwise.observe.explain import use_of
from loadwise.observe.facts import Facts
from loadwise.observe.gather import gather, label
from loadwise.observe.journal import Journal, Kind, journal_of
from loadwise.observe.reading import find_reader
from loadwise.observe.sites import Project

LUCKY: Final = frozenset(
    {
        CauseKind.NEVER_LOADED,
        CauseKind.DROPPED_BY_REFRESH,
        CauseKind.REPLACED_BY_POPULATE_EXISTING,
        CauseKind.EXPIRED_EXPLICITLY,
        CauseKind.OPTIONS_IGNORED,
        CauseKind.DEPTH_EXHAUSTED,
        CauseKind.CYCLE_CUT,
    }
)
"""Causes for which the next run may need IO. What is new or set by hand is no luck."""
MEANT: Final = frozenset(
    {
        Strategy.RAISE,
        Strategy.RAISE_ON_SQL,
        Strategy.NOLOAD,
        Strategy.DYNAMIC,
        Strategy.WRITE_ONLY,
    }
)
"""Strategies under which a read without IO is what was asked for."""


def lucky_use(state: Any, name: str, value: Any, journal: Journal, project: Project) -> Use | None:
    """The use that such a read is; None where it is no luck.

    `value` is what was read. An object that holds on to its parent, by which it was loaded, has it
    for certain.
    """
    if value is not None and _comes_with(state, name, hooks.state_of(value), journal):
        return None
    facts = without(gather(state, name, find_reader(), journal, project), name)
    cause = cause_of(facts)
    if facts.loading.load is None or cause.kind not in LUCKY:
        return None
    if facts.attribute.hop.chosen in MEANT:
        return None
    why = _null(facts, state, name) if value is None else _held(value, journal, project)
    spared = Spared.NULL_KEY if value is None else Spared.TARGET_HELD
    return replace(use_of(facts, replace(why, kind=cause.kind)), spared=spared)


def without(facts: Facts, name: str) -> Facts:
    """The facts as they were before an attribute was read."""
    loaded = tuple(one for one in facts.object.loaded if one != name)
    return replace(facts, object=replace(facts.object, loaded=loaded))


def _null(facts: Facts, state: Any, name: str) -> Cause:
    prop = state.mapper.relationships[name]
    columns = sorted(column.key for column in prop.local_columns)
    text = f"it works only because {' and '.join(columns)} of {facts.object.label} is NULL"
    return Cause(kind=CauseKind.UNKNOWN, text=text)


def _held(value: Any, journal: Journal, project: Project) -> Cause:
    """Why the target is in the session: where it was loaded, or added."""
    state = hooks.state_of(value)
    load = next((entry for entry in journal.history(state) if entry.kind is Kind.LOAD), None)
    entry, verb = (load, "loaded") if load is not None else (journal.added.get(state), "added")
    site: Site | None = project.site(entry.mark) if entry is not None and entry.mark else None
    who = label(state.mapper, state.key[1] if state.key else None)
    where = f", {verb} at {site.file}:{site.line}" if site is not None else ""
    text = f"it works only because {who} is in the session{where}"
    return Cause(kind=CauseKind.UNKNOWN, site=site, text=text)


def _comes_with(state: Any, name: str, target: Any, journal: Journal) -> bool:
    """Whether the target is there whenever the object is.

    So it is for the object that a collection was read of (`for post in user.posts: post.author`),
    and for what the same statement selects beside it (`select(Post, User)`).
    """
    found = hooks.load_path(state)
    if found is None:
        return False
    root, _, steps = found
    if steps:
        leading = steps[-1].source.attrs[steps[-1].key]
        pairs = {(remote, local) for local, remote in leading.local_remote_pairs or ()}
        here = set(state.mapper.relationships[name].local_remote_pairs or ())
        return pairs == here and target.mapper.isa(steps[-1].source)
    beside = hooks.load_path(target)
    if beside is None or beside[2] or beside[0] is root:
        return False
    numbers = (journal.number(state), journal.number(target))
    entries = [journal.statement(one) for one in numbers if one is not None]
    return len(entries) == 2 and entries[0] is not None and entries[0] is entries[1]


def foreign_key_is_set(state: Any, name: str) -> bool:
    """Whether an object holds the whole foreign key of a many-to-one."""
    prop = state.mapper.relationships.get(name)
    if prop is None or prop.direction is not MANYTOONE or prop.uselist:
        return False
    keys = (state.mapper.get_property_by_column(column).key for column in prop.local_columns)
    return all(state.dict.get(key) is not None for key in keys)


def blank_use(state: Any, name: str, project: Project) -> Use:
    """The use that a read is which nothing is loaded for, though the foreign key is set."""
    journal = journal_of(state.session) if state.session is not None else None
    facts = without(gather(state, name, find_reader(), journal, project), name)
    columns = sorted(column.key for column in state.mapper.relationships[name].local_columns)
    set_, blank = " and ".join(columns), facts.attribute.hop.chosen is Strategy.NOLOAD
    why = "lazy='noload' never loads" if blank else "nothing is loaded for an object before a flush"
    kind = CauseKind.NEW_OBJECT if state.key is None else CauseKind.NEVER_LOADED
    cause = Cause(kind=kind, text=f"{set_} is set, and {why}")
    return replace(use_of(facts, cause), spared=Spared.BLANK, context=Context.ASYNC)
