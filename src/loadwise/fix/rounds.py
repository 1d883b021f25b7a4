"""Rounds: the cures of source files, each seen to cure, until nothing is left that has one.

A cure is planned from the text as it is: what lies behind a gap is found, and planned, when what
loads it is there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from loadwise.core.finding import Finding
from loadwise.fix.merge import Cure, Merged, Refused, Text, merge

MOST: Final = 12
"""Rounds after which it is enough."""
NO_CURE: Final = "what it is for would still be found"

Key = tuple[str, ...]
Found = Callable[[Mapping[str, str]], Sequence[Finding]]
"""What is found where some files hold other texts."""
Chosen = Callable[[Sequence[Finding], Text], Iterable[Cure]]
"""Which cures are to be applied of what is found in files that hold these texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What files were and become, what was applied, what was not and why, what is still found."""

    before: Mapping[str, str]
    after: Mapping[str, str]
    applied: tuple[Cure, ...]
    refused: tuple[Refused, ...]
    left: tuple[Finding, ...]

    def without(self, failed: Mapping[str, str]) -> Outcome:
        """The outcome where some files could not be changed: why, by their names."""
        refused = [
            Refused(cure=cure, file=file, reason=failed[file])
            for cure in self.applied
            for file in cure.files[:1]
            if file in failed
        ]
        lost = {id(one.cure) for one in refused}
        return replace(
            self,
            applied=tuple(cure for cure in self.applied if id(cure) not in lost),
            refused=(*self.refused, *refused),
        )


def at_once(findings: Sequence[Finding], cures: Sequence[Cure], text: Text) -> Outcome:
    """What is recorded is cured by one merge; nothing can be looked at again."""
    merged = merge(cures, text)
    chosen = {id(cure.finding) for cure in cures}
    return Outcome(
        before=merged.before,
        after=merged.after,
        applied=merged.applied,
        refused=merged.refused,
        left=tuple(finding for finding in findings if id(finding) not in chosen),
    )


def in_rounds(
    found: Found,
    chosen: Chosen,
    text: Text,
) -> Outcome:
    """Cure what `found` finds in the texts that it is given, and look again.

    `chosen` are the cures to apply of what is found. One after which its finding is still there is
    taken back: then all begins anew, without it.
    """
    banned: dict[Key, Refused] = {}
    while True:
        outcome, useless = _tried(found, chosen, text, banned)
        if not useless:
            return outcome
        banned |= useless


def _tried(
    found: Found,
    chosen: Chosen,
    text: Text,
    banned: Mapping[Key, Refused],
) -> tuple[Outcome, dict[Key, Refused]]:
    """The rounds without what is banned, and what turned out to be no cure."""
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    applied: list[Cure] = []
    merged = Merged(before={}, after={}, applied=(), refused=())
    most: Counter[Key] = Counter()
    done: Counter[Key] = Counter()
    findings: Sequence[Finding] = ()
    useless: dict[Key, Refused] = {}

    def now(file: str) -> str:
        return after[file] if file in after else text(file)

    for _ in range(MOST):
        findings = found(after)
        most |= Counter(map(key_of, findings))
        cures = {key_of(cure.finding): cure for cure in chosen(findings, now)}
        wanted = {key: cure for key, cure in cures.items() if key not in banned}
        for key in [key for key in wanted if done[key] >= most[key]]:
            useless[key] = _no_cure(wanted[key])
        merged = merge([cure for key, cure in wanted.items() if key not in useless], now)
        done.update(key_of(cure.finding) for cure in merged.applied)
        applied += merged.applied
        if not merged.after:
            break
        before = {**merged.before, **before}
        after |= merged.after
    kept = {id(one.cure.finding) for one in merged.refused}
    refused = (*banned.values(), *merged.refused)
    left = tuple(one for one in findings if id(one) not in kept and key_of(one) not in banned)
    outcome = Outcome(
        before=before, after=after, applied=tuple(applied), refused=refused, left=left
    )
    return outcome, useless


def _no_cure(cure: Cure) -> Refused:
    return Refused(cure=cure, file=cure.files[0], reason=NO_CURE)


def key_of(finding: Finding) -> Key:
    """What a finding is known by after other lines of the file have moved."""
    read, load = finding.read, finding.load
    ends = (read.file, read.function, read.code.strip()) if read is not None else ()
    if load is not None:
        ends = (*ends, load.file, load.function)
    return (finding.rule, finding.path, str(finding.cause.kind), *ends)
