"""Inlining: what a function of the project returns, with a call's arguments put in.

Helpers that make columns and relationships are read so: `foreign_key("users")`. Methods that
declare attributes are, too, with the class put in for `cls`.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping

from loadwise.schema.classes import returned
from loadwise.schema.scope import Module, bring


def inlined(module: Module, function: ast.FunctionDef, call: ast.Call) -> ast.expr | None:
    """What a function of a module returns for a call, by its last `return`."""
    value = returned(function)
    if value is None:
        return None
    bring(value, module)
    names, splat = _arguments(function, call)
    swapped: ast.expr = _Swap(names, splat).visit(copy.deepcopy(value))
    return swapped


def for_class(value: ast.expr, known: Mapping[str, ast.expr]) -> ast.expr:
    """An expression of a method that declares an attribute, with what `cls` is for a class.

    `known` has `cls` itself and, as `cls.name`, the attributes that are constants.
    """
    swapped: ast.expr = _Swap(known, None).visit(copy.deepcopy(value))
    return swapped


Splat = tuple[str, list[ast.keyword]]
"""The name of `**words`, and what a call gives for it."""


def _arguments(
    function: ast.FunctionDef, call: ast.Call
) -> tuple[dict[str, ast.expr], Splat | None]:
    """What a call gives for each parameter, its default where it gives none."""
    takes = function.args
    parameters = [*takes.posonlyargs, *takes.args]
    names = [one.arg for one in parameters]
    found = dict(zip(reversed(names), reversed(takes.defaults), strict=False))
    for one, default in zip(takes.kwonlyargs, takes.kw_defaults, strict=True):
        if default is not None:
            found[one.arg] = default
    known = {*names, *(one.arg for one in takes.kwonlyargs)}
    found.update(zip(names, call.args, strict=False))
    found.update((word.arg, word.value) for word in call.keywords if word.arg in known)
    if takes.kwarg is None:
        return found, None
    return found, (takes.kwarg.arg, [word for word in call.keywords if word.arg not in known])


class _Swap(ast.NodeTransformer):
    """Puts expressions in the place of names, of attributes of names, and of `**words`."""

    def __init__(self, known: Mapping[str, ast.expr], splat: Splat | None) -> None:
        self.known = known
        self.splat = splat

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.known.get(node.id, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        dotted = f"{node.value.id}.{node.attr}" if isinstance(node.value, ast.Name) else ""
        return self.known.get(dotted) or self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        if self.splat is not None:
            name, words = self.splat
            node.keywords = [
                one
                for word in node.keywords
                for one in (words if _is_splat(word, name) else [word])
            ]
        return self.generic_visit(node)


def _is_splat(word: ast.keyword, name: str) -> bool:
    return word.arg is None and isinstance(word.value, ast.Name) and word.value.id == name
