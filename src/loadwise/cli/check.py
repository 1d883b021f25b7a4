"""The command `check`: the findings about source files, printed."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

import click

from loadwise.analyse.check import Checked, check
from loadwise.analyse.unread import CODE, NAME, finding_of
from loadwise.cli.terminal import Terminal
from loadwise.core.finding import Finding, Level
from loadwise.core.text import concise
from loadwise.report.json import Coverage, document, dumps

FAILING = frozenset({Level.ERROR, Level.WARNING})


class UnknownRuleError(ValueError):
    """A rule was named that there is not; the message says which."""


def run(
    paths: Sequence[str],
    terminal: Terminal,
    *,
    form: str,
    select: Sequence[str],
    ignore: Sequence[str],
) -> bool:
    """Check some paths and print what was found; True where an error or a warning was.

    Raises NoSuchPathError and UnknownRuleError.
    """
    rules = wanted(select, ignore)
    checked = check(paths, root_of(paths))
    findings = tuple(one for one in checked.findings if one.rule in rules)
    left_out = tuple(finding_of(one) for one in checked.unread) if NAME in rules else ()
    if form == "json":
        coverage = Coverage(reads=checked.reads, resolved=checked.resolved)
        click.echo(dumps(document((*findings, *left_out), coverage)), nl=False)
    else:
        for place, finding in enumerate(findings):
            if form == "full":
                if place:
                    terminal.line()
                terminal.finding(finding)
            else:
                terminal.line(concise(finding))
        if findings:
            terminal.line()
        for finding in left_out:
            terminal.line(concise(finding))
        terminal.line(summary(checked, findings))
    return any(finding.level in FAILING for finding in findings)


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
