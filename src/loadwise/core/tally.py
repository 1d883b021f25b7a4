"""Tally: findings that say the same are one finding, seen so many times."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from loadwise.core.finding import Evidence, Finding, fingerprint
from loadwise.core.site import Site

Key = tuple[str, str, str, str, str, str]


def tally(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Equal findings added up, sorted by file and line, with the fingerprints made distinct.

    Two findings are equal when rule, path, read, load, cause and the cause's place are; which of
    several objects is named does not count, the first in order is kept.
    """
    groups: dict[Key, list[Finding]] = {}
    for finding in findings:
        groups.setdefault(_key(finding), []).append(finding)
    merged = sorted((_merge(group) for group in groups.values()), key=_order)
    ordinals: dict[str, int] = {}
    numbered: list[Finding] = []
    for finding in merged:
        base = fingerprint(finding)
        numbered.append(replace(finding, fingerprint=fingerprint(finding, ordinals.get(base, 0))))
        ordinals[base] = ordinals.get(base, 0) + 1
    return tuple(numbered)


def _key(finding: Finding) -> Key:
    sites = (finding.read, finding.load, finding.cause.site)
    read, load, cause = (str(site) if site else "" for site in sites)
    return finding.rule, finding.path, read, load, str(finding.cause.kind), cause


def _order(finding: Finding) -> tuple[tuple[str, int, int], Key]:
    return _place(finding.read), _key(finding)


def _place(site: Site | None) -> tuple[str, int, int]:
    return (site.file, site.line, site.column) if site else ("", 0, 0)


def _merge(group: list[Finding]) -> Finding:
    first = min(group, key=lambda finding: (finding.instance, finding.have))
    evidence = Evidence(
        predicted=any(finding.evidence.predicted for finding in group),
        observed=sum(finding.evidence.observed for finding in group),
        tests=tuple(sorted({test for finding in group for test in finding.evidence.tests})),
    )
    return replace(first, evidence=evidence)
