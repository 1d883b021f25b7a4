"""The demo: the bugs of a small service, explained, then cured by pasting what was printed."""

from __future__ import annotations

import difflib
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from loadwise.cli.terminal import Terminal
from loadwise.core.edit import Edit, apply_edits
from loadwise.core.finding import Finding
from loadwise.report.full import styled
from loadwise.report.json import loads

NEEDED: Final = ("pytest", "pytest_asyncio", "aiosqlite", "fastapi", "httpx")
"""What the service and its tests are made with, beside loadwise."""
SUMMARY: Final = re.compile(r"^(?:=+ )?((?:\d+ \w+(?:, )?)+) in [\d.]+s.*$", re.MULTILINE)


class DemoError(Exception):
    """The demo cannot run here; the message says why and what to do."""


def run(terminal: Terminal) -> None:
    """Run the demo. Raises DemoError where something that it needs is not there."""
    missing = [name.replace("_", "-") for name in NEEDED if find_spec(name) is None]
    if missing:
        raise DemoError(f"the demo needs {', '.join(missing)}: pip install {' '.join(missing)}")
    with tempfile.TemporaryDirectory(prefix="loadwise-demo-") as folder:
        project = Path(folder) / "article"
        shutil.copytree(
            source(), project, ignore=shutil.ignore_patterns("__pycache__", ".*", "*.db")
        )
        show(terminal, project)


def source() -> Path:
    """The folder of the service: inside the installed package, or in a checkout."""
    here = Path(__file__).resolve().parent
    for folder in (here / "article", here.parents[2] / "examples" / "article"):
        if folder.is_dir():
            return folder
    raise DemoError("the example service is not part of this installation")


def show(terminal: Terminal, project: Path) -> None:
    """The three steps: the tests with their findings, the cures pasted, the tests again."""
    terminal.line("A FastAPI service with users and organizations, and the tests it came with.")
    terminal.line("Its async code reads attributes that are not loaded.")

    terminal.heading("1. pytest --loadwise")
    findings, summary = test(project)
    for finding in findings:
        terminal.line()
        terminal.text(styled(finding, width=terminal.width))
    terminal.line()
    terminal.line(f"Tests: {summary}", "bold")

    terminal.heading("2. The first cure of each finding, pasted")
    edits = [edit for finding in findings for edit in first_cure(finding)]
    for line in paste(project, edits):
        style = {"+": "green", "-": "red", "@": "cyan"}.get(line[:1], "")
        terminal.line(line, style)

    terminal.heading("3. pytest --loadwise, again")
    left, summary = test(project)
    terminal.line(f"Findings: {len(left)}", "bold")
    terminal.line(f"Tests: {summary}", "bold")
    if left or "failed" in summary:
        raise DemoError("the cures did not cure everything: please report it")

    terminal.heading("Next")
    terminal.line("In your project:      pytest --loadwise")
    terminal.line("In your application:  loadwise.watch()")
    terminal.line("About a rule:         loadwise explain lazy-read")


def test(project: Path) -> tuple[tuple[Finding, ...], str]:
    """The findings of the project's test run, and pytest's summary: "4 failed, 4 passed"."""
    report = project.parent / "findings.json"
    command = [sys.executable, "-m", "pytest", "-q", "--color=no", "-p", "no:cacheprovider"]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST")}
    done = subprocess.run(
        [*command, f"--loadwise-json={report}"],
        cwd=project,
        env={**environment, "PYTHONDONTWRITEBYTECODE": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    found = SUMMARY.findall(done.stdout)
    if done.returncode not in {0, 1} or not found or not report.exists():
        last = (done.stderr or done.stdout).strip().splitlines()[-1:]
        raise DemoError(f"the service's tests did not run: {' '.join(last)}")
    return loads(report.read_text(encoding="utf-8")).findings, found[-1]


def first_cure(finding: Finding) -> tuple[Edit, ...]:
    """The edits of the first fix that has any."""
    return next((fix.edits for fix in finding.fixes if fix.edits), ())


def paste(project: Path, edits: list[Edit]) -> Iterator[str]:
    """Apply the edits, and say what changed, as a unified diff without its file dates."""
    for file in sorted({edit.file for edit in edits}):
        path = project / file
        before = path.read_text(encoding="utf-8")
        after = apply_edits(before, tuple(edit for edit in edits if edit.file == file))
        path.write_text(after, encoding="utf-8")
        lines = difflib.unified_diff(
            before.splitlines(), after.splitlines(), f"a/{file}", f"b/{file}", lineterm="", n=1
        )
        yield from lines
