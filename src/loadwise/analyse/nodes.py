"""Nodes: what is asked of the same nodes of a syntax tree again and again, answered once."""

from __future__ import annotations

import ast
from functools import lru_cache
from typing import Final

MOST: Final = 100_000
"""Nodes whose answers are remembered."""


@lru_cache(MOST)
def names_in(node: ast.AST) -> frozenset[str]:
    """The names that occur in a node."""
    return frozenset(one.id for one in ast.walk(node) if isinstance(one, ast.Name))


@lru_cache(MOST)
def yields(node: ast.AST) -> bool:
    """Whether a function is a generator."""
    return any(isinstance(one, ast.Yield | ast.YieldFrom) for one in ast.walk(node))
