"""Check: the findings about some files, made of what the interpreter sees."""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Generator, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from os import PathLike
from pathlib import Path
from typing import TypeVar

from loadwise.analyse.checked import Checked
from loadwise.analyse.doubles import doubled, heard, is_test
from loadwise.analyse.entries import functions
from loadwise.analyse.files import AS_IT_IS, Tree, read_tree
from loadwise.analyse.handles import handled
from loadwise.analyse.interpreter import Interpreter
from loadwise.analyse.parameters import bind, object_of
from loadwise.analyse.sightings import Places
from loadwise.analyse.values import Class, Function, Value
from loadwise.analyse.world import Mapped, World
from loadwise.core.finding import Finding, Level
from loadwise.core.judge import judge
from loadwise.core.source import Source
from loadwise.core.state import Life
from loadwise.core.tally import tally
from loadwise.fix.planner import Planner
from loadwise.rules import RULES
from loadwise.schema.classes import Classes
from loadwise.schema.from_source import schema_of


def check(
    paths: Iterable[str | PathLike[str]], root: Path, texts: Mapping[str, str] = AS_IT_IS
) -> Checked:
    """The findings about the Python files among some paths; nothing of them is run.

    `texts` are what some files would hold, by the names that findings show.

    Raises NoSuchPathError for a path that does not exist.
    """
    tree = read_tree(paths, root, texts)
    with deeply():
        return _checked(tree)


@contextmanager
def deeply() -> Generator[None, None, None]:
    """Let calls go as deep as the interpreter needs for code that is nested deep."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, 20_000))
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)


E = TypeVar("E", bound=Interpreter)


def interpreted(tree: Tree, kind: type[E]) -> E:
    """An interpreter of a kind that has run every function of a tree."""
    classes = Classes(tree.project)
    schema = schema_of(tree.project)
    places = Places(tree.lines)
    engine = kind(tree.project, classes, schema, places, expires=expires_on_commit(tree))
    every = tuple(functions(engine))
    for function in every:
        if function.owner is not None and not isinstance(function.node, ast.Lambda):
            engine.methods.setdefault(function.node.name, []).append(function)
    doubles = doubled(tree.project.modules.values())
    engine.heard = heard(engine)
    for function in sorted(every, key=_is_inner):
        engine.doubled = doubles if is_test(function.module) else frozenset()
        if id(function.node) not in engine.met:
            _enter(engine, function)
        while engine.inner:
            _, inner = engine.inner.popitem()
            if id(inner.node) not in engine.met:
                _enter(engine, inner)
    return engine


def _checked(tree: Tree) -> Checked:
    engine = interpreted(tree, Interpreter)
    sources: dict[str, Source | None] = {}

    def source(file: str) -> Source | None:
        if file not in sources:
            sources[file] = Source.parse(tree.texts.get(file, ""))
        return sources[file]

    uses = [handled(use, source) for use in engine.sightings.uses.values()]
    shown = tally(judge(uses, rules=RULES, cure=Planner(source).cure))
    held = tally(judge(engine.sightings.held.values(), rules=RULES))
    findings = (*shown, *_hidden(held, {_place(one) for one in shown}))
    return Checked(
        findings=findings,
        reads=len(engine.sightings.reads),
        resolved=len(engine.sightings.resolved),
        unread=tree.unread,
        unknown=engine.schema.unknown,
        unresolved=tuple(sorted(engine.sightings.reads - engine.sightings.resolved)),
        cut=engine.cut,
        texts=tree.texts,
    )


def _place(finding: Finding) -> tuple[object, ...]:
    return finding.rule, finding.attribute, finding.read, finding.load


def _hidden(held: Iterable[Finding], shown: Collection[tuple[object, ...]]) -> Iterator[Finding]:
    """The findings that hang on which object the session has; not those that are there anyway."""
    for one in held:
        if _place(one) not in shown:
            yield replace(one, level=Level.HIDDEN)


def _is_inner(function: Function) -> bool:
    """Whether only the project calls a function; what a framework calls is run first.

    What has been run with the values of a caller need not be run again with none.
    """
    return not _decorators(function)


def _enter(engine: Interpreter, function: Function) -> None:
    """Run one function as if a framework called it."""
    engine.steps = 0
    engine.runs.clear()
    world = World({}, {})
    given: list[Value] = []
    if function.owner is not None and function.node.args.args:
        names = {ast.unparse(one).rpartition(".")[2] for one in _decorators(function)}
        kind = engine.class_value(function.owner)
        if "classmethod" in names:
            given.append(kind)
        elif "staticmethod" not in names:
            given.append(_self(engine, world, kind))
    arguments = bind(engine, world, function, given, {})
    engine.run(function, arguments, world, depth=0, greenlet=False)


def _decorators(function: Function) -> list[ast.expr]:
    return [] if isinstance(function.node, ast.Lambda) else function.node.decorator_list


def _self(engine: Interpreter, world: World, kind: Class) -> Value:
    """The object that a method is called on: of a mapped class, one whose state nothing tells.

    A method of a class that is not mapped itself, but has mapped subclasses, is called on an
    object of the first of those.
    """
    entity = kind.entity or engine.mapped_below(kind.source)
    if entity:
        state = engine.blank(entity, Life.PERSISTENT)
        return engine.new(world, Mapped(entity=entity, state=state, known=False))
    return object_of(engine, world, kind)


def expires_on_commit(tree: Tree) -> bool:
    """Whether sessions expire their objects at a commit: not, where any maker says so."""
    for module in tree.project.modules.values():
        if not any("expire_on_commit" in line for line in tree.lines[module.file]):
            continue
        for node in ast.walk(module.tree):
            match node:
                case ast.keyword(arg="expire_on_commit", value=ast.Constant(value=False)):
                    return False
                case _:
                    pass
    return True
