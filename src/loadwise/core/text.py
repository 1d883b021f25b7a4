"""Text: a finding as a person reads it, without colour. The format of the raised error.

The fact comes first, so that the first line alone can be acted on; the rest is proof: a code frame
of each end, why, what is held and needed, and the cure.
"""

from __future__ import annotations

from collections.abc import Iterator

from loadwise.core.caption import load_caption, read_caption
from loadwise.core.edit import Fix
from loadwise.core.finding import Evidence, Finding
from loadwise.core.site import Site

WIDTH = 100
INDENT = " " * 8


def concise(finding: Finding) -> str:
    """One line: place, code, rule, fact."""
    place = finding.read or finding.load
    where = f"{place}  " if place else ""
    return f"{where}{finding.code} {finding.rule}  {finding.message}"


def full(finding: Finding, *, width: int = WIDTH) -> str:
    """The whole explanation, at most `width` columns where the user's code and names allow it."""
    parts = (concise(finding), "", *_frames(finding, width), "", *_facts(finding, width))
    return "\n".join(parts)


def _frames(finding: Finding, width: int) -> Iterator[str]:
    place = finding.read or finding.load
    shown = place.file if place else ""
    for site, caption in _captions(finding):
        if site is None:
            continue
        if site.file != shown:
            yield f"  {site.file}"
        shown = site.file
        yield from _frame(site, caption, width)


def _captions(finding: Finding) -> Iterator[tuple[Site | None, str]]:
    yield finding.read, read_caption(finding)
    yield finding.load, load_caption(finding)
    if finding.cause.site != finding.load:
        yield finding.cause.site, finding.cause.text


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
    if seen := how_often(finding.evidence):
        yield f"  seen  {seen}"
    for place, fix in enumerate(finding.fixes):
        yield from _fix("or" if place else "fix", fix, width)
    yield f"  docs  loadwise explain {finding.rule}"


def how_often(evidence: Evidence) -> str:
    """How often a finding was seen, and in how many tests; empty where it was once."""
    tests = f" in {_count(len(evidence.tests), 'test')}" if evidence.tests else ""
    if evidence.executions and not evidence.statements:
        brought = f", {_count(evidence.objects, 'object')}"
        return f"{_count(evidence.executions, 'execution')}{brought}{tests}"
    return f"{_count(evidence.observed, 'time')}{tests}" if evidence.observed > 1 else ""


def _difference(finding: Finding, width: int) -> Iterator[str]:
    have, need, gap = (_short(t, width) for t in (finding.have, finding.need, finding.gap))
    if not have:
        return
    last = f"   gap  {gap}" if gap else ""
    line = f"  have  {have}   need  {need}{last}"
    if len(line) <= width:
        yield line
    else:
        yield f"  have  {have}"
        line = f"  need  {need}{last}"
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
