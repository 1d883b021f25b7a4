"""Part: what a piece of a test run found, as it goes from a worker of pytest-xdist to its head."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from loadwise.core.finding import Finding
from loadwise.core.tally import tally
from loadwise.core.wire import decode, encode


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Findings that are shown, in how many tests some are not because a mark allows them, faults.

    `faults` are what failed in loadwise itself, in words.
    """

    findings: tuple[Finding, ...] = ()
    allowing: int = 0
    faults: tuple[str, ...] = ()


def joined(parts: Iterable[Part]) -> Part:
    """The parts as one, each finding once; the same ones in whatever order the tests ran."""
    parts = tuple(parts)
    findings = [finding for part in parts for finding in part.findings]
    findings.sort(key=lambda finding: finding.evidence.tests)
    return Part(
        findings=tally(findings),
        allowing=sum(part.allowing for part in parts),
        faults=tuple(sorted({fault for part in parts for fault in part.faults})),
    )


def packed(part: Part) -> str:
    """A part as text that another process can read."""
    return json.dumps(encode(part), ensure_ascii=False)


def unpacked(text: str) -> Part:
    """The part that `packed` wrote."""
    return decode(Part, json.loads(text))
