"""Guard: stands before every ORM statement: enters it in the journal, or raises in its place."""

from __future__ import annotations

from typing import Any, Final, NamedTuple, Protocol

from sqlalchemy.orm import ORMExecuteState, Session

from loadwise.core.finding import Finding
from loadwise.observe import hooks
from loadwise.observe.errors import LazyReadError
from loadwise.observe.explain import explain
from loadwise.observe.faults import fault, said
from loadwise.observe.journal import Entry, Journal, Kind, close_journal_of, journal_of
from loadwise.observe.reading import dynamic_read
from loadwise.observe.sites import Project, capture


class Watcher(Protocol):
    """Who is told of findings; in the mode "full" also of what does no harm this time."""

    mode: str
    project: Project

    def record(self, finding: Finding) -> None:
        """Take a finding."""


watchers: Final[list[Watcher]] = []
"""Who watches now, in the order in which they began."""


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
    for watching, finding in explained.findings:
        record(watching, finding)
    try:
        raise explained.error
    finally:  # else the error and this frame hold each other, and the application's objects
        del explained


class _Explained(NamedTuple):
    """The error to raise, and the finding of each watch."""

    error: BaseException
    findings: tuple[tuple[Watcher, Finding], ...] = ()


def _noted(execution: ORMExecuteState) -> _Explained | None:
    """Enter a statement in the journal; explain it where it is a load that must be awaited."""
    try:
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
    """Enter a statement that runs where IO is legal."""
    statement = execution.statement
    kind, previous, names = Kind.LOAD, None, None
    state = hooks.refreshed_state(execution)
    if state is not None:
        kind = Kind.REFRESH if hooks.is_user_refresh(execution) else Kind.RELOAD
        previous, names = journal.number(state), hooks.refreshed_names(execution)
    mark = capture()
    replaces = bool(execution.execution_options.get("populate_existing"))
    journal.entries.append(
        Entry(hooks.next_run_id(), kind, mark, type(statement), replaces, previous, names)
    )


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
    """The explanation of a statement in plain async code.

    None where it loads no attribute, or would fail anyway: after a failed flush a session refuses
    all until its rollback (PendingRollbackError).
    """
    session = execution.session
    quiet = type(session).get_bind is Session.get_bind  # one of the application's may do anything
    if quiet and not _must_be_awaited(execution):
        return None
    if not (execution.is_select and execution.is_orm_statement and session.is_active):
        return None
    state: Any = None
    name: str | None = None
    if execution.is_column_load:
        state = hooks.refreshed_state(execution)
    elif execution.is_relationship_load:
        state = execution.lazy_loaded_from
        path = execution.loader_strategy_path
        name = getattr(path[-1], "key", None) if path is not None else None
    else:
        state, name = dynamic_read()
    if state is None or not (quiet or _must_be_awaited(execution)):
        return None
    try:
        found = [(one, explain(state, name, journal, one.project)) for one in tuple(watchers)]
        findings = tuple((one, finding) for one, finding in found if finding is not None)
        return _Explained(LazyReadError(findings[-1][1]), findings) if findings else None
    except Exception as failure:
        fault("explain", failure)
        return _Explained(_unexplained(failure))


def record(watching: Watcher, finding: Finding) -> None:
    """Hand a finding to who watches; what is raised there becomes a warning."""
    try:
        watching.record(finding)
    except Exception as error:
        fault("on_finding", error)


def _unexplained(failure: Exception) -> BaseException:
    """SQLAlchemy's own error, with a note that the explanation failed and why."""
    error = hooks.original_error()
    error.__context__ = None  # the failure, and with it our frames
    note = f"loadwise could not explain this: {said(failure)}"
    add_note = getattr(error, "add_note", None)
    if add_note is not None:
        add_note(note)
    else:  # Python 3.10
        error.args = (f"{error.args[0]}\n{note}", *error.args[1:])
    return error
