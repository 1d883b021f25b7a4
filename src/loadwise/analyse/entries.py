"""Entries: where the analysis starts: every function, as if a framework called it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from loadwise.analyse.values import Function
from loadwise.schema.scope import Defined, top_level

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions


def functions(engine: Expressions) -> Iterator[Function]:
    """Every function and method of the project, in the order of the source."""
    for module in engine.project.modules.values():
        for statement in top_level(module.tree.body):
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                yield Function(module=module, node=statement)
            elif isinstance(statement, ast.ClassDef):
                source = engine.classes.of(
                    Defined(module=module, name=statement.name, node=statement)
                )
                for inner in statement.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef):
                        yield Function(module=module, node=inner, owner=source)
