"""Raising: reads that raise because someone asked for it, by `lazy="raise"` or `raiseload()`.

The error is SQLAlchemy's own and stays so; what is known of it is added as a note.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy.exc import InvalidRequestError

from loadwise.core.text import full
from loadwise.observe import hooks
from loadwise.observe.detached import journal_of_detached
from loadwise.observe.explain import explain_raised
from loadwise.observe.faults import add_note, fault
from loadwise.observe.journal import Journal, journal_of
from loadwise.observe.watchers import record_all, watchers


def explain_raise(instance: object, name: str, error: InvalidRequestError) -> None:
    """Add an explanation to the error of a read that was asked to raise, and tell of it."""
    try:
        if type(error) is not InvalidRequestError or f".{name}' is not available due" not in str(
            error
        ):
            return
        state = hooks.state_of(instance)
        journal = _journal(state)
        if journal is None:  # a synchronous session's
            return
        found = [(one, explain_raised(state, name, journal, one.project)) for one in (*watchers,)]
        findings = [(one, finding) for one, finding in found if finding is not None]
        record_all(findings)
        if findings:
            add_note(error, full(findings[-1][1]))
    except Exception as failure:
        fault("explain_raise", failure)


def _journal(state: Any) -> Journal | None:
    session = state.session
    return journal_of(session) if session is not None else journal_of_detached(state)
