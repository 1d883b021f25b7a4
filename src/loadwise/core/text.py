"""Text: a finding as a person reads it, without colour. The format of the raised error.

The fact comes first, so that the first line alone can be acted on; the rest is proof: a code frame
of each end, why, what is held and needed, and the cure.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.cause import CauseKind
from loadwise.core.edit import Fix
from loadwise.core.finding import Finding
from loadwise.core.need import Touch
from loadwise.core.site import Site

WIDTH = 100
INDENT = " " * 8


def concise(finding: Finding) -> str:
    """One line: place, code, rule, fact."""
    where = f"{finding.read}  " if finding.read else ""
    return f"{where}{finding.code} {finding.rule}  {finding.message}"


def full(finding: Finding, *, width: int = WIDTH) -> str:
    """The whole explanation, at most `width` columns where the user's code and names allow it."""
    parts = (concise(finding), "", *_frames(finding, width), "", *_facts(finding, width))
    return "\n".join(parts)


def _frames(finding: Finding, width: int) -> Iterator[str]:
    shown = ""
    for site, caption in _captions(finding):
        if site is None:
            continue
        if site.file != shown and (shown or not finding.read):
            yield f"  {site.file}"
        shown = site.file
        yield from _frame(site, caption, width)


def _captions(finding: Finding) -> Iterator[tuple[Site | None, str]]:
    yield finding.read, read_caption(finding)
    yield finding.load, load_caption(finding)
    if finding.cause.site != finding.load:
        yield finding.cause.site, finding.cause.text


def read_caption(finding: Finding) -> str:
    """What happens at the line that touches the attribute."""
    detached = finding.cause.kind is CauseKind.DETACHED
    if finding.touch is Touch.WRITE and detached:
        return "changed outside a session; that needs the old value, and a session to load it"
    if finding.touch is Touch.WRITE:
        return "changed in plain async code; that needs the old value, and IO to load it"
    verb = {Touch.SERIALISE: "serialised", Touch.ITERATE: "iterated"}.get(finding.touch, "read")
    if detached:
        return f"{verb} outside a session; loading it needs one"
    return f"{verb} in plain async code; loading it needs IO"


def load_caption(finding: Finding) -> str:
    """What happened at the line that brought the object into the session."""
    who = finding.instance or "the object"
    if CauseKind.NEW_OBJECT in (finding.cause.kind, finding.cause.before):
        return f"{who} was added here"
    if finding.cause.kind in LEFT_OUT:
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


def _frame(site: Site, caption: str, width: int) -> Iterator[str]:
    number = str(site.line)
    margin = f"  {' ' * len(number)} | "
    code = site.code.expandtabs(1).rstrip()
    if not code:
        yield from _wrapped(f"  {number} | ", margin, caption, width)
        return
    yield f"  {number} | {code}"
    carets = "^" * max(min(site.end_column, len(code) + 1) - site.column, 1)
    pointer = f"{margin}{' ' * (site.column - 1)}{carets}"
    if len(pointer) + 1 + len(caption) <= width:
        yield f"{pointer} {caption}"
    else:
        yield pointer
        yield from _wrapped(margin, margin, caption, width)


def _facts(finding: Finding, width: int) -> Iterator[str]:
    if finding.cause.text and finding.cause.site is None:
        yield from _wrapped("  why   ", INDENT, finding.cause.text, width)
    yield from _difference(finding, width)
    evidence = finding.evidence
    if evidence.observed > 1:
        tests = f" in {_count(len(evidence.tests), 'test')}" if evidence.tests else ""
        yield f"  seen  {_count(evidence.observed, 'time')}{tests}"
    for place, fix in enumerate(finding.fixes):
        yield from _fix("or" if place else "fix", fix, width)
    yield f"  docs  loadwise explain {finding.rule}"


def _difference(finding: Finding, width: int) -> Iterator[str]:
    have, need, gap = (_short(t, width) for t in (finding.have, finding.need, finding.gap))
    if not have and not need:
        return
    line = f"  have  {have}   need  {need}   gap  {gap}"
    if len(line) <= width:
        yield line
    else:
        yield f"  have  {have}"
        line = f"  need  {need}   gap  {gap}"
        yield from [line] if len(line) <= width else [f"  need  {need}", f"  gap   {gap}"]


def _short(text: str, width: int) -> str:
    room = width - 10
    if len(text) <= room:
        return text
    return f"{text[:room].rsplit(' ', 1)[0]} …"


def _wrapped(head: str, again: str, text: str, width: int) -> Iterator[str]:
    """A text broken between its words; `head` stands before its first line, `again` before more."""
    room = width - len(head)
    while len(text) > room and " " in text[:room]:
        line, rest = text[:room].rsplit(" ", 1)
        yield f"{head}{line}"
        head, text = again, rest + text[room:]
    yield f"{head}{text}"


def _fix(label: str, fix: Fix, width: int) -> Iterator[str]:
    place = f"{fix.site.file}:{fix.site.line}  " if fix.site else ""
    mark = f"   [{fix.applicability}]"
    line = f"  {label:<4}  {place}{fix.text}{mark}"
    if len(line) <= width and "\n" not in fix.text:
        yield line
    else:
        yield f"  {label:<4}  {place}{fix.title}{mark}"
        yield from (f"{INDENT}{part}" for part in fix.text.splitlines())


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
