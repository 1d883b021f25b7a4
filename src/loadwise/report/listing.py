"""The listing that ends a test run: each root once, in a few lines, with its cure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from typing import Final

from loadwise.core.edit import Applicability, Fix
from loadwise.core.finding import Finding, Level
from loadwise.core.text import concise, how_often
from loadwise.report.roots import Root

MOST: Final = 25
"""Roots listed, unless all are wanted."""
MOST_LEGS: Final = 3
"""Other places that read, named for each root."""
MOST_TESTS: Final = 2
"""Tests named for each root."""
MANY: Final = 10
"""Roots of which each can be listed at length."""
MARGIN: Final = 8
"""Columns of the labels."""


def title(roots: Sequence[Root]) -> str:
    """How many findings there are, in how many tests, and how many roots they have."""
    if not roots:
        return "loadwise: nothing to show"
    findings = sum(len(root.legs) for root in roots)
    tests = {test for root in roots for test in root.tests}
    where = f" in {count(len(tests), 'test')}" if tests else ""
    grouped = f", {count(len(roots), 'root cause')}" if len(roots) < findings else ""
    return f"loadwise: {count(findings, 'finding')}{where}{grouped}"


def listing(roots: Sequence[Root], *, columns: int, whole: bool = False) -> Iterator[str]:
    """The lines below the title. Code and names that are wider than that stay whole."""
    listed = roots if whole else roots[:MOST]
    brief = len(listed) > MANY and not whole
    for root in listed:
        yield from _root(root, columns, brief)
    if more := len(roots) - len(listed):
        yield f"and {more} more: --loadwise-all or --loadwise-json FILE shows them"


def section(
    roots: Sequence[Root],
    *,
    columns: int,
    whole: bool = False,
    mode: str = "report",
    allowing: int = 0,
) -> Iterator[str]:
    """The listing, in how many tests something is allowed and not listed, and what to do next."""
    yield from listing(roots, columns=columns, whole=whole)
    if allowing:
        yield f"not listed: what {count(allowing, 'test')} {'allow' if allowing > 1 else 'allows'}"
    yield from next_steps(roots, mode, columns=columns)


def next_steps(roots: Sequence[Root], mode: str, *, columns: int) -> Iterator[str]:
    """What to do with what is listed; nothing where nothing is."""
    if not roots:
        return
    yield ""
    for place, step in enumerate(_steps(roots, mode)):
        yield from _wrapped(step, columns, "" if place else "next", indent=6)


def _steps(roots: Sequence[Root], mode: str) -> Iterator[str]:
    fixes = [root.legs[0].fixes[:1] for root in roots]
    if any(fix and fix[0].applicability is Applicability.SAFE for fix in fixes):
        yield "paste what is marked [safe], and run again"
    if mode == "report":
        if any(root.level in FAILING and root.tests for root in roots):
            yield "--loadwise-mode=fail makes tests with an error or a warning fail"
    else:
        yield "@pytest.mark.loadwise_allow(NAME, reason=...) allows it in a test"
    first, *others = dict.fromkeys(root.legs[0].rule for root in roots)
    also = f" (also {', '.join(others)})" if others else ""
    yield f"why, and what to do: loadwise explain {first}{also}"


FAILING: Final = frozenset({Level.ERROR, Level.WARNING})
"""Levels that make a test fail in the mode "fail"."""


def _root(root: Root, columns: int, brief: bool) -> Iterator[str]:
    finding = root.legs[0]
    yield from _headline(root, columns)
    places = [str(leg.read) for leg in root.legs[1:] if leg.read]
    yield from _column("also", places, 1 if brief else MOST_LEGS, "place")
    yield from _why(finding, columns)
    for fix in finding.fixes[:1]:
        yield from _cure(fix, columns)
    yield from _seen(root)
    yield from _column("test", root.tests, 1 if brief else MOST_TESTS, "test")


def _headline(root: Root, columns: int) -> Iterator[str]:
    line = concise(root.legs[0])
    place, _, fact = line.rpartition("  ")
    mark = "" if root.level is Level.ERROR else f"   [{root.level}]"
    yield from [f"{line}{mark}"] if len(line + mark) <= columns else [f"{place}{mark}", f"  {fact}"]


def _why(finding: Finding, columns: int) -> Iterator[str]:
    """Why, and where that was; where the object was loaded, unless the cure stands there."""
    cause, load = finding.cause, finding.load
    if cause.text:
        taken = f"{cause.site.file}:{cause.site.line}" if cause.site else ""
        at = "" if taken in cause.text else f", at {taken}"
        yield from _wrapped(f"{cause.text}{at}", columns, "  why", indent=MARGIN)
    cured = finding.fixes[0].site if finding.fixes else None
    if load and finding.read and (not cured or (cured.file, cured.line) != (load.file, load.line)):
        yield f"  load  {load}"


def _wrapped(text: str, columns: int, label: str, *, indent: int) -> Iterator[str]:
    yield from textwrap.wrap(
        text,
        max(columns, 60),
        initial_indent=f"{label:<{indent}}",
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _cure(fix: Fix, columns: int) -> Iterator[str]:
    place = f"{fix.site.file}:{fix.site.line}  " if fix.site else ""
    line = f"  fix   {place}{fix.text}   [{fix.applicability}]"
    if len(line) <= columns and "\n" not in fix.text:
        yield line
    else:
        yield f"  fix   {place}[{fix.applicability}]"
        yield from (f"{' ' * MARGIN}{part}" for part in fix.text.splitlines())


def _seen(root: Root) -> Iterator[str]:
    tests, evidence = root.tests, root.legs[0].evidence
    if evidence.executions and not evidence.statements:  # of a whole run, not of a test
        yield f"  seen  {how_often(evidence)}"
    elif root.observed > 1 or not tests:
        where = f" in {count(len(tests), 'test')}" if tests else ", outside of a test"
        yield f"  seen  {count(root.observed, 'time')}{where}"


def _column(label: str, names: Sequence[str], most: int, noun: str) -> Iterator[str]:
    """Names below each other, and how many more there are; one more is named instead."""
    if most == 1 and len(names) > 1:
        yield f"  {label:<4}  {names[0]}  and {count(len(names) - 1, f'more {noun}')}"
        return
    most = most if len(names) > most + 1 else most + 1
    for place, name in enumerate(names[:most]):
        yield f"  {'' if place else label:<4}  {name}"
    if len(names) > most:
        yield f"{' ' * MARGIN}and {count(len(names) - most, f'more {noun}')}"


def count(number: int, noun: str) -> str:
    """A number of things: "1 test", "2 tests"."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
