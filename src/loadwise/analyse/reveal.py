"""Reveal: what the static witness believes at a place, as a type checker reveals a type."""

from __future__ import annotations

import ast
import pathlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from loadwise.analyse.check import deeply, interpreted
from loadwise.analyse.files import Tree, read_tree, shown_of
from loadwise.analyse.frame import Frame
from loadwise.analyse.interpreter import Interpreter
from loadwise.analyse.values import (
    Class,
    Const,
    Either,
    Function,
    Items,
    Many,
    Query,
    Ref,
    Rows,
    Unknown,
    Value,
)
from loadwise.analyse.world import Instance, Mapped, Session, World
from loadwise.core.path import Path
from loadwise.core.state import Life, have_of
from loadwise.core.statement import RefusedError, Statement


@dataclass(frozen=True, slots=True)
class Revealed:
    """What is believed of an expression; `beliefs` are one for each way to get there, of lines."""

    expression: str
    beliefs: tuple[tuple[str, ...], ...]


class UnrevealedError(ValueError):
    """Nothing can be revealed; the message says why, and what to do."""


def reveal(
    file: pathlib.Path, line: int, expression: str, paths: list[str], root: pathlib.Path
) -> tuple[Revealed, ...]:
    """What is believed before a line is run, of an expression, or of each name in the line.

    Raises UnrevealedError and NoSuchPathError.
    """
    tree = read_tree([*paths, file], root)
    wanted = _wanted(tree, shown_of(file, root), line, expression)
    with deeply():
        engine = interpreted(tree, _made(shown_of(file, root), line, wanted))
    if not engine.seen_at:
        raise UnrevealedError(f"no code at line {line} is run by any function that is known")
    return tuple(Revealed(text, tuple(sorted(engine.seen_at.get(text, set())))) for text in wanted)


def _wanted(tree: Tree, file: str, line: int, expression: str) -> dict[str, ast.expr]:
    """The expressions that are asked for, by their text."""
    if expression:
        try:
            return {expression: ast.parse(expression, mode="eval").body}
        except SyntaxError:
            raise UnrevealedError(f"{expression!r} is no expression") from None
    lines = tree.lines.get(file)
    if lines is None:
        raise UnrevealedError(f"{file} cannot be read as Python")
    if not 0 < line <= len(lines):
        raise UnrevealedError(f"{file} has {len(lines)} lines, and no line {line}")
    names = sorted(
        (node.col_offset, node.id, node)
        for module in tree.project.modules.values()
        for node in (ast.walk(module.tree) if module.file == file else ())
        if isinstance(node, ast.Name) and node.lineno == line and isinstance(node.ctx, ast.Load)
    )
    found: dict[str, ast.expr] = {name: node for _, name, node in names}
    if not found:
        raise UnrevealedError(f"there is no name in line {line}: {file}:{line}:EXPRESSION asks")
    return found


def _made(file: str, line: int, wanted: dict[str, ast.expr]) -> type[Revealing]:
    """The interpreter that looks at one place."""

    class There(Revealing):
        place = file, line
        expressions = wanted

    return There


class Revealing(Interpreter):
    """An interpreter that notes what it believes before it runs the statement at a place."""

    place: tuple[str, int]
    expressions: dict[str, ast.expr]

    def __init__(self, *arguments: Any, **words: Any) -> None:
        """Take what `Expressions` takes."""
        super().__init__(*arguments, **words)
        self.seen_at: dict[str, set[tuple[str, ...]]] = {}

    def statement(self, frame: Frame, node: ast.stmt, world: World) -> World | None:
        """The world after one statement; before the one that is asked about, look."""
        file, line = self.place
        if frame.function.module.file == file and node.lineno <= line <= _end_of_head(node):
            for text, expression in self.expressions.items():
                value = self.value(frame, world.copy(), expression)
                lines = tuple(described(self, world, value))
                self.seen_at.setdefault(text, set()).add(lines)
        return super().statement(frame, node, world)


def _end_of_head(node: ast.stmt) -> int:
    """The last line of a statement, or of what stands before its body."""
    body: list[ast.stmt] = getattr(node, "body", [])
    return body[0].lineno - 1 if body else node.end_lineno or node.lineno


def described(  # noqa: C901 - one case a kind of value
    engine: Interpreter, world: World, value: Value
) -> Iterator[str]:
    """What is believed of a value, a line each."""
    match value:
        case Ref(id=key, nullable=nullable):
            yield from _of_thing(engine, world, key, nullable=nullable)
        case Many(element=element) | Rows(element=element):
            yield "many, each of them:"
            yield from described(engine, world, element)
        case Items(elements=elements):
            yield f"{len(elements)} values:"
            for one in elements:
                yield from described(engine, world, one)
        case Either(options=options):
            yield "one of these:"
            for one in options:
                yield from described(engine, world, one)
        case Query(kind="select", columns=columns):
            for entity in columns:
                yield f"select({entity})" if entity else "select() of what is no entity"
                yield from _plan_of(engine, entity, value) if entity else ()
        case Const(value=constant):
            yield repr(constant)
        case Class(source=source):
            yield f"the class {source.node.name}"
        case Function():
            yield f"the function {engine.qualified(value)}"
        case Unknown():
            yield "nothing is known of it"
        case _:
            yield f"what loadwise calls {type(value).__name__}"


def _of_thing(engine: Interpreter, world: World, key: int, *, nullable: bool) -> Iterator[str]:
    thing = world.heap.get(key)
    or_none = ", or None" if nullable else ""
    match thing:
        case Mapped(known=False, entity=entity):
            yield f"{entity}{or_none}, of whose state nothing is known"
        case Mapped(entity=entity, state=state):
            loaded = f", loaded at {thing.load.file}:{thing.load.line}" if thing.load else ""
            yield f"have  {have_of(state)}{or_none} ({state.life}{loaded})"
            for slot in state.slots:
                if slot.cause is not None and slot.cause.text:
                    site = slot.cause.site
                    where = f", {site.file}:{site.line}" if site is not None else ""
                    yield f"  {entity}.{slot.name}: {slot.cause.text}{where}"
        case Session(expires=expires, synchronous=synchronous):
            kind = "a synchronous session" if synchronous else "an AsyncSession"
            yield f"{kind}{or_none}; commit() {'expires' if expires else 'keeps'} its objects"
        case Instance(class_name=name):
            yield f"an object of {name}{or_none}"
        case _:
            yield f"nothing is known of it{or_none}"


def _plan_of(engine: Interpreter, entity: str, query: Query) -> Iterator[str]:
    own = tuple(one for one in query.options if not one.path or one.path.root == entity)
    try:
        plan = engine.plan(Statement(entity=entity, options=own))
        blank, path = engine.blank(entity, Life.PERSISTENT), Path.parse(entity)
        yield f"plan  {have_of(engine.loaded_at(blank, plan, path, entity))}"
    except (RefusedError, KeyError) as error:
        yield f"SQLAlchemy refuses its options: {error}"
