"""Run: programs on a real session, and in the static witness.

`uv run python -m tests.programs.run --count 5000` compares many, and prints what share of the gaps
was told.
"""

from __future__ import annotations

import argparse
import asyncio
import linecache
import random
import sys
import tempfile
import traceback
import types
import warnings
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Final

from sqlalchemy.exc import SAWarning
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine

import loadwise
from loadwise.analyse.check import check
from loadwise.core.finding import Finding, Level
from loadwise.observe.errors import ExplainedError
from tests.machine import models
from tests.programs.draft import IMPORTS, programs

NAME: Final = "programs.py"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How a program ended: by an error at a line, of loading or of another kind, or at its end."""

    line: int | None = None
    attribute: str = ""
    error: str = ""
    reached: frozenset[int] = frozenset()


@dataclass(slots=True)
class Compared:
    """What came of some programs; `false` are findings that are sure and did not happen."""

    programs: int = 0
    gaps: int = 0
    told: Counter[str] = field(default_factory=Counter[str])
    false: list[str] = field(default_factory=list[str])
    missed: list[str] = field(default_factory=list[str])

    def report(self) -> str:
        """In one line: how many gaps there were, and how sure each was told."""
        told = ", ".join(f"{count} {level}" for level, count in sorted(self.told.items()))
        return (
            f"{self.programs} programs, {self.gaps} gaps: told {told}; "
            f"{len(self.missed)} not told, {len(self.false)} told that did not happen"
        )


def compare(first: int, count: int, folder: Path) -> Compared:
    """Write programs into a folder, check them, run each, and compare."""
    text, lines = IMPORTS, {}
    for name, program in programs(first, count):
        start = text.count("\n") + 2
        text += f"\n{program}\n"
        lines[name] = range(start, text.count("\n") + 1)
    (folder / NAME).write_text(text, encoding="utf-8")
    models_text = Path(models.__file__).read_text(encoding="utf-8")
    (folder / "models.py").write_text(models_text, encoding="utf-8")
    findings = check([folder], folder).findings
    ended = asyncio.run(run(text, folder / NAME, lines))
    found = Compared(programs=count)
    for name, place in lines.items():
        here = [one for one in findings if one.read is not None and one.read.line in place]
        _judge(found, name, ended[name], here, text.splitlines(), place)
    return found


def _judge(
    found: Compared,
    name: str,
    ended: Ended,
    findings: Iterable[Finding],
    text: list[str],
    place: range,
) -> None:
    """A program ends with its first gap: what is sure to fail before it has not happened."""
    at = ended.line or place.stop
    source = "\n".join(text[line - 1] for line in place if line <= at)
    for one in findings:
        if one.read is None or not one.code.startswith("LW1"):
            continue
        if one.level is Level.ERROR and one.read.line < at and one.read.line in ended.reached:
            found.false.append(f"{one.read.line}: {one.message} ({one.cause.text})\n{source}")
    if ended.error != "gap":
        return
    found.gaps += 1
    told = {
        str(one.level)
        for one in findings
        if one.read is not None
        and one.read.line == ended.line
        and one.attribute.rpartition(".")[2] == ended.attribute.rpartition(".")[2]
    }
    if told:
        found.told[min(told)] += 1
    else:
        found.missed.append(f"{ended.line}: {ended.attribute}\n{source}")


async def run(text: str, file: Path, lines: Mapping[str, range]) -> dict[str, Ended]:
    """Run each program on a database of its own rows, with a session that expires at a commit."""
    sys.modules["models"] = models
    module = types.ModuleType("programs")
    linecache.cache[str(file)] = (len(text), None, text.splitlines(keepends=True), str(file))
    exec(compile(text, str(file), "exec"), module.__dict__)
    engine = create_async_engine("sqlite+aiosqlite://")
    schema = models.models()
    async with engine.begin() as connection:
        await connection.run_sync(schema.base.metadata.create_all)
    ended: dict[str, Ended] = {}
    with loadwise.watch(root=file.parent), warnings.catch_warnings():
        warnings.simplefilter("ignore", SAWarning)
        for name, place in lines.items():
            async with engine.begin() as connection:
                for table, _ in reversed(schema.rows):
                    await connection.execute(table.delete())
                for table, rows in schema.rows:
                    await connection.execute(table.insert(), list(map(_pointing, rows)))
            flag = random.Random(name).random() < 0.5
            async with AsyncSession(engine) as session:
                reached: set[int] = set()
                sys.settrace(partial(_traced, str(file), reached))
                end = await _end_of(getattr(module, name)(session, flag), file, place)
                sys.settrace(None)
                ended[name] = replace(end, reached=frozenset(reached))
    await engine.dispose()
    return ended


def _traced(file: str, reached: set[int], frame: FrameType, event: str, _: object) -> Any:
    """Note the lines of a file that are run."""
    if frame.f_code.co_filename != file:
        return None
    reached.add(frame.f_lineno)
    return partial(_traced, file, reached)


def _pointing(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row without NULL in its keys: what a key is stands in the rows, and not in the source."""
    return {
        name: 1 if name.endswith("_id") and value is None else value for name, value in row.items()
    } | ({"likes": row["likes"] or "b"} if "likes" in row else {})


async def _end_of(program: Any, file: Path, place: range) -> Ended:
    try:
        await program
    except Exception as error:
        frames = [
            one.lineno
            for one in traceback.extract_tb(error.__traceback__)
            if one.filename == str(file) and one.lineno in place
        ]
        line = frames[-1] if frames else None
        if isinstance(error, ExplainedError):
            return Ended(line=line, attribute=error.finding.attribute, error="gap")
        return Ended(line=line, error=type(error).__name__)
    return Ended()


def main() -> int:
    """Compare many programs, and print what came of it; 1 where something was wrongly sure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--show", type=int, default=3, help="how many of each kind are printed")
    parser.add_argument("--missed", action="store_true", help="print what was not told, too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = compare(asked.first, asked.count, Path(folder).resolve())
    for one in found.false[: asked.show]:
        print(f"--- told, and did not happen\n{one}\n")
    for one in found.missed[: asked.show] if asked.missed else ():
        print(f"--- not told\n{one}\n")
    print(found.report())
    return 1 if found.false else 0


if __name__ == "__main__":
    sys.exit(main())
