"""The journal: an order of numbers in which statements, objects and losses can be compared."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Session

import loadwise
from loadwise.observe import hooks
from loadwise.observe.journal import (
    KEY,
    LENGTH,
    NOTES,
    Entry,
    Journal,
    Kind,
    Note,
    forget_all,
    journal_of,
)
from tests.observe.models import User, async_engine, sync_engine


class State:
    """What stands for an object: `runid` is the number of the result that first loaded it."""

    def __init__(self, runid: int | None = None) -> None:
        self.runid = runid


def journal(*entries: Entry) -> Journal:
    """A journal with these entries."""
    made = Journal()
    made.entries.extend(entries)
    return made


def load(number: int) -> Entry:
    return Entry(number, Kind.LOAD, None)


def refresh(number: int, previous: int | None, *names: str) -> Entry:
    return Entry(number, Kind.REFRESH, None, previous=previous, names=frozenset(names) or None)


def reload(number: int, previous: int | None) -> Entry:
    return Entry(number, Kind.RELOAD, None, previous=previous)


def commit(number: int) -> Entry:
    return Entry(number, Kind.COMMIT, None)


def test_entries_are_numbered_in_order() -> None:
    made = Journal()
    assert made.last() is None
    first, second = made.add(Kind.COMMIT, None), made.add(Kind.ROLLBACK, None)
    assert first.id < second.id < hooks.next_run_id()
    assert list(made.entries) == [first, second]
    assert made.last() == second


def test_the_oldest_entries_go_first() -> None:
    made = Journal()
    entries = [made.add(Kind.COMMIT, None) for _ in range(LENGTH + 3)]
    assert list(made.entries) == entries[3:]


def test_a_statement_is_the_newest_below_a_number() -> None:
    made = journal(load(10), commit(20), load(30), refresh(40, 11), reload(50, 41), commit(60))
    found = {number: made.statement(number) for number in (10, 11, 25, 31, 45, 70)}
    assert {number: entry and entry.id for number, entry in found.items()} == {
        10: None,
        11: 10,
        25: 10,
        31: 30,
        45: 40,
        70: 50,
    }


def test_a_number_is_that_of_the_newest_result() -> None:
    made, state = journal(), State(12)
    assert made.number(State()) is None
    assert made.number(state) == 12
    made.seen[state] = 31
    assert made.number(state) == 31
    made.seen[state] = 5
    assert made.number(state) == 12


def test_a_history_goes_down_to_the_load() -> None:
    made = journal(load(10), load(20), refresh(30, 11), reload(40, 31), load(50))
    state = State(41)
    assert [entry.id for entry in made.history(state)] == [40, 30, 10]
    assert [entry.id for entry in made.history(State(11))] == [10]
    assert made.history(State()) == []


def test_a_history_of_a_new_object_ends_where_it_was_first_refreshed() -> None:
    made = journal(load(10), refresh(20, None))
    assert [entry.id for entry in made.history(State(21))] == [20]


def test_a_history_has_no_line_for_a_load_that_is_gone() -> None:
    """An evicted entry costs a line, never gives a wrong one."""
    made = journal(refresh(30, 11), reload(40, 31))
    assert [entry.id for entry in made.history(State(41))] == [40, 30]
    assert made.history(State(11)) == []


def test_a_selected_object_has_the_history_of_that_select() -> None:
    made, state = journal(load(10), load(20)), State(11)
    made.seen[state] = 21
    assert [entry.id for entry in made.history(state)] == [20]


def test_after_a_number() -> None:
    made = journal(commit(10), load(20), commit(30), Entry(40, Kind.ROLLBACK, None))
    assert [entry.id for entry in made.after(10, Kind.COMMIT)] == [30]
    assert [entry.id for entry in made.after(0, Kind.COMMIT, Kind.ROLLBACK)] == [10, 30, 40]


@pytest.mark.parametrize(
    ("entry", "brings"),
    [
        (load(1), True),
        (reload(1, None), False),
        (refresh(1, None), True),
        (refresh(1, None, "organization"), True),
        (refresh(1, None, "name"), False),
    ],
)
def test_what_may_bring_a_relationship(entry: Entry, brings: bool) -> None:
    assert entry.brings_relationship("organization") is brings


def test_notes_are_of_names_or_of_all() -> None:
    assert Note(load(1), Kind.EXPIRE).touches("name")
    assert Note(load(1), Kind.EXPIRE, frozenset({"name"})).touches("name")
    assert not Note(load(1), Kind.EXPIRE, frozenset({"name"})).touches("id")


def test_the_newest_notes_are_kept() -> None:
    made, state = Journal(), State()
    entries = [made.add(Kind.EXPIRE, None) for _ in range(NOTES + 2)]
    for entry in entries:
        made.note(state, entry, Kind.EXPIRE)
    assert [note.entry for note in made.notes[state]] == entries[2:]


def test_a_session_has_one_journal_until_all_are_forgotten() -> None:
    session: Any = Session(info={"mine": 1})
    found = journal_of(session)
    assert journal_of(session) is found
    assert session.info[KEY] is found
    forget_all()
    assert session.info == {"mine": 1}
    assert journal_of(session) is not found
    forget_all()


@pytest.mark.asyncio
async def test_a_synchronous_session_has_no_journal() -> None:
    async with async_engine() as engine, engine.connect() as connection:
        assert journal_of(AsyncSession(engine).sync_session) is not None
        assert journal_of(AsyncSession(connection).sync_session) is not None
        assert journal_of(Session(engine.sync_engine)) is not None
    with sync_engine() as other, other.connect() as connected:
        assert journal_of(Session(other)) is None
        assert journal_of(Session(connected)) is None


def test_a_session_that_chooses_its_engine_is_not_asked() -> None:
    class Choosing(Session):
        def get_bind(self, *arguments: Any, **words: Any) -> Any:
            raise AssertionError

    with sync_engine() as engine:
        assert journal_of(Choosing(engine)) is not None


def test_a_session_that_turns_out_to_be_synchronous_has_no_journal_any_more() -> None:
    with loadwise.watch(), sync_engine() as engine, Session(binds={User: engine}) as session:
        assert journal_of(session) is not None
        session.scalars(select(User)).all()
        assert journal_of(session) is None
