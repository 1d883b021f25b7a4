"""Cause: from facts to the reason why an attribute is not loaded. Pure; the first match decides."""

from __future__ import annotations

from typing import Final

from loadwise.core.cause import UNKNOWN, WORDS, Cause, CauseKind, because
from loadwise.core.origin import Hop, LoadKind, Shape
from loadwise.core.strategy import Strategy
from loadwise.observe.facts import Facts, Happening
from loadwise.observe.journal import Kind

TAKEN: Final = {
    Kind.COMMIT: (CauseKind.EXPIRED_BY_COMMIT, WORDS[CauseKind.EXPIRED_BY_COMMIT]),
    Kind.ROLLBACK: (CauseKind.EXPIRED_BY_ROLLBACK, WORDS[CauseKind.EXPIRED_BY_ROLLBACK]),
    Kind.FAILED: (CauseKind.EXPIRED_BY_ROLLBACK, "the flush failed, and its rollback expired it"),
    Kind.FLUSH: (CauseKind.EXPIRED_BY_FLUSH, WORDS[CauseKind.EXPIRED_BY_FLUSH]),
    Kind.BULK: (CauseKind.EXPIRED_BY_BULK_UPDATE, WORDS[CauseKind.EXPIRED_BY_BULK_UPDATE]),
    Kind.EXPIRE: (CauseKind.EXPIRED_EXPLICITLY, WORDS[CauseKind.EXPIRED_EXPLICITLY]),
    Kind.REFRESH: (CauseKind.DROPPED_BY_REFRESH, "refresh() dropped it"),
}
"""What each entry of the journal does to an attribute, and the words for it."""


def cause_of(facts: Facts) -> Cause:
    """Why the attribute is not loaded, with the place where it was taken away if there is one."""
    attribute, loading = facts.attribute, facts.loading
    name = attribute.hop.name
    if attribute.hop.chosen is Strategy.DYNAMIC:
        return because(CauseKind.DYNAMIC)
    if attribute.subclass_only and not facts.object.expired:
        owner, base = attribute.hop.owner.name, attribute.hop.subclass_of
        entity = base.name if base else facts.object.name
        text = f"the statement selects {entity}, and {name} belongs to its subclass {owner}"
        return Cause(kind=CauseKind.SUBCLASS_COLUMN, text=text)
    if loading.taken is not None:
        return _taken(loading.taken)
    if facts.object.expired or _is_expired_column(facts):
        return _not_in_result(facts) or _expired(facts)
    if facts.object.came_as_it_is:
        text = f"the object came unpickled, or by merge(load=False), without {name}"
        return Cause(kind=CauseKind.NEVER_LOADED, text=text)
    if facts.object.detached and not loading.known:
        text = f"it was not loaded when the object left its session, {NOT_SEEN}"
        return Cause(kind=CauseKind.UNKNOWN, text=text)
    if not facts.object.ever_loaded and loading.load is None:
        text = f"a new object has no {name} until it is set or loaded"
        return Cause(kind=CauseKind.NEW_OBJECT, text=text)
    if attribute.hop.shape is Shape.COLUMN:
        return _unloaded_column(facts)
    return _unloaded_relationship(facts)


NOT_SEEN: Final = "which was not seen"


def detached(facts: Facts, before: Cause) -> Cause:
    """Why the attribute of a detached object cannot be loaded, and why it was not there."""
    left = facts.loading.left
    if facts.object.deleted:
        how = "the object was deleted"
    elif left is not None:
        how = LEFT[left.kind]
    elif facts.object.came_as_it_is:
        how = "it is in no session"
    else:
        how = "it is in no session any more"
    text = f"{how}, and {before.text}"
    if facts.loading.taken is not None:
        text = f"{before.text}, and then {how}"
        if not facts.attribute.hop.is_loaded and facts.loading.load is not None:
            lost = before.text.partition(" (")[0]
            text = f"{WORDS[CauseKind.NEVER_LOADED]}; {lost}, and then {how}"
    site = left.site if left is not None and left.site is not None else before.site
    return Cause(kind=CauseKind.DETACHED, site=site, text=text, before=before.kind)


def raised(facts: Facts, before: Cause) -> Cause:
    """Why the read of an attribute raises, though it may be loaded, and why it was not there."""
    hop = facts.attribute.hop
    if hop.shape is Shape.COLUMN:
        wish = "it is deferred with raiseload=True"
    elif hop.chosen in MAPPED and not hop.by_option:
        wish = f"the mapping says lazy={str(hop.chosen)!r}"
    else:
        wish = "the statement says raiseload()"
    said = before.text if before.kind not in (CauseKind.UNKNOWN, CauseKind.DEFERRED) else ""
    if hop.by_option or hop.shape is Shape.COLUMN or not said:
        said = ""
    text = f"{said}, and {wish}" if said else wish
    return Cause(kind=CauseKind.RAISE_CONFIGURED, site=before.site, text=text, before=before.kind)


MAPPED: Final = (Strategy.RAISE, Strategy.RAISE_ON_SQL)


LEFT: Final = {
    Kind.CLOSE: "its session was closed",
    Kind.EXPUNGE: "the session was told to expunge it",
}


def _taken(taken: Happening) -> Cause:
    kind, text = TAKEN[taken.kind]
    return Cause(kind=kind, site=taken.site, text=text)


def _is_expired_column(facts: Facts) -> bool:
    """Whether the attribute is a column that is expired.

    SQLAlchemy marks relationships, too, and keeps the mark where a statement loads columns alone.
    """
    hop = facts.attribute.hop
    deferred = hop.chosen is Strategy.DEFER  # refresh() marks it, too, and leaves it so
    return hop.shape is Shape.COLUMN and hop.name in facts.object.expired_names and not deferred


def _not_in_result(facts: Facts) -> Cause | None:
    """A column that the rows of a statement do not have, which SQLAlchemy marks as expired, too."""
    kind, hop = facts.loading.kind, facts.attribute.hop
    if facts.object.expired or kind is not LoadKind.FROM_STATEMENT:
        return None
    text = f"the statement of the from_statement() has no {hop.name}"
    return Cause(kind=CauseKind.NEVER_LOADED, text=text)


def _expired(facts: Facts) -> Cause:
    """Expired, and no entry says by what."""
    if facts.attribute.hop.generated:
        kind, text = TAKEN[Kind.FLUSH]
        return Cause(kind=kind, text=text)
    return Cause(kind=CauseKind.UNKNOWN, text="it was expired, by a call that was not seen")


def _unloaded_column(facts: Facts) -> Cause:
    attribute = facts.attribute
    if attribute.left_by_load_only:
        return because(CauseKind.LOAD_ONLY)
    if attribute.hop.chosen is Strategy.DEFER:
        if attribute.hop.by_option:
            return Cause(kind=CauseKind.DEFERRED, text="the statement defers it")
        return because(CauseKind.DEFERRED)
    # undefer() counts for the statement, not for a later reload of the object
    return because(CauseKind.DEFERRED) if attribute.mapped_deferred else UNKNOWN


def _unloaded_relationship(facts: Facts) -> Cause:
    loading, hop = facts.loading, facts.attribute.hop
    got, load = facts.reading.got, loading.load.site if loading.load else None
    if got is not None and load is not None and (got.file, got.line) != (load.file, load.line):
        return Cause(kind=CauseKind.OPTIONS_IGNORED, site=got, text=HELD)
    if loading.newest is not None and loading.newest.kind is Kind.REFRESH:
        return because(CauseKind.DROPPED_BY_REFRESH, loading.newest.site)
    if loading.populates_existing:
        return because(CauseKind.REPLACED_BY_POPULATE_EXISTING)
    if hop.chosen.is_eager:
        return _eager_in_vain(facts)
    if hop.by_option:
        return Cause(kind=CauseKind.NEVER_LOADED, text=f"the statement says {_option(hop.chosen)}")
    return Cause(kind=CauseKind.NEVER_LOADED, text=_never(facts))


HELD: Final = "the session held the object already, and get() ignores its options then"
"""Why the options of a get() have no effect."""


def not_applied(hop: Hop, kind: LoadKind) -> Cause | None:
    """Why a way of loading does not heed an eager load, where it takes a statement as it is."""
    if kind is LoadKind.FROM_STATEMENT:
        text = f"{_asked(hop)} is not applied to a from_statement()"
    elif kind is LoadKind.RETURNING:
        text = f"{_asked(hop)} is not applied to RETURNING"
    else:
        return None
    return Cause(kind=CauseKind.OPTIONS_IGNORED, text=text)


def without_depth(hop: Hop) -> Cause:
    """Why an eager load that a self-referential relationship is mapped with loads nothing."""
    text = f"{_asked(hop)} on a self-referential relationship loads nothing without join_depth"
    return Cause(kind=CauseKind.DEPTH_EXHAUSTED, text=text)


def _asked(hop: Hop) -> str:
    return f"{hop.chosen}load()" if hop.by_option else f"lazy={str(hop.chosen)!r}"


def _eager_in_vain(facts: Facts) -> Cause:
    hop, asked = facts.attribute.hop, _asked(facts.attribute.hop)
    if (unheeded := not_applied(hop, facts.loading.kind)) is not None:
        return unheeded
    if hop.self_referential:
        text = f"{asked} on a self-referential relationship goes no deeper"
        return Cause(kind=CauseKind.DEPTH_EXHAUSTED, text=text)
    if facts.attribute.comes_back and not hop.by_option:
        text = f"{asked} is cut where it comes back to a class that is on the way"
        return Cause(kind=CauseKind.CYCLE_CUT, text=text)
    text = f"{asked} was not applied when the object came into the session"
    return Cause(kind=CauseKind.OPTIONS_IGNORED, text=text)


def _option(strategy: Strategy) -> str:
    names = {Strategy.SELECT: "lazyload()", Strategy.RAISE: "raiseload()"}
    return names.get(strategy, f"{strategy}()")


def _never(facts: Facts) -> str:
    asked, target = WORDS[CauseKind.NEVER_LOADED], facts.attribute.target
    if target is None or facts.object.detached:
        return asked
    if target.unloaded_keys:
        return f"{asked}, and its foreign key {', '.join(target.unloaded_keys)} is not loaded"
    if target.held:
        return f"{asked}, and {target.label}, which is in the session, is expired"
    return f"{asked}, and no {target.label} is in the session"
