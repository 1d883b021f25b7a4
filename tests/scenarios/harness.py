"""The harness: runs a program without loadwise, under `loadwise.watch()`, and with each cure."""

from __future__ import annotations

import gc
import importlib
import re
import sys
import traceback
import warnings
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, Final, NoReturn

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import MissingGreenlet, StatementError
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker

import loadwise
from loadwise.core.edit import Applicability, Fix, apply_edits
from loadwise.core.finding import Finding
from loadwise.core.site import Site
from loadwise.core.text import full
from tests.databases import Database, empty
from tests.scenarios.contexts import Context, in_script
from tests.scenarios.program import Line, Program, read, write

KNOWS_COLUMNS: Final = sys.version_info >= (3, 11)
OPAQUE: Final = {
    "LazyReadError": ("MissingGreenlet", "greenlet_spawn has not been called"),
    "SyncCallError": ("MissingGreenlet", "greenlet_spawn has not been called"),
    "InvalidRequestError": ("InvalidRequestError", "is not available due to"),
    "DetachedReadError": ("DetachedInstanceError", "is not bound to a Session"),
}
"""The errors that loadwise raises: in the place of which of SQLAlchemy's, and what that says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What a run came to: what `main` returned or raised, what was found, what was executed."""

    value: object
    error: str
    said: str
    findings: tuple[Finding, ...]
    statements: tuple[str, ...]


def require_columns(program: Program) -> None:
    """Skip the test of a program that Python 3.10 knows too little of."""
    if program.head.get("needs") == "columns" and not KNOWS_COLUMNS:
        pytest.skip("Python 3.10 does not know the columns of instructions")


async def run(
    program: Program,
    database: Database,
    *,
    watched: bool,
    mode: str = "explain",
    context: Context = in_script,
) -> Run:
    """Run a program once, on a fresh database that holds its rows."""
    value: object = None
    error = said = ""
    statements: list[str] = []
    findings: tuple[Finding, ...] = ()
    swallowed = bool({"error", "beside"} & program.head.keys())
    swallowed |= program.head.get("raises") == "SyncCallError"
    silent = _nobody_awaits() if swallowed or not watched else nullcontext()
    with _imported(program) as module, silent:
        async with _seeded(module, database) as engine:
            watch = loadwise.watch(mode=mode, root=program.folder) if watched else None
            with _noted(engine, statements), watch or nullcontext():
                try:
                    value = await context(module.main, engine)
                    if swallowed:
                        gc.collect()
                except Exception as raised:
                    error, said = _name(raised), _said(raised)
                    _forget(raised, swallowed=swallowed)
            findings = watch.findings if watch else ()
    return Run(value=value, error=error, said=said, findings=findings, statements=tuple(statements))


def _name(error: Exception) -> str:
    """The name of an error's class; of what it wraps where that is SQLAlchemy's MissingGreenlet.

    2.1 with aiosqlite wraps it: the cursor is opened while the statement is being prepared.
    """
    wrapped = error.orig if isinstance(error, StatementError) else None
    return type(wrapped if isinstance(wrapped, MissingGreenlet) else error).__name__


def _said(error: Exception) -> str:
    """What an error says, without addresses.

    FastAPI's own error reads the object once more in its `str()`, and fails of it.
    """
    text = str(error.errors() if hasattr(error, "errors") else error)
    return re.sub(r"0x[0-9a-f]+", "0x…", text)


@contextmanager
def _imported(program: Program) -> Iterator[ModuleType]:
    """The module that has `main`, forgotten afterwards with all that lies in its folder."""
    folder = str(program.folder)
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    try:
        module = importlib.import_module(program.module)
        assert str(module.__file__).startswith(folder), f"there is another {program.module}"
        yield module
    finally:
        sys.path.remove(folder)
        for name, one in list(sys.modules.items()):
            if str(getattr(one, "__file__", "") or "").startswith(folder):
                del sys.modules[name]


def _forget(error: BaseException, *, swallowed: bool) -> None:
    """Free what an error holds; of one that another error swallowed, only the collector knows."""
    one: BaseException | None = error
    while one is not None:
        traceback.clear_frames(one.__traceback__)
        one = one.__cause__ or one.__context__
    if swallowed:
        gc.collect()


@contextmanager
def _nobody_awaits() -> Iterator[None]:
    """Be silent about `Connection.cursor()`: 2.1 with aiosqlite drops it with MissingGreenlet."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        yield


@asynccontextmanager
async def _seeded(module: ModuleType, database: Database) -> AsyncIterator[AsyncEngine]:
    """An engine on a database of its own that has a program's tables and rows."""
    async with empty(database) as engine:
        async with engine.begin() as connection:
            await connection.run_sync(module.Base.metadata.create_all, checkfirst=False)
        async with async_sessionmaker(engine)() as session:
            session.add_all(module.rows())
            await session.commit()
        yield engine


@contextmanager
def _noted(engine: AsyncEngine, statements: list[str]) -> Iterator[None]:
    """Note every statement that reaches the driver."""

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    sa.event.listen(engine.sync_engine, "before_cursor_execute", note)
    try:
        yield
    finally:
        sa.event.remove(engine.sync_engine, "before_cursor_execute", note)


def check_vanilla(program: Program, vanilla: Run) -> None:
    """Without loadwise the program fails, and nobody says why."""
    name, opaque = OPAQUE[program.head.get("raises", "LazyReadError")]
    if vanilla.error not in {name, program.head.get("error")}:
        fail(f"without loadwise: {vanilla.error or 'nothing'} was raised", vanilla)
    if opaque not in vanilla.said:
        fail(f"without loadwise: no {name}", vanilla)


def check_explanation(program: Program, explained: Run) -> Finding:
    """Under `watch()` the same failure says what, where, why, and what to do."""
    expected = program.head.get("error", program.head.get("raises", "LazyReadError"))
    if explained.error != expected or not explained.findings:
        fail(f"{explained.error or 'nothing'} was raised, expected {expected}", explained)
    finding = explained.findings[0]
    wrong = [
        f"{key}: {said!r}, expected {wanted!r}"
        for key, (said, wanted) in _compared(program, finding).items()
        if said != wanted
    ]
    text = squeezed(full(finding))
    shown = [finding.attribute, finding.cause.text, *(fix.text for fix in finding.fixes)]
    shown += [line.code for line in program.marks().values()]
    wrong += [f"not in the text: {part}" for part in shown if squeezed(part) not in text]
    if wrong:
        fail("\n".join(wrong), explained)
    return finding


def _compared(program: Program, finding: Finding) -> dict[str, tuple[object, object]]:
    """What a finding says, and what the program says of it."""
    marks, head, first = program.marks(), program.head, finding.fixes[0]
    name = head.get("marked", finding.attribute.rpartition(".")[2])
    return {
        "rule": (finding.rule, head["rule"]),
        "attribute": (finding.attribute, head["attribute"]),
        "instance": (finding.instance, head["instance"]),
        "cause": (str(finding.cause.kind), head["cause"]),
        "line of the read": (_line(finding.read), marks.get("read")),
        "line of the load": (_line(finding.load), marks.get("load")),
        "line of the cause": (_line(finding.cause.site), marks.get("cause")),
        "marked": (_marked(finding.read), name if KNOWS_COLUMNS else _marked(finding.read)),
        "cure": (squeezed(f"{first.applicability}: {first.text}"), squeezed(program.cure)),
    }


def fail(reason: str, run: Run) -> NoReturn:
    """Fail the test, with what the run said."""
    said = "\n\n".join([*map(full, run.findings), run.said][:2])
    pytest.fail(f"{reason}\n\n{said}", pytrace=False)


def _line(site: Site | None) -> Line | None:
    return Line(site.file, site.line, site.code) if site else None


def _marked(site: Site | None) -> str:
    return site.code[site.column - 1 : site.end_column - 1] if site else ""


def check_the_same(program: Program, vanilla: Run, watched: Run) -> None:
    """Loadwise makes no difference: same value or error, same statements, nothing found."""
    if vanilla.error != program.head.get("error", ""):
        fail(f"without loadwise: {vanilla.error or 'nothing'} was raised", vanilla)
    if watched != vanilla:
        fail(f"under watch(): {watched}\n\nwithout loadwise: {vanilla}", watched)


def squeezed(text: str) -> str:
    """A text without white space."""
    return "".join(text.split())


def cured(program: Program, fix: Fix, folder: Path) -> Program:
    """The program with one cure applied, in a new folder; what was printed stands in it."""
    changed = program.copy(folder)
    texts: list[str] = []
    for file in sorted({edit.file for edit in fix.edits}):
        edits = tuple(edit for edit in fix.edits if edit.file == file)
        texts.append(apply_edits(read(folder / file), edits))
        write(folder / file, texts[-1])
    if not any(squeezed(fix.text) in squeezed(text) for text in texts):
        pytest.fail(f"{fix.text} is not in\n\n{''.join(texts)}", pytrace=False)
    return changed


async def check_cure(
    program: Program, finding: Finding, fix: Fix, database: Database, folder: Path
) -> Run:
    """A cure works: where it is applied alone, what was missing is not missing any more.

    What lies behind it may be missing then, where the program says so, and is cured in turn.
    """
    after = await run(cured(program, fix, folder / "1"), database, watched=True)
    if any(found.attribute == finding.attribute for found in after.findings):
        fail(f"not cured by {fix.text}", after)
    for one in range(2, int(program.head.get("rounds", "1")) + 1):
        following = [fix for found in after.findings[:1] for fix in editable(found)]
        if not following:
            return after
        there = Program(folder=folder / str(one - 1), name=program.name, head=program.head)
        after = await run(cured(there, following[0], folder / str(one)), database, watched=True)
    if after.error or after.findings:
        fail(f"{after.error} behind {fix.text}", after)
    return after


def check_added(program: Program, explained: Run, after: Run) -> None:
    """The cure adds as many statements as the program says, not one for each object."""
    added = len(after.statements) - len(explained.statements)
    if added != int(program.head.get("adds", "0")):
        fail(f"the cure adds {added} statements\n\n" + "\n\n".join(after.statements), after)


def editable(finding: Finding) -> list[Fix]:
    """The cures of a finding that can be applied."""
    return [fix for fix in finding.fixes if fix.applicability is not Applicability.DISPLAY]


def check_noticed(program: Program, vanilla: Run, noticed: Run) -> Finding:
    """In the mode "full" the program does what it does without, and there is one thing to say."""
    ran, runs = sorted(vanilla.statements), sorted(noticed.statements)  # a flush has no order
    if "beside" in program.head:  # without loadwise, what fails may come as far as the cursor
        ran = runs if not Counter(runs) - Counter(ran) else ran
    if (noticed.value, runs) != (vanilla.value, ran) or vanilla.error:
        fail(f"in the mode full: {noticed}\n\nwithout loadwise: {vanilla}", noticed)
    beside, rules = program.head.get("beside"), [finding.rule for finding in noticed.findings]
    if noticed.error or rules != [*filter(None, [beside]), program.head["rule"]]:
        fail(f"{noticed.error or 'nothing'} was raised, and there are {rules}", noticed)
    finding, marks = noticed.findings[-1], program.marks()
    first = finding.fixes[0] if finding.fixes else None
    compared = {
        "rule": finding.rule,
        "attribute": finding.attribute,
        "says": finding.message,
        "cause": str(finding.cause.kind),
        "instance": finding.instance,
        "cure": squeezed(f"{first.applicability}: {first.text}") if first else "none",
    }
    wrong = [
        f"{key}: {said!r}, expected {program.head[key]!r}"
        for key, said in compared.items()
        if key in program.head and squeezed(said) != squeezed(program.head[key])
    ]
    sites = {"read": finding.read, "load": finding.load, "cause": finding.cause.site}
    wrong += [
        f"line of the {mark}: {_line(site)}, expected {marks.get(mark)}"
        for mark, site in sites.items()
        if _line(site) != marks.get(mark)
    ]
    text = squeezed(full(finding))
    shown = [*(fix.text for fix in finding.fixes), *(line.code for line in marks.values())]
    wrong += [f"not in the text: {part}" for part in shown if squeezed(part) not in text]
    if wrong:
        fail("\n".join(wrong), noticed)
    return finding


async def check_relief(
    program: Program, noticed: Run, fix: Fix, database: Database, folder: Path
) -> Run:
    """A cure works: the same comes out, by as many statements fewer as the program says."""
    after = await run(cured(program, fix, folder), database, watched=True, mode="full")
    if after.error or after.findings or after.value != noticed.value:
        fail(f"{after.error} {after.value!r} behind {fix.text}", after)
    saved = len(noticed.statements) - len(after.statements)
    if saved != int(program.head.get("saves", "0")):
        fail(f"the cure saves {saved} statements\n\n" + "\n\n".join(after.statements), after)
    return after
