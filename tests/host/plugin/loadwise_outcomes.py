"""A pytest plugin for the suites of others: writes what comes of each test, and may watch.

It stands in a folder of its own, which is put on the path of a suite that knows nothing of this
project: `pytest -p loadwise_outcomes --outcomes FILE [--watch MODE] [--every NUMBER]`.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("outcomes", "what comes of each test")
    group.addoption("--outcomes", metavar="FILE", help="write the outcomes to FILE as JSON")
    group.addoption("--watch", metavar="MODE", help="keep `loadwise.watch(mode=MODE)` on")
    group.addoption("--every", metavar="NUMBER", type=int, default=1, help="of so many tests, one")


def pytest_configure(config: pytest.Config) -> None:
    """Begin before the modules of the tests are imported, and with them their models."""
    name, mode = config.getoption("--outcomes"), config.getoption("--watch")
    watching = Watching(mode) if mode else None
    if watching is not None:
        config.add_cleanup(watching.end)
    if name:
        path = config.invocation_params.dir / name
        config.pluginmanager.register(Outcomes(path, watching, config.getoption("--every")))


class Watching:
    """A watch for the whole run; a suite that takes out all listeners gets a new one."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self.findings = 0
        self.lost = 0
        self.faults: list[str] = []
        self.begin()

    def begin(self) -> None:
        """Switch a watch on."""
        import loadwise

        self.watch = loadwise.watch(mode=self.mode, on_finding=self.found)

    def found(self, finding: object) -> None:
        """Count a finding."""
        self.findings += 1

    def settle(self) -> None:
        """A test is over. Where it took out the listeners, the next ones have some again."""
        self.watch.settle()
        if not self.listens():
            self.end()
            self.lost += 1
            self.begin()

    def listens(self) -> bool:
        """Whether the listeners are in."""
        from sqlalchemy import event
        from sqlalchemy.orm import Mapper, Session

        from loadwise.observe.guard import on_execute
        from loadwise.observe.notes import on_refresh

        return event.contains(Session, "do_orm_execute", on_execute) and event.contains(
            Mapper, "refresh", on_refresh
        )

    def end(self) -> None:
        """Switch it off, and take down what failed; not that the suite took out a listener."""
        self.watch.finish()
        self.faults += [fault for fault in faults() if fault not in self.faults]
        self.watch.stop()


class Outcomes:
    """Collects the outcomes, and writes them at the end."""

    def __init__(self, path: Path, watching: Watching | None, every: int) -> None:
        self.path = path
        self.watching = watching
        self.every = every
        self.tests: dict[str, list[str]] = {}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> None:
        """Keep the first of every so many tests, in the order of their names."""
        kept = set(sorted(item.nodeid for item in items)[:: self.every])
        config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in kept])
        items[:] = [item for item in items if item.nodeid in kept]

    @pytest.hookimpl(hookwrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[Any]) -> Generator[None, Any]:
        """Have a report say which error it is about."""
        outcome = yield
        if call.excinfo is not None:
            vars(outcome.get_result()).update(outcome_error=name_of(call.excinfo.value))

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note what could not be collected."""
        if report.failed:
            self.tests.setdefault(report.nodeid, []).append("not collected")

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what came of a test, or of its setup or teardown where that is not all right."""
        seen = self.tests.setdefault(report.nodeid, [])
        if report.when == "call" or not report.passed:
            seen.append(f"{report.when}: {word_for(report)}")
        if report.when == "teardown" and self.watching is not None:
            self.watching.settle()

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self) -> None:
        """Write it all, with what loadwise has to say of itself when its watch is over."""
        if self.watching is not None:
            self.watching.end()
        said = {
            "tests": self.tests,
            "faults": self.watching.faults if self.watching else faults(),
            "findings": self.watching.findings if self.watching else 0,
            "lost": self.watching.lost if self.watching else 0,
        }
        self.path.write_text(json.dumps(said), encoding="utf-8")


def word_for(report: pytest.TestReport) -> str:
    """The outcome, with the class of the error that a failure is."""
    expected = "expected to fail, " if hasattr(report, "wasxfail") else ""
    error = f" ({getattr(report, 'outcome_error', '')})" if report.failed else ""
    return f"{expected}{report.outcome}{error}"


def name_of(error: BaseException) -> str:
    """The class of an error; of one that loadwise explains, the class that it stands for."""
    kinds = (kind for kind in type(error).__mro__ if not kind.__module__.startswith("loadwise"))
    return next(kinds).__name__


def faults() -> list[str]:
    """What failed in loadwise itself, whoever switched the watch on."""
    module = sys.modules.get("loadwise.observe.faults")
    return list(module.faults()) if module else []
