"""The command `fix`: the fixes of what is found, applied to the files or printed as a patch."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from loadwise.analyse.check import check
from loadwise.analyse.pasted import UnexplainedError
from loadwise.cli.check import levels_from, root_of, wanted
from loadwise.cli.choice import Choice
from loadwise.cli.explain import text_at
from loadwise.cli.terminal import Terminal
from loadwise.core.finding import Finding
from loadwise.core.wire import WireError
from loadwise.fix.files import Files
from loadwise.fix.merge import CHANGED, UnfitError
from loadwise.fix.rounds import Outcome, at_once, in_rounds
from loadwise.report.json import loads
from loadwise.report.outcome import report

Shown = Callable[[Iterable[Finding]], list[Finding]]


class RecordedError(ValueError):
    """The recorded findings cannot be read; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What is to be fixed, and how: by which rules, how sure, with unsafe fixes, asked one by one.

    `recorded` is a file of findings; `diff` asks for a patch in the place of changed files.
    """

    select: Sequence[str] = ()
    ignore: Sequence[str] = ()
    tier: str = "callee-may"
    unsafe: bool = False
    interactive: bool = False
    diff: bool = False
    recorded: str | None = None


def run(paths: Sequence[str], terminal: Terminal, wishes: Wishes) -> bool:
    """Apply fixes, or print them as a patch; True where all that were asked for are in it.

    Raises NoSuchPathError, UnknownRuleError and RecordedError.
    """
    rules, levels = wanted(wishes.select, wishes.ignore), levels_from(wishes.tier)

    def shown(findings: Iterable[Finding]) -> list[Finding]:
        return [one for one in findings if one.rule in rules and one.level in levels]

    choice = Choice(unsafe=wishes.unsafe, asks=wishes.interactive)
    if wishes.recorded is None:
        files = Files(root_of(paths))
        outcome = _of_sources(paths, files, shown, choice)
    else:
        recorded, files = _recorded(wishes.recorded)
        findings = shown(recorded)
        outcome = at_once(findings, choice.of_each(findings, files.text), files.text)
    if wishes.diff:
        click.echo(files.patch(outcome.before, outcome.after), nl=False)
    else:
        outcome = outcome.without(_write(outcome, files))
    for line in report(outcome, unsafe=wishes.unsafe, done=not wishes.diff):
        if wishes.diff:
            click.echo(line, err=True)
        else:
            terminal.line(line)
    return not outcome.refused


def _of_sources(paths: Sequence[str], files: Files, shown: Shown, choice: Choice) -> Outcome:
    """What is found in source files, cured until nothing more is found."""
    held: dict[str, str] = {}

    def text(file: str) -> str:
        found = files.text(file)
        if found != held.get(file, found):
            raise UnfitError(CHANGED)
        return found

    def found(texts: Mapping[str, str]) -> list[Finding]:
        checked = check(paths, files.root, texts)
        if not texts:
            held.update(checked.texts)
        return shown(checked.findings)

    return in_rounds(found, choice.of_roots, text)


def _recorded(file: str) -> tuple[tuple[Finding, ...], Files]:
    """The findings of a file, and the files that they are about: below the current folder."""
    try:
        document = loads(text_at(file))
    except (UnexplainedError, WireError) as error:
        shown = f"{file}: " if isinstance(error, WireError) else ""
        raise RecordedError(f"{shown}{error}") from None
    digests = {original.file: original.sha256 for original in document.originals}
    return document.findings, Files(Path.cwd(), digests)


def _write(outcome: Outcome, files: Files) -> dict[str, str]:
    """Change the files; those that could not be changed, and why."""
    problems = {
        file: files.problem_of_writing(file, outcome.before[file], after)
        for file, after in outcome.after.items()
    }
    return {file: problem for file, problem in problems.items() if problem}
