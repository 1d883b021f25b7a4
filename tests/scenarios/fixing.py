"""Fixing: a program fixed by the command, as a user runs it, until nothing more is fixed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from click.testing import CliRunner

from loadwise.cli.app import app
from loadwise.core.finding import Finding
from loadwise.report.json import document, dumps
from tests.databases import AIOSQLITE
from tests.scenarios.harness import Run, editable, fail, run
from tests.scenarios.program import Program

MOST = 5
"""Runs after which what is recorded is fixed, one gap behind the other."""


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """In a folder, as a shell is."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def fix(program: Program, *arguments: str) -> tuple[int, str]:
    """`loadwise fix` in the folder of a program: the exit code, and what it printed."""
    with within(program.folder):
        done = CliRunner().invoke(app, ["fix", *arguments])
    assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
    return done.exit_code, done.output


def fix_sources(program: Program, *arguments: str) -> str:
    """Fix a program by its source, which a second time changes nothing; what was printed."""
    code, said = fix(program, *arguments)
    assert code == 0, said
    again = fix(program, *arguments)[1]
    assert " fixed in " not in again, said + again
    return said


def fix_recorded(program: Program, findings: tuple[Finding, ...], *arguments: str) -> str:
    """Fix what was recorded of a program, which a second time changes nothing."""
    recorded = program.folder / "findings.json"
    text = dumps(document(findings, root=program.folder))
    recorded.write_text(text, encoding="utf-8")
    code, said = fix(program, "--from", recorded.name, *arguments)
    assert code == 0, said
    again = fix(program, "--from", recorded.name, *arguments)[1]
    assert " fixed in " not in again, said + again
    return said


async def fix_what_is_met(program: Program, met: Run, *arguments: str) -> Run:
    """Run, record and fix a program until it runs through, or nothing more can be fixed."""
    rounds = 0
    while any(editable(finding) for finding in met.findings):
        fix_recorded(program, met.findings, *arguments)
        met = await run(program, AIOSQLITE, watched=True)
        rounds += 1
        if rounds > MOST:
            fail("still not fixed", met)
    return met
