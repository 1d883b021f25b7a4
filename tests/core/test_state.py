"""The state of one object: its slots, and the tree that they make."""

import pytest

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.path import Path
from loadwise.core.state import Held, Life, Slot, State, blank, have_of
from tests.core.mapping import TEAM

GONE = Cause(kind=CauseKind.EXPIRED_BY_COMMIT, text="commit() expired it")


def state(*slots: Slot) -> State:
    return State(entity="Team", slots=slots)


def test_a_blank_object_has_a_slot_for_each_attribute_and_holds_none() -> None:
    found = blank(TEAM, Life.TRANSIENT, GONE)
    assert found == State(
        entity="Team",
        life=Life.TRANSIENT,
        slots=(Slot(name="id", cause=GONE), Slot(name="title", cause=GONE)),
    )
    assert found.names == {"id", "title"}


def test_a_slot_is_found_by_its_name() -> None:
    found = state(Slot(name="id", held=Held.YES), Slot(name="title", held=Held.MAYBE))
    assert found["id"].held is Held.YES
    assert found.holds("id")
    assert not found.holds("title")
    with pytest.raises(KeyError, match="nothing"):
        found["nothing"]


def test_only_the_named_slots_are_changed_and_unknown_names_are_ignored() -> None:
    before = state(Slot(name="id"), Slot(name="title"))
    after = before.change({"id", "nothing"}, lambda slot: Slot(name=slot.name, held=Held.YES))
    assert after == state(Slot(name="id", held=Held.YES), Slot(name="title"))


def test_what_an_object_holds_is_a_tree_with_the_causes_of_what_it_lacks() -> None:
    have = have_of(
        state(
            Slot(name="id", held=Held.YES, cause=GONE),
            Slot(name="title", cause=GONE),
            Slot(name="motto", held=Held.MAYBE, cause=GONE),
            Slot(name="logo"),
        )
    )
    assert str(have) == "Team{id ?motto -title}"
    assert [str(loss.path) for loss in have.lost] == ["Team.title", "Team.motto"]
    assert have.why(Path.parse("Team.title")) == GONE
