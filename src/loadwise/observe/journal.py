"""Journal: what happened to a session, in order, each with the line that did it.

Every entry has a number from the counter that SQLAlchemy stamps its results with, so that entries,
and the objects that statements load, fall into one order. The journal lives in `session.info` and
dies with the session; it holds code objects, numbers and weak references, no object of the user's.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Session

from loadwise.observe import hooks
from loadwise.observe.sites import Mark

KEY: Final = "loadwise"
LENGTH: Final = 256
"""Entries kept of a session. An evicted entry costs a line in an explanation, never a wrong one."""
NOTES: Final = 8
"""Notes kept of one object."""


class Kind(IntEnum):
    """What happened."""

    LOAD = 1
    REFRESH = 2
    """`refresh()` by the user."""
    RELOAD = 3
    """Expired columns loaded again on a read, where IO is legal."""
    COMMIT = 4
    ROLLBACK = 5
    FAILED = 11
    """A rollback that a failed flush brought with it."""
    FLUSH = 6
    EXPIRE = 7
    BULK = 8
    ADD = 9
    CLOSE = 10


class Entry(NamedTuple):
    """One thing that happened: its number, what, where; of a statement, its class and flags.

    `previous` is the number that a refreshed object had before, `names` what a refresh names.
    """

    id: int
    kind: Kind
    mark: Mark | None
    statement: type | None = None
    populates_existing: bool = False
    previous: int | None = None
    names: frozenset[str] | None = None

    def brings_relationship(self, name: str) -> bool:
        """Whether a statement may have brought a relationship, or dropped it.

        A reload brings columns alone, and a refresh leaves alone what it does not name.
        """
        if self.kind is Kind.REFRESH:
            return self.names is None or name in self.names
        return self.kind is not Kind.RELOAD


class Note(NamedTuple):
    """What an entry did to one object: to some attributes, or to all (None)."""

    entry: Entry
    kind: Kind
    names: frozenset[str] | None = None

    def touches(self, name: str) -> bool:
        """Whether an attribute is among those it was done to."""
        return self.names is None or name in self.names


class Journal:
    """The entries of one session, and the notes on its objects."""

    __slots__ = ("added", "entries", "flush", "notes", "seen")

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=LENGTH)
        self.notes: WeakKeyDictionary[Any, list[Note]] = WeakKeyDictionary()
        self.added: WeakKeyDictionary[Any, Entry] = WeakKeyDictionary()
        """Where a new object was added."""
        self.seen: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        """The number of the newest result that met an object which was there already."""
        self.flush: Entry | None = None
        """The flush that is under way."""

    def add(self, kind: Kind, mark: Mark | None) -> Entry:
        """Enter what happened now."""
        entry = Entry(hooks.next_run_id(), kind, mark)
        self.entries.append(entry)
        return entry

    def note(
        self, state: Any, entry: Entry, kind: Kind, names: frozenset[str] | None = None
    ) -> None:
        """Note what an entry did to an object."""
        notes = self.notes.setdefault(state, [])
        notes.append(Note(entry, kind, names))
        del notes[:-NOTES]

    def last(self) -> Entry | None:
        """The newest entry."""
        return self.entries[-1] if self.entries else None

    def number(self, state: Any) -> int | None:
        """The number of the newest result that an object is in; None for one never loaded."""
        first, again = hooks.run_id(state), self.seen.get(state)
        return max(first or 0, again or 0) or None

    def statement(self, number: int) -> Entry | None:
        """The statement whose result has a number: the newest one begun below it."""
        found = None
        for entry in self.entries:
            if entry.id >= number:
                break
            if entry.kind in STATEMENTS:
                found = entry
        return found

    def history(self, state: Any) -> list[Entry]:
        """The statements that brought an object's values, the newest first, down to its load."""
        found: list[Entry] = []
        number = self.number(state)
        while number is not None and (entry := self.statement(number)) is not None:
            found.append(entry)
            number = entry.previous if entry.kind is not Kind.LOAD else None
        return found

    def after(self, number: int, *kinds: Kind) -> Iterator[Entry]:
        """The entries of some kinds behind a number, oldest first."""
        return (entry for entry in self.entries if entry.id > number and entry.kind in kinds)


STATEMENTS: Final = frozenset({Kind.LOAD, Kind.REFRESH, Kind.RELOAD})


def journal_of(session: Session) -> Journal | None:
    """The journal of a session, begun where there is none; None for a synchronous session.

    There nothing is ever explained, so it costs next to nothing.
    """
    try:
        journal: Journal | None = session.info[KEY]
    except KeyError:
        journal = session.info[KEY] = None if _is_synchronous(session) else Journal()
    return journal


def close_journal_of(session: Session) -> None:
    """Keep no journal of a session that has turned out to be synchronous."""
    session.info[KEY] = None


def _is_synchronous(session: Session) -> bool:
    """Whether a session is known to be synchronous, by its one engine or connection.

    A `get_bind()` of the application's own may choose another, and is not called: it may do
    anything.
    """
    own = type(session).get_bind is not Session.get_bind
    return not own and session.bind is not None and not session.bind.dialect.is_async


def forget_all() -> None:
    """Take every journal out of its session."""
    for session in hooks.live_sessions():
        session.info.pop(KEY, None)
