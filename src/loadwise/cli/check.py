"""The command `check`: the findings about source files, printed."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from typing import Final

import click

from loadwise.analyse.checked import Checked
from loadwise.analyse.unread import CODE, NAME, finding_of
from loadwise.cli import cache
from loadwise.cli.terminal import Terminal
from loadwise.core.finding import Finding, Level
from loadwise.core.text import concise
from loadwise.report.json import Coverage, document, dumps
from loadwise.report.roots import place_of

FAILING = frozenset({Level.ERROR, Level.WARNING})
TIERS: Final = {
    "sure": Level.ERROR,
    "path": Level.WARNING,
    "callee-may": Level.NOTE,
    "held": Level.HIDDEN,
}
"""How sure a finding is, the surest first, by its level; `held` hangs on what the session has."""
MOST_LEGS = 4
"""Other places of a root that are named."""


class UnknownRuleError(ValueError):
    """A rule was named that there is not; the message says which."""


def run(
    paths: Sequence[str],
    terminal: Terminal,
    *,
    form: str,
    select: Sequence[str],
    ignore: Sequence[str],
    tier: str | None = None,
    explain_unknown: bool = False,
    cached: bool = True,
) -> bool:
    """Check some paths and print what was found; True where an error or a warning was.

    Raises NoSuchPathError and UnknownRuleError.
    """
    rules = wanted(select, ignore)
    root = root_of(paths)
    checked = (checked_or_kept if cached else checked_anew)(paths, root)
    # programs are told of all, people of what is likely
    levels = levels_from(tier or ("held" if form == "json" else "callee-may"))
    findings = tuple(one for one in checked.findings if one.rule in rules and one.level in levels)
    left_out = tuple(finding_of(one) for one in checked.unread) if NAME in rules else ()
    if form == "json":
        coverage = Coverage(reads=checked.reads, resolved=checked.resolved)
        click.echo(dumps(document((*findings, *left_out), coverage, root)), nl=False)
    else:
        if form == "full":
            print_roots(by_root(findings), terminal)
        else:
            for finding in findings:
                terminal.line(concise(finding))
        if findings:
            terminal.line()
        for finding in left_out:
            terminal.line(concise(finding))
        for line in unknown(checked) if explain_unknown else ():
            terminal.line(line)
        terminal.line(summary(checked, findings))
    return any(finding.level in FAILING for finding in findings)


def levels_from(least: str) -> Collection[Level]:
    """The levels of what is as sure as a tier says, or surer."""
    return [TIERS[name] for name in (*takewhile(lambda one: one != least, TIERS), least)]


def checked_anew(paths: Sequence[str], root: Path) -> Checked:
    """What a check finds. Raises NoSuchPathError."""
    from loadwise.analyse.check import check  # what a cache answers does without it

    return check(paths, root)


def checked_or_kept(paths: Sequence[str], root: Path) -> Checked:
    """What a check finds, from the cache where nothing has changed since; a broken one is told of.

    Raises NoSuchPathError.
    """
    key, place = cache.key_of(paths, root), cache.place_of(paths, root)
    try:
        kept = cache.load(place, key)
    except cache.BrokenCacheError as error:
        click.echo(f"loadwise: {error}", err=True)
        kept = None
    if kept is not None:
        return kept
    checked = checked_anew(paths, root)
    if cache.key_of(paths, root) == key:  # else a file has changed meanwhile
        cache.save(place, key, checked)
    return checked


def by_root(findings: Iterable[Finding]) -> list[list[Finding]]:
    """The findings of one rule that one place makes, in the order of the first of each.

    That is where something was taken away, else where the object was loaded without it.
    """
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for one in findings:
        trigger = one.cause.site
        place = place_of(trigger) if trigger is not None else (place_of(one.load), one.attribute)
        groups.setdefault((one.rule, one.cause.kind, place), []).append(one)
    return list(groups.values())


def print_roots(roots: Iterable[Sequence[Finding]], terminal: Terminal) -> None:
    """Print the first finding of each root at length, and where else it is read."""
    for number, (first, *legs) in enumerate(roots):
        if number:
            terminal.line()
        terminal.finding(first)
        for leg in legs[:MOST_LEGS]:
            where = f"{leg.read.file}:{leg.read.line}" if leg.read is not None else "elsewhere"
            terminal.line(f"  also  {where}  `{leg.attribute}`")
        if len(legs) > MOST_LEGS:
            more = len(legs) - MOST_LEGS
            terminal.line(f"  and {more} more: --output-format concise lists all")


def unknown(checked: Checked) -> Iterator[str]:
    """What could not be resolved, a line each."""
    for file, line, name in checked.unresolved:
        yield f"{file}:{line}  `{name}` is read of an object whose state nothing tells"
    for text in checked.unknown:
        yield f"not understood: {text}"
    if checked.cut:
        calls = f"{checked.cut} call{'' if checked.cut == 1 else 's'}"
        yield f"{calls} not followed to the end: too deep, too long or too many"


def wanted(select: Sequence[str], ignore: Sequence[str]) -> Collection[str]:
    """The names of the rules that are asked for; both lists take names and codes, with commas."""
    from loadwise.core.nearest import nearest
    from loadwise.rules import RULES

    known = {name: rule.name for rule in RULES for name in (rule.name, f"LW{rule.code}")}
    known |= {NAME: NAME, CODE: NAME}

    def named(several: Sequence[str]) -> Iterator[str]:
        for text in (part.strip() for one in several for part in one.split(",") if part.strip()):
            if text not in known:
                meant = nearest(text, known) or "`loadwise rules` lists them"
                raise UnknownRuleError(f"there is no rule {text!r}: {meant}")
            yield known[text]

    chosen = set(named(select))
    return ({*chosen, NAME} if chosen else set(known.values())) - set(named(ignore))


def root_of(paths: Sequence[str]) -> Path:
    """What files are named relative to: the current folder, or a folder outside of it."""
    here = Path.cwd().resolve()
    given = [Path(path).resolve() for path in paths]
    if len(given) == 1 and given[0].is_dir() and not given[0].is_relative_to(here):
        return given[0]
    return here


def summary(checked: Checked, findings: Sequence[Finding]) -> str:
    """How much was found, and how much of the code could be resolved."""
    share = f" ({100 * checked.resolved // checked.reads} %)" if checked.reads else ""
    count = f"{len(findings)} finding{'' if len(findings) == 1 else 's'}"
    return f"{count}; resolved {checked.resolved} of {checked.reads} reads of mapped objects{share}"
