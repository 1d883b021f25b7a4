"""The pytest plugin: `pytest --loadwise` explains every MissingGreenlet of a test run.

A module of its own, because pytest imports the plugins of all installed packages: without the
option nothing else of loadwise is imported.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from loadwise.core.finding import Finding

OWN_TRACEBACKS: Final = frozenset({"long", "short", "native"})
"""Styles of `--tb` that ask for the traceback itself; it then stands beside the explanation."""
ITS_OWN: Final = (AssertionError, pytest.fail.Exception)
"""Errors by which a test itself says that it fails."""


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
    name = config.getoption("--loadwise-json")
    if not (config.getoption("--loadwise") or name):
        return
    output = Output(name, config.invocation_params.dir / name) if name else None
    if output is not None and not is_worker(config) and (problem := output.problem()):
        raise pytest.UsageError(f"--loadwise-json: {problem}")
    try:
        recorder = Recorder(config, output)
    except ImportError as error:
        raise pytest.UsageError(f"--loadwise: {error}") from None
    config.pluginmanager.register(recorder, "loadwise-recorder")
    config.add_cleanup(recorder.watch.stop)


def is_worker(config: pytest.Config) -> bool:
    """Whether this is a process in which pytest-xdist runs tests for another."""
    return hasattr(config, "workerinput")


class Recorder:
    """Records the findings of a run, shows them where tests fail, and lists them at the end."""

    def __init__(self, config: pytest.Config, output: Output | None) -> None:
        import loadwise

        self.config = config
        self.output = output
        self.test = ""
        self.before: list[Finding] = []
        """What was found before the test that runs."""
        self.found: list[Finding] = []
        """What was found in it; `sent` of them are with pytest-xdist's controller already."""
        self.sent = 0
        self.problem = ""
        self.watch = loadwise.watch(root=config.rootpath, on_finding=self.record)

    def record(self, finding: Finding) -> None:
        """Remember a finding, with the test that runs."""
        if self.test:
            finding = replace(finding, evidence=replace(finding.evidence, tests=(self.test,)))
        self.found.append(finding)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None]:
        """Know which test runs."""
        self._between_tests()
        self.test = item.nodeid
        yield
        self.test = ""
        self._between_tests()

    def _between_tests(self) -> None:
        self.before += self.found[self.sent :] if is_worker(self.config) else self.found
        self.found, self.sent = [], 0

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[Any]) -> Generator[None, Any]:
        """Show why, in the place of the traceback, where a test failed of an unloaded attribute."""
        outcome = yield
        report = outcome.get_result()
        try:
            if report.failed and call.excinfo is not None:
                self._show(report, call.excinfo.value)
            if is_worker(self.config):
                self._send(report)
        except Exception as error:  # a fault of loadwise leaves pytest's report as it is
            said = f"this could not be explained: {type(error).__name__}: {error}"
            report.sections.append(("loadwise", said))

    def _show(self, report: pytest.TestReport, error: BaseException) -> None:
        from loadwise import LazyReadError
        from loadwise.report.failure import Explanation, about, fact, on_terminal, said_by

        explained = isinstance(error, LazyReadError)
        shown = about(error, self.found, ITS_OWN)
        if shown and not self._wants_traceback():
            explanation = Explanation(shown, "" if explained else said_by(error))
            str(explanation)  # a fault in it must not come when pytest prints
            report.longrepr = explanation  # type: ignore[assignment]
            vars(report).update(loadwise_shown=(_packed(shown), explanation.said))
            return
        crash = getattr(report.longrepr, "reprcrash", None)
        if shown and crash is not None:
            crash.message = fact(shown)
        if self.found and not explained:  # its traceback ends with the explanation
            report.sections.append(("loadwise", on_terminal(_distinct(self.found))))

    def _wants_traceback(self) -> bool:
        options = self.config.option
        return bool(options.tbstyle in OWN_TRACEBACKS or options.fulltrace)

    def _send(self, report: pytest.TestReport) -> None:
        """Have the report carry what is new to pytest-xdist's controller."""
        new, self.sent = self.found[self.sent :], len(self.found)
        if new:
            vars(report).update(loadwise_found=_packed(new))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over what a report carries; serialised, it lost what it shows."""
        found, shown = (getattr(report, f"loadwise_{name}", None) for name in ("found", "shown"))
        if found and not is_worker(self.config):
            self.before += _unpacked(found)
        if shown and isinstance(report.longrepr, str):
            from loadwise.report.failure import Explanation

            packed, said = shown
            report.longrepr = Explanation(_unpacked(packed), said)  # type: ignore[assignment]

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any, error: object) -> None:
        """Take over what a worker of pytest-xdist found outside of tests."""
        if found := getattr(node, "workeroutput", {}).get("loadwise"):
            self.before += _unpacked(found)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the rest to pytest-xdist's controller, or write the findings."""
        self._between_tests()
        if is_worker(self.config):
            self.config.workeroutput["loadwise"] = _packed(self.before)  # type: ignore[attr-defined]
        elif self.output is not None:
            try:
                self.output.write(_packed(self.before))
            except OSError as error:
                said = error.strerror or str(error)
                self.problem = f"--loadwise-json: cannot write {self.output.name}: {said}"
                if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
                    session.exitstatus = pytest.ExitCode.USAGE_ERROR

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """List what was found, each once, with its cure."""
        from loadwise.report.listing import listing, title

        if self.config.option.collectonly:
            return
        findings = _distinct(self.before)
        terminalreporter.section(title(findings))
        for line in listing(findings, columns=shutil.get_terminal_size().columns):
            terminalreporter.write_line(line)
        if self.problem:
            terminalreporter.write_line(self.problem, red=True, bold=True)


@dataclass(frozen=True)
class Output:
    """The file that the findings are written to."""

    name: str
    """The path as it was given."""
    path: Path

    def problem(self) -> str:
        """Why it cannot be written, as far as can be told before the run; empty if it can."""
        if self.path.is_dir():
            return f"{self.name} is a folder"
        if not self.path.parent.is_dir():
            return f"there is no folder {Path(self.name).parent}"
        if not os.access(self.path.parent, os.W_OK):
            return f"cannot write in the folder {Path(self.name).parent}"
        return ""

    def write(self, text: str) -> None:
        """Write it in one step: whoever reads it sees the old file or the new one, whole."""
        path = self.path.resolve()
        if path.exists() and not path.is_file():  # a device or a pipe is written to, not replaced
            path.write_text(text, encoding="utf-8")
            return
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)


def _distinct(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each finding once; the same ones in whatever order the tests ran."""
    from loadwise.core.tally import tally

    return tally(sorted(findings, key=lambda finding: finding.evidence.tests))


def _packed(findings: Iterable[Finding]) -> str:
    from loadwise.report.json import document, dumps

    return dumps(document(_distinct(findings)))


def _unpacked(text: str) -> tuple[Finding, ...]:
    from loadwise.report.json import loads

    return loads(text).findings
