"""No kind of expression or statement is left out unseen."""

from __future__ import annotations

import ast

import pytest

from loadwise.analyse.expressions import snake
from loadwise.analyse.interpreter import Interpreter

PLAIN = frozenset(
    {
        *("UnaryOp", "JoinedStr", "FormattedValue", "Slice", "YieldFrom"),
        *("TemplateStr", "Interpolation", "Expr", "Delete", "Pass", "Global", "Nonlocal"),
        "TypeAlias",
    }
)
"""What nothing is known of but its parts, which are evaluated."""


def kinds(base: type[ast.AST]) -> list[type[ast.AST]]:
    """The kinds of nodes of this Python; those kept for old trees say so by their constructors."""
    old = {"Num", "Str", "Bytes", "NameConstant", "Ellipsis"}
    return sorted(
        (
            one
            for one in base.__subclasses__()
            if one.__name__ not in old and one.__name__ not in PLAIN
        ),
        key=lambda one: one.__name__,
    )


@pytest.mark.parametrize("kind", kinds(ast.expr))
def test_expressions(kind: type[ast.AST]) -> None:
    assert hasattr(Interpreter, f"of_{snake(kind.__name__)}")


@pytest.mark.parametrize("kind", kinds(ast.stmt))
def test_statements(kind: type[ast.AST]) -> None:
    assert hasattr(Interpreter, f"do_{snake(kind.__name__)}")
