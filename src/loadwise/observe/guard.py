"""Guard: stands before every ORM statement: enters it in the journal, or raises in its place."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

from sqlalchemy.orm import ORMExecuteState, Session

from loadwise.observe import hooks
from loadwise.observe.calls import found_call, would_write
from loadwise.observe.errors import LazyReadError, SyncCallError
from loadwise.observe.explain import explain
from loadwise.observe.faults import add_note, fault, said
from loadwise.observe.journal import Entry, Journal, Kind, close_journal_of, journal_of
from loadwise.observe.reading import dynamic_read
from loadwise.observe.sharing import note_use
from loadwise.observe.sites import capture, capture_of_waiter
from loadwise.observe.watchers import Found, record_all, watchers


def on_execute(execution: ORMExecuteState) -> Any:
    """Note who runs a statement; raise where a lazy load is about to fail.

    Fires before autoflush and before any IO, for each ORM statement. A listener of the application
    that comes later may still serve the load, from a cache; what it returns is returned.
    """
    explained = _noted(execution)
    if explained is None:
        return None
    served = hooks.result_of_later_listeners(execution, on_execute)
    if served:
        return served
    record_all(explained.findings)
    try:
        raise explained.error
    finally:  # else the error and this frame hold each other, and the application's objects
        del explained


class _Explained(NamedTuple):
    """The error to raise, and the finding of each watch."""

    error: BaseException
    findings: Found = ()


def _noted(execution: ORMExecuteState) -> _Explained | None:
    """Enter a statement in the journal; explain it where it is a load that must be awaited."""
    try:
        if hooks.LEAKS_OPTIONS:
            hooks.take_back_leaked_options(execution)
        journal = journal_of(execution.session)
        if journal is None:
            return None
        if not hooks.in_greenlet():
            return _explained(execution, journal)
        _enter(execution, journal)
    except Exception as unexpected:
        fault("on_execute", unexpected)
    return None


def _enter(execution: ORMExecuteState, journal: Journal) -> None:
    """Enter a statement that runs where IO is legal. The hot path of `watch()`."""
    options = execution.execution_options
    kind, previous, names = LOAD, None, None
    if hooks.LOAD_OPTIONS in options and (state := hooks.refreshed_state(execution)) is not None:
        kind = Kind.REFRESH if hooks.is_user_refresh(execution) else Kind.RELOAD
        previous, names = journal.number(state), hooks.refreshed_names(execution)
    mark = capture()
    note_use(journal, mark)
    if mark is None:
        mark = capture_of_waiter()
    replaces = "populate_existing" in options and bool(options["populate_existing"])
    statement = type(execution.statement)
    entry = (hooks.next_run_id(), kind, mark, statement, replaces, previous, names)
    journal.entries.append(made(Entry, entry))


LOAD: Final = Kind.LOAD  # looked up once: an Enum's members are slow to reach
made: Final = tuple[Any].__new__  # an Entry(...) costs as much as all the rest of its line


def _must_be_awaited(execution: ORMExecuteState) -> bool:
    """Whether the IO of a statement is illegal outside a greenlet.

    A session that is synchronous is asked once. `get_bind()` may raise; then it does so again in a
    moment, when SQLAlchemy asks.
    """
    try:
        bind = execution.session.get_bind(**execution.bind_arguments)
    except Exception:
        return False
    if not bind.dialect.is_async:
        close_journal_of(execution.session)
        return False
    return not hooks.io_outside_greenlet_is_legal(bind.engine)


def _explained(execution: ORMExecuteState, journal: Journal) -> _Explained | None:
    """The explanation of a statement in plain async code: a lazy load, or a call of the user's.

    None where it would fail anyway: after a failed flush a session refuses all until its rollback
    (PendingRollbackError).
    """
    session = execution.session
    quiet = type(session).get_bind is Session.get_bind  # one of the application's may do anything
    if quiet and not _must_be_awaited(execution):
        return None
    state, name = _read(execution) if execution.is_select else (None, None)
    if not session.is_active or not (quiet or (state and _must_be_awaited(execution))):
        return None
    try:
        if state is not None and (findings := _found_read(state, name, journal)):
            return _Explained(LazyReadError(findings[-1][1]), findings)
        findings = found_call()
        return _Explained(SyncCallError(findings[-1][1]), findings) if findings else None
    except Exception as failure:
        fault("explain", failure)
        return _Explained(_unexplained(failure))


def _found_read(state: Any, name: str | None, journal: Journal) -> Found:
    found = [(one, explain(state, name, journal, one.project)) for one in tuple(watchers)]
    return tuple((one, finding) for one, finding in found if finding is not None)


def before_flush(session: Session | None = None, *rest: Any) -> None:
    """Raise where a flush is about to fail. Fires before any IO, so that nothing is lost.

    What is set to its own value is not written, and needs no IO. An event that is dispatched by
    hand may come without its arguments.
    """
    if session is None or hooks.in_greenlet():
        return
    explained = _explained_flush(session)
    if explained is None:
        return
    record_all(explained.findings)
    try:
        raise explained.error
    finally:  # as above
        del explained


def _explained_flush(session: Session) -> _Explained | None:
    try:
        journal = journal_of(session)
        if journal is None or type(session).get_bind is not Session.get_bind:
            return None
        bind = session.get_bind() if session.bind is not None else None
        if bind is None or not bind.dialect.is_async:
            return None
        if hooks.io_outside_greenlet_is_legal(bind.engine) or not would_write(session):
            return None
        state, name = dynamic_read()
        if state is not None and (findings := _found_read(state, name, journal)):
            return _Explained(LazyReadError(findings[-1][1]), findings)
        findings = found_call()
        return _Explained(SyncCallError(findings[-1][1]), findings) if findings else None
    except Exception as failure:
        fault("before_flush", failure)
        return None


def _read(execution: ORMExecuteState) -> tuple[Any, str | None]:
    """The object, as its state, that a statement loads for, and the attribute if it says so."""
    if not execution.is_orm_statement:
        return None, None
    if execution.is_column_load:
        return hooks.refreshed_state(execution), None
    if execution.is_relationship_load:
        path = execution.loader_strategy_path
        name = getattr(path[-1], "key", None) if path is not None else None
        return execution.lazy_loaded_from, name
    return dynamic_read(execution.statement)


def _unexplained(failure: Exception) -> BaseException:
    """SQLAlchemy's own error, with a note that the explanation failed and why."""
    error = hooks.original_error()
    error.__context__ = None  # the failure, and with it our frames
    add_note(error, f"loadwise could not explain this: {said(failure)}")
    return error
