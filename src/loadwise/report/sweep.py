"""Sweep: what changing the `lazy=` of relationships came to, as a person reads it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Final

from loadwise.core.graph import Graph
from loadwise.core.strategy import Strategy
from loadwise.fix.reach import reach_of
from loadwise.fix.sweep import ALREADY, EXPLICIT, Swept, graph_after
from loadwise.report.listing import count

COUNTED: Final = (ALREADY, EXPLICIT)
"""Reasons that are told by a number alone."""
MEANING: Final = {
    Strategy.SELECT: "a first read loads; in plain async code it raises MissingGreenlet",
    Strategy.RAISE: "a read of what no statement has loaded raises",
    Strategy.RAISE_ON_SQL: "a read that would need SQL raises",
    Strategy.SELECTIN: "every statement that loads the class loads them, by SELECTs of their own",
    Strategy.JOINED: "every statement that loads the class joins them",
    Strategy.IMMEDIATE: "every statement that loads the class loads them, for one object at a time",
}
"""What becomes of relationships with a strategy that no option is given for."""


def report(
    swept: Swept,
    lazy: Strategy,
    graph: Graph,
    *,
    problems: Mapping[str, str],
    done: bool,
) -> Iterator[str]:
    """What a select() takes before and after, what is kept and why, and how much of each.

    `problems` are the files that could not be changed, and why.
    """
    changed = [one for one in swept.changed if one.file not in problems]
    if changed:
        yield f"lazy={lazy.value!r}: {MEANING[lazy]}"
    yield from _spent(graph, graph_after(graph, swept, lazy))
    for one in swept.kept:
        if one.reason not in COUNTED:
            names = ", ".join(one.written.names)
            yield f"kept  {one.written.file}:{one.written.line}  {names}: {one.reason}"
    for file, problem in sorted(problems.items()):
        number = sum(one.file == file for one in swept.changed)
        yield f"skipped  {file}: {problem} ({count(number, 'relationship')})"
    yield "; ".join(_sum(swept, len(changed), len({one.file for one in changed}), done=done))


def _sum(swept: Swept, changed: int, files: int, *, done: bool) -> Iterator[str]:
    would = "changed" if done else "would be changed"
    where = f" in {count(files, 'file')}" if files else ""
    yield f"{count(changed, 'relationship')} {would}{where}"
    reasons = Counter(one.reason if one.reason in COUNTED else "" for one in swept.kept)
    words = {ALREADY: "already so", EXPLICIT: "with a lazy= of their own", "": "named above"}
    told = [f"{reasons[reason]} {text}" for reason, text in words.items() if reasons[reason]]
    if told:
        yield f"{sum(reasons.values())} kept: {', '.join(told)}"
    failed = len(swept.changed) - changed
    if failed:
        yield f"{failed} skipped"
    if changed and not done:
        yield "--write does it"


def _spent(before: Graph, after: Graph) -> Iterator[str]:
    """What a select() of each class takes, where that changes."""
    rows: list[tuple[str, str, str]] = []
    for entity in before.entities:
        reaches = reach_of(before, entity.name), reach_of(after, entity.name)
        if reaches[0] != reaches[1]:
            rows.append((f"select({entity.name})", str(reaches[0]), str(reaches[1])))
    if rows:
        widths = [max(len(row[column]) for row in rows) for column in (0, 1)]
        yield "what a statement takes, where rows have all that they can point to:"
        for name, old, new in rows:
            yield f"  {name:<{widths[0]}}  {old:<{widths[1]}}  ->  {new}"
