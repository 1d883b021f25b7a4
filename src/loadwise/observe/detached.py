"""Detached: reads of what an object does not hold, when its session is gone."""

from __future__ import annotations

from typing import Any, Final

from loadwise.observe import hooks
from loadwise.observe.errors import DetachedReadError
from loadwise.observe.explain import explain_detached
from loadwise.observe.faults import fault
from loadwise.observe.journal import KEY, STATEMENTS, Journal, Kind, recent
from loadwise.observe.watchers import record_all, watchers


def explained_read(instance: object, name: str) -> DetachedReadError | None:
    """The error to raise where a detached object is read; None where SQLAlchemy's own must do.

    It must do for an object that is in a session: there something else was read, on the way.
    """
    try:
        state = hooks.state_of(instance)
        if state.session is not None:
            return None
        journal = journal_of_detached(state)
        found = [
            (one, explain_detached(state, name, journal, one.project)) for one in tuple(watchers)
        ]
        findings = [(one, finding) for one, finding in found if finding is not None]
        record_all(findings)
        return DetachedReadError(findings[-1][1]) if findings else None
    except Exception as failure:
        fault("explained_read", failure)
        return None


def journal_of_detached(state: Any) -> Journal | None:
    """The journal of the session that a detached object was in; None where that is not certain.

    The identity map that it was in tells, or a note that was made of it. One that was taken out by
    itself leaves neither, as a rule; then it is the one journal that has a statement which may have
    loaded it.
    """
    held, journals = hooks.identity_map_of(state), _journals()
    if held is not None:
        return next((one for one in journals if any(it is held for it in one.maps)), None)
    noted = [
        one
        for one in journals
        if any(
            state in (noted or ())
            for noted in (one.left, one.attached, one.added, one.seen, one.notes)
        )
    ]
    number = hooks.run_id(state)
    if not noted and number is not None and not _may_be_gone(number):
        noted = [one for one in journals if _may_have_loaded(one, number)]
    return noted[0] if len(noted) == 1 else None


def _journals() -> list[Journal]:
    """The journals of the newest sessions, and of all that are alive."""
    living = (session.info.get(KEY) for session in hooks.live_sessions())
    return list({id(one): one for one in (*recent, *living) if one is not None}.values())


def _may_be_gone(number: int) -> bool:
    """Whether the journal of an object with a number may have been let go of."""
    return len(recent) == recent.maxlen and (
        not recent[0].entries or number < recent[0].entries[0].id
    )


def _may_have_loaded(journal: Journal, number: int) -> bool:
    """Whether the result with a number may be that of the last statement of a journal.

    What is not part of a statement is noted when the statements before it are over.
    """
    before = [entry.kind for entry in journal.entries if entry.id < number]
    return bool(before) and before[-1] in OF_STATEMENTS


OF_STATEMENTS: Final = STATEMENTS | {Kind.FLUSH}
