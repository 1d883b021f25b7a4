"""Showing: what the report of a failed test shows in the place of its traceback, or below it."""

from __future__ import annotations

from typing import Any, Final

import pytest

from loadwise.core.finding import Finding
from loadwise.core.tally import tally
from loadwise.observe.errors import ExplainedError
from loadwise.plugin.part import Part, packed, unpacked
from loadwise.report.failure import Explanation, fact, on_terminal, said_by

OWN_TRACEBACKS: Final = frozenset({"long", "short", "native"})
"""Styles of `--tb` that ask for the traceback itself; it then stands beside the explanation."""


def wants_traceback(config: pytest.Config) -> bool:
    """Whether the options ask for tracebacks."""
    return bool(config.option.tbstyle in OWN_TRACEBACKS or config.option.fulltrace)


def show(
    report: pytest.TestReport,
    error: BaseException,
    *,
    failed_of: tuple[Finding, ...],
    met: tuple[Finding, ...],
    traceback: bool,
) -> None:
    """Explain a failed report: what the error is about, or what was met in the test besides."""
    explained = isinstance(error, ExplainedError)
    if failed_of and not traceback:
        explanation = Explanation(failed_of, "" if explained else said_by(error))
        str(explanation)  # a fault in it must not come when pytest prints
        report.longrepr = explanation  # type: ignore[assignment]
        vars(report).update(loadwise_shown=(packed(Part(findings=failed_of)), explanation.said))
        return
    crash: Any = getattr(report.longrepr, "reprcrash", None)
    if failed_of and crash is not None:
        crash.message = fact(failed_of)
    if met and not explained:  # its traceback ends with the explanation
        report.sections.append(("loadwise", on_terminal(tally(met))))


def show_again(report: pytest.TestReport) -> None:
    """Give a report back what it showed before it was serialised."""
    shown = getattr(report, "loadwise_shown", None)
    if shown and isinstance(report.longrepr, str):
        text, said = shown
        findings = unpacked(text).findings
        report.longrepr = Explanation(findings, said)  # type: ignore[assignment]
