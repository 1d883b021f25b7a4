"""Scope: what the names of a project's modules mean, from their source text alone.

A name is followed through imports, relative ones, re-exports and `import *`, until it is defined in
a module of the project or leaves it. No code of the project is imported or run.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

LONGEST_CHAIN: Final = 40
"""How many imports a name is followed through; modules may import each other in a circle."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """A parsed file: its dotted name, and whether that is a package (`__init__.py`)."""

    name: str
    file: str
    tree: ast.Module
    is_package: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined:
    """A name that a module of the project defines, by a class, a function or an assignment.

    Of an assignment, `node` is the assigned expression.
    """

    module: Module
    name: str
    node: ast.stmt | ast.expr

    @property
    def qualified(self) -> str:
        """The dotted name: `app.models.User`."""
        return f"{self.module.name}.{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A dotted name that leaves the project: `sqlalchemy.orm.relationship`, `builtins.list`."""

    qualified: str


Symbol = Defined | Outside


@dataclass(frozen=True, slots=True)
class _Names:
    """The top-level names of one module: what is defined, what is imported, and from where all."""

    defined: dict[str, ast.stmt | ast.expr] = field(default_factory=dict[str, ast.stmt | ast.expr])
    imported: dict[str, str] = field(default_factory=dict[str, str])
    stars: list[str] = field(default_factory=list[str])


class Project:
    """The modules of a project, and the meaning of their names."""

    def __init__(self, modules: Iterable[Module], aliases: Mapping[str, str] | None = None) -> None:
        """Take modules by their names; `aliases` are other names that imports may use for them."""
        self.modules = {module.name: module for module in modules}
        self._aliases = dict(aliases or {})
        self._names: dict[str, _Names] = {}

    def module(self, name: str) -> Module | None:
        """The module of a dotted name, or of an alias of it."""
        return self.modules.get(name) or self.modules.get(self._aliases.get(name, ""))

    def resolve(self, module: Module, expression: ast.expr | str) -> Symbol | None:
        """What a name or a dotted name means in a module; None for any other expression."""
        dotted = expression if isinstance(expression, str) else dotted_name(expression)
        if not dotted:
            return None
        first, *rest = dotted.split(".")
        home = "" if isinstance(expression, str) else home_of(expression)
        found = self._named(self.module(home) or module, first, LONGEST_CHAIN)
        if found is None:
            return Outside(qualified=f"builtins.{dotted}") if not rest else None
        return self._within(found, rest, LONGEST_CHAIN)

    def find(self, qualified: str) -> Symbol:
        """What a dotted name from the outside means: `app.models.User`."""
        return self._absolute(qualified, LONGEST_CHAIN)

    def _within(self, found: Symbol, rest: list[str], left: int) -> Symbol | None:
        """The attribute of a symbol; of a class of the project there is none to find here."""
        if not rest:
            return found
        if isinstance(found, Outside):
            return self._absolute(".".join((found.qualified, *rest)), left - 1)
        return None

    def _named(self, module: Module, name: str, left: int) -> Symbol | None:
        if left <= 0:
            return None
        names = self._names_of(module)
        if name in names.defined:
            return Defined(module=module, name=name, node=names.defined[name])
        if name in names.imported:
            return self._absolute(names.imported[name], left - 1)
        for star in names.stars:
            other = self.module(star)
            found = self._named(other, name, left - 1) if other is not None else None
            if found is not None:
                return found
        return None

    def _absolute(self, qualified: str, left: int) -> Symbol:
        """The longest known module at the front, and the name behind it in that module."""
        parts = qualified.split(".")
        for length in range(len(parts) - 1, 0, -1):
            module = self.module(".".join(parts[:length]))
            if module is None or left <= 0:
                continue
            found = self._named(module, parts[length], left - 1)
            if found is None:
                continue
            within = self._within(found, parts[length + 1 :], left - 1)
            return within or Outside(qualified=qualified)
        return Outside(qualified=qualified)

    def _names_of(self, module: Module) -> _Names:
        known = self._names.get(module.name)
        if known is None:
            known = self._names[module.name] = _Names()
            for statement in top_level(module.tree.body, handlers=False):
                _note(known, module, statement)
            for statement in handled(module.tree.body):
                instead = _Names()
                _note(instead, module, statement)
                for name, node in instead.defined.items():
                    if name not in known.imported:
                        known.defined.setdefault(name, node)
                for name, origin in instead.imported.items():
                    if name not in known.defined:
                        known.imported.setdefault(name, origin)
        return known


def bring(node: ast.AST, module: Module) -> None:
    """Let the names of an expression mean what they do in a module, wherever it is read later.

    What has been brought before keeps its module.
    """
    for one in ast.walk(node):
        if isinstance(one, ast.Name) and not home_of(one):
            setattr(one, "home", module.name)  # noqa: B010  (it is none of `ast`'s own)


def home_of(expression: ast.expr) -> str:
    """The name of the module that a name was brought from; empty where it was not."""
    while isinstance(expression, ast.Attribute):
        expression = expression.value
    home: str = getattr(expression, "home", "")
    return home


def top_level(body: Iterable[ast.stmt], *, handlers: bool = True) -> Iterator[ast.stmt]:
    """The statements of a body, and those in its `if`, `try` and `with` blocks, in order.

    Without `handlers`, those of `except` blocks are left out.
    """
    for statement in body:
        yield statement
        match statement:
            case ast.If(body=inner, orelse=other):
                yield from top_level((*inner, *other), handlers=handlers)
            case ast.Try(body=inner, handlers=found, orelse=other, finalbody=last):
                instead = [one for handler in found for one in handler.body] if handlers else []
                yield from top_level((*inner, *instead, *other, *last), handlers=handlers)
            case ast.With(body=inner):
                yield from top_level(inner, handlers=handlers)
            case _:
                pass


def handled(body: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements of the `except` blocks of a body: what stands in for what failed."""
    for statement in top_level(body, handlers=False):
        if isinstance(statement, ast.Try):
            for handler in statement.handlers:
                yield from top_level(handler.body)


def _note(names: _Names, module: Module, statement: ast.stmt) -> None:
    """Enter what a statement defines or imports."""
    match statement:
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            names.defined[name] = statement
        case ast.Assign(targets=targets, value=value):
            for target in targets:
                if isinstance(target, ast.Name):
                    names.defined[target.id] = value
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
            names.defined[name] = value
        case ast.Import(names=aliases):
            names.imported.update(_imported(alias) for alias in aliases)
        case ast.ImportFrom(names=aliases):
            origin = imported_from(module, statement)
            for alias in aliases:
                if alias.name == "*":
                    names.stars.append(origin)
                else:
                    names.imported[alias.asname or alias.name] = f"{origin}.{alias.name}"
        case _:
            pass


def _imported(alias: ast.alias) -> tuple[str, str]:
    """The name that an `import` binds, and what it stands for."""
    first = alias.name.partition(".")[0]
    return (alias.asname, alias.name) if alias.asname else (first, first)


def imported_from(module: Module, statement: ast.ImportFrom) -> str:
    """The absolute name of the module that a `from … import` names."""
    if not statement.level:
        return statement.module or ""
    parts = module.name.split(".")
    up = statement.level - 1 if module.is_package else statement.level
    base = parts[: len(parts) - up] if up else parts
    return ".".join((*base, *((statement.module,) if statement.module else ())))


def dotted_name(expression: ast.expr) -> str:
    """`a.b.c` of a name or an attribute of names; empty for anything else."""
    names: list[str] = []
    node = expression
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return ""
    return ".".join((node.id, *reversed(names)))
