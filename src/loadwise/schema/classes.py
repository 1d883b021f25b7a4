"""Classes: the classes of a project, what they inherit from, and which of them are mapped."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from loadwise.schema.library import given_by
from loadwise.schema.scope import Defined, Module, Outside, Project, Symbol, top_level

DECLARATIVE: Final = frozenset(
    {
        "sqlalchemy.orm.DeclarativeBase",
        "sqlalchemy.orm.DeclarativeBaseNoMeta",
        "sqlalchemy.orm.decl_api.DeclarativeBase",
        "sqlmodel.SQLModel",
        "sqlmodel.main.SQLModel",
    }
)
"""Classes that a base of mapped classes inherits from directly; SQLModel is a base itself."""

BASE_MAKERS: Final = frozenset(
    {
        "sqlalchemy.orm.declarative_base",
        "sqlalchemy.ext.declarative.declarative_base",
        "sqlalchemy.ext.declarative.api.declarative_base",
        "sqlalchemy.orm.registry.generate_base",
    }
)
"""Functions that make such a class."""
REGISTRY: Final = frozenset({"sqlalchemy.orm.registry", "sqlalchemy.orm.decl_api.registry"})
MAPPING_DECORATORS: Final = frozenset({"mapped", "mapped_as_dataclass"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassSource:
    """A class of the project: where it is defined, and what it inherits from directly."""

    module: Module
    node: ast.ClassDef
    bases: tuple[Symbol, ...]

    @property
    def qualified(self) -> str:
        """The dotted name: `app.models.User`."""
        return f"{self.module.name}.{self.node.name}"


class Classes:
    """The classes of a project, found once."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[str, ClassSource] = {}
        self._orders: dict[str, tuple[ClassSource | Outside, ...]] = {}

    @cached_property
    def all(self) -> tuple[ClassSource, ...]:
        """Every class that a module has at its top level, in order of name."""
        found = (
            self._source(module, statement)
            for module in self.project.modules.values()
            for statement in top_level(module.tree.body)
            if isinstance(statement, ast.ClassDef)
        )
        return tuple(sorted(found, key=lambda one: one.qualified))

    @cached_property
    def added(self) -> dict[str, list[tuple[str, ast.expr]]]:
        """What modules assign to attributes of classes from the outside: `User.orders = …`."""
        found: dict[str, list[tuple[str, ast.expr]]] = {}
        for module in self.project.modules.values():
            for statement in module.tree.body:
                match statement:
                    case ast.Assign(targets=[ast.Attribute(value=owner, attr=name)], value=value):
                        known = self.of(self.project.resolve(module, owner))
                        if known is not None:
                            found.setdefault(known.qualified, []).append((name, value))
                    case _:
                        pass
        return found

    @cached_property
    def mapped(self) -> tuple[ClassSource, ...]:
        """Every mapped class, in order of name."""
        return tuple(one for one in self.all if self.is_mapped(one))

    def of(self, symbol: Symbol | None) -> ClassSource | None:
        """The class that a symbol is, or is another name for."""
        seen = 0
        while isinstance(symbol, Defined) and seen < 10:
            if isinstance(symbol.node, ast.ClassDef):
                return self._source(symbol.module, symbol.node)
            if not isinstance(symbol.node, ast.Name | ast.Attribute):
                return None
            symbol = self.project.resolve(symbol.module, symbol.node)
            seen += 1
        return None

    def order(self, one: ClassSource) -> tuple[ClassSource | Outside, ...]:
        """The class and what it inherits from, in the order in which Python looks attributes up."""
        if one.qualified not in self._orders:
            self._orders[one.qualified] = (one,)  # what inherits from itself stops here
            parents = [self._parent(symbol) for symbol in one.bases]
            lines: list[list[ClassSource | Outside]] = [
                list(self.order(parent)) if isinstance(parent, ClassSource) else [parent]
                for parent in parents
            ]
            self._orders[one.qualified] = (one, *_merged([*lines, [*parents]]))
        return self._orders[one.qualified]

    def sources(self, one: ClassSource) -> Iterator[ClassSource]:
        """The classes of the project among those that a class inherits from, itself first."""
        return (found for found in self.order(one) if isinstance(found, ClassSource))

    def is_mapped(self, one: ClassSource) -> bool:
        """Whether SQLAlchemy maps the class: it has a table, its own or that of a mapped parent."""
        if _is_decorated(one):
            return True
        if not self._is_declarative(one) or _flag(one.node, "__abstract__"):
            return False
        if any(base.qualified.startswith("sqlmodel.") for base in self._outsides(one)):
            return _is_table_model(one.node)
        if _is_base(one):
            return False
        given = [found for base in self._outsides(one) if (found := given_by(base.qualified))]
        named = any(found.named or found.table for found in given)
        return named or any(_has_table(found.node) for found in self.sources(one))

    def parent(self, one: ClassSource) -> ClassSource | None:
        """The mapped class that a mapped class inherits from, if there is one.

        Of classes that inherit from each other, which no Python runs, none is above the others.
        """
        above = (found for found in [*self.sources(one)][1:] if self.is_mapped(found))
        return next((found for found in above if one not in self.sources(found)), None)

    def base(self, one: ClassSource) -> str:
        """The name of the class, made by a library or a call, that others share a registry by."""
        sources = [*self.sources(one)]
        made = [base for found in sources for base in found.bases if self._gives_registry(base)]
        bases = [found.qualified for found in sources if _is_base(found)]
        return made[0].qualified if made else next(iter(bases), "")

    def _gives_registry(self, base: Symbol) -> bool:
        return isinstance(base, Defined) and self._makes_base(base)

    def _is_declarative(self, one: ClassSource) -> bool:
        for base in self._outsides(one):
            given = given_by(base.qualified)
            if base.qualified in DECLARATIVE or (given is not None and given.base):
                return True
        return any(
            isinstance(base, Defined) and self._makes_base(base)
            for found in self.sources(one)
            for base in found.bases
        ) or any(_metaclass(found.node) for found in self.sources(one))

    def _outsides(self, one: ClassSource) -> list[Outside]:
        return [found for found in self.order(one) if isinstance(found, Outside)]

    def _makes_base(self, symbol: Defined) -> bool:
        """Whether a name is assigned what `declarative_base()` or `generate_base()` makes."""
        if not isinstance(symbol.node, ast.Call):
            return False
        function = symbol.node.func
        if isinstance(function, ast.Attribute) and function.attr == "generate_base":
            return True
        found = self.project.resolve(symbol.module, function)
        return isinstance(found, Outside) and found.qualified in BASE_MAKERS

    def _source(self, module: Module, node: ast.ClassDef) -> ClassSource:
        name = f"{module.name}.{node.name}:{node.lineno}"
        if name not in self._known:
            resolved = (self.project.resolve(module, _unsubscripted(base)) for base in node.bases)
            bases = [one for base in resolved if base is not None for one in self._with_cls(base)]
            self._known[name] = ClassSource(module=module, node=node, bases=tuple(bases))
        return self._known[name]

    def _with_cls(self, base: Symbol) -> Iterator[Symbol]:
        """A base, and the class that it was made of: `declarative_base(cls=Model)`."""
        yield base
        if isinstance(base, Defined) and isinstance(base.node, ast.Call) and self._makes_base(base):
            for word in base.node.keywords:
                made_of = self.project.resolve(base.module, word.value)
                if word.arg == "cls" and made_of is not None:
                    yield made_of

    def _parent(self, symbol: Symbol) -> ClassSource | Outside:
        found = self.of(symbol)
        if found is not None:
            return found
        return Outside(qualified=symbol.qualified)


def _merged(lines: list[list[ClassSource | Outside]]) -> list[ClassSource | Outside]:
    """Python's order of inheritance (C3); where there is none, each class at its first place."""
    merged: list[ClassSource | Outside] = []
    lines = [line for line in lines if line]
    while lines:
        tails = [one for line in lines for one in line[1:]]
        head = next((line[0] for line in lines if line[0] not in tails), lines[0][0])
        merged.append(head)
        lines = [[one for one in line if one != head] for line in lines]
        lines = [line for line in lines if line]
    return merged


def _unsubscripted(node: ast.expr) -> ast.expr:
    return node.value if isinstance(node, ast.Subscript) else node


def assigned(node: ast.ClassDef, name: str) -> ast.expr | None:
    """What a class body assigns to a name; of a method, what it returns."""
    found: ast.expr | None = None
    for statement in top_level(node.body):
        match statement:
            case ast.Assign(targets=targets, value=value):
                if any(isinstance(one, ast.Name) and one.id == name for one in targets):
                    found = value
            case ast.AnnAssign(target=ast.Name(id=target), value=ast.expr() as value):
                found = value if target == name else found
            case ast.FunctionDef(name=function) if function == name:
                found = returned(statement)
            case _:
                pass
    return found


def returned(function: ast.FunctionDef) -> ast.expr | None:
    """What a function returns, by its last `return`."""
    values = [one.value for one in ast.walk(function) if isinstance(one, ast.Return)]
    return values[-1] if values else None


def _has_table(node: ast.ClassDef) -> bool:
    return any(
        assigned(node, name) is not None or defines(node, name)
        for name in ("__tablename__", "__table__")
    )


def defines(node: ast.ClassDef, name: str) -> bool:
    """Whether a class body has a method of a name."""
    return any(isinstance(one, ast.FunctionDef) and one.name == name for one in node.body)


def _flag(node: ast.ClassDef, name: str) -> bool:
    value = assigned(node, name)
    return isinstance(value, ast.Constant) and bool(value.value)


def _is_table_model(node: ast.ClassDef) -> bool:
    return any(
        word.arg == "table" and isinstance(word.value, ast.Constant) and bool(word.value.value)
        for word in node.keywords
    )


def _is_base(one: ClassSource) -> bool:
    """Whether the class is itself what others are mapped by."""
    return any(isinstance(base, Outside) and base.qualified in DECLARATIVE for base in one.bases)


def _metaclass(node: ast.ClassDef) -> bool:
    """Whether the class says itself that it is declarative, by its metaclass."""
    return any(
        word.arg == "metaclass" and ast.unparse(word.value).endswith("DeclarativeMeta")
        for word in node.keywords
    )


def _is_decorated(one: ClassSource) -> bool:
    """Whether a registry maps the class, by `@reg.mapped` or `@reg.mapped_as_dataclass`."""
    for decorator in one.node.decorator_list:
        function = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(function, ast.Attribute) and function.attr in MAPPING_DECORATORS:
            return _has_table(one.node)
    return False
