"""Caption: what is said below the line of a finding, at either end."""

from __future__ import annotations

from typing import Final

from loadwise.core.cause import CauseKind
from loadwise.core.finding import Finding
from loadwise.core.need import Touch

AT_READ: Final = {
    "masked-read": "read in plain async code; it needed no IO this time",
    "load-in-loop": "one more statement for each object",
    "awaitable-in-loop": "one more statement for each object",
    "get-in-loop": "one statement for each key",
    "refresh-in-loop": "one statement for each object",
    "sync-call": "called in plain async code, which cannot wait for it",
    "shared-session": "used here, while another task waits for it",
    "silent-wrong-value": "read here, and it is None",
    "swallowed-missing-greenlet": "the error ends here, and the code goes on without the value",
    "ineffective-loading": "the object is in the session already, and is returned as it is",
}
"""What happens at the line that touches the attribute, where a rule has words of its own."""
AT_LOAD: Final = {
    "shared-session": "another task waits here",
    "immediate-repeat": "one more statement for each object that this loads",
    "unused-eager-load": "nobody reads it",
    "ineffective-loading": "asked for here, and not loaded",
    "row-explosion": "each object has a row for each combination of what is joined to it",
}
"""What happens at the line that loads, likewise."""


def entity(finding: Finding) -> str:
    """The name of the class of a finding's objects, without its module."""
    return finding.entity.rpartition(".")[2]


def read_caption(finding: Finding) -> str:
    """What happens at the line that touches the attribute."""
    if finding.rule in AT_READ:
        return AT_READ[finding.rule]
    detached = finding.cause.kind is CauseKind.DETACHED
    if finding.touch is Touch.WRITE and detached:
        return "changed outside a session; that needs the old value, and a session to load it"
    if finding.touch is Touch.WRITE:
        return "changed in plain async code; that needs the old value, and IO to load it"
    verb = {Touch.SERIALISE: serialised(finding), Touch.ITERATE: "iterated"}.get(
        finding.touch, "read"
    )
    if finding.cause.kind is CauseKind.DYNAMIC:
        return "queried in plain async code, and that needs IO"
    if finding.cause.kind is CauseKind.RAISE_CONFIGURED:
        return f"{verb} here; it is to be loaded before that"
    if detached:
        return f"{verb} outside a session; loading it needs one"
    return f"{verb} in plain async code; loading it needs IO"


def serialised(finding: Finding) -> str:
    """By which field it is read: `serialised as response.team.members`.

    What the source alone shows may be serialised for something else than a response.
    """
    _, _, below = finding.path.partition(".")
    return f"serialised as {below if finding.evidence.predicted else f'response.{below}'}"


def load_caption(finding: Finding) -> str:
    """What happened at the line that brought the object into the session."""
    got = finding.rule == "ineffective-loading" and finding.read is not None
    if finding.rule in AT_LOAD and not got:
        return AT_LOAD[finding.rule]
    if finding.evidence.objects > 1:
        without = f", without {finding.gap}" if finding.gap else ""
        return f"the {entity(finding)} objects were loaded here{without}"
    who = finding.instance or "the object"
    if CauseKind.NEW_OBJECT in (finding.cause.kind, finding.cause.before):
        return f"{who} was added here"
    if finding.cause.kind in LEFT_OUT and finding.gap:
        return f"{who} was loaded here, without {finding.gap}"
    return f"{who} was loaded here"


LEFT_OUT = frozenset(
    {
        CauseKind.NEVER_LOADED,
        CauseKind.DEFERRED,
        CauseKind.LOAD_ONLY,
        CauseKind.SUBCLASS_COLUMN,
        CauseKind.OPTIONS_IGNORED,
    }
)
