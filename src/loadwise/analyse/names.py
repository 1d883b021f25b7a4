"""Names: what the names of a project stand for: classes, functions, modules' variables."""

from __future__ import annotations

import ast
from abc import ABC, abstractmethod
from typing import Final

from loadwise.analyse.shape import reached, refs_of
from loadwise.analyse.values import (
    UNKNOWN,
    Attribute,
    Class,
    Foreign,
    Function,
    Imported,
    Value,
)
from loadwise.analyse.world import Thing, World
from loadwise.schema.classes import Classes, ClassSource
from loadwise.schema.from_source import SourceSchema
from loadwise.schema.scope import Defined, Module, Outside, Project

EVALUATED: Final = (
    ast.Constant, ast.Call, ast.Name, ast.Attribute, ast.List, ast.Tuple, ast.Dict,
)  # fmt: skip
"""What the value of a module's variable is worked out of."""


class Names(ABC):
    """Looks names up, each once."""

    def __init__(self, project: Project, classes: Classes, schema: SourceSchema) -> None:
        self.project = project
        self.classes = classes
        self.schema = schema
        self.shared: dict[int, Thing] = {}
        """The objects that the variables of modules lead to."""
        self._classes = {entity: name for name, entity in schema.entities.items()}
        self._globals: dict[tuple[str, str], Value] = {}
        self._named: dict[tuple[str, str], Value] = {}
        self._outer: dict[str, Value] = {}
        self._members: dict[tuple[str, str], Value] = {}
        self._sources: dict[str, ClassSource | None] = {}
        self._below_of: dict[str, str] | None = None

    def named(self, module: Module, name: str) -> Value:
        """What a name means at the top level of a module."""
        key = (module.name, name)
        known = self._named.get(key)
        if known is None:
            found = self.project.resolve(module, name)
            if isinstance(found, Outside):
                known = self.outer(found.qualified)
            else:
                known = self.defined(found) if found is not None else UNKNOWN
            self._named[key] = known
        return known

    def outer(self, qualified: str) -> Value:
        """What a dotted name means: of the project, or a name that leaves it."""
        known = self._outer.get(qualified)
        if known is None:
            module = self.project.module(qualified)
            if module is not None:
                known = Imported(module)
            else:
                found = self.project.find(qualified)
                if isinstance(found, Defined):
                    known = self.defined(found)
                else:
                    known = Foreign(found.qualified)
            self._outer[qualified] = known
        return known

    def defined(self, found: Defined) -> Value:
        """What a definition at the top level of a module is."""
        match found.node:
            case ast.ClassDef():
                source = self.classes.of(found)
                return self.class_value(source) if source is not None else UNKNOWN
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                return Function(module=found.module, node=found.node)
            case ast.expr():
                return self._global(found, found.node)
            case _:
                return UNKNOWN

    def class_value(self, source: ClassSource) -> Class:
        """The value of a class."""
        return Class(source, self.schema.entities.get(source.qualified, ""))

    def _global(self, found: Defined, node: ast.expr) -> Value:
        """The value of a module's variable, evaluated once, with the objects that it makes."""
        key = (found.module.name, found.name)
        if key not in self._globals:
            self._globals[key] = UNKNOWN
            if isinstance(node, EVALUATED):
                self._globals[key] = self.evaluated(found.module, found.name, node)
        return self._globals[key]

    @abstractmethod
    def evaluated(self, module: Module, name: str, node: ast.expr) -> Value:
        """The value of an expression at the top level of a module."""

    def brought(self, world: World, value: Value) -> Value:
        """The value of a module's variable, with the objects that it leads to in this world."""
        for key in refs_of(value):
            if key not in world.heap and key in self.shared:
                found: set[int] = set()
                reached(self.shared, [key], found)
                world.heap.update((one, self.shared[one]) for one in found)
        return value

    def class_of(self, entity: str) -> str:
        """The qualified name of the class that an entity is."""
        return self._classes.get(entity, "")

    def source_of(self, qualified: str) -> ClassSource | None:
        """The class of a qualified name."""
        if qualified not in self._sources:
            found = self.project.find(qualified)
            self._sources[qualified] = (
                self.classes.of(found) if isinstance(found, Defined) else None
            )
        return self._sources[qualified]

    def mapped_below(self, source: ClassSource) -> str:
        """The first mapped class that inherits from another one; empty where none does."""
        if self._below_of is None:
            self._below_of = {}
            for qualified, entity in sorted(self.schema.entities.items()):
                mapped = self.source_of(qualified)
                for above in self.classes.sources(mapped) if mapped is not None else ():
                    self._below_of.setdefault(above.qualified, entity)
        return self._below_of.get(source.qualified, "")

    def of_class(self, base: Class, name: str) -> Value:
        """An attribute of a class: a mapped one, a method, or what its body assigns."""
        if base.entity and name in self.schema.graph[base.entity].names:
            return Attribute(base.entity, name)
        key = (base.source.qualified, name)
        known = self._members.get(key)
        if known is None:
            sources = list(self.classes.sources(base.source))
            known = self._members[key] = self._in_bodies(sources, base, name)
        return known

    def _in_bodies(self, sources: list[ClassSource], base: Class, name: str) -> Value:
        for source in sources:
            for statement in source.node.body:
                match statement:
                    case ast.FunctionDef(name=found) | ast.AsyncFunctionDef(name=found) if (
                        found == name
                    ):
                        bound = base if has_decorator(statement, "classmethod") else None
                        return Function(
                            module=source.module, node=statement, owner=source, bound=bound
                        )
                    case ast.Assign(targets=[ast.Name(id=found)], value=value) if found == name:
                        return self._global(
                            Defined(
                                module=source.module, name=f"{source.node.name}.{name}", node=value
                            ),
                            value,
                        )
                    case ast.AnnAssign(target=ast.Name(id=found), value=ast.expr() as value) if (
                        found == name
                    ):
                        return self._global(
                            Defined(
                                module=source.module, name=f"{source.node.name}.{name}", node=value
                            ),
                            value,
                        )
                    case _:
                        pass
        return UNKNOWN

    def is_field(self, source: ClassSource, name: str) -> bool:
        """Whether a class only annotates an attribute, with a default: each object has its own."""
        return any(
            isinstance(one, ast.AnnAssign)
            and isinstance(one.target, ast.Name)
            and one.target.id == name
            for each in self.classes.sources(source)
            for one in each.node.body
        )


def has_decorator(node: ast.FunctionDef | ast.AsyncFunctionDef, name: str) -> bool:
    """Whether a function has a decorator of a name, whatever stands before it."""
    for one in node.decorator_list:
        called = one.func if isinstance(one, ast.Call) else one
        if ast.unparse(called).rpartition(".")[2] == name:
            return True
    return False
