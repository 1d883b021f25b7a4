"""Recorder: the watch of a whole test run, as a plugin of pytest."""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final

import pytest

from loadwise.core.finding import Finding
from loadwise.observe.faults import faults, said
from loadwise.observe.sites import Project
from loadwise.observe.watch import watch
from loadwise.plugin.marks import allow_as_marked, budget_of
from loadwise.plugin.output import Output
from loadwise.plugin.part import Needed, Part, joined, packed, unpacked
from loadwise.plugin.showing import show, show_again, wants_traceback
from loadwise.plugin.verdict import Leg, leg_of, verdict
from loadwise.report.failure import about
from loadwise.report.json import document, dumps
from loadwise.report.listing import section, title
from loadwise.report.roots import roots
from loadwise.report.shown import Levels
from loadwise.testing import Recording, over_budget

ITS_OWN: Final = (AssertionError, pytest.fail.Exception)
"""Errors by which a test itself says that it fails."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the options and the ini file say; `whole` lists all that was found."""

    mode: str
    levels: Levels
    whole: bool
    output: Output | None
    patch: Output | None = None


class Running:
    """The test that runs: what is found in it, and what it failed of itself."""

    def __init__(self, item: pytest.Item, recording: Recording) -> None:
        self.item = item
        self.recording = recording
        self.budget: int | None = None
        self.is_set_up = False
        self.is_over = False
        """Whether it has come to its end, with all that only shows there."""
        self.has_failed = False
        self.failed_of: set[Leg] = set()
        self.verdict: BaseException | None = None


class Recorder:
    """Records the findings of a run, shows them where tests fail, and lists them at the end.

    What fails in here is told in one line at the end, and changes no test.
    """

    def __init__(
        self, config: pytest.Config, settings: Settings, key: pytest.StashKey[Recording]
    ) -> None:
        self.config = config
        self.settings = settings
        self.key = key
        """Where an item keeps its recording."""
        self.project = Project(config.rootpath)
        self.running: Running | None = None
        self.outside = self._recording()
        """What is found outside of tests."""
        self.parts: list[Part] = []
        """What was found so far, here and by those who reported to this process."""
        self.faults: dict[str, str] = {}
        self.problem = ""
        self.told = ""
        """What the patch of the run does."""
        self.is_worker = hasattr(config, "workerinput")
        self.watch = watch(mode="full", root=config.rootpath, on_finding=self.record)

    def _recording(self) -> Recording:
        return Recording(self.project, levels=self.settings.levels)

    def record(self, finding: Finding) -> None:
        """Take a finding, for the test that runs."""
        (self.running.recording if self.running else self.outside).record(finding)

    @contextmanager
    def _shielded(self, where: str) -> Generator[None, None, None]:
        try:
            yield
        except Exception as error:
            self._fault(where, error)

    def _fault(self, where: str, error: Exception) -> None:
        self.faults.setdefault(where, f"{where} failed ({said(error)})")

    # the way of a test

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None]:
        """Know which test runs."""
        with self._shielded("the start of a test"):
            self._begin(item)
        yield
        with self._shielded("the end of a test"):
            self._end()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        """Read the marks. A test that is run again begins anew."""
        wrong = ""
        with self._shielded("the start of a test"):
            if self.running is None or self.running.is_set_up:
                self._end()
                self._begin(item)
            if self.running is not None:
                self.running.is_set_up = True
                wrong = self._read_marks(self.running)
        if wrong:
            pytest.fail(wrong, pytrace=False)

    def _read_marks(self, running: Running) -> str:
        """What is wrong with the marks of a test; empty where nothing is."""
        try:
            allow_as_marked(running.recording, running.item)
            running.budget = budget_of(running.item)
        except ValueError as error:
            return str(error)
        running.recording.counts = running.budget is not None
        return ""

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_teardown(self) -> None:
        """Fail a test of what it did not fail of itself, where that is asked for."""
        running, text = self.running, ""
        if running is None:
            return
        with self._shielded("the verdict on a test"):
            self._settle(running)
            text = "\n\n".join(filter(None, self._verdicts(running)))
        if text:
            running.verdict = pytest.fail.Exception(text, pytrace=False)
            raise running.verdict

    def _settle(self, running: Running) -> None:
        """Have the watch tell what only shows at the end of a test."""
        if running.is_over:
            return
        running.is_over = True
        if running.has_failed:
            self.watch.discard()
        else:
            self.watch.settle()

    def _verdicts(self, running: Running) -> Iterator[str]:
        if running.budget is not None:
            yield over_budget(running.recording, running.budget)
        yield verdict(running.recording.findings, self.settings.mode, running.failed_of)

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[Any]) -> Generator[None, Any]:
        """Show why, in the place of the traceback, where a test failed of an unloaded attribute."""
        outcome = yield
        report: pytest.TestReport = outcome.get_result()
        error = call.excinfo.value if call.excinfo is not None else None
        try:
            if error is not None:
                self._explain(report, error)
        except Exception as fault:  # pytest's report stays as it is
            self._fault("showing a failure", fault)
            report.sections.append(("loadwise", f"this could not be explained: {said(fault)}"))
        if report.when == "teardown":
            with self._shielded("the end of a test"):
                self._end()
                if self.is_worker:
                    vars(report).update(loadwise_part=self._handed_over())

    def _explain(self, report: pytest.TestReport, error: BaseException) -> None:
        running = self.running
        met = running.recording.met if running is not None else ()
        failed_of = about(error, met, ITS_OWN)
        if running is not None:
            if error is running.verdict:
                return
            running.has_failed = True
            running.failed_of.update(map(leg_of, failed_of))
        if report.failed:
            traceback = wants_traceback(self.config)
            show(report, error, failed_of=failed_of, met=met, traceback=traceback)

    def _begin(self, item: pytest.Item) -> None:
        self._take(self.outside, ())
        self.outside = self._recording()
        self.running = Running(item, self._recording())
        item.stash[self.key] = self.running.recording

    def _end(self) -> None:
        running = self.running
        if running is not None:
            self._settle(running)
            self.running = None
            self._take(running.recording, (running.item.nodeid,))

    def _take(self, recording: Recording, tests: tuple[str, ...]) -> None:
        """Keep what is shown of a recording, with the name of its test."""
        if recording.met:
            findings = tuple(
                replace(one, evidence=replace(one.evidence, tests=tests))
                for one in recording.findings
            )
            self.parts.append(Part(findings=findings, allowing=int(recording.leaves_out)))

    # pytest-xdist

    def _handed_over(self) -> str:
        """What was found since the last time, for the head."""
        text, self.parts = packed(joined(self.parts)), []
        return text

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over what a report carries; serialised, it lost what it shows."""
        if self.is_worker:
            return
        with self._shielded("taking over a report"):
            if text := getattr(report, "loadwise_part", None):
                self.parts.append(unpacked(text))
            show_again(report)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a worker found outside of tests."""
        with self._shielded("taking over from a worker"):
            if text := getattr(node, "workeroutput", {}).get("loadwise"):
                self.parts.append(unpacked(text))

    # the end

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Hand the rest to pytest-xdist's controller, or write the findings."""
        with self._shielded("the end of the run"):
            self._end()
            if self.is_worker:
                needed = tuple(Needed(load=load, path=path) for load, path in self.watch.needed())
                self.parts.append(Part(needed=needed))
            self.watch.finish()
            self._take(self.outside, ())
        self.parts.append(Part(faults=(*faults(), *self.faults.values())))
        with self._shielded("handing the findings on"):
            if self.is_worker:
                output = {"loadwise": self._handed_over()}
                self.config.workeroutput.update(output)  # type: ignore[attr-defined]
            else:
                self._write_outputs(session)

    def _write_outputs(self, session: pytest.Session) -> None:
        """Write the findings and the patch, where they are asked for."""
        root, settings = self.config.rootpath, self.settings
        if settings.output is not None:
            text = dumps(document(joined(self.parts).findings, root=root))
            self._write(settings.output, text.encode(), session)
        if settings.patch is not None:
            from loadwise.plugin.patching import patch_of

            patch = patch_of(joined(self.parts).findings, root)
            if self._write(settings.patch, patch.data, session):
                here = self.config.invocation_params.dir
                self.told = patch.told(settings.patch, root, here)

    def _write(self, output: Output, data: bytes, session: pytest.Session) -> bool:
        try:
            output.write(data)
        except OSError as error:
            why = error.strerror or str(error)
            self.problem = f"{output.option}: cannot write {output.name}: {why}"
            if session.exitstatus in {pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED}:
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
            return False
        return True

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """List what was found, each root once, with its cure."""
        if self.config.option.collectonly:
            return
        heading, lines = "loadwise", list[str]()
        with self._shielded("the section"):
            heading, *lines = self._section()
        terminalreporter.section(heading)
        for line in lines:
            terminalreporter.write_line(line)
        told = sorted({*self.faults.values(), *(one for part in self.parts for one in part.faults)})
        if told:
            text = f"loadwise itself failed and may have missed something: {'; '.join(told)}"
            terminalreporter.write_line(text, yellow=True)
        if self.told:
            terminalreporter.write_line(self.told)
        if self.problem:
            terminalreporter.write_line(self.problem, red=True, bold=True)

    def _section(self) -> Iterator[str]:
        part, settings = joined(self.parts), self.settings
        found = roots(part.findings)
        yield title(found)
        yield from section(
            found,
            columns=shutil.get_terminal_size().columns,
            whole=settings.whole,
            mode=settings.mode,
            allowing=part.allowing,
        )
