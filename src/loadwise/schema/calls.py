"""Calls: what the call in a class body makes, and what its arguments say."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from loadwise.schema.classes import ClassSource, assigned, defines
from loadwise.schema.inlining import inlined
from loadwise.schema.scope import Defined, Module, Outside, Project, Symbol, bring

UNSEEN: Final = object()
"""The value of an expression that cannot be told from the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call by the last part of the function's name, with its arguments as they stand."""

    function: str
    arguments: tuple[ast.expr, ...] = ()
    words: Mapping[str, ast.expr] = field(default_factory=dict[str, ast.expr])

    def word(self, *names: str) -> ast.expr | None:
        """The first of some keyword arguments that is given."""
        return next((self.words[name] for name in names if name in self.words), None)


def call_of(project: Project, owner: ClassSource, node: ast.expr | None) -> Call | None:
    """The call that an expression is; a function of the project stands for what it returns.

    `functools.partial` objects and other callables of the application are not followed.
    """
    for _ in range(4):
        if not isinstance(node, ast.Call):
            return None
        symbol = _aliased(project, project.resolve(owner.module, node.func))
        if isinstance(symbol, Defined) and isinstance(symbol.node, ast.FunctionDef):
            bring(node, owner.module)
            node = inlined(symbol.module, symbol.node, node)
            continue
        name = symbol.qualified if isinstance(symbol, Outside) else ast.unparse(node.func)
        words = {word.arg: word.value for word in node.keywords if word.arg is not None}
        for word in node.keywords:
            if word.arg is None:
                words.update(items_of(word.value))
        return Call(function=name.rpartition(".")[2], arguments=tuple(node.args), words=words)
    return None


def _aliased(project: Project, symbol: Symbol | None) -> Symbol | None:
    """What a symbol is another name for: `_Column = mapped_column`."""
    for _ in range(4):
        if not isinstance(symbol, Defined) or not isinstance(symbol.node, ast.Name | ast.Attribute):
            break
        symbol = project.resolve(symbol.module, symbol.node)
    return symbol


def value_of(project: Project, module: Module, node: ast.expr | None) -> Any:
    """The constant that an expression is, also by the name of one; UNSEEN where it is none."""
    for _ in range(6):
        match node:
            case ast.Constant(value=value):
                return value
            case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int(value))):
                return -value
            case ast.JoinedStr() | ast.BinOp() | ast.Call():
                return _text_made(project, module, node)
            case ast.Name() | ast.Attribute():
                found = _assigned(project, module, node)
                if found is None:
                    return UNSEEN
                module, node = found
            case _:
                return UNSEEN
    return UNSEEN


def _assigned(
    project: Project, module: Module, node: ast.Name | ast.Attribute
) -> tuple[Module, ast.expr] | None:
    """What a name, or an attribute of a class of the project, is assigned, and in which module."""
    symbol = project.resolve(module, node)
    if isinstance(symbol, Defined) and isinstance(symbol.node, ast.expr):
        return symbol.module, symbol.node
    owner = project.resolve(module, node.value) if isinstance(node, ast.Attribute) else None
    if not isinstance(node, ast.Attribute) or not isinstance(owner, Defined):
        return None
    if not isinstance(owner.node, ast.ClassDef) or defines(owner.node, node.attr):
        return None
    value = assigned(owner.node, node.attr)
    return (owner.module, value) if value is not None else None


def _text_made(project: Project, module: Module, node: ast.expr) -> Any:
    """The text that an f-string, a sum of texts or `text.lower()` makes of constants."""
    match node:
        case ast.JoinedStr(values=parts):
            texts = [value_of(project, module, _formatted(part)) for part in parts]
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            texts = [value_of(project, module, part) for part in (left, right)]
        case ast.Call(func=ast.Attribute(value=inner, attr="lower"), args=[]):
            text = value_of(project, module, inner)
            return text.lower() if isinstance(text, str) else UNSEEN
        case _:
            return UNSEEN
    return "".join(texts) if all(isinstance(text, str) for text in texts) else UNSEEN


def _formatted(part: ast.expr) -> ast.expr:
    return part.value if isinstance(part, ast.FormattedValue) else part


def text_of(project: Project, module: Module, node: ast.expr | None) -> str:
    """The text that an expression is; empty where it is none, or cannot be told."""
    value = value_of(project, module, node)
    return value if isinstance(value, str) else ""


def is_true(project: Project, module: Module, node: ast.expr | None) -> bool:
    """Whether an expression is a true constant."""
    value = value_of(project, module, node)
    return value is not UNSEEN and bool(value)


def called_lambda(node: ast.expr | None) -> ast.expr | None:
    """What a lambda returns; any other expression stands for itself."""
    return node.body if isinstance(node, ast.Lambda) else node


def items_of(node: ast.expr | None) -> dict[str, ast.expr]:
    """The entries of a dictionary that are written out: `{...}` or `dict(...)`."""
    match node:
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return {key.value: value for key, value in pairs if _is_text(key)}  # type: ignore[union-attr]
        case ast.Call(func=ast.Name(id="dict"), keywords=words):
            return {word.arg: word.value for word in words if word.arg is not None}
        case _:
            return {}


def _is_text(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
