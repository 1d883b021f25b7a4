"""Verdict: what a test fails of that it did not fail of itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final

from loadwise.core.finding import Finding, Level
from loadwise.report.failure import fact, on_terminal
from loadwise.report.roots import Place, place_of

MODES: Final = {
    "report": frozenset[Level](),
    "fail": frozenset({Level.ERROR, Level.WARNING}),
    "strict": frozenset({Level.ERROR, Level.WARNING, Level.NOTE}),
}
"""The modes, with the levels that make a test fail."""
MOST: Final = 10
"""Findings that a failure explains."""

Leg = tuple[str, str, Place, Place]


def leg_of(finding: Finding) -> Leg:
    """What makes two findings of a test the same one."""
    return finding.rule, finding.path, place_of(finding.read), place_of(finding.load)


def verdict(findings: Iterable[Finding], mode: str, known: Collection[Leg]) -> str:
    """What is said of a test with findings that it did not fail of; empty where it has none."""
    counted = [one for one in findings if one.level in MODES[mode] and leg_of(one) not in known]
    return "\n".join(_said(counted, mode)) if counted else ""


def _said(findings: list[Finding], mode: str) -> Iterator[str]:
    yield fact(tuple(findings))
    yield ""
    yield on_terminal(tuple(findings[:MOST]))
    if len(findings) > MOST:
        yield f"\nand {len(findings) - MOST} more, which the section at the end of the run has"
    yield ""
    yield f"the test fails of it because of --loadwise-mode={mode}"
