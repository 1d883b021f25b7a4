"""Finding: what is shown to a person. One record feeds every format."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import Enum

from loadwise.core.cause import UNKNOWN, Cause
from loadwise.core.edit import Fix
from loadwise.core.need import Touch
from loadwise.core.site import Site


class Level(str, Enum):
    """How much a finding weighs."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    HIDDEN = "hidden"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What speaks for a finding: predicted from source, observed how often, in which tests.

    Of many objects at once: how many `objects` there were, how many `statements` loaded for them,
    how many `executions` of one statement were seen, and how many `rows` one of them fetched. All
    are 0 for a finding about one object.
    """

    predicted: bool = False
    observed: int = 0
    tests: tuple[str, ...] = ()
    objects: int = 0
    statements: int = 0
    executions: int = 0
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One finding, field by field as the JSON contract has it (version 1), `touch` added.

    It has more fields than any other record here, because the contract has: formats read it, and
    nobody else builds on it. `have`, `need` and `gap` are in the notation of `core.tree`.
    """

    rule: str
    code: str
    level: Level
    message: str
    attribute: str
    entity: str
    instance: str
    path: str
    touch: Touch = Touch.READ
    read: Site | None = None
    load: Site | None = None
    cause: Cause = UNKNOWN
    have: str = ""
    need: str = ""
    gap: str = ""
    fixes: tuple[Fix, ...] = ()
    evidence: Evidence = Evidence()
    fingerprint: str = ""


def fingerprint(finding: Finding, ordinal: int = 0) -> str:
    """What stays the same when the file is edited elsewhere: rule, path, both functions, ordinal.

    No line numbers; `ordinal` tells findings apart that are equal in all of these.
    """
    functions = [site.function if site else "" for site in (finding.read, finding.load)]
    facts = "\n".join((finding.rule, finding.path, *functions, str(ordinal)))
    return f"1:{hashlib.sha256(facts.encode()).hexdigest()[:16]}"
