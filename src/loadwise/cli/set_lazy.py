"""The command `set-lazy`: one `lazy=` for the relationships of the models, in their source."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase

import click

from loadwise.analyse.files import files_of, read_tree, shown_of
from loadwise.analyse.unread import finding_of
from loadwise.cli.check import root_of
from loadwise.cli.terminal import Terminal
from loadwise.core.nearest import nearest
from loadwise.core.source import Source
from loadwise.core.strategy import Strategy
from loadwise.core.text import concise
from loadwise.fix.files import Files
from loadwise.fix.mapping import Written, written
from loadwise.fix.merge import UnfitError
from loadwise.fix.sweep import Swept, Wish, sweep
from loadwise.report.sweep import report
from loadwise.schema.from_source import schema_of


class NoSuchRelationshipError(ValueError):
    """A pattern matches no relationship; the message says which."""


def run(paths: Sequence[str], terminal: Terminal, wish: Wish, *, write: bool) -> bool:
    """Change the models, or print what would change; False where a file could not be changed.

    Raises NoSuchPathError and NoSuchRelationshipError.
    """
    root = root_of(paths)
    wanted = {shown_of(file, root): file for file in files_of(paths)}
    # what a class inherits from, and what points to it, may be in other files
    around = {shown_of(file, root) for file in files_of([root])}
    tree = read_tree([root, *(file for name, file in wanted.items() if name not in around)], root)
    schema = schema_of(tree.project)
    modules = {module.file: module for module in tree.project.modules.values()}
    found = [one for one in written(tree.project, schema) if one.file in wanted]
    _check(wish, found)
    swept = sweep(found, wish, lambda file: Source(tree.texts[file], modules[file].tree))
    files = Files(root)
    problems = _problems(files, swept, write=write)
    if not write:
        shown = {file: text for file, text in swept.after.items() if file not in problems}
        click.echo(files.patch(swept.before, shown), nl=False)
    unread = (concise(finding_of(one)) for one in tree.unread if one.file in wanted)
    lines = report(swept, wish.lazy, schema.graph, problems=problems, done=write)
    for line in (*unread, *lines):
        if write:
            terminal.line(line)
        else:
            click.echo(line, err=True)
    return not problems


def _problems(files: Files, swept: Swept, *, write: bool) -> dict[str, str]:
    """Write the files, or see whether they could be written; those that could not, and why."""
    problems = {
        file: files.problem_of_writing(file, swept.before[file], after)
        if write
        else _problem(files, file)
        for file, after in swept.after.items()
    }
    return {file: problem for file, problem in problems.items() if problem}


def _problem(files: Files, file: str) -> str:
    """Why a file could not be changed; empty where it could."""
    try:
        files.read(file)
    except UnfitError as error:
        return str(error)
    return ""


def _check(wish: Wish, found: Iterable[Written]) -> None:
    """Refuse a pattern that names nothing."""
    names = {name for one in found for name in one.names}
    known = sorted({*names, *(f"{name.partition('.')[0]}.*" for name in names)})
    for pattern in wish.only:
        if not any(fnmatchcase(name, pattern) for name in names):
            meant = nearest(pattern, known) or "a name is Class.attribute, as in User.orders"
            raise NoSuchRelationshipError(f"no relationship matches {pattern!r}: {meant}")


def wish_of(strategy: str, only: Sequence[str], *, default_only: bool) -> Wish:
    """What the arguments of the command ask for."""
    patterns = [part.strip() for one in only for part in one.split(",")]
    return Wish(
        lazy=Strategy(strategy),
        only=tuple(pattern for pattern in patterns if pattern),
        default_only=default_only,
    )
