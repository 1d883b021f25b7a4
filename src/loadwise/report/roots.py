"""Roots: findings grouped by what makes them, so that one change is one entry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from loadwise.core.finding import Finding, Level
from loadwise.core.site import Site
from loadwise.core.tally import tally

WEIGHTS: Final = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2, Level.HIDDEN: 3}
"""The place of a level in a listing."""

Place = tuple[str, int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """Findings of one rule about one attribute, with one load site and one cause.

    `legs` are the findings, one for each place that reads, the most frequent first.
    """

    legs: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """How much it weighs: as much as its heaviest leg."""
        return min((leg.level for leg in self.legs), key=WEIGHTS.__getitem__)

    @property
    def observed(self) -> int:
        """How often it was seen."""
        return sum(leg.evidence.observed for leg in self.legs)

    @property
    def tests(self) -> tuple[str, ...]:
        """The tests that it was seen in, sorted."""
        return tuple(sorted({test for leg in self.legs for test in leg.evidence.tests}))


def roots(findings: Iterable[Finding]) -> tuple[Root, ...]:
    """The roots of findings: errors before warnings before notes, then the most frequent first."""
    groups: dict[tuple[str, str, Place, str, Place], list[Finding]] = {}
    for finding in tally(findings):
        groups.setdefault(_key(finding), []).append(finding)
    found = [(key, Root(legs=tuple(sorted(groups[key], key=_order)))) for key in sorted(groups)]
    found.sort(key=lambda one: (WEIGHTS[one[1].level], -one[1].observed, one[0]))
    return tuple(root for _, root in found)


def _key(finding: Finding) -> tuple[str, str, Place, str, Place]:
    cause = finding.cause
    load, taken = place_of(finding.load), place_of(cause.site)
    return finding.rule, finding.attribute, load, str(cause.kind), taken


def _order(leg: Finding) -> tuple[int, Place]:
    return -leg.evidence.observed, place_of(leg.read)


def place_of(site: Site | None) -> Place:
    """File, line and column of a site, for sorting; unknown ones come first."""
    return (site.file, site.line, site.column) if site else ("", 0, 0)
