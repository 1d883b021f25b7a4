"""Tally: findings that say the same are one finding, seen so many times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from loadwise.core.finding import Evidence, Finding, fingerprint
from loadwise.core.site import Site

Place = tuple[str, int, int]
Key = tuple[Place, str, str, Place, str, Place]


def tally(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Equal findings added up, sorted by file and line, with the fingerprints made distinct.

    Two findings are equal when rule, path, read, load, cause and the cause's place are; which of
    several objects is named does not count, the first by name is kept; of findings about many
    objects, the one with the most of them.
    """
    groups: dict[Key, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding), []).append(finding)
    ordinals: dict[str, int] = {}
    numbered: list[Finding] = []
    for key in sorted(groups):
        finding = _merge(groups[key])
        base = fingerprint(finding)
        numbered.append(replace(finding, fingerprint=fingerprint(finding, ordinals.get(base, 0))))
        ordinals[base] = ordinals.get(base, 0) + 1
    return tuple(numbered)


def _key(finding: Finding) -> Key:
    sites = (finding.read, finding.load, finding.cause.site)
    read, load, taken = (_place(site) for site in sites)
    return read, finding.rule, finding.path, load, str(finding.cause.kind), taken


def _place(site: Site | None) -> Place:
    return (site.file, site.line, site.column) if site else ("", 0, 0)


def _merge(group: list[Finding]) -> Finding:
    # all fields decide, the evidence last, so that the order of the group does not
    first = min(group, key=lambda one: (-one.evidence.objects, one.instance, one.have, repr(one)))
    kept = first.evidence
    evidence = Evidence(
        predicted=any(finding.evidence.predicted for finding in group),
        observed=sum(finding.evidence.observed for finding in group),
        tests=tuple(sorted({test for finding in group for test in finding.evidence.tests})),
        objects=kept.objects,
        statements=kept.statements,
        executions=sum(finding.evidence.executions for finding in group),
        rows=kept.rows,
    )
    return replace(first, evidence=evidence)
