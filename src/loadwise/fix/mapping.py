"""Mapping: the relationships of a project as they are written: where each says `lazy=`, or could.

SQLAlchemy's `relationship()`, annotated or not, and its `backref()`; SQLModel's `Relationship()`.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from loadwise.core.graph import Graph
from loadwise.core.strategy import QUERIES, Strategy
from loadwise.schema.attributes import DECLARED, Definition, annotation_of
from loadwise.schema.calls import call_of
from loadwise.schema.classes import Classes, ClassSource, returned
from loadwise.schema.from_source import SourceSchema
from loadwise.schema.scope import Defined, Module, Outside, Project, top_level
from loadwise.schema.source_declared import MAKERS
from loadwise.schema.source_relationships import LEGACY

WRAPPERS: Final = {"DynamicMapped": Strategy.DYNAMIC, "WriteOnlyMapped": Strategy.WRITE_ONLY}
SQLMODEL: Final = "sa_relationship_kwargs"
"""Where SQLModel's `Relationship()` takes what SQLAlchemy's takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A relationship as it is written, and the names that it has: `User.orders`.

    `holder` is the call, or the dictionary, that says `lazy=` or may say it; with `within`, it is
    to be made there, as SQLModel's `sa_relationship_kwargs`. `value` is what is said. With an
    `obstacle`, a reason in a few words, it cannot be changed.
    """

    file: str
    line: int
    names: tuple[str, ...]
    lazy: Strategy = Strategy.SELECT
    holder: ast.Call | ast.Dict | None = None
    within: ast.Call | None = None
    value: ast.Constant | None = None
    obstacle: str = ""

    @property
    def is_explicit(self) -> bool:
        """Whether it says itself how it is loaded."""
        return self.value is not None or bool(self.obstacle)


def written(project: Project, schema: SourceSchema) -> Iterator[Written]:
    """The relationships that the classes of a project declare, in order of file and line."""
    owners = _owners(project, schema)
    for module in sorted(project.modules.values(), key=lambda one: one.file):
        found = [
            one
            for owner, name, annotation, value in _values(module)
            for one in _of_value(
                _Attribute(project, schema.graph, owner, name, annotation, owners), value
            )
        ]
        yield from sorted(found, key=lambda one: (one.line, one.names))


@dataclass(frozen=True, slots=True)
class _Attribute:
    """An attribute of a class, and what is known of the project."""

    project: Project
    graph: Graph
    owner: ClassSource
    name: str
    annotation: ast.expr | None
    owners: Mapping[str, tuple[str, ...]]

    @property
    def names(self) -> tuple[str, ...]:
        """What it is called, by each mapped class that has it from this one."""
        known = self.owners.get(self.owner.qualified) or (self.owner.node.name,)
        return tuple(f"{entity}.{self.name}" for entity in known)

    @property
    def wrapper(self) -> str:
        """`DynamicMapped` of `DynamicMapped["Order"]`."""
        definition = Definition(owner=self.owner, name=self.name, annotation=self.annotation)
        return annotation_of(self.project, definition).wrapper


def _owners(project: Project, schema: SourceSchema) -> dict[str, tuple[str, ...]]:
    """The entities that have the attributes of a class: itself, or those that it is mixed into."""
    classes = Classes(project)
    found: dict[str, list[str]] = {}
    for one in classes.all:
        entity = schema.entities.get(one.qualified)
        for source in classes.sources(one) if entity is not None else ():
            own = schema.entities.get(source.qualified)
            found.setdefault(source.qualified, []).append(own or entity or "")
    return {name: tuple(dict.fromkeys(entities)) for name, entities in found.items()}


def _values(
    module: Module,
) -> Iterator[tuple[ClassSource, str, ast.expr | None, ast.expr]]:
    """What the classes of a module assign to names, or return for them, or are given later."""
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.ClassDef):
            continue
        owner = ClassSource(module=module, node=node, bases=())
        for statement in top_level(node.body):
            match statement:
                case ast.AnnAssign(target=ast.Name(id=name), annotation=said, value=value) if value:
                    yield owner, name, said, value
                case ast.Assign(targets=[ast.Name(id=name)], value=v):
                    yield owner, name, None, v
                case ast.FunctionDef(name=name, returns=said) if _is_declared(statement):
                    if (made := returned(statement)) is not None:
                        yield owner, name, said, made
                case _:
                    pass
    for statement in top_level(module.tree.body):
        match statement:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=one), attr=name)], value=v):
                node = ast.ClassDef(name=one, bases=[], keywords=[], body=[], decorator_list=[])
                yield ClassSource(module=module, node=node, bases=()), name, None, v
            case _:
                pass


def _is_declared(function: ast.FunctionDef) -> bool:
    return any(
        ast.unparse(one).rpartition("orm.")[2] in DECLARED for one in function.decorator_list
    )


def _of_value(one: _Attribute, value: ast.expr) -> Iterator[Written]:
    """The relationship that a value is, and the one on the other side that its `backref` makes."""
    call = call_of(one.project, one.owner, value)
    if call is None or call.function not in MAKERS or not isinstance(value, ast.Call):
        return
    node, kwargs = value, False
    symbol = one.project.resolve(one.owner.module, value.func)
    qualified = symbol.qualified if isinstance(symbol, Outside) else ""
    if call.function.rpartition(".")[2] == "Relationship" and "sqlalchemy" not in qualified:
        inner = _word(value, "sa_relationship")
        node, kwargs = (inner, False) if isinstance(inner, ast.Call) else (value, True)
    if isinstance(symbol, Defined) and isinstance(symbol.node, ast.FunctionDef):
        yield _kept(one, value, f"{ast.unparse(value.func)}() makes it")
        return
    if call.function == "dynamic_loader" or one.wrapper in WRAPPERS:
        yield _query(one, value, WRAPPERS.get(one.wrapper, Strategy.DYNAMIC))
    else:
        yield _of_kwargs(one, node) if kwargs else _of_call(one, node, one.names)
    back = _word(node, "backref")
    if back is not None:
        yield from _of_backref(one, node, back)


def _of_call(one: _Attribute, node: ast.Call, names: tuple[str, ...]) -> Written:
    if any(word.arg is None for word in node.keywords) and _word(node, "lazy") is None:
        return _kept(one, node, "some of its arguments are not written out", names)
    return _said(one, node, node, _word(node, "lazy"), names)


def _of_kwargs(one: _Attribute, node: ast.Call) -> Written:
    """SQLModel's: a dictionary, which may be there or not."""
    held = _word(node, SQLMODEL)
    if held is None:
        written_out = all(word.arg is not None for word in node.keywords)
        if not written_out:
            return _kept(one, node, "some of its arguments are not written out")
        return Written(file=one.owner.module.file, line=node.lineno, names=one.names, within=node)
    entries = _entries(held)
    if entries is None or not isinstance(held, ast.Dict | ast.Call):
        return _kept(one, node, f"{SQLMODEL}= is not written out")
    return _said(one, node, held, entries.get("lazy"), one.names, within=node)


def _entries(held: ast.expr) -> dict[str, ast.expr] | None:
    """The entries of a dictionary that is written out; None of any other."""
    match held:
        case ast.Dict(keys=keys, values=values):
            texts = [key.value if isinstance(key, ast.Constant) else None for key in keys]
            if all(isinstance(text, str) for text in texts):
                return {str(text): value for text, value in zip(texts, values, strict=True)}
        case ast.Call(func=ast.Name(id="dict"), args=[], keywords=words):
            if all(word.arg is not None for word in words):
                return {str(word.arg): word.value for word in words}
        case _:
            pass
    return None


def _said(
    one: _Attribute,
    node: ast.Call,
    holder: ast.Call | ast.Dict,
    value: ast.expr | None,
    names: tuple[str, ...],
    *,
    within: ast.Call | None = None,
) -> Written:
    """A relationship by what its `lazy=` is, which may be left out."""
    lazy = _strategy(value.value) if isinstance(value, ast.Constant) else Strategy.SELECT
    if value is not None and (lazy is None or not isinstance(value, ast.Constant)):
        return _kept(one, node, f"lazy={ast.unparse(value)} is not written out", names)
    if lazy is not None and lazy in QUERIES:
        return _query(one, node, lazy, names)
    return Written(
        file=one.owner.module.file,
        line=node.lineno,
        names=names,
        lazy=lazy or Strategy.SELECT,
        holder=holder,
        within=within,
        value=value if isinstance(value, ast.Constant) else None,
    )


def _strategy(value: Any) -> Strategy | None:
    """What `lazy=` says, in its older forms, too; None where it is none of SQLAlchemy's words."""
    if isinstance(value, str):
        return next((one for one in Strategy if one.value == value), None)
    return LEGACY.get(value)


def _of_backref(one: _Attribute, node: ast.Call, back: ast.expr) -> Iterator[Written]:
    """The other side, which can be changed where `backref()` is called."""
    first = back.args[0] if isinstance(back, ast.Call) and back.args else back
    name = str(first.value) if isinstance(first, ast.Constant) else "..."
    names = tuple(f"{target}.{name}" for target in _targets(one))
    if isinstance(back, ast.Call):
        yield _of_call(one, back, names)
    else:
        by = f'backref("{name}", lazy=...)' if isinstance(first, ast.Constant) else "backref()"
        yield _kept(one, node, f"{one.names[0]} makes it by backref=, in the place of {by}", names)


def _targets(one: _Attribute) -> tuple[str, ...]:
    """The entities that a relationship points to."""
    found: dict[str, None] = {}
    for name in one.names:
        entity = name.rpartition(".")[0]
        known = one.graph[entity].relationship(one.name) if entity in one.graph else None
        found[known.target if known is not None else "<unknown>"] = None
    return tuple(found)


def _query(one: _Attribute, node: ast.Call, lazy: Strategy, names: tuple[str, ...] = ()) -> Written:
    return _kept(one, node, f"it is a query (lazy={lazy.value!r})", names, lazy)


def _kept(
    one: _Attribute,
    node: ast.Call,
    obstacle: str,
    names: tuple[str, ...] = (),
    lazy: Strategy = Strategy.SELECT,
) -> Written:
    return Written(
        file=one.owner.module.file,
        line=node.lineno,
        names=names or one.names,
        lazy=lazy,
        obstacle=obstacle,
    )


def _word(node: ast.Call, name: str) -> ast.expr | None:
    return next((word.value for word in node.keywords if word.arg == name), None)
