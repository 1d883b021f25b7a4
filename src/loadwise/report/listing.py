"""The listing that ends a test run: each finding once, in a few lines, with its cure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from loadwise.core.edit import Fix
from loadwise.core.finding import Evidence, Finding
from loadwise.core.text import concise

MOST: Final = 20
"""Findings listed."""
MOST_TESTS: Final = 3
"""Tests named for each finding."""


def title(findings: tuple[Finding, ...]) -> str:
    """How many findings there are, in how many tests."""
    if not findings:
        return "loadwise: nothing was read that was not loaded"
    tests = {test for finding in findings for test in finding.evidence.tests}
    where = f" in {count(len(tests), 'test')}" if tests else ""
    return f"loadwise: {count(len(findings), 'finding')}{where}"


def listing(findings: tuple[Finding, ...], *, columns: int) -> Iterator[str]:
    """The lines below the title. Code and names that are wider than that stay whole."""
    if not findings:
        return
    for finding in findings[:MOST]:
        yield from _listed(finding, columns)
    if len(findings) > MOST:
        yield f"and {len(findings) - MOST} more; all of them: pytest --loadwise-json FILE"
    first, *others = sorted({finding.rule for finding in findings})
    also = f" (also {', '.join(others)})" if others else ""
    yield f"why, and what to do: loadwise explain {first}{also}"


def _listed(finding: Finding, columns: int) -> Iterator[str]:
    line = concise(finding)
    place, _, fact = line.rpartition("  ")
    yield from [line] if len(line) <= columns else [place, f"  {fact}"]
    for fix in finding.fixes[:1]:
        yield from _cure(fix, columns)
    yield from _seen(finding.evidence)


def _cure(fix: Fix, columns: int) -> Iterator[str]:
    place = f"{fix.site.file}:{fix.site.line}  " if fix.site else ""
    line = f"  fix   {place}{fix.text}   [{fix.applicability}]"
    if len(line) <= columns and "\n" not in fix.text:
        yield line
    else:
        yield f"  fix   {place}[{fix.applicability}]"
        yield from (f"        {part}" for part in fix.text.splitlines())


def _seen(evidence: Evidence) -> Iterator[str]:
    tests = evidence.tests
    if evidence.observed > 1 or not tests:
        where = f" in {count(len(tests), 'test')}" if tests else ", outside of a test"
        yield f"  seen  {count(evidence.observed, 'time')}{where}"
    for place, test in enumerate(tests[:MOST_TESTS]):
        yield f"  {'' if place else 'test':<4}  {test}"
    if len(tests) > MOST_TESTS:
        yield f"        and {len(tests) - MOST_TESTS} more"


def count(number: int, noun: str) -> str:
    """A number of things: "1 test", "2 tests"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
