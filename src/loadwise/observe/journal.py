"""Journal: what happened to a session, in order, each with the line that did it.

Every entry has a number from the counter that SQLAlchemy stamps its results with, so that entries,
and the objects that statements load, fall into one order. The journal lives in `session.info`; the
newest ones are kept when their sessions are gone, for the objects that outlive them. A journal
holds code objects, numbers and weak references, no object of the user's.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator
from enum import IntEnum
from typing import Any, Final, NamedTuple
from weakref import WeakKeyDictionary, ref

from sqlalchemy.orm import Session

from loadwise.observe import hooks
from loadwise.observe.faults import fault
from loadwise.observe.sites import Mark, capture, capture_of_exit

KEY: Final = "loadwise"
LENGTH: Final = 256
"""Entries kept of a session. An evicted entry costs a line in an explanation, never a wrong one."""
NOTES: Final = 8
"""Notes kept of one object."""
JOURNALS: Final = 64
"""Journals kept when their sessions are gone."""
MAPS: Final = 8
"""Identity maps that a journal remembers; a session has a new one after each `close()`."""


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
    """A new object, or one that was in no session, is added."""
    CLOSE = 10
    EXPUNGE = 12


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


Moved = WeakKeyDictionary[Any, Entry]
"""Objects that came into a session or left it, made where one does; few do."""


class Journal:
    """The entries of one session, and the notes on its objects."""

    __slots__ = (
        "__weakref__",
        "added",
        "attached",
        "entries",
        "flush",
        "left",
        "map",
        "maps",
        "notes",
        "opener",
        "running",
        "seen",
    )

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=LENGTH)
        self.notes: WeakKeyDictionary[Any, list[Note]] = WeakKeyDictionary()
        self.added: WeakKeyDictionary[Any, Entry] = WeakKeyDictionary()
        """Where a new object was added."""
        self.seen: WeakKeyDictionary[Any, int] = WeakKeyDictionary()
        """The number of the newest result that met an object which was there already."""
        self.flush: Entry | None = None
        """The flush that is under way."""
        self.attached: Moved | None = None
        """Where an object was added that came from no session, with what another one loaded."""
        self.left: Moved | None = None
        """Where an object was taken out of the session; in the mode "full" alone."""
        self.maps: list[Any] = []
        """Weak references to the identity maps of the session, the newest last."""
        self.map: Any = None
        """The weak reference that tells when the newest of them is dropped."""
        self.running: tuple[Any, Mark | None] | None = None
        """The greenlet that used the session last, as a weak reference, and where."""
        self.opener = _task()
        """The task that used the session first."""

    def add(self, kind: Kind, mark: Mark | None) -> Entry:
        """Enter what happened now."""
        entry = Entry(hooks.next_run_id(), kind, mark)
        self.entries.append(entry)
        return entry

    def at(self, kind: Kind, mark: Mark | None) -> Entry:
        """The newest entry, if it is of this kind and place; else a new one."""
        last = self.last()
        if last is None or last.kind is not kind or last.mark != mark:
            last = self.add(kind, mark)
        return last

    def note(
        self, state: Any, entry: Entry, kind: Kind, names: frozenset[str] | None = None
    ) -> None:
        """Note what an entry did to an object."""
        notes = self.notes.setdefault(state, [])
        notes.append(Note(entry, kind, names))
        del notes[:-NOTES]

    def attach(self, state: Any, mark: Mark | None) -> None:
        """Note where an object was added that had been in another session."""
        if self.attached is None:
            self.attached = WeakKeyDictionary()
        self.attached[state] = self.at(Kind.ADD, mark)

    def leave(self, state: Any, mark: Mark | None) -> None:
        """Note where one object was taken out of the session."""
        if self.left is None:
            self.left = WeakKeyDictionary()
        self.left[state] = self.at(Kind.EXPUNGE, mark)

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
        """The statements that brought an object's values, the newest first, down to its load.

        What an object held when it was attached has been loaded by another session.
        """
        found: list[Entry] = []
        number, attached = self.number(state), (self.attached or {}).get(state)
        if number is not None and attached is not None and number < attached.id:
            return found
        while number is not None and (entry := self.statement(number)) is not None:
            found.append(entry)
            number = entry.previous if entry.kind is not Kind.LOAD else None
        return found

    def after(self, number: int, *kinds: Kind) -> Iterator[Entry]:
        """The entries of some kinds behind a number, oldest first."""
        return (entry for entry in self.entries if entry.id > number and entry.kind in kinds)


def _task() -> Any:
    """A weak reference to the task that runs; None where there is none."""
    try:
        task = asyncio.current_task()
    except RuntimeError:  # no event loop runs here
        return None
    return ref(task) if task is not None else None


def follow(journal: Journal, session: Session) -> None:
    """Know by which identity map the objects of a session can be told, and when it is dropped.

    `close()` and `expunge_all()` drop it, and no event says so that does not cost something for
    each object. The callback of a weak reference costs nothing until then.
    """
    journal.maps.append(ref(session.identity_map))
    del journal.maps[:-MAPS]
    of_journal, of_session = ref(journal), ref(session)

    def dropped(_: Any) -> None:
        try:
            journal, session = of_journal(), of_session()
            if journal is not None and session is not None and hooks.drops_identity_map():
                _note_drop(journal, session)
        except Exception as error:
            fault("dropped", error)

    journal.map = ref(session.identity_map, dropped)


def _note_drop(journal: Journal, session: Session) -> None:
    """Note that a session has let go of all its objects, and where."""
    if session.info.get(KEY) is not journal:
        return
    kind = Kind.CLOSE if hooks.within_close() else Kind.EXPUNGE
    opener = journal.opener() if journal.opener is not None else None
    journal.add(kind, capture() or (capture_of_exit(opener) if opener is not None else None))
    follow(journal, session)


STATEMENTS: Final = frozenset({Kind.LOAD, Kind.REFRESH, Kind.RELOAD})


def journal_of(session: Session) -> Journal | None:
    """The journal of a session, begun where there is none; None for a synchronous session.

    There nothing is ever explained, so it costs next to nothing.
    """
    try:
        journal: Journal | None = session.info[KEY]
    except KeyError:
        journal = session.info[KEY] = None if _is_synchronous(session) else _begun(session)
    return journal


recent: Final[deque[Journal]] = deque(maxlen=JOURNALS)
"""The newest journals, for objects that outlive their sessions."""


def _begun(session: Session) -> Journal:
    journal = Journal()
    follow(journal, session)
    recent.append(journal)
    return journal


def close_journal_of(session: Session) -> None:
    """Keep no journal of a session that has turned out to be synchronous."""
    journal: Journal | None = session.info.get(KEY)
    session.info[KEY] = None
    if journal is not None and journal in recent:
        recent.remove(journal)


def _is_synchronous(session: Session) -> bool:
    """Whether a session is known to be synchronous, by its one engine or connection.

    A `get_bind()` of the application's own may choose another, and is not called: it may do
    anything.
    """
    own = type(session).get_bind is not Session.get_bind
    return not own and session.bind is not None and not session.bind.dialect.is_async


def forget_all() -> None:
    """Take every journal out of its session, and keep none."""
    for session in hooks.live_sessions():
        session.info.pop(KEY, None)
    recent.clear()
