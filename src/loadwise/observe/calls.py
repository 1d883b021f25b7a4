"""Calls: SQLAlchemy's synchronous half, called in plain async code, where its IO cannot be awaited.

A statement, a flush and a connect are seen before their IO. What is left (Core execution, commit,
rollback, close) is seen when SQLAlchemy handles the error that comes of it.
"""

from __future__ import annotations

from types import CodeType, FrameType
from typing import Any

from sqlalchemy.engine import Dialect, ExceptionContext
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.orm import Session

from loadwise.core.cause import CauseKind, because
from loadwise.core.finding import Finding
from loadwise.core.have import Have
from loadwise.core.judge import judge
from loadwise.core.need import Need
from loadwise.core.site import Sites
from loadwise.core.tree import Tree
from loadwise.core.use import Context, Hazard, Subject, Use
from loadwise.fix.planner import Planner
from loadwise.observe import hooks, sites
from loadwise.observe.errors import ExplainedError, SyncCallError
from loadwise.observe.faults import add_note, fault
from loadwise.observe.sites import Mark, Project, Whose
from loadwise.observe.watchers import Found, record_all, watchers
from loadwise.rules import RULES


def on_connect(dialect: Dialect, record: Any, arguments: Any, parameters: Any) -> None:
    """Raise where a connection is about to be opened in plain async code. Fires before any IO."""
    if hooks.in_greenlet() or not dialect.is_async or hooks.has_async_fallback(parameters):
        return
    _raise(_explained(None))


def on_error(context: ExceptionContext) -> None:
    """Raise an explained error in the place of a MissingGreenlet that SQLAlchemy handles.

    From 2.1 on, a connection that has run nothing yet rolls back before it raises, and that fails,
    too, with the word of SQLAlchemy; so the first error gets the explanation as a note.
    """
    error = context.original_exception
    if not isinstance(error, MissingGreenlet) or isinstance(error, ExplainedError):
        return
    if not hooks.in_greenlet():
        _raise(_explained_before(error) or _explained(error))


def _raise(error: SyncCallError | None) -> None:
    if error is None:
        return
    try:
        raise error
    finally:  # else the error and this frame hold each other
        del error


def _explained_before(error: BaseException) -> SyncCallError | None:
    """The explained error that an error comes after: a rollback that follows it fails, too."""
    before = error.__context__
    while before is not None and not isinstance(before, SyncCallError):
        before = before.__context__
    return before


def _explained(error: BaseException | None) -> SyncCallError | None:
    try:
        found = found_call()
        if not found:
            return None
        record_all(found)
        explained = SyncCallError(found[-1][1])
        if error is not None:
            add_note(error, str(explained))
        return explained
    except Exception as failure:
        fault("found_call", failure)
        return None


def found_call() -> Found:
    """The finding of each watch about the call on the stack; none where it is no call of a user's.

    What is read has an explanation of its own, or none.
    """
    call, mark = _call()
    if call is None or mark is None or _is_read():
        return ()
    return found_hazard(CauseKind.OUTSIDE_GREENLET, mark)


def found_hazard(kind: CauseKind, here: Mark, other: Mark | None = None) -> Found:
    """The finding of each watch about the call on the stack, made here, and the place it meets."""
    called, _ = _call()
    if called is None:
        return ()
    function, entity = _function(called)
    hazard = Hazard(call=function, cause=because(kind))
    found = [(one, _finding(one.project, entity, hazard, here, other)) for one in (*watchers,)]
    return tuple((one, finding) for one, finding in found if finding is not None)


def _finding(
    project: Project, entity: str, hazard: Hazard, here: Mark, other: Mark | None
) -> Finding | None:
    use = Use(
        subject=Subject(entity=entity),
        have=Have.known(Tree()),
        need=Need.of(),
        context=Context.ASYNC,
        sites=Sites(read=project.site(here), load=project.site(other) if other else None),
        hazard=hazard,
    )
    return next(judge([use], rules=RULES, cure=Planner(project.source).cure), None)


def _is_read() -> bool:
    """Whether an attribute is read or written, which loads."""
    codes = {hooks.READ, *hooks.WRITES}
    return any(frame.f_code in codes for frame in sites.frames())


def _call() -> tuple[FrameType | None, Mark | None]:
    """The function of SQLAlchemy's that was called, as its frame, and who called it.

    That is the user's code, or a library's where none of the user's is on the stack. A task may
    run a function of SQLAlchemy's and nothing else.
    """
    called: FrameType | None = None
    library: tuple[FrameType, Mark] | None = None
    for frame in sites.frames():
        code = frame.f_code
        kind = sites.whose(code.co_filename)
        if kind is Whose.INTERNAL and not code.co_filename.startswith(hooks.OURS):
            called = frame
        elif called is not None and kind is Whose.USER:
            return called, (code, frame.f_lasti)
        elif called is not None and library is None and kind is Whose.LIBRARY:
            library = called, (code, frame.f_lasti)
    return library or (called, None)


def _function(frame: FrameType) -> tuple[str, str]:
    """The name of a function, with that of the class that it is a method of, and that class."""
    code = frame.f_code
    if code is hooks.SPAWN:  # what is awaited is no method
        return "AsyncAttrs.awaitable_attrs", "sqlalchemy.ext.asyncio.AsyncAttrs"
    classes: tuple[type, ...] = sites.with_locals(
        frame, lambda names: type(names["self"]).__mro__ if "self" in names else ()
    )
    for mapped in classes:
        if _code(vars(mapped).get(code.co_name)) is code:
            name = mapped.__name__.removeprefix("_")
            return f"{name}.{code.co_name}", f"{mapped.__module__}.{mapped.__name__}"
    return code.co_name, ""


def _code(function: Any) -> CodeType | None:
    function = getattr(function, "__wrapped__", function)
    return getattr(function, "__code__", None)


def would_write(session: Session) -> bool:
    """Whether a flush has something to write; what is set to its own value needs no IO."""
    if session.new or session.deleted:
        return True
    return any(session.is_modified(instance) for instance in session.dirty)
