"""Sites: where in the user's source something happens, read off the stack.

At run time a place is a mark, `(code object, offset of the instruction)`: two pointers, no string
work. It becomes a `Site`, with line, column and code, only when it is printed.
"""

# sys._getframe is the one way to a frame without a traceback.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import ast
import asyncio
import gc
import linecache
import os
import sys
import sysconfig
from collections.abc import Callable, Iterator
from enum import IntEnum
from functools import lru_cache
from inspect import CO_ASYNC_GENERATOR, CO_COROUTINE, CO_OPTIMIZED
from pathlib import Path
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import Any, Final

import greenlet
import sqlalchemy

from loadwise.core.site import Site
from loadwise.core.source import Source, Span
from loadwise.observe import hooks

Mark = tuple[CodeType, int]


class Whose(IntEnum):
    """Whose code a file is, which decides whether a site may lie in it."""

    USER = 1
    LIBRARY = 2
    INTERNAL = 3
    BOUNDARY = 4
    """The event loop: what stands behind it on the stack did not cause what runs in it."""


LONGEST: Final = 1000
"""Characters of a line that is shown; who has longer ones has not written them."""
INTERNAL_FOLDERS: Final = (
    *(str(Path(module.__file__ or "").parent) + os.sep for module in (sqlalchemy, greenlet)),
    hooks.OURS,
)
LIBRARY_FOLDERS: Final = tuple(
    path + os.sep
    for path in {sysconfig.get_path(name) for name in ("stdlib", "platstdlib")}
    if path
)
GENERATED: Final = ("<frozen", "<sqlalchemy", "<attrs", "<template>")
"""How the file names of code begin that no person wrote."""
EXECUTED: Final = "<string>"
"""The file name of what `exec` and `python -c` run: a program, or a dataclass's methods."""
LOOP_FILES: Final = (
    *(os.path.join("asyncio", name) for name in ("events.py", "base_events.py", "runners.py")),
    os.path.join("uvloop", "__init__.py"),
)

KNOWN: Final = 4096
"""File names whose answers are remembered; notebooks and templates make new ones without end."""

_whose: dict[str, Whose] = {}


def whose(filename: str) -> Whose:
    """Whose code a file is; answers are remembered by name."""
    known = _whose.get(filename)
    if known is None:
        if len(_whose) >= KNOWN:
            _whose.clear()
        known = _whose[filename] = _classify(filename)
    return known


def _classify(filename: str) -> Whose:
    if filename == EXECUTED:
        return Whose.LIBRARY
    if filename.startswith("<"):
        return Whose.INTERNAL if filename.startswith(GENERATED) else Whose.USER
    if filename.startswith(INTERNAL_FOLDERS):
        return Whose.INTERNAL
    if filename.endswith(LOOP_FILES):
        return Whose.BOUNDARY
    installed = "site-packages" in filename or "dist-packages" in filename
    return Whose.LIBRARY if installed or filename.startswith(LIBRARY_FOLDERS) else Whose.USER


USER, LIBRARY, INTERNAL, BOUNDARY = Whose  # looked up once: an Enum's members are slow to reach


def capture() -> Mark | None:
    """The mark of the user's line that led here; of a library's where no user code did.

    Walks from the caller outwards, across greenlets, up to the event loop. The hot path of
    `watch()`: most frames are SQLAlchemy's, and are passed over first.
    """
    frame: FrameType | None = sys._getframe(1)
    current = greenlet.getcurrent()
    library: Mark | None = None
    known = _whose
    while True:
        while frame is not None:
            code = frame.f_code
            try:
                kind = known[code.co_filename]
            except KeyError:
                kind = whose(code.co_filename)
            if kind is INTERNAL:
                frame = frame.f_back
                continue
            if kind is USER:
                return code, frame.f_lasti
            if kind is BOUNDARY:
                return library
            if kind is LIBRARY and library is None:
                library = code, frame.f_lasti
            frame = frame.f_back
        if current.parent is None:
            return library
        current = current.parent
        frame = current.gr_frame


def frames() -> Iterator[FrameType]:
    """The frames around the caller, from the inside out, across greenlets, up to the event loop."""
    frame: FrameType | None = sys._getframe(1)
    current = greenlet.getcurrent()
    while True:
        while frame is not None:
            if whose(frame.f_code.co_filename) is Whose.BOUNDARY:
                return
            yield frame
            frame = frame.f_back
        if current.parent is None:
            return
        current = current.parent
        frame = current.gr_frame


def awaited(task: Any, future: Callable[[Any], bool] | None = None) -> list[FrameType]:
    """The frames of a task that waits, from the inside out; none if not for such a `future`."""
    found: list[FrameType] = []
    one: Any = task.get_coro()
    while one is not None and len(found) < DEEPEST:
        names = next((names for kind, names in SUSPENDED if isinstance(one, kind)), None)
        if names is None:  # what stands for an asynchronous generator, a coroutine, or a future
            within: list[Any] = gc.get_referents(one)
            if future is not None and any(map(future, within)):
                return found[::-1]
            one = next((it for it in within if isinstance(it, KINDS)), None)
            continue
        frame, below = getattr(one, names[0]), getattr(one, names[1])
        if frame is not None:
            found.append(frame)
        one = below
    return found[::-1] if future is None else []


def waiting(future: Any) -> list[FrameType]:
    """The frames of the task that waits for a future, from the inside out; none where none does."""
    tasks = asyncio.all_tasks(future.get_loop())
    for task in tasks:
        if found := awaited(task, lambda one: one is future):
            return found
    return []


def capture_of_waiter() -> Mark | None:
    """The mark of the user's line that waits for the running task: `gather()`, `wait_for()`.

    Such a task may run a coroutine of SQLAlchemy's and no code of the user's. What `gather()`
    returns has its tasks in `_children`, and `wait_for()` had its one in a variable up to Python
    3.11; no public name of asyncio tells who waits for a task.
    """
    try:
        here = asyncio.current_task()
    except RuntimeError:  # no event loop runs here
        return None
    tasks: set[asyncio.Task[Any]] = asyncio.all_tasks() if here is not None else set()
    if len(tasks) > MOST_TASKS:
        return None

    def waits(future: Any) -> bool:
        children: Any = getattr(future, "_children", None)
        return future is here or (type(children) is list and here in children)

    def waits_for(frame: FrameType) -> bool:
        return (
            frame.f_code is WAIT_FOR and with_locals(frame, lambda names: names.get("fut")) is here
        )

    for task in tasks - {here}:
        frames = awaited(task, waits)
        if not frames and any(map(waits_for, waiters := awaited(task))):
            frames = waiters
        for frame in frames:
            if whose(frame.f_code.co_filename) is USER:
                return frame.f_code, frame.f_lasti
    return None


WAIT_FOR: Final = asyncio.wait_for.__code__
MOST_TASKS: Final = 1000
"""Tasks that are looked at for one that waits."""
DEEPEST: Final = 500
"""Coroutines that wait for each other, looked at; more are a mistake of ours."""
SUSPENDED: Final[tuple[tuple[type[Any], tuple[str, str]], ...]] = (
    (CoroutineType, ("cr_frame", "cr_await")),
    (AsyncGeneratorType, ("ag_frame", "ag_await")),
    (GeneratorType, ("gi_frame", "gi_yieldfrom")),
)
"""What can wait, with the names of its frame and of what it waits for."""
KINDS: Final[tuple[type[Any], ...]] = tuple(kind for kind, _ in SUSPENDED)


def capture_of_exit(task: Any) -> Mark | None:
    """The mark of the user's `async with` at whose end a task waits for SQLAlchemy.

    There SQLAlchemy closes a session in a task of its own, on whose stack nobody else stands.
    """
    exits = False
    for frame in awaited(task):
        code = frame.f_code
        if exits and whose(code.co_filename) is USER:
            return code, frame.f_lasti
        exits = exits or (code.co_name == "__aexit__" and hooks.is_sqlalchemy(frame))
    return None


def is_coroutine(code: CodeType) -> bool:
    """Whether code may `await`."""
    return bool(code.co_flags & (CO_COROUTINE | CO_ASYNC_GENERATOR))


def with_locals(frame: FrameType, look: Callable[[dict[str, Any]], Any]) -> Any:
    """What `look` makes of a frame's local variables, without keeping them alive.

    Up to Python 3.12 the mapping is a copy that stays in the frame, and with it every object that
    it names; for the frame of a function it is emptied again (facts/runtime.md, 3 iv). It is the
    same one that `locals()` gives: what the application holds itself is left as it is.
    """
    names = frame.f_locals
    try:
        return look(dict(names))
    finally:
        ours = hooks.snapshot_of_locals_is_kept() and frame.f_code.co_flags & CO_OPTIMIZED
        if ours and sys.getrefcount(names) <= IN_FRAME:
            names.clear()


def attributes(instance: object) -> dict[str, Any]:
    """A copy of what an object has in its `__dict__`, without running any code of its class."""
    try:
        return dict(object.__getattribute__(instance, "__dict__"))
    except AttributeError:
        return {}


IN_FRAME: Final = 3
"""References to a frame's mapping of locals that nobody else holds: the frame, we, the count."""


def span_of(code: CodeType, lasti: int) -> Span | int:
    """Where an instruction stands in its source; the line alone on Python 3.10."""
    if sys.version_info >= (3, 11):
        for index, place in enumerate(code.co_positions()):
            if index == lasti // 2:
                line, end_line, column, end_column = place
                if line is not None and end_line is not None and column is not None:
                    return Span(line, column, end_line, end_column or column)
                return line or code.co_firstlineno
    return next(
        (line for start, end, line in code.co_lines() if start <= lasti < end and line),
        code.co_firstlineno,
    )


def line_of(frame: FrameType) -> int:
    """The line that a frame stands at."""
    return frame.f_lineno or frame.f_code.co_firstlineno


@lru_cache(maxsize=64)
def _parsed(filename: str, stamp: float) -> Source | None:
    linecache.checkcache(filename)
    text = "".join(linecache.getlines(filename))
    return Source.parse(text) if text else None


def forget_sources() -> None:
    """Let go of the files that were parsed, some megabytes each."""
    _parsed.cache_clear()


def source_of(filename: str) -> Source | None:
    """The parsed source of a file, remembered while the file does not change."""
    try:
        stamp = os.stat(filename).st_mtime
    except OSError:
        stamp = 0.0
    return _parsed(filename, stamp)


def expressions(code: CodeType, lasti: int) -> list[ast.expr]:
    """The expressions that an instruction belongs to, outermost first; none on Python 3.10."""
    source, span = source_of(code.co_filename), span_of(code, lasti)
    if source is None or isinstance(span, int):
        return []
    line, column, end_line, end_column = span
    characters = Span(
        line, source.column(line, column), end_line, source.column(end_line, end_column)
    )
    return source.expressions_at(characters)


class Project:
    """The folder that paths are shown relative to."""

    def __init__(self, root: str | os.PathLike[str]) -> None:
        self.root = os.path.realpath(root)

    def relative(self, filename: str) -> str:
        """A file as it is shown: relative to the root, with forward slashes."""
        if filename.startswith("<"):
            return filename
        try:
            shown = os.path.relpath(os.path.realpath(filename), self.root)
        except ValueError:  # another drive
            shown = filename
        return shown.replace(os.sep, "/")

    def absolute(self, shown: str) -> str:
        """The file behind a relative path."""
        return os.path.normpath(os.path.join(self.root, shown))

    def source(self, shown: str) -> Source | None:
        """The file that is shown by a relative path; None where it cannot be read."""
        return source_of(shown if shown.startswith("<") else self.absolute(shown))

    def site(self, mark: Mark) -> Site:
        """The site of a mark: the awaited call, or the expression, that the instruction is in."""
        code, lasti = mark
        source, span = source_of(code.co_filename), span_of(code, lasti)
        line = span if isinstance(span, int) else span.line
        node: ast.expr | None = None
        if source is not None:
            found = expressions(code, lasti)
            node = found[0] if found else source.awaited_call(line)
            if isinstance(node, ast.Await):
                node = node.value
        return self.site_at(code, line, node)

    def site_at(self, code: CodeType, line: int, node: ast.expr | None) -> Site:
        """The site of a node of the function that `code` is, or of the whole line."""
        source = source_of(code.co_filename)
        if source is None:
            return self.plain_site(code, line)
        if node is None:
            text = source.line(line)
            column = len(text) - len(text.lstrip()) + 1
            return self.spanned_site(code, Span(line, column, line, len(text.rstrip()) + 1))
        return self.spanned_site(code, source.span(node))

    def spanned_site(self, code: CodeType, span: Span) -> Site:
        """The site of a span; of one over several lines, the first is marked."""
        source = source_of(code.co_filename)
        text = source.line(span.line) if source else ""
        end = span.end_column if span.end_line == span.line else len(text.rstrip()) + 1
        return Site(
            file=self.relative(code.co_filename),
            line=span.line,
            column=span.column,
            end_column=max(end, span.column),
            function=qualified_name(code),
            code=text if len(text) <= LONGEST else "",
        )

    def plain_site(self, code: CodeType, line: int) -> Site:
        """The site of a line whose source is not there."""
        return Site(file=self.relative(code.co_filename), line=line, function=qualified_name(code))


def qualified_name(code: CodeType) -> str:
    """The dotted name of the function that code is the body of: `app.api.show`."""
    name = getattr(code, "co_qualname", code.co_name)
    module = module_name(code.co_filename)
    return f"{module}.{name}" if module else name


@lru_cache(maxsize=512)
def module_name(filename: str) -> str:
    """The name of the module that was imported from a file; the file's stem for a script."""
    for name, module in list(sys.modules.items()):
        if name != "__main__" and attributes(module).get("__file__") == filename:
            return name
    return "" if filename.startswith("<") else Path(filename).stem
