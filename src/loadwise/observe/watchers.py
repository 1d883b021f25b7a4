"""Watchers: who watches now, and is told of findings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, Protocol

from loadwise.core.finding import Finding
from loadwise.observe.faults import fault
from loadwise.observe.sites import Project


class Watcher(Protocol):
    """Who is told of findings; in the mode "full" also of what does no harm this time."""

    mode: str
    project: Project

    def record(self, finding: Finding) -> None:
        """Take a finding."""


watchers: Final[list[Watcher]] = []
"""Who watches now, in the order in which they began."""

Found = tuple[tuple[Watcher, Finding], ...]
"""The finding of each watch, which differ in the folder that paths are shown relative to."""


def record(watching: Watcher, finding: Finding) -> None:
    """Hand a finding to who watches; what is raised there becomes a warning."""
    try:
        watching.record(finding)
    except Exception as error:
        fault("on_finding", error)


def record_all(found: Iterable[tuple[Watcher, Finding]]) -> None:
    """Hand each watch its finding."""
    for watching, finding in found:
        record(watching, finding)
