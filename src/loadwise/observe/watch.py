"""Watch: listens to SQLAlchemy while it is on, and raises the explained error in its place.

Nothing is hooked at import. The first watch to start puts the listeners in, the last one to stop
takes them out again and leaves SQLAlchemy as it was.
"""

from __future__ import annotations

import functools
import logging
import os
import threading
import warnings
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, TypeVar

from sqlalchemy import event
from sqlalchemy.orm import Mapper, ORMExecuteState, Session
from sqlalchemy.sql.dml import Delete, Update

from loadwise.core.finding import Finding
from loadwise.observe import hooks
from loadwise.observe.errors import LazyReadError
from loadwise.observe.explain import explain
from loadwise.observe.journal import Entry, Journal, Kind, forget_all, journal_of
from loadwise.observe.sites import Project, capture

MODES: Final = ("explain",)
KEPT: Final = 1000
"""Findings that a watch remembers."""

log = logging.getLogger("loadwise")
F = TypeVar("F", bound=Callable[..., Any])


class LoadwiseWarning(RuntimeWarning):
    """A fault of loadwise itself. The application is not affected; the watch may miss something."""


class Watch:
    """A watch that is on, until `stop()` or the end of its `with` block."""

    def __init__(
        self,
        *,
        mode: str,
        root: str | os.PathLike[str],
        on_finding: Callable[[Finding], None] | None,
    ) -> None:
        self.mode = mode
        self.project = Project(root)
        self._on_finding = on_finding
        self._findings: deque[Finding] = deque(maxlen=KEPT)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was explained while this watch was on, oldest first; the last 1000."""
        return tuple(self._findings)

    def stop(self) -> None:
        """Switch it off. The last watch to stop leaves SQLAlchemy as it was. Idempotent."""
        _stop(self)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def record(self, finding: Finding) -> None:
        """Remember a finding, and hand it on."""
        self._findings.append(finding)
        if self._on_finding is not None:
            self._on_finding(finding)


def watch(
    *,
    mode: str = "explain",
    root: str | os.PathLike[str] | None = None,
    on_finding: Callable[[Finding], None] | None = None,
) -> Watch:
    """Explain every read that would raise MissingGreenlet, from now until `stop()`.

    `mode` is "explain": an unplanned load in plain async code raises `LazyReadError`, a
    `MissingGreenlet`, before any IO and before autoflush; nothing else changes. Paths are shown
    relative to `root`, the current directory if left out. `on_finding` is called with each finding
    before it is raised; what it raises becomes a warning.

    Raises ValueError for an unknown mode.

        import loadwise

        with loadwise.watch():
            ...
    """
    if mode not in MODES:
        raise ValueError(f"unknown mode {mode!r}: choose one of {', '.join(MODES)}")
    started = Watch(mode=mode, root=root or Path.cwd(), on_finding=on_finding)
    with _lock:
        _active.append(started)
        if len(_active) == 1:
            _faults.clear()
            for target, name, listener, options in LISTENERS:
                event.listen(target, name, listener, **options)
    return started


def _stop(stopped: Watch) -> None:
    with _lock:
        if stopped not in _active:
            return
        _active.remove(stopped)
        if not _active:
            for target, name, listener, _ in LISTENERS:
                event.remove(target, name, listener)
            forget_all()


_lock = threading.Lock()
_active: list[Watch] = []
_faults: set[str] = set()


def fault(where: str, error: Exception) -> None:
    """Say once for each listener that it failed. Never raises."""
    if where in _faults:
        return
    _faults.add(where)
    text = f"loadwise: {where} failed ({type(error).__name__}: {error}); the application goes on"
    try:
        warnings.warn(text, LoadwiseWarning, stacklevel=3)
    except Exception:  # warnings are errors here, and this one must not become the user's
        log.warning(text)


def shielded(listener: F) -> F:
    """A listener whose own faults become one warning."""

    @functools.wraps(listener)
    def shield(*arguments: Any) -> None:
        try:
            listener(*arguments)
        except Exception as error:
            fault(listener.__name__, error)

    return shield  # type: ignore[return-value]


def on_execute(execution: ORMExecuteState) -> None:
    """Note who runs a statement; raise where a lazy load is about to fail.

    Fires before autoflush and before any IO, for each ORM statement.
    """
    error: BaseException | None = None
    try:
        journal = journal_of(execution.session)
        if hooks.in_greenlet():
            _enter(execution, journal)
        elif journal.is_async is not False and _must_be_awaited(execution, journal):
            error = _explained(execution, journal)
    except Exception as unexpected:
        fault("on_execute", unexpected)
    if error is not None:
        raise error


def _enter(execution: ORMExecuteState, journal: Journal) -> None:
    """Enter a statement that runs where IO is legal."""
    statement = execution.statement
    kind, previous = Kind.LOAD, None
    if execution.is_column_load:
        state = hooks.refreshed_state(execution)
        kind = Kind.REFRESH if hooks.is_user_refresh(execution) else Kind.RELOAD
        previous = journal.number(state)
    mark = capture()
    replaces = bool(execution.execution_options.get("populate_existing"))
    journal.entries.append(
        Entry(hooks.next_run_id(), kind, mark, type(statement), replaces, previous)
    )


def _must_be_awaited(execution: ORMExecuteState, journal: Journal) -> bool:
    """Whether a session's IO is illegal outside a greenlet; looked up once for each session."""
    if journal.is_async is None:
        bind = execution.session.get_bind(**execution.bind_arguments)
        engine = bind.engine
        journal.is_async = bind.dialect.is_async and not hooks.io_outside_greenlet_is_legal(engine)
    return journal.is_async


def _explained(execution: ORMExecuteState, journal: Journal) -> BaseException | None:
    """The error to raise for a statement in plain async code.

    None where it loads no attribute, or would fail anyway: after a failed flush a session refuses
    all until its rollback (PendingRollbackError).
    """
    if not (execution.is_select and execution.is_orm_statement and execution.session.is_active):
        return None
    state: Any = None
    name: str | None = None
    if execution.is_column_load:
        state = hooks.refreshed_state(execution)
    elif execution.is_relationship_load:
        state = execution.lazy_loaded_from
        path = execution.loader_strategy_path
        name = getattr(path[-1], "key", None) if path is not None else None
    if state is None:
        return None
    try:
        finding = None
        for watching in tuple(_active):
            finding = explain(state, name, journal, watching.project)
            if finding is not None:
                _record(watching, finding)
        return LazyReadError(finding) if finding is not None else None
    except Exception as failure:
        fault("explain", failure)
        return _unexplained(failure)


def _record(watching: Watch, finding: Finding) -> None:
    try:
        watching.record(finding)
    except Exception as error:
        fault("on_finding", error)


def _unexplained(failure: Exception) -> BaseException:
    """SQLAlchemy's own error, with a note that the explanation failed and why."""
    error = hooks.original_error()
    note = f"loadwise could not explain this: {type(failure).__name__}: {failure}"
    add_note = getattr(error, "add_note", None)
    if add_note is not None:
        add_note(note)
    else:  # Python 3.10
        error.args = (f"{error.args[0]}\n{note}", *error.args[1:])
    return error


@shielded
def on_commit(session: Session) -> None:
    """Note a commit that expires objects; a released savepoint expires none."""
    if session.expire_on_commit and not session.in_nested_transaction():
        journal_of(session).add(Kind.COMMIT, capture())


@shielded
def on_rollback(session: Session) -> None:
    """Note a rollback, also of a savepoint. Fires before the objects are expired."""
    journal = journal_of(session)
    journal.flush = None
    journal.add(Kind.ROLLBACK, capture())


@shielded
def on_flush(session: Session, context: Any, instances: Any) -> None:
    """Note a flush, before it runs, so that what it expires can be put down to it."""
    journal = journal_of(session)
    journal.flush = journal.add(Kind.FLUSH, capture())


@shielded
def after_flush(session: Session, context: Any) -> None:
    """The flush is over."""
    journal_of(session).flush = None


@shielded
def on_expire(state: Any, names: Any) -> None:
    """Note what took attributes of one object away: a flush, a bulk statement, a call.

    A commit expires every object of its session, and is found by its own entry.
    """
    session = state.session
    if session is None:
        return
    journal = journal_of(session)
    touched = frozenset(names) if names is not None else None
    last = journal.last()
    if journal.flush is not None:
        journal.note(state, journal.flush, Kind.FLUSH, touched)
    elif last is not None and last.kind is Kind.COMMIT:
        return
    elif last is not None and last.kind is Kind.ROLLBACK:
        journal.note(state, last, Kind.ROLLBACK, touched)
    elif last is not None and last.statement is not None and issubclass(last.statement, BULK):
        journal.note(state, last, Kind.BULK, touched)
    else:
        kind = Kind.REFRESH if hooks.within_refresh() else Kind.EXPIRE
        mark = capture()
        if last is None or last.kind is not Kind.EXPIRE or last.mark != mark:
            last = journal.add(Kind.EXPIRE, mark)
        journal.note(state, last, kind, touched)


BULK: Final = (Update, Delete)


@shielded
def on_refresh(state: Any, context: Any, names: Any) -> None:
    """Note the newest statement that met an object which was in its session already.

    Such an object keeps the number of the result that first loaded it. A bulk UPDATE has no
    context here.
    """
    session = state.session
    if session is not None and context is not None:
        journal_of(session).seen[state] = hooks.result_id(context)


@shielded
def on_add(session: Session, instance: object) -> None:
    """Note where a new object was added; objects added by one line share its entry."""
    journal = journal_of(session)
    mark, last = capture(), journal.last()
    if last is None or last.kind is not Kind.ADD or last.mark != mark:
        last = journal.add(Kind.ADD, mark)
    journal.note(hooks.state_of(instance), last, Kind.ADD)


LISTENERS: Final[tuple[tuple[Any, str, Callable[..., Any], dict[str, Any]], ...]] = (
    (Session, "do_orm_execute", on_execute, {}),
    (Session, "after_commit", on_commit, {}),
    (Session, "after_rollback", on_rollback, {}),
    (Session, "before_flush", on_flush, {}),
    (Session, "after_flush", after_flush, {}),
    (Session, "transient_to_pending", on_add, {}),
    (Mapper, "expire", on_expire, {"raw": True}),
    (Mapper, "refresh", on_refresh, {"raw": True}),
)
