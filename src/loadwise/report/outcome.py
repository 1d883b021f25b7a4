"""Outcome: what fixing came to, as a person reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from loadwise.core.edit import Applicability, Fix
from loadwise.core.finding import Finding
from loadwise.core.text import concise
from loadwise.fix.rounds import Outcome
from loadwise.report.listing import count


def report(outcome: Outcome, *, unsafe: bool, done: bool) -> Iterator[str]:
    """What is fixed, what was skipped and why, what is left, and how much of each.

    `unsafe` says that unsafe fixes were asked for, `done` that files were changed.
    """
    for cure in outcome.applied:
        yield from _entry("fixed" if done else "fix", cure.finding, cure.fix)
    on_request = [] if unsafe else [one for one in outcome.left if _unsafe(one)]
    for finding in on_request:
        yield from _entry("unsafe", finding, _unsafe(finding))
    by_hand = [one for one in outcome.left if one not in on_request]
    for finding in by_hand:
        yield from _entry("by hand", finding, next(iter(finding.fixes), None))
    skipped = Counter((one.file, one.reason) for one in outcome.refused)
    for (file, reason), number in sorted(skipped.items()):
        yield f"skipped  {file}: {reason}{f' ({number} fixes)' if number > 1 else ''}"
    if outcome.applied or outcome.left or skipped:
        yield ""
    parts = _sum(outcome, len(on_request), len(by_hand), done=done)
    yield ", ".join(parts) or "nothing to fix"


def _sum(outcome: Outcome, on_request: int, by_hand: int, *, done: bool) -> Iterator[str]:
    if outcome.applied:
        files = {file for cure in outcome.applied for file in cure.files}
        fixed = "fixed" if done else "would be fixed"
        number = count(len(outcome.applied), "finding")
        yield f"{number} {fixed} in {count(len(files), 'file')}"
    if on_request:
        yield f"{on_request} more with --unsafe"
    if by_hand:
        yield f"{by_hand} to be fixed by hand"
    if outcome.refused:
        yield f"{len(outcome.refused)} skipped"


def _unsafe(finding: Finding) -> Fix | None:
    """The fix of a finding that is applied on request only."""
    unsafe = Applicability.UNSAFE
    return next((fix for fix in finding.fixes if fix.applicability is unsafe), None)


def _entry(label: str, finding: Finding, fix: Fix | None) -> Iterator[str]:
    yield concise(finding)
    if fix is None:
        return
    place = f"{fix.site.file}:{fix.site.line}  " if fix.site else ""
    first, *more = fix.text.splitlines()
    yield f"  {label:<7}  {place}{first}"
    yield from (f"{' ' * 11}{line}" for line in more)
