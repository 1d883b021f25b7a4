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
from loadwise.report.json import loads

NEEDED: Final = ("pytest", "pytest_asyncio", "aiosqlite", "fastapi", "httpx")
"""What the service and its tests are made with, beside loadwise."""
OPTIONS: Final = (
    *("--quiet", "--color=no", "--tb=no"),
    *("-p", "no:cacheprovider", "-p", "no:warnings"),
    *("-p", "pytest_asyncio.plugin", "-p", "loadwise_pytest"),
)
SETTINGS: Final = ("PYTEST", "PYTHONWARNINGS")
"""How the variables begin that change a test run."""
SUMMARY: Final = re.compile(r"^((?:\d+ \w+(?:, )?)+) in [\d.]+s", re.MULTILINE)
PASSED: Final = re.compile(r"\d+ passed")
DIFF: Final = {"+++ ": "bold", "--- ": "bold", "+": "green", "-": "red", "@": "cyan"}

OPENING: Final = (
    "A FastAPI service with users, organizations, and eight tests. Its async code",
    "reads attributes that are not loaded, and all that SQLAlchemy says of them is",
    "",
    "    MissingGreenlet: greenlet_spawn has not been called; ...",
    "    Was IO attempted in an unexpected place?",
)
NEXT: Final = (
    ("pytest --loadwise", "explains the failures of your own tests"),
    ("loadwise.watch()", "does the same in a running application"),
    ("loadwise explain lazy-read", "says why, and what to do instead"),
)


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
    for line in OPENING:
        terminal.line(line)

    terminal.heading("1. Its tests, explained: pytest --loadwise")
    findings, summary = test(project)
    for finding in findings:
        terminal.line()
        terminal.finding(finding)
    terminal.line()
    terminal.line(summary, "bold red")

    terminal.heading("2. The first cure of each finding, pasted")
    edits = [edit for finding in findings for edit in first_cure(finding)]
    for line in paste(project, edits):
        terminal.line(line, DIFF.get(line[:4]) or DIFF.get(line[:1], ""))

    terminal.heading("3. Its tests, again: pytest --loadwise")
    left, summary = test(project)
    if left or not PASSED.fullmatch(summary):
        raise DemoError(f"the cures did not cure everything: {summary}")
    terminal.line(f"{summary}, nothing was read that was not loaded", "bold green")

    terminal.heading("Next")
    for code, what in NEXT:
        terminal.entry(f"{code:<28}", what)


def test(project: Path) -> tuple[tuple[Finding, ...], str]:
    """The findings of the project's test run, and pytest's summary: "4 failed, 4 passed"."""
    report = project.parent / "findings.json"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, f"--loadwise-json={report}"],
        cwd=project,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
    )
    found = SUMMARY.findall(done.stdout)
    if done.returncode not in {0, 1} or not found or not report.exists():
        lines = (done.stderr or done.stdout).strip().splitlines() or [f"exit {done.returncode}"]
        errors = [line for line in lines if "error" in line.lower()]
        raise DemoError(f"the service's tests did not run: {(errors or lines)[-1].strip()}")
    return loads(report.read_text(encoding="utf-8")).findings, found[-1]


def environment() -> dict[str, str]:
    """The caller's environment without what would change the test run.

    Only the plugins that the service needs are loaded: no other is waited for, or prints.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(SETTINGS)}
    return {**kept, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


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
