"""Awaited: where an expression of the source can be awaited, and the edits that do so."""

from __future__ import annotations

import ast

from loadwise.core.edit import Edit
from loadwise.core.site import Site
from loadwise.core.source import Source
from loadwise.fix.place import Placed


def attribute_at(source: Source, site: Site, name: str) -> ast.Attribute | None:
    """The read of an attribute, for the value that it is, whose name a site marks."""
    for node in source.nodes(ast.Attribute):
        span = source.span(node)
        place = (span.end_line, span.end_column - len(name))
        if node.attr == name and place == (site.line, site.column):
            parent = source.parents.get(node)
            return None if isinstance(parent, ast.Attribute) else node
    return None


def call_at(source: Source, site: Site) -> ast.Call | None:
    """The outermost call that begins where a site does, and ends where its mark ends."""
    found = [
        node
        for node in source.nodes(ast.Call)
        if source.span(node)[:2] == (site.line, site.column)
        and (
            source.span(node)[2:] == (site.line, site.end_column)
            or source.span(node)[2] > site.line
        )
    ]
    return found[0] if found else None


def can_await(source: Source, node: ast.expr) -> bool:
    """Whether `await` may stand where an expression is: in an async function, in no lambda."""
    for above in source.above(node):
        if isinstance(above, ast.AsyncFunctionDef):
            return True
        if isinstance(above, ast.FunctionDef | ast.Lambda | ast.GeneratorExp | ast.ClassDef):
            return False
    return False


def replace_expression(source: Source, file: str, node: ast.expr, text: str) -> Placed:
    """Put other code in the place of an expression, in brackets where it goes on behind it."""
    parent = source.parents.get(node)
    goes_on = isinstance(parent, ast.Attribute | ast.Subscript) and parent.value is node
    if text.startswith("await ") and (goes_on or isinstance(parent, ast.BinOp | ast.Starred)):
        text = f"({text})"
    span = source.span(node)
    edit = Edit(
        file=file,
        start=(span.line, span.column),
        end=(span.end_line, span.end_column),
        text=text,
    )
    return Placed(text=text, line=span.line, edits=(edit,))
