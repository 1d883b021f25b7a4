"""The pytest plugin: `pytest --loadwise` explains every MissingGreenlet of a test run.

A module of its own, because pytest imports the plugins of all installed packages: without the
option nothing else of loadwise is imported.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Generator, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from loadwise.core.finding import Finding

OWN_TRACEBACKS: Final = frozenset({"long", "short", "native"})
"""Styles of `--tb` that ask for the traceback itself; it then stands beside the explanation."""
SHOWN: Final = 20
"""Findings listed at the end of a run."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options. Both work with pytest-xdist."""
    group = parser.getgroup("loadwise", "explain reads of what is not loaded (SQLAlchemy asyncio)")
    group.addoption(
        "--loadwise",
        action="store_true",
        help="explain every MissingGreenlet: attribute, object, both lines, cause and cure",
    )
    group.addoption(
        "--loadwise-json",
        metavar="FILE",
        help="write the findings of the run to FILE as JSON (implies --loadwise)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Switch the watch on for the run, where it is asked for."""
    path = config.getoption("--loadwise-json")
    if not (config.getoption("--loadwise") or path):
        return
    if path and not Path(path).absolute().parent.is_dir():
        raise pytest.UsageError(f"--loadwise-json: there is no folder {Path(path).parent}")
    try:
        recorder = Recorder(config, path)
    except ImportError as error:
        raise pytest.UsageError(f"--loadwise: {error}") from None
    config.pluginmanager.register(recorder, "loadwise-recorder")
    config.add_cleanup(recorder.watch.stop)


class Recorder:
    """Records the findings of a run, shows them where tests fail, and lists them at the end."""

    def __init__(self, config: pytest.Config, path: str | None) -> None:
        import loadwise

        self.config = config
        self.path = path
        self.test = ""
        self.findings: list[Finding] = []
        self.watch = loadwise.watch(root=config.rootpath, on_finding=self.record)
        self.reported = 0

    def record(self, finding: Finding) -> None:
        """Remember a finding, with the test that runs."""
        if self.test:
            finding = replace(finding, evidence=replace(finding.evidence, tests=(self.test,)))
        self.findings.append(finding)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None]:
        """Know which test runs."""
        self.test = item.nodeid
        yield
        self.test = ""

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[Any]) -> Generator[None, Any]:
        """Show why, in the place of the traceback, where a test failed of an unloaded attribute."""
        outcome = yield
        report = outcome.get_result()
        found, self.reported = self.findings[self.reported :], len(self.findings)
        if call.excinfo is None or not report.failed or not found:
            return
        explanation = self._explanation(call.excinfo.value, found)
        if explanation is None or self.config.getoption("tbstyle") in OWN_TRACEBACKS:
            text = "\n\n".join(_full(finding) for finding in _distinct(found))
            report.sections.append(("loadwise", text))
        else:
            report.longrepr = explanation

    def _explanation(self, error: BaseException, found: list[Finding]) -> Explanation | None:
        """The explanation of a failure; None where the failure is about something else."""
        from loadwise import LazyReadError

        for one in _related(error):
            if isinstance(one, LazyReadError):
                said = "" if one is error else _headline(error)
                return Explanation(_full(one.finding), _headline(one), said, _crash(one.finding))
        if "LazyReadError" in str(error):  # a serialiser made an error of its own from it
            return Explanation(
                _full(found[0]), found[0].message, _headline(error), _crash(found[0])
            )
        return None

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker of pytest-xdist found."""
        from loadwise.report.json import loads

        text = getattr(node, "workeroutput", {}).get("loadwise")
        if text:
            self.findings.extend(loads(text).findings)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the findings to pytest-xdist's controller, or write them."""
        from loadwise.report.json import document, dumps

        text = dumps(document(self.findings))
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["loadwise"] = text
        elif self.path:
            try:
                _write(Path(self.path), text)
            except OSError as error:
                session.exitstatus = pytest.ExitCode.INTERRUPTED
                self.config.issue_config_time_warning(
                    pytest.PytestWarning(f"--loadwise-json: cannot write {self.path}: {error}"), 2
                )

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """List what was found, each once, with its cure."""
        from loadwise.core.tally import tally

        findings = tally(self.findings)
        if not findings:
            terminalreporter.section("loadwise: nothing was read that was not loaded")
            return
        tests = {test for finding in findings for test in finding.evidence.tests}
        title = f"loadwise: {_count(len(findings), 'finding')} in {_count(len(tests), 'test')}"
        terminalreporter.section(title)
        for finding in findings[:SHOWN]:
            for line in _listed(finding):
                terminalreporter.write_line(line)
        if len(findings) > SHOWN:
            rest = len(findings) - SHOWN
            terminalreporter.write_line(f"{rest} more: pytest --loadwise --loadwise-json FILE")
        rules = sorted({finding.rule for finding in findings})
        terminalreporter.write_line(f"Why, and what to do: loadwise explain {' | '.join(rules)}")


@dataclass(frozen=True)
class Crash:
    """Where a failure is shown to lie, for pytest's summary and for JUnit."""

    path: str
    lineno: int
    message: str


@dataclass(frozen=True)
class Explanation:
    """What a failed test shows in the place of its traceback."""

    text: str
    headline: str
    said: str
    reprcrash: Crash

    def __str__(self) -> str:
        return "\n".join((self.text, *self._closing()))

    def _closing(self) -> Iterator[str]:
        yield ""
        if self.said:
            yield f"The test saw {self.said}"
        yield "The traceback: pytest --loadwise --tb=long"

    def toterminal(self, writer: Any) -> None:
        """Write it as pytest writes a failure."""
        first, _, rest = self.text.partition("\n")
        writer.line(first, red=True, bold=True)
        for line in rest.splitlines():
            writer.line(line)
        for line in self._closing():
            writer.line(line)


def _full(finding: Finding) -> str:
    from loadwise.core.text import full

    return full(finding)


def _crash(finding: Finding) -> Crash:
    site = finding.read
    path, line = (site.file, site.line) if site else ("", 0)
    return Crash(path, line, f"LazyReadError: {finding.message}")


def _distinct(findings: list[Finding]) -> tuple[Finding, ...]:
    from loadwise.core.tally import tally

    return tally(findings)


def _related(error: BaseException) -> Iterator[BaseException]:
    """An error, what it was raised from, and the members of a group, each once."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop(0)
        if one is None or id(one) in seen:
            continue
        seen.add(id(one))
        yield one
        waiting += [*getattr(one, "exceptions", ()), one.__cause__, one.__context__]


def _headline(error: BaseException) -> str:
    """The type of an error and the first line of what it says."""
    lines = str(error).splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"


def _listed(finding: Finding) -> Iterator[str]:
    from loadwise.core.text import concise

    yield concise(finding)
    fix = next(iter(finding.fixes), None)
    if fix is not None:
        place = f"{fix.site.file}:{fix.site.line}  " if fix.site else ""
        yield f"    fix   {place}{fix.text}   [{fix.applicability}]"
    for test in finding.evidence.tests[:3]:
        yield f"    test  {test}"
    if len(finding.evidence.tests) > 3:
        yield f"    and {len(finding.evidence.tests) - 3} more tests"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _write(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it sees the old one or the new one, whole."""
    handle, temporary = tempfile.mkstemp(dir=path.absolute().parent, prefix=path.name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, path)
    except OSError:
        os.unlink(temporary)
        raise
