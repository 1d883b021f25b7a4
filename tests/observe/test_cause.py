"""From facts to the cause: one case for each way to tell, without a database."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

import pytest

from loadwise.core.cause import CauseKind
from loadwise.core.need import Touch
from loadwise.core.origin import EntityName, Hop, LoadKind, Shape
from loadwise.core.site import Site
from loadwise.core.strategy import Strategy
from loadwise.observe.cause import LEFT, TAKEN, cause_of
from loadwise.observe.facts import (
    AttributeFacts,
    Facts,
    Happening,
    LoadFacts,
    ObjectFacts,
    ReadFacts,
    Target,
)
from loadwise.observe.journal import Kind

USER: Final = EntityName(module="app", name="User")
ADMIN: Final = EntityName(module="app", name="Admin")
LINE: Final = Site(file="app.py", line=7)
LOADED: Final = Happening(kind=Kind.LOAD, site=Site(file="app.py", line=3))


def relation(**words: Any) -> Hop:
    """The relationship `User.organization`."""
    return Hop(**{"owner": USER, "name": "organization", "shape": Shape.REFERENCE, **words})


def column(**words: Any) -> Hop:
    """The column `User.name`."""
    return Hop(**{"owner": USER, "name": "name", "shape": Shape.COLUMN, **words})


def facts(
    hop: Hop,
    *,
    of: dict[str, Any] | None = None,
    attribute: dict[str, Any] | None = None,
    **loading: Any,
) -> Facts:
    """Facts about a user that a select loaded, but for what is given."""
    return Facts(
        object=replace(
            ObjectFacts(entity="app.User", name="User", label="User 1", loaded=("id",)),
            **(of or {}),
        ),
        attribute=replace(AttributeFacts(hop=hop), **(attribute or {})),
        loading=replace(
            LoadFacts(kind=LoadKind.SELECT, root=USER, load=LOADED, newest=LOADED), **loading
        ),
        reading=ReadFacts(touch=Touch.READ, site=None),
    )


NEW: Final[dict[str, Any]] = {"ever_loaded": False}
REFRESHED: Final = Happening(kind=Kind.REFRESH, site=LINE)

TABLE: Final[dict[str, tuple[Facts, CauseKind, Site | None, str]]] = {
    "subclass column": (
        facts(
            column(owner=ADMIN, subclass_of=USER, name="level"), attribute={"subclass_only": True}
        ),
        CauseKind.SUBCLASS_COLUMN,
        None,
        "the statement selects User, and level belongs to its subclass Admin",
    ),
    "subclass column, base not named": (
        facts(column(owner=ADMIN, name="level"), attribute={"subclass_only": True}),
        CauseKind.SUBCLASS_COLUMN,
        None,
        "the statement selects User, and level belongs to its subclass Admin",
    ),
    "subclass column of an expired object": (
        facts(
            column(owner=ADMIN, subclass_of=USER),
            of={"expired": True},
            attribute={"subclass_only": True},
            taken=Happening(kind=Kind.COMMIT, site=LINE),
        ),
        CauseKind.EXPIRED_BY_COMMIT,
        LINE,
        "commit() expired it (expire_on_commit)",
    ),
    "expired, not seen by what": (
        facts(relation(), of={"expired": True}),
        CauseKind.UNKNOWN,
        None,
        "it was expired, by a call that was not seen",
    ),
    "expired column, not seen by what": (
        facts(column(), of={"expired_names": frozenset({"name"})}),
        CauseKind.UNKNOWN,
        None,
        "it was expired, by a call that was not seen",
    ),
    "expired column that the database makes": (
        facts(column(generated=True), of={"expired_names": frozenset({"name"})}),
        CauseKind.EXPIRED_BY_FLUSH,
        None,
        "the flush let the database make a new value",
    ),
    "a relationship marked as expired is not": (
        facts(relation(), of={"expired_names": frozenset({"organization"})}),
        CauseKind.NEVER_LOADED,
        None,
        "the statement does not ask for it",
    ),
    "a deferred column marked as expired is not": (
        facts(column(chosen=Strategy.DEFER), of={"expired_names": frozenset({"name"})}),
        CauseKind.DEFERRED,
        None,
        "the mapping defers it (deferred=True)",
    ),
    "new object": (
        facts(relation(), of=NEW, load=None, newest=None, kind=LoadKind.UNKNOWN),
        CauseKind.NEW_OBJECT,
        None,
        "a new object has no organization until it is set or loaded",
    ),
    "new object that a statement returned": (
        facts(relation(), of=NEW, kind=LoadKind.RETURNING),
        CauseKind.NEVER_LOADED,
        None,
        "the statement does not ask for it",
    ),
    "load_only": (
        facts(column(chosen=Strategy.DEFER), attribute={"left_by_load_only": True}),
        CauseKind.LOAD_ONLY,
        None,
        "load_only() leaves it out",
    ),
    "deferred by an option": (
        facts(column(chosen=Strategy.DEFER, by_option=True)),
        CauseKind.DEFERRED,
        None,
        "the statement defers it",
    ),
    "column, nothing known": (
        facts(column()),
        CauseKind.UNKNOWN,
        None,
        "what took it away was not seen",
    ),
    "dropped by a refresh": (
        facts(relation(), newest=REFRESHED),
        CauseKind.DROPPED_BY_REFRESH,
        LINE,
        "refresh() loads columns, and of the relationships those that are eager or named",
    ),
    "replaced": (
        facts(relation(), populates_existing=True),
        CauseKind.REPLACED_BY_POPULATE_EXISTING,
        None,
        "populate_existing replaced the object's values, and the statement does not ask for it",
    ),
    "eager option on from_statement": (
        facts(relation(chosen=Strategy.JOINED, by_option=True), kind=LoadKind.FROM_STATEMENT),
        CauseKind.OPTIONS_IGNORED,
        None,
        "joinedload() is not applied to a from_statement()",
    ),
    "eager mapping on RETURNING": (
        facts(relation(chosen=Strategy.SUBQUERY), kind=LoadKind.RETURNING),
        CauseKind.OPTIONS_IGNORED,
        None,
        "lazy='subquery' is not applied to RETURNING",
    ),
    "eager, too deep": (
        facts(relation(chosen=Strategy.SELECTIN, self_referential=True)),
        CauseKind.DEPTH_EXHAUSTED,
        None,
        "lazy='selectin' on a self-referential relationship goes no deeper",
    ),
    "eager, in vain": (
        facts(relation(chosen=Strategy.JOINED)),
        CauseKind.OPTIONS_IGNORED,
        None,
        "lazy='joined' was not applied when the object came into the session",
    ),
    "lazyload()": (
        facts(relation(chosen=Strategy.SELECT, by_option=True)),
        CauseKind.NEVER_LOADED,
        None,
        "the statement says lazyload()",
    ),
    "raiseload()": (
        facts(relation(chosen=Strategy.RAISE, by_option=True)),
        CauseKind.NEVER_LOADED,
        None,
        "the statement says raiseload()",
    ),
    "another option": (
        facts(relation(chosen=Strategy.NOLOAD, by_option=True)),
        CauseKind.NEVER_LOADED,
        None,
        "the statement says noload()",
    ),
    "not asked for": (
        facts(relation()),
        CauseKind.NEVER_LOADED,
        None,
        "the statement does not ask for it",
    ),
    "not asked for, the key is not loaded": (
        facts(relation(), attribute={"target": Target(unloaded_keys=("a_id", "b_id"))}),
        CauseKind.NEVER_LOADED,
        None,
        "the statement does not ask for it, and its foreign key a_id, b_id is not loaded",
    ),
    "not asked for, the target is expired": (
        facts(relation(), attribute={"target": Target(label="Team 2", held=True)}),
        CauseKind.NEVER_LOADED,
        None,
        "the statement does not ask for it, and Team 2, which is in the session, is expired",
    ),
    "not asked for, the target is not there": (
        facts(relation(), attribute={"target": Target(label="Organization 2")}),
        CauseKind.NEVER_LOADED,
        None,
        "the statement does not ask for it, and no Organization 2 is in the session",
    ),
}


@pytest.mark.parametrize("case", TABLE)
def test_cause(case: str) -> None:
    given, kind, site, text = TABLE[case]
    cause = cause_of(given)
    assert (cause.kind, cause.site, cause.text) == (kind, site, text)


@pytest.mark.parametrize("kind", TAKEN)
def test_what_took_it_away_is_named_with_its_line(kind: Kind) -> None:
    for hop in (relation(), column()):
        cause = cause_of(facts(hop, taken=Happening(kind=kind, site=LINE)))
        assert (cause.kind, cause.text) == TAKEN[kind]
        assert cause.site == LINE


def test_every_entry_that_takes_something_away_has_words() -> None:
    bring_or_do_nothing = {Kind.LOAD, Kind.RELOAD, Kind.ADD}
    assert {*TAKEN, *LEFT, *bring_or_do_nothing} == {*Kind}


def test_no_cause_ends_with_a_full_stop_or_starts_with_a_capital() -> None:
    texts = [cause_of(given).text for given, *_ in TABLE.values()]
    assert not any(text.endswith(".") or text[0].isupper() for text in texts)
