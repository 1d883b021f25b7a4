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
from typing import Any, Final, NamedTuple, TypeVar

from sqlalchemy.orm import Mapper, ORMExecuteState, Session
from sqlalchemy.sql.dml import Delete, Update

from loadwise.core.finding import Finding
from loadwise.observe import hooks
from loadwise.observe.errors import LazyReadError
from loadwise.observe.explain import explain
from loadwise.observe.journal import Entry, Journal, Kind, close_journal_of, forget_all, journal_of
from loadwise.observe.listening import Listener, listen, unlisten
from loadwise.observe.sites import Project, capture, forget_sources

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
            listen(LISTENERS)
    return started


def _stop(stopped: Watch) -> None:
    with _lock:
        if stopped not in _active:
            return
        _active.remove(stopped)
        if not _active:
            unlisten(LISTENERS, lambda name, error: fault(f"stop() of {name}", error))
            forget_all()
            forget_sources()


_lock = threading.Lock()
_active: list[Watch] = []
_faults: set[str] = set()


def fault(where: str, error: Exception) -> None:
    """Say once for each listener that it failed. Never raises."""
    if where in _faults:
        return
    _faults.add(where)
    text = f"loadwise: {where} failed ({_said(error)}); the application goes on"
    try:
        warnings.warn(text, LoadwiseWarning, stacklevel=3)
    except Exception:  # warnings are errors here, and this one must not become the user's
        log.warning(text)


def _said(error: Exception) -> str:
    """An error in words, also where it cannot say itself."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def shielded(listener: F) -> F:
    """A listener whose own faults become one warning."""

    @functools.wraps(listener)
    def shield(*arguments: Any) -> None:
        try:
            listener(*arguments)
        except Exception as error:
            fault(listener.__name__, error)

    return shield  # type: ignore[return-value]


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
        _record(watching, finding)
    try:
        raise explained.error
    finally:  # else the error and this frame hold each other, and the application's objects
        del explained


class _Explained(NamedTuple):
    """The error to raise, and the finding of each watch."""

    error: BaseException
    findings: tuple[tuple[Watch, Finding], ...] = ()


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
    if state is None or not (quiet or _must_be_awaited(execution)):
        return None
    try:
        found = [(one, explain(state, name, journal, one.project)) for one in tuple(_active)]
        findings = tuple((one, finding) for one, finding in found if finding is not None)
        return _Explained(LazyReadError(findings[-1][1]), findings) if findings else None
    except Exception as failure:
        fault("explain", failure)
        return _Explained(_unexplained(failure))


def _record(watching: Watch, finding: Finding) -> None:
    try:
        watching.record(finding)
    except Exception as error:
        fault("on_finding", error)


def _unexplained(failure: Exception) -> BaseException:
    """SQLAlchemy's own error, with a note that the explanation failed and why."""
    error = hooks.original_error()
    error.__context__ = None  # the failure, and with it our frames
    note = f"loadwise could not explain this: {_said(failure)}"
    add_note = getattr(error, "add_note", None)
    if add_note is not None:
        add_note(note)
    else:  # Python 3.10
        error.args = (f"{error.args[0]}\n{note}", *error.args[1:])
    return error


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
    elif inside and last is not None and issubclass(last.statement or object, BULK):
        journal.note(state, last, Kind.BULK, touched)
    else:
        kind = Kind.REFRESH if hooks.within_refresh() else Kind.EXPIRE
        mark = capture()
        if last is None or last.kind is not Kind.EXPIRE or last.mark != mark:
            last = journal.add(Kind.EXPIRE, mark)
        journal.note(state, last, kind, touched)


ROLLBACKS: Final = (Kind.ROLLBACK, Kind.FAILED)
BULK: Final = (Update, Delete)


@shielded
def on_refresh(state: Any, context: Any, names: Any) -> None:
    """Note the newest statement that met an object which was in its session already.

    Such an object keeps the number of the result that first loaded it. A bulk UPDATE has no
    context here.
    """
    session = state.session
    journal = journal_of(session) if session is not None else None
    if journal is not None and context is not None:
        journal.seen[state] = hooks.result_id(context)


@shielded
def on_add(session: Session, instance: object) -> None:
    """Note where a new object was added; objects added by one line share its entry."""
    journal = journal_of(session)
    if journal is None:
        return
    mark, last = capture(), journal.last()
    if last is None or last.kind is not Kind.ADD or last.mark != mark:
        last = journal.add(Kind.ADD, mark)
    journal.added[hooks.state_of(instance)] = last


LISTENERS: Final[tuple[Listener, ...]] = (
    (Session, "do_orm_execute", on_execute, {}),
    (Session, "after_commit", on_commit, {}),
    (Session, "after_rollback", on_rollback, {}),
    (Session, "before_flush", on_flush, {}),
    (Session, "after_flush", after_flush, {}),
    (Session, "transient_to_pending", on_add, {}),
    (Mapper, "expire", on_expire, {"raw": True}),
    (Mapper, "refresh", on_refresh, {"raw": True}),
)
