"""Checked: what comes of a check, as a record of its own, which is read without the interpreter."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from loadwise.analyse.files import Unread
from loadwise.core.finding import Finding

Place = tuple[str, int, str]
"""Where an attribute is read: file, line, name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found, how many reads of mapped objects were resolved, what could not be read.

    `unknown` says what of the mapped classes was not understood, `unresolved` where attributes are
    read of objects whose state nothing tells, `cut` how many calls were not followed to their end,
    `texts` what the files held.
    """

    findings: tuple[Finding, ...]
    reads: int
    resolved: int
    unread: tuple[Unread, ...] = ()
    unknown: tuple[str, ...] = ()
    unresolved: tuple[Place, ...] = ()
    cut: int = 0
    texts: Mapping[str, str] = field(default_factory=dict[str, str])
