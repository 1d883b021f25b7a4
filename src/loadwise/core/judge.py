"""Judge: uses in, findings out. The one place where rules are applied."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from loadwise.core.cause import UNKNOWN, Cause
from loadwise.core.edit import Fix
from loadwise.core.finding import Evidence, Finding, Level, fingerprint
from loadwise.core.path import Path
from loadwise.core.tree import Missing, Tree, gap
from loadwise.core.use import Times, Use

Cure = Callable[[Use, Missing | None, Cause], tuple[Fix, ...]]
"""The planner: what to do about one missing path of a use, or about its hazard."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gap:
    """One missing path of a use, why it is missing, and whether it is missing for certain."""

    missing: Missing
    cause: Cause
    certain: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What a rule says of one gap: the fact, in the user's names, present tense, no full stop.

    `level` is another one than the rule's, for this gap. Of a hazard there is no gap. With `waste`,
    what is missing is missing in the need: the statement loads it for nobody.
    """

    gap: Gap | None = None
    message: str
    waste: bool = False
    level: Level | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A rule: its name is its identity, its code shows the family, `check` is a pure function."""

    name: str
    code: int
    level: Level
    summary: str
    check: Callable[[Use], Iterable[Verdict]]


def gaps(use: Use) -> Iterator[Gap]:
    """What a use lacks: for certain what it must need and cannot have, else what it may lack."""
    certain = gap(use.need.must, use.have.may)
    for missing in certain:
        yield Gap(missing=missing, cause=use.have.why(missing.path), certain=True)
    sure = Tree()
    for missing in certain:
        sure |= Tree.along(missing.path, missing.wanted)
    for missing in gap(use.need.may, use.have.must | sure):
        yield Gap(missing=missing, cause=use.have.why(missing.path), certain=False)


def wastes(use: Use) -> Iterator[Gap]:
    """What a statement loads that is not needed: its plan without the need, as a frontier."""
    if use.plan is None:
        return
    for unread in gap(use.plan.tree, use.need.may):
        choice = use.plan.choice(unread.path)
        cause = choice.cause if choice is not None and choice.cause is not None else UNKNOWN
        yield Gap(missing=unread, cause=cause, certain=True)


def judge(
    uses: Iterable[Use],
    *,
    rules: Iterable[Rule],
    cure: Cure = lambda use, missing, cause: (),
) -> Iterator[Finding]:
    """The findings that `rules` make of `uses`, each with the fixes that `cure` plans."""
    rules = tuple(rules)
    for use in uses:
        for rule in rules:
            for verdict in rule.check(use):
                yield _finding(rule, use, verdict, cure)


def _finding(rule: Rule, use: Use, verdict: Verdict, cure: Cure) -> Finding:
    if verdict.gap is None:
        return _hazard(rule, use, verdict, cure)
    missing, cause = verdict.gap.missing, verdict.gap.cause
    doubtful = rule.level is Level.ERROR and not verdict.gap.certain
    finding = Finding(
        rule=rule.name,
        code=f"LW{rule.code}",
        level=verdict.level or (Level.WARNING if doubtful else rule.level),
        message=verdict.message,
        attribute=attribute(use, missing.path),
        entity=use.subject.entity,
        instance=use.subject.instance,
        path=statement_path(use, missing.path),
        touch=use.need.touch(missing.path),
        read=use.sites.read,
        load=use.sites.load,
        cause=cause,
        have=str(replace(use.have, lost=())),
        need=str(use.need),
        gap="" if verdict.waste else missing.path.below_root,
        fixes=cure(use, missing, cause),
        evidence=_evidence(use, verdict),
    )
    return replace(finding, fingerprint=fingerprint(finding))


def _hazard(rule: Rule, use: Use, verdict: Verdict, cure: Cure) -> Finding:
    """The finding about what goes wrong whatever is loaded: the call stands for the attribute."""
    call, cause = (use.hazard.call, use.hazard.cause) if use.hazard else ("", UNKNOWN)
    finding = Finding(
        rule=rule.name,
        code=f"LW{rule.code}",
        level=rule.level,
        message=verdict.message,
        attribute=call,
        entity=use.subject.entity,
        instance=use.subject.instance,
        path=call,
        read=use.sites.read,
        load=use.sites.load,
        cause=cause,
        fixes=cure(use, None, cause),
        evidence=_evidence(use, verdict),
    )
    return replace(finding, fingerprint=fingerprint(finding))


def _evidence(use: Use, verdict: Verdict) -> Evidence:
    seen = Evidence(predicted=use.predicted, observed=0 if use.predicted else 1)
    if use.times is Times.ONE and not verdict.waste:
        return seen
    counted = use.counted
    return replace(
        seen,
        objects=counted.objects,
        statements=counted.statements,
        executions=counted.executions,
        rows=counted.rows,
    )


def attribute(use: Use, path: Path) -> str:
    """The missing attribute as its owner has it: `Line.product`."""
    if use.origin is not None and use.origin.hops:
        hop = use.origin.hops[-1]
        if hop.name == path.name:
            return f"{hop.owner.name}.{hop.name}"
    return str(path)


def statement_path(use: Use, path: Path) -> str:
    """The missing path from the root of the statement that loaded the object."""
    if use.origin is None:
        return str(path)
    return ".".join((use.origin.root.name, *(hop.name for hop in use.origin.hops)))
