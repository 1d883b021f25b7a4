"""Doubles: functions that tests put others in the place of, and attributes that code listens to."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final

from loadwise.schema.scope import Module, top_level

if TYPE_CHECKING:
    from loadwise.analyse.names import Names

PATCHES: Final = frozenset({"patch", "object", "setattr"})
"""`mocker.patch("a.b")`, `patch.object(a, "b")`, `monkeypatch.setattr(a, "b", …)`."""


def is_test(module: Module) -> bool:
    """Whether a module is of a test suite."""
    path = PurePosixPath(module.file)
    name = path.stem
    named = name.startswith("test_") or name.endswith("_test") or name == "conftest"
    return named or bool({"tests", "test"} & set(path.parts[:-1]))


def doubled(modules: Iterable[Module]) -> frozenset[str]:
    """The names of what tests exchange for something else while they run."""
    return frozenset(
        name
        for module in modules
        if is_test(module)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.Call)
        for name in _exchanged(node)
    )


def _exchanged(node: ast.Call) -> Iterable[str]:
    called = ast.unparse(node.func)
    if called.rpartition(".")[2] not in PATCHES or called == "setattr":
        return
    for argument in node.args[:2]:
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
            yield argument.value.rpartition(".")[2]


def heard(names: Names) -> dict[str, set[str]]:
    """The attributes whose change is listened to, by entity."""
    found: dict[str, set[str]] = {}
    for module in names.project.modules.values():
        for statement in top_level(module.tree.body):
            for node in _calls(statement):
                first = node.args[0] if node.args else None
                if ast.unparse(node.func).rpartition(".")[2] not in {"listens_for", "listen"}:
                    continue
                if isinstance(first, ast.Attribute):
                    symbol = names.project.resolve(module, first.value)
                    source = names.classes.of(symbol)
                    entity = names.class_value(source).entity if source is not None else ""
                    found.setdefault(entity, set()).add(first.attr)
    return found


def _calls(statement: ast.stmt) -> Iterable[ast.Call]:
    match statement:
        case ast.FunctionDef(decorator_list=decorators):
            yield from (one for one in decorators if isinstance(one, ast.Call))
        case ast.Expr(value=ast.Call() as call):
            yield call
        case _:
            pass
