"""Notes: the listeners that enter in a session's journal what happens to it and to its objects."""

from __future__ import annotations

from itertools import islice
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Delete, Update

from loadwise.observe import hooks
from loadwise.observe.faults import shielded
from loadwise.observe.journal import Entry, Journal, Kind, journal_of
from loadwise.observe.reads import watch_attribute
from loadwise.observe.sites import capture


@shielded
def on_commit(session: Session) -> None:
    """Note a commit that expires objects; a released savepoint expires none."""
    journal = journal_of(session)
    if journal is None or not session.expire_on_commit or session.in_nested_transaction():
        return
    journal.add(Kind.COMMIT, capture())


@shielded
def on_rollback(session: Session) -> None:
    """Note a rollback, also of a savepoint. Fires before the objects are expired."""
    journal = journal_of(session)
    if journal is None:
        return
    kind = Kind.ROLLBACK if journal.flush is None else Kind.FAILED
    journal.flush = None
    journal.add(kind, capture())


@shielded
def on_flush(session: Session, context: Any, instances: Any) -> None:
    """Note a flush, before it runs, so that what it expires can be put down to it."""
    journal = journal_of(session)
    if journal is not None:
        journal.flush = journal.add(Kind.FLUSH, capture())


@shielded
def after_flush(session: Session, context: Any) -> None:
    """The flush is over."""
    journal = journal_of(session)
    if journal is not None:
        journal.flush = None


@shielded
def on_expire(state: Any, names: Any) -> None:
    """Note what took attributes of one object away: a flush, a bulk statement, a call.

    A commit expires every object of its session, and is found by its own entry. A rollback and a
    statement do it where IO is legal; the user's own expire() stands outside as a rule.
    """
    session = state.session
    journal = journal_of(session) if session is not None else None
    if journal is None:
        return
    last = journal.last()
    if journal.flush is None and last is not None and last.kind is Kind.COMMIT:
        return
    touched = frozenset(names) if names is not None else None
    inside = hooks.in_greenlet()
    if journal.flush is not None:
        journal.note(state, journal.flush, Kind.FLUSH, touched)
    elif inside and last is not None and last.kind in ROLLBACKS:
        journal.note(state, last, last.kind, touched)
    elif inside and (bulk := _bulk(journal)) is not None:
        journal.note(state, bulk, Kind.BULK, touched)
    else:
        kind = Kind.REFRESH if hooks.within_refresh() else Kind.EXPIRE
        mark = capture()
        if last is None or last.kind is not Kind.EXPIRE or last.mark != mark:
            last = journal.add(Kind.EXPIRE, mark)
        journal.note(state, last, kind, touched)


def _bulk(journal: Journal) -> Entry | None:
    """The bulk statement that runs.

    With synchronize_session="fetch" and no RETURNING it selects the keys first, as its last entry.
    """
    newest = list(islice(reversed(journal.entries), 2))
    if len(newest) == 2 and newest[0].mark == newest[1].mark and newest[0].statement is Select:
        newest = newest[1:]
    found = newest[0] if newest else None
    return found if found is not None and issubclass(found.statement or object, BULK) else None


ROLLBACKS: Final = (Kind.ROLLBACK, Kind.FAILED)
BULK: Final = (Update, Delete)


@shielded
def on_refresh(state: Any, context: Any, names: Any) -> None:
    """Note the newest statement that met an object which was in its session already.

    Such an object keeps the number of the result that first loaded it.
    """
    session = state.session
    journal = journal_of(session) if session is not None else None
    number = hooks.result_id(context)
    if journal is not None and number is not None:
        journal.seen[state] = number


@shielded
def on_add(session: Session, instance: object) -> None:
    """Note where a new object was added; objects added by one line share its entry."""
    journal = journal_of(session)
    if journal is None:
        return
    journal.added[hooks.state_of(instance)] = journal.at(Kind.ADD, capture())


@shielded
def on_attach(session: Session, instance: object) -> None:
    """Note that an object was added which another session loaded, or another process."""
    journal = journal_of(session)
    if journal is not None:
        journal.attach(hooks.state_of(instance), capture())


@shielded
def on_detach(session: Session, instance: object) -> None:
    """Note where an object was taken out; with all others, its session has noted it already."""
    journal = journal_of(session)
    state = hooks.state_of(instance)
    if journal is not None and hooks.identity_map_of(state) is None:
        journal.leave(state, capture())


@shielded
def on_instrument(mapped: type, name: str, attribute: Any) -> None:
    """Watch an attribute of a class that is mapped while a watch is on."""
    watch_attribute(mapped, name)
