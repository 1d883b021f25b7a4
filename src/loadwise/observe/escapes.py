"""Escapes: where the objects of a class may be read without a trace, so that nothing is said.

`vars(user)` and `user.__dict__` hand over all that an object holds, and no attribute is touched.
So do serialisers in other languages, for classes that they know: pydantic's for its models, and so
for SQLModel, others for dataclasses.
"""

from __future__ import annotations

import ast
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from loadwise.core.source import Source
from loadwise.observe import sites
from loadwise.observe.sites import Project, Whose

SERIALISERS: Final = ("orjson", "jsonpickle", "msgspec")
"""Modules that may read a dataclass without its attributes."""
COPIES: Final = frozenset({"copy.copy", "copy"})
READERS: Final = frozenset({"__dict__", "loaded_value"})
"""Attributes by which an object's values are had without a read of them."""


@dataclass(frozen=True, slots=True)
class Escapes:
    """What the source of a run says: the classes whose own methods do it, and whether others do."""

    classes: frozenset[tuple[str, str]]
    anywhere: bool

    @classmethod
    def of(cls, project: Project) -> Escapes:
        """The escapes in all modules of the project that are imported."""
        found: set[tuple[str, str]] = set()
        anywhere = False
        for filename, source in _sources(project):
            for owner in _escapes(source):
                if owner:
                    found.add((filename, owner))
                else:
                    anywhere = True
        return cls(frozenset(found), anywhere)

    def may_hide(self, mapped: type) -> bool:
        """Whether objects of a class may be read without a trace."""
        if self.anywhere or hasattr(mapped, "__pydantic_serializer__"):
            return True
        is_dataclass = "__dataclass_fields__" in dir(mapped)
        if is_dataclass and any(name in sys.modules for name in SERIALISERS):
            return True
        return any((_file(base), base.__name__) in self.classes for base in mapped.__mro__)


def _file(one: type) -> str:
    return getattr(sys.modules.get(one.__module__), "__file__", None) or ""


def _sources(project: Project) -> Iterator[tuple[str, Source]]:
    root = f"{project.root}{os.sep}"
    for module in list(sys.modules.values()):
        filename: Any = sites.attributes(module).get("__file__")
        if not isinstance(filename, str) or not filename.endswith(".py"):
            continue
        mine = sites.whose(filename) is Whose.USER
        if not mine or not os.path.realpath(filename).startswith(root):
            continue
        source = sites.source_of(filename)
        if source is not None and any(word in source.text for word in WORDS):
            yield filename, source


WORDS: Final = ("vars(", "copy(", *READERS)


def _escapes(source: Source) -> Iterator[str]:
    """The class whose objects each escape is of; empty where that does not show."""
    for node in source.nodes(ast.Attribute):
        if node.attr in READERS and isinstance(node.ctx, ast.Load):
            yield from _of(source, node, node.value)
    for call in source.nodes(ast.Call):
        name = ast.unparse(call.func)
        if (name == "vars" or name in COPIES) and len(call.args) == 1:
            yield from _of(source, call, call.args[0])


def _of(source: Source, node: ast.AST, value: ast.expr) -> Iterator[str]:
    """Whose values they are: those of `self`, of something that is no object of a class, or any."""
    if not isinstance(value, ast.Name):
        called = ast.unparse(value.func) if isinstance(value, ast.Call) else ast.unparse(value)
        if not called.rpartition(".")[2].startswith(NO_OBJECTS):
            yield ""
        return
    around = next((one for one in source.above(node) if isinstance(one, ast.ClassDef)), None)
    if value.id in {"self", "cls"} and around is not None:
        if value.id == "self":
            yield around.name
    elif not _is_no_object(value.id):
        yield ""


def _is_no_object(name: str) -> bool:
    """Whether a name is, by its look, that of a module, a class, a function or settings."""
    return name.startswith(NO_OBJECTS) or name in SHORT or not name[:1].islower()


NO_OBJECTS: Final = ("args", "parse_", "__class__", "type", "module", "sys", "settings", "config")
SHORT: Final = frozenset({"cfg", "fn", "func", "function", "mod", "namespace", "ns", "opts"})
"""How names begin, and whole names, of what is no mapped object, where it is read this way."""
