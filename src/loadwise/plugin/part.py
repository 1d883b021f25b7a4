"""Part: what a piece of a test run found, as it goes from a worker of pytest-xdist to its head."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from loadwise.core.finding import Finding
from loadwise.core.site import Site
from loadwise.core.tally import tally
from loadwise.core.wire import decode, encode
from loadwise.report.roots import place_of

UNREAD: Final = "unused-eager-load"
"""The rule about what is read nowhere, which no process of several can say alone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """An eager load that was read: the place of its statement, and the path from the root."""

    load: Site
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Findings that are shown, and what else the whole run has to know of this piece.

    In `allowing` tests there are findings that are not shown, because a mark allows them. `faults`
    are what failed in loadwise itself, in words.
    """

    findings: tuple[Finding, ...] = ()
    needed: tuple[Needed, ...] = ()
    allowing: int = 0
    faults: tuple[str, ...] = ()


def joined(parts: Iterable[Part]) -> Part:
    """The parts as one, each finding once; the same ones in whatever order the tests ran."""
    parts = tuple(parts)
    needed = frozenset(one for part in parts for one in part.needed)
    places = {(place_of(one.load), one.path) for one in needed}
    findings = [
        finding
        for part in parts
        for finding in part.findings
        if finding.rule != UNREAD or (place_of(finding.load), finding.path) not in places
    ]
    findings.sort(key=lambda finding: finding.evidence.tests)
    return Part(
        findings=tally(findings),
        needed=tuple(needed),
        allowing=sum(part.allowing for part in parts),
        faults=tuple(sorted({fault for part in parts for fault in part.faults})),
    )


def packed(part: Part) -> str:
    """A part as text that another process can read."""
    return json.dumps(encode(part), ensure_ascii=False)


def unpacked(text: str) -> Part:
    """The part that `packed` wrote."""
    return decode(Part, json.loads(text))
