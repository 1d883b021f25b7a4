"""The harness that runs the blocks of a page, without loadwise and under `loadwise.watch()`.

A block is the body of `async def example(session)`: `session` is an AsyncSession with its defaults,
on a database of its own that holds the rows of `models.seed`, `engine` is that database's engine.
The other names are those of `SCOPE`.

The code of a block stands at its own place of its page: tracebacks and the sites of loadwise name
the page and its line. `linecache` has the page with all that is not code left blank, so that
loadwise reads it as the Python that it is.
"""

from __future__ import annotations

import ast
import asyncio
import gc
import linecache
import os
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext
from dataclasses import dataclass
from inspect import CORO_CREATED, getcoroutinestate, iscoroutine
from pathlib import Path
from traceback import walk_tb
from typing import Any, Final, cast

import pytest
import sqlalchemy as sa
from sqlalchemy import exc, orm
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.orm.exc import DetachedInstanceError

import loadwise
from loadwise.core.finding import Finding
from loadwise.core.site import Site
from loadwise.core.text import full
from loadwise.observe.errors import ExplainedError
from tests.specs.models import MODELS, Base, seed
from tests.specs.page import Block, Kind, Promise, read

SCOPE: Final[dict[str, Any]] = {
    "asyncio": asyncio,
    **{model.__name__: model for model in MODELS},
    **{
        name: getattr(sa, name)
        for name in ("create_engine", "func", "inspect", "select", "text", "update")
    },
    **{
        name: getattr(orm, name)
        for name in (
            "Session",
            "contains_eager",
            "defer",
            "immediateload",
            "joinedload",
            "load_only",
            "raiseload",
            "selectinload",
            "subqueryload",
            "undefer",
        )
    },
    "async_sessionmaker": async_sessionmaker,
    "IntegrityError": exc.IntegrityError,
}
ROOT: Final = Path(__file__).parents[2]
REACHED: Final = "__reached__"
"""The function that a block calls before each line that is promised to work."""
Example = Callable[[AsyncSession], Awaitable[object]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a run of a block came to: what was raised, where in the page, what was reached."""

    error: Exception | None = None
    line: int | None = None
    reached: frozenset[int] = frozenset()


def cases(pages: Iterable[Path]) -> list[Any]:
    """The blocks of pages, as parameters of a test, each with a name."""
    return [pytest.param(block, id=block.name) for page in pages for block in read(page).blocks]


async def check_vanilla(block: Block) -> None:
    """Without loadwise, SQLAlchemy does what the block promises."""
    with warnings.catch_warnings():
        if swallows := any(isinstance(node, ast.Try) for node in ast.walk(block.tree())):
            # 2.1 with aiosqlite drops the cursor, which nobody closes then
            warnings.simplefilter("ignore", RuntimeWarning)
        outcome = await run(block)
        if swallows:
            gc.collect()
    _compare(block, outcome, _is_opaque)


async def check_watched(block: Block) -> None:
    """Under `watch()`, what raises says which rule, and what works is left alone."""
    _compare(block, await run(block, lambda: loadwise.watch(root=ROOT)), _is_finding)


async def check_full(block: Block, rules: frozenset[str]) -> None:
    """In the mode "full", what does no harm this time is noticed, and nothing else of `rules`."""
    found: list[Finding] = []

    def watch() -> loadwise.Watch:
        return loadwise.watch(mode="full", root=block.page.parent, on_finding=found.append)

    outcome = await run(block, watch)
    if block.failure is None and outcome.error is not None:
        raise outcome.error
    said = {(finding.rule, place.line) for finding in found if (place := _place(finding))}
    said = {(rule, line) for rule, line in said if rule in rules}
    promised = {(one.name, one.line) for one in block.noticed}
    if said != promised:
        text = "\n\n".join(full(finding) for finding in found)
        pytest.fail(f"{block.at(block.line)}: {sorted(promised)} expected\n\n{text}", pytrace=False)


def _place(finding: Finding) -> Site | None:
    return finding.read or finding.load


async def run(
    block: Block, around: Callable[[], AbstractContextManager[object]] = nullcontext
) -> Outcome:
    """Run a block once, on a fresh database; its session lives inside of `around`."""
    reached: set[int] = set()
    async with _database() as engine:
        scope = {**SCOPE, "engine": engine, REACHED: reached.add}
        example = _compiled(block, scope)
        with around():
            async with AsyncSession(engine) as session:
                try:
                    await example(session)
                except Exception as error:
                    _close_coroutines(error)
                    line = next(_lines(block, error), None)
                    return Outcome(error=error, line=line, reached=frozenset(reached))
    return Outcome(reached=frozenset(reached))


@asynccontextmanager
async def _database() -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine("sqlite+aiosqlite://")
    try:
        async with engine.begin() as connection:
            await connection.run_sync(Base.metadata.create_all)
        async with AsyncSession(engine) as session:
            await seed(session)
        yield engine
    finally:
        await engine.dispose()


def _compare(
    block: Block, outcome: Outcome, right: Callable[[Block, Promise, Exception], str]
) -> None:
    promise, error = block.failure, outcome.error
    if promise is None:
        if error is not None:
            raise error
    elif error is None:
        pytest.fail(f"{block.at(promise.line)}: nothing was raised", pytrace=False)
    else:
        wrong = (
            _is_just(promise, error)
            if promise.kind is Kind.RAISES
            else right(block, promise, error)
        )
        if not wrong and outcome.line != promise.line:
            wrong = f"raised at line {outcome.line}"
        if wrong:
            what = f"{type(error).__name__}: {error}"
            pytest.fail(f"{block.at(promise.line)}: {wrong}\n\n{what}", pytrace=False)
    missed = block.fine - outcome.reached
    if missed:
        pytest.fail(f"{block.at(min(missed))}: this line was not reached", pytrace=False)


def _is_just(promise: Promise, error: Exception) -> str:
    name = type(error).__name__
    return "" if name == promise.name else f"raised {name}, expected {promise.name}"


OPAQUE: Final[dict[str, type[Exception]]] = {"detached-read": DetachedInstanceError}
"""What SQLAlchemy raises, by the rule, where it is not MissingGreenlet."""


def _is_opaque(block: Block, promise: Promise, error: Exception) -> str:
    # 2.1 with aiosqlite wraps it: the cursor is opened while the statement is being prepared
    original = error.orig if isinstance(error, exc.StatementError) else error
    expected = OPAQUE.get(promise.name, exc.MissingGreenlet)
    if isinstance(original, expected):
        return ""
    return f"raised {type(error).__name__}, expected {expected.__name__}"


def _is_finding(block: Block, promise: Promise, error: Exception) -> str:
    if not isinstance(error, ExplainedError):
        return f"raised {type(error).__name__}, expected an explained error"
    if error.finding.rule != promise.name:
        return f"loadwise says {error.finding.rule}, expected {promise.name}"
    site = error.read
    if site is None or (site.file, site.line) != (_shown(block.page), promise.line):
        return f"loadwise says that it was read at {site}"
    return ""


def _lines(block: Block, error: Exception) -> Iterator[int]:
    """The lines of the page in a traceback, the innermost first."""
    shown = _shown(block.page)
    frames = list(walk_tb(error.__traceback__))
    return (line for frame, line in reversed(frames) if frame.f_code.co_filename == shown)


def _close_coroutines(error: BaseException | None) -> None:
    """Close what was to be awaited; else the collector warns of it, in the middle of another test.

    With aiosqlite, 2.1 drops `Connection.cursor()`, a coroutine in a wrapper.
    """
    while error is not None:
        for frame, _ in walk_tb(error.__traceback__):
            for value in frame.f_locals.values():
                wrapped = getattr(value, "_coro", None)
                if iscoroutine(wrapped) and getcoroutinestate(wrapped) == CORO_CREATED:
                    wrapped.close()
        error = error.__cause__ or error.__context__


def _compiled(block: Block, scope: dict[str, Any]) -> Example:
    """The block as a coroutine function whose code stands at its place of the page."""
    shown, code = _shown(block.page), read(block.page).code
    for name in (shown, str(block.page)):
        linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    module = ast.parse("async def example(session): ...")
    function = module.body[0]
    assert isinstance(function, ast.AsyncFunctionDef)
    function.body = _Witness(block.fine).visit(block.tree()).body
    function.lineno = function.end_lineno = block.line - 1  # the fence
    exec(compile(ast.fix_missing_locations(module), shown, "exec"), scope)
    return cast(Example, scope["example"])


def _shown(page: Path) -> str:
    """The name of a page in its code: relative, else the rules' pages were loadwise's own code."""
    return os.path.relpath(page, ROOT)


class _Witness(ast.NodeTransformer):
    """Has each promised line call `REACHED` before it runs, so that no promise is kept by luck."""

    def __init__(self, lines: frozenset[int]) -> None:
        self.lines = lines

    def visit(self, node: ast.AST) -> Any:
        self.generic_visit(node)
        if isinstance(node, ast.ExceptHandler) and node.lineno in self.lines:
            node.body.insert(0, self._call(node.lineno, node.body[0]))
        if not isinstance(node, ast.stmt):
            return node
        header = getattr(node, "body", None)
        end = header[0].lineno - 1 if header else node.end_lineno or node.lineno
        found = self.lines & set(range(node.lineno, max(end, node.lineno) + 1))
        return [*(self._call(line, node) for line in found), node]

    def _call(self, line: int, before: ast.stmt) -> ast.stmt:
        call = ast.parse(f"{REACHED}({line})").body[0]
        for part in ast.walk(call):
            ast.copy_location(part, before)
        return call
