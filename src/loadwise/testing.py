"""Assertions for tests, with pytest or without: what a stretch of code reads, and what it runs.

Each is a plain `with` block, also around code that awaits. It sees the whole process: a task that
runs beside the block is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Final

from loadwise.core.finding import Finding
from loadwise.core.tally import tally
from loadwise.core.text import full
from loadwise.observe.cursor import CursorLog, Statement
from loadwise.observe.sites import Project
from loadwise.observe.watch import watch
from loadwise.report.shown import AS_DECLARED, Levels, known_rule, shown
from loadwise.report.statements import too_many

__all__ = [
    "Block",
    "Finding",
    "Recording",
    "Statement",
    "assert_no_gaps",
    "capture_uses",
    "statement_budget",
]

MOST: Final = 10
"""Findings that a failure explains."""
MASKED: Final = "masked-read"


class Recording:
    """What is found in a stretch of code: a test, or a `with` block."""

    def __init__(self, project: Project, *, levels: Levels = AS_DECLARED) -> None:
        self.log = CursorLog()
        self.counts = False
        """Whether a test asks for its statements."""
        self._project = project
        self._levels = levels
        self._met: list[Finding] = []
        self._allowed: dict[str, str] = {}

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was found so far and is not allowed: each once, sorted by file and line."""
        return self._shown(self._allowed)

    def _shown(self, allowed: Collection[str]) -> tuple[Finding, ...]:
        each = (shown(one, levels=self._levels, allowed=allowed) for one in self._met)
        return tally(one for one in each if one is not None)

    @property
    def statements(self) -> tuple[Statement, ...]:
        """The statements that reached a cursor so far, in their order."""
        return tuple(self.log.statements(self._project))

    def allow(self, *names: str, reason: str) -> None:
        """Leave out what is found about attributes (`"User.organization"`), or by rules.

        It counts for the whole stretch, also for what was found before. A read that raises raises
        all the same. Raises ValueError where no name is given, no reason, or a rule that there is
        not.
        """
        if not names:
            raise ValueError("what is allowed? Give an attribute (User.organization) or a rule")
        if not reason.strip():
            raise ValueError("say why it is allowed: reason='...'")
        for name in names:
            self._allowed[name if "." in name else known_rule(name)] = reason

    @property
    def leaves_out(self) -> bool:
        """Whether anything was found that is allowed."""
        return len(self._shown(())) > len(self.findings)

    @property
    def met(self) -> tuple[Finding, ...]:
        """All that was found so far, also what is allowed, in the order in which it was met."""
        return tuple(self._met)

    def record(self, finding: Finding) -> None:
        """Take a finding."""
        self._met.append(finding)


class Block:
    """A `with` block that is watched; it gives its recording, and fails at its end if it should.

    An error that leaves the block is left alone.
    """

    def __init__(self, mode: str | None, wrong: Callable[[Recording], str]) -> None:
        self._mode = mode
        self._wrong = wrong
        self._stack = ExitStack()
        self._recording: Recording | None = None

    def __enter__(self) -> Recording:
        if self._recording is not None:
            raise RuntimeError("this block was entered before: make a new one")
        root = Path.cwd()
        self._recording = recording = Recording(Project(root))
        if self._mode is not None:
            self._stack.enter_context(
                watch(mode=self._mode, root=root, on_finding=recording.record)
            )
        self._stack.enter_context(recording.log)
        return recording

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        __tracebackhide__ = True
        self._stack.close()
        if error is None and self._recording and (wrong := self._wrong(self._recording)):
            raise AssertionError(wrong)


def assert_no_gaps(*, masked: bool = False) -> Block:
    """Fail where the block touches what is not loaded, also where the error is swallowed.

    With `masked`, reads count, too, that do no IO only because the target happens to be in the
    session. The AssertionError explains each finding.

        with assert_no_gaps():
            await show_user(session, 100)
    """

    def wrong(recording: Recording) -> str:
        return _explained([one for one in recording.findings if _is_gap(one, masked)])

    return Block("full", wrong)


def capture_uses() -> Block:
    """Watch the block and give what was found in it, and the statements that it ran.

    with capture_uses() as uses:
        await show_user(session, 100)
    assert not uses.findings
    assert len(uses.statements) == 2
    """
    return Block("full", lambda recording: "")


def statement_budget(statements: int) -> Block:
    """Fail where the block has more statements than this reach a cursor, of any engine.

    The AssertionError lists them by the place that ran them. Raises ValueError for a number that
    is negative.

        with statement_budget(2):
            await show_user(session, 100)
    """
    if statements < 0:
        raise ValueError(f"a budget of statements is 0 or more, not {statements}")

    def wrong(recording: Recording) -> str:
        return over_budget(recording, statements)

    return Block(None, wrong)


def over_budget(recording: Recording, planned: int) -> str:
    """What is said where a recording has more statements than planned; empty where it has not."""
    return too_many(recording.statements, planned) if len(recording.log) > planned else ""


def _is_gap(finding: Finding, masked: bool) -> bool:
    return finding.code.startswith("LW1") and (masked or finding.rule != MASKED)


def _explained(findings: list[Finding]) -> str:
    if not findings:
        return ""
    number = f"{len(findings)} findings" if len(findings) > 1 else "1 finding"
    parts = [f"what is touched here is not loaded: {number}", *map(full, findings[:MOST])]
    if len(findings) > MOST:
        parts.append(f"and {len(findings) - MOST} more")
    return "\n\n".join(parts)
