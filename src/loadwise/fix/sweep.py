"""Sweep: one `lazy=` for many relationships, in the text of their files."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import Final

from loadwise.core.graph import Entity, Graph
from loadwise.core.source import Source
from loadwise.core.strategy import Strategy
from loadwise.fix.brackets import Brackets, Change, changed
from loadwise.fix.mapping import SQLMODEL, Written

ALREADY: Final = "already so"
EXPLICIT: Final = "it has a lazy= of its own"
NO_PYTHON: Final = "the file would not be Python any more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A relationship that stays as it is, and why, in a few words."""

    written: Written
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """What changes, what stays, and what the files become, by the names that findings show."""

    changed: tuple[Written, ...]
    kept: tuple[Kept, ...]
    before: Mapping[str, str]
    after: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is to be changed, to what: by patterns of names, and whether only what says nothing."""

    lazy: Strategy
    only: tuple[str, ...] = ()
    default_only: bool = False

    def names(self, one: Written) -> list[str]:
        """The names of a relationship that are asked for."""
        if not self.only:
            return [*one.names]
        return [name for name in one.names if any(fnmatchcase(name, each) for each in self.only)]


def sweep(found: Iterable[Written], wish: Wish, source: Callable[[str], Source]) -> Swept:
    """Change what is asked for; `source` gives a file by the name that a relationship has."""
    kept: list[Kept] = []
    wanted: dict[str, list[Written]] = {}
    for one in found:
        if not wish.names(one):
            continue
        reason = _reason(one, wish)
        if reason:
            kept.append(Kept(written=one, reason=reason))
        else:
            wanted.setdefault(one.file, []).append(one)
    before: dict[str, str] = {}
    after: dict[str, str] = {}
    done: list[Written] = []
    for file, several in wanted.items():
        read = source(file)
        changes = {one: _changes(read, one, wish.lazy) for one in several}
        text = changed(read.text, list({each for some in changes.values() for each in some}))
        if Source.parse(text) is None:
            kept.extend(Kept(written=one, reason=NO_PYTHON) for one in several)
            continue
        before[file], after[file] = read.text, text
        done.extend(several)
    return Swept(changed=tuple(done), kept=tuple(kept), before=before, after=after)


def _reason(one: Written, wish: Wish) -> str:
    """Why a relationship stays as it is; empty where it does not."""
    others = [name for name in one.names if name not in wish.names(one)]
    if one.obstacle:
        return one.obstacle
    if one.lazy is wish.lazy and (one.value is None or isinstance(one.value.value, str)):
        return ALREADY
    if wish.default_only and one.is_explicit:
        return EXPLICIT
    return f"it is that of {', '.join(others)}, too" if others else ""


def _changes(source: Source, one: Written, lazy: Strategy) -> list[Change]:
    """The changes of the text that make a relationship say something, or no more say it."""
    if one.value is not None and lazy is not Strategy.SELECT:
        return [_replaced(source, one.value, lazy)]
    if one.holder is None and one.within is not None:
        quote = _quote(source, one.within)
        entry = f"{SQLMODEL}={{{quote}lazy{quote}: {quote}{lazy}{quote}}}"
        return _brackets(source, one.within).added(entry)
    if one.holder is None:
        return []
    brackets = _brackets(source, one.holder)
    if one.value is None:
        quote = _quote(source, one.within or one.holder)
        name = f"{quote}lazy{quote}: " if isinstance(one.holder, ast.Dict) else "lazy="
        return brackets.added(f"{name}{quote}{lazy}{quote}")
    if one.within is not None and len(brackets.items) == 1:
        return _taken(source, _brackets(source, one.within), one.holder)
    return _taken(source, brackets, one.value)


def _taken(source: Source, brackets: Brackets, value: ast.expr) -> list[Change]:
    """The changes that take out the item that ends with a value."""
    place = _start(source, value)
    number = next(at for at, item in enumerate(brackets.items) if item.start <= place < item.end)
    return brackets.removed(number)


def _replaced(source: Source, value: ast.Constant, lazy: Strategy) -> Change:
    """The other word, in the quotes of the one that is there."""
    start, end = _start(source, value), _end(source, value)
    first = source.text[start]
    quote = first if first in "\"'" else '"'
    return Change(start, end, f"{quote}{lazy}{quote}")


def _quote(source: Source, near: ast.AST) -> str:
    """The quotes that are used: near a place, else in the whole file; double ones if in doubt."""
    for tree in (near, source.tree):
        texts = [one for one in ast.walk(tree) if isinstance(one, ast.Constant)]
        firsts = [source.segment(one)[:1] for one in texts if isinstance(one.value, str)]
        single, double = firsts.count("'"), firsts.count('"')
        if single != double:
            return "'" if single > double else '"'
    return '"'


def _brackets(source: Source, node: ast.Call | ast.Dict) -> Brackets:
    start = _start(source, node)
    if isinstance(node, ast.Call):
        start = source.text.index("(", _end(source, node.func))
    return Brackets.read(source.text, start, _end(source, node))


def _start(source: Source, node: ast.expr) -> int:
    line, column, _, _ = source.span(node)
    return _offset(source, line, column)


def _end(source: Source, node: ast.expr) -> int:
    _, _, line, column = source.span(node)
    return _offset(source, line, column)


def _offset(source: Source, line: int, column: int) -> int:
    return sum(map(len, source.lines[: line - 1])) + column - 1


def graph_after(graph: Graph, swept: Swept, lazy: Strategy) -> Graph:
    """The graph with what has been changed, also where a subclass has it from the class above."""
    names = {name for one in swept.changed for name in one.names}

    def entity(one: Entity) -> Entity:
        line = [above.name for above in graph.lineage(one.name)]
        relationships = tuple(
            replace(each, lazy=lazy)
            if any(f"{above}.{each.name}" in names for above in line)
            else each
            for each in one.relationships
        )
        return replace(one, relationships=relationships)

    return Graph(entities=tuple(map(entity, graph.entities)))
