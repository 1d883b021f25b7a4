"""Awaited: where an expression of the source can be awaited, and the edits that do so."""

from __future__ import annotations

import ast
from typing import Final

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


def call_at(source: Source, site: Site, name: str) -> ast.Call | None:
    """The call of a function that a site marks.

    Of one over several lines, the first line is marked. Python 3.10 does not know the columns, so
    that the whole line is marked: then it is the one call of that name that begins there, None
    where there are several.
    """
    beginning: list[ast.Call] = []
    for node in source.nodes(ast.Call):
        span = source.span(node)
        ends = span.end_line > site.line or span.end_column == site.end_column
        if (span.line, span.column) == (site.line, site.column) and ends:
            return node
        if span.line == site.line and isinstance(node.func, ast.Attribute):
            beginning += [node] if node.func.attr == name else []
    text = source.line(site.line)
    whole = (len(text) - len(text.lstrip()) + 1, len(text.rstrip()) + 1)
    if len(beginning) == 1 and (site.column, site.end_column) == whole:
        return beginning[0]
    return None


def awaited_form(source: Source, call: ast.Call) -> str:
    """The awaited form of a call on a `sync_session` or `sync_connection`; empty where it has none.

    A method that the asynchronous class has too is awaited, all else is run in its `run_sync()`.
    """
    inner = next(
        (
            node
            for node in ast.walk(call.func)
            if isinstance(node, ast.Attribute) and node.attr in AWAITED
        ),
        None,
    )
    if inner is None or any(isinstance(node, NOT_IN_LAMBDA) for node in ast.walk(call)):
        return ""
    owner, whole = source.segment(inner.value), source.segment(call)
    behind = whole.removeprefix(source.segment(inner))
    if behind == whole or "\n" in whole:
        return ""
    direct = isinstance(call.func, ast.Attribute) and call.func.value is inner
    if direct and isinstance(call.func, ast.Attribute) and call.func.attr in AWAITED[inner.attr]:
        return f"await {owner}{behind}"
    return f"await {owner}.run_sync(lambda sync: sync{behind})"


NOT_IN_LAMBDA: Final = (ast.Await, ast.Yield, ast.YieldFrom, ast.NamedExpr)
AWAITED: Final = {
    "sync_session": frozenset(
        {"close", "commit", "connection", "delete", "execute", "flush", "get", "get_one"}
        | {"invalidate", "merge", "refresh", "reset", "rollback", "scalar", "scalars"}
    ),
    "sync_connection": frozenset(
        {"close", "commit", "exec_driver_sql", "execute", "rollback", "scalar", "scalars"}
    ),
}
"""The attribute that leads to the synchronous half, and what can be awaited on the other one."""


def queried(source: Source, site: Site, name: str) -> tuple[ast.expr | None, str, str]:
    """Where a dynamic relationship runs as a query: the expression, the query, the method.

    It is iterated (`for post in user.posts`), as if it said `all()`, or asked by a method of the
    query (`user.posts.filter_by(title="One").first()`) which a result has, too.
    """
    iterated = attribute_at(source, site, name)
    if iterated is not None:
        return iterated, source.segment(iterated), "all"
    for call in (
        *(call_at(source, site, method) for method in RESULTS),
        _behind(source, site, name),
    ):
        method = call.func.attr if call and isinstance(call.func, ast.Attribute) else ""
        if call and not call.args and not call.keywords and method in RESULTS:
            return call, source.segment(call).rpartition(".")[0].rstrip(), method
    return NO_QUERY


def _behind(source: Source, site: Site, name: str) -> ast.Call | None:
    """The last call of a chain that begins with the attribute which a site marks.

    On Python 3.10 the attribute is known, and not which call of its line runs.
    """
    node = next(
        (
            one
            for one in source.nodes(ast.Attribute)
            if one.attr == name and source.span(one)[2:] == (site.line, site.end_column)
        ),
        None,
    )
    last: ast.AST | None = node
    while isinstance(
        parent := source.parents.get(last) if last else None, ast.Attribute | ast.Call
    ):
        if isinstance(parent, ast.Call) and parent.func is not last:
            break
        last = parent
    return last if isinstance(last, ast.Call) else None


COUNT: Final = "count"
RESULTS: Final = ("all", "first", "one", "one_or_none", COUNT)
"""Methods that a query and a result have alike; a result is counted by its length."""
NO_QUERY: Final = (None, "", "")


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
