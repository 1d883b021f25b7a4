"""Outcomes: what came of each test of a run, and how two runs of the same tests compare."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

ADDRESS: Final = re.compile(r"0x[0-9a-f]+")
"""Where an object lies in memory, which some names of tests tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """What came of each test, by its name; what failed in loadwise itself; how much it found.

    `lost` is how often the suite took out all listeners, so that the watch began anew.
    """

    tests: Mapping[str, tuple[str, ...]]
    faults: tuple[str, ...] = ()
    findings: int = 0
    lost: int = 0

    def counts(self) -> str:
        """How many tests ended how, in words."""
        words = Counter(word for seen in self.tests.values() for word in seen[-1:])
        return ", ".join(f"{number} {word}" for word, number in sorted(words.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A test of which something else comes with a watch than without."""

    test: str
    without: tuple[str, ...]
    watched: tuple[str, ...]

    def __str__(self) -> str:
        plain, watched = (" + ".join(seen) or "not run" for seen in (self.without, self.watched))
        return f"{self.test}\n    without: {plain}\n    watched: {watched}"


def read(path: Path) -> Outcomes:
    """The outcomes that the plugin wrote."""
    said = json.loads(path.read_text(encoding="utf-8"))
    return Outcomes(
        tests={ADDRESS.sub("0x", name): tuple(seen) for name, seen in said["tests"].items()},
        faults=tuple(said["faults"]),
        findings=said["findings"],
        lost=said["lost"],
    )


def differences(without: Outcomes, watched: Outcomes) -> Iterator[Difference]:
    """The tests that differ, in the order of their names."""
    for test in sorted(without.tests.keys() | watched.tests.keys()):
        pair = without.tests.get(test, ()), watched.tests.get(test, ())
        if pair[0] != pair[1]:
            yield Difference(test=test, without=pair[0], watched=pair[1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two runs of a suite.

    `expected` are the tests that may differ, each with its reason, and `forgiven` how the faults
    begin that say nothing.
    """

    name: str
    without: Outcomes
    watched: Outcomes
    expected: Mapping[str, str] = field(default_factory=dict[str, str])
    forgiven: tuple[str, ...] = ()

    def harmed(self) -> list[Difference]:
        """The tests that differ and must not."""
        found = differences(self.without, self.watched)
        return [one for one in found if one.test not in self.expected]

    def faults(self) -> list[str]:
        """What failed in loadwise itself and must not."""
        return [one for one in self.watched.faults if not one.startswith(self.forgiven)]

    def agrees(self) -> bool:
        """Whether the watch did no harm, and itself came to none."""
        return bool(self.without.tests) and not self.harmed() and not self.faults()

    def lines(self) -> Iterator[str]:
        """How the runs compare, for a person."""
        number = len(self.without.tests)
        yield f"{self.name}: {number} tests compared ({self.without.counts()})"
        again = f", begun anew {self.watched.lost} times" if self.watched.lost else ""
        yield f"  with a watch{again}, {self.watched.findings} findings"
        for one in self.harmed():
            yield f"  DIFFERS: {one}"
        for one in differences(self.without, self.watched):
            if one.test in self.expected:
                yield f"  differs, {self.expected[one.test]}: {one.test}"
        for fault in self.faults():
            yield f"  FAULT of loadwise: {fault}"
        yield f"  {len(self.harmed())} differences that must not be"
