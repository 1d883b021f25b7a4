"""Clauses: the `except` clause, or the `suppress()`, in which an error ended, and was forgotten.

What is done with an error is for the code to say: one that is raised again, asserted, awaited a
cure for, or handed on is not forgotten, and logging it is no more than a note.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Mapping
from types import CodeType, ModuleType
from typing import Any, Final

from loadwise.core.source import Source, Span
from loadwise.observe import sites

LOGGING: Final = frozenset(
    {"critical", "debug", "error", "exception", "info", "log", "print", "warn", "warning"}
)
"""Calls that an error may be handed to, and be forgotten all the same."""
FAILING: Final = frozenset({"abort", "exit", "fail"})
"""Calls that end what they stand in."""
EXPECTING: Final = ("raises", "assertRaises")
"""How the names of calls begin that a test expects an error with."""
CLOSING: Final = frozenset({"aclose", "close", "rollback"})
"""What is awaited to tidy up, and is no other way to the value."""


def clause(
    source: Source, code: CodeType, line: int, names: Mapping[str, Any], error: type[BaseException]
) -> Span | None:
    """Where an error that came to a line of a function ended; None where that was no forgetting.

    `names` are the globals of the function.
    """
    for node in _around(source, code, line):
        if not isinstance(node, ast.Try):
            found = _with(node, names, error)
            if found is not None:
                return source.span(found) if _name(found) == "suppress" else None
            continue
        for handler in node.handlers:
            catches = _catches(handler.type, names, error)
            if catches is None:
                return None
            if catches:
                return _head(source, handler) if _forgets(source, node, handler) else None
    return None


def _around(source: Source, code: CodeType, line: int) -> list[ast.Try | ast.With | ast.AsyncWith]:
    """The blocks of a function in whose body a line stands, from the inside out."""
    nodes: list[ast.Try | ast.With | ast.AsyncWith] = [
        *source.nodes(ast.Try),
        *source.nodes(ast.With),
        *source.nodes(ast.AsyncWith),
    ]
    around = [
        node
        for node in nodes
        if node.body[0].lineno <= line <= (node.body[-1].end_lineno or line)
        and _is_of(source, node, code)
    ]
    return sorted(around, key=lambda node: -node.lineno)


def _is_of(source: Source, node: ast.AST, code: CodeType) -> bool:
    """Whether a node stands in the function that code is the body of."""
    function = source.function(node)
    if function is None or isinstance(function, ast.Lambda):
        return function is None and code.co_name == "<module>"
    lines = {function.lineno, *(decorator.lineno for decorator in function.decorator_list)}
    return function.name == code.co_name and code.co_firstlineno in lines


def _with(
    node: ast.With | ast.AsyncWith, names: Mapping[str, Any], error: type[BaseException]
) -> ast.Call | None:
    """The call of a `with` statement that takes the error as one that it waited for."""
    for item in node.items:
        call = item.context_expr
        if isinstance(call, ast.Call):
            expects = _name(call).startswith(EXPECTING)
            if expects or any(_catches(one, names, error) for one in call.args):
                return call
    return None


def _catches(
    node: ast.expr | None, names: Mapping[str, Any], error: type[BaseException]
) -> bool | None:
    """Whether a clause catches an error; None where its classes cannot be told."""
    if node is None:
        return True
    if isinstance(node, ast.Tuple):
        each = [_catches(one, names, error) for one in node.elts]
        return True if True in each else None if None in each else False
    found = _value(node, names)
    return issubclass(error, found) if isinstance(found, type) else None


def _value(node: ast.expr, names: Mapping[str, Any]) -> Any:
    """What a dotted name stands for, in a module; None where that cannot be told."""
    if isinstance(node, ast.Name):
        return names.get(node.id, vars(builtins).get(node.id))
    if isinstance(node, ast.Attribute):
        owner = _value(node.value, names)
        return sites.attributes(owner).get(node.attr) if isinstance(owner, ModuleType) else None
    return None


def _head(source: Source, handler: ast.ExceptHandler) -> Span:
    """The head of a clause, without its colon."""
    start = source.column(handler.lineno, handler.col_offset)
    text = source.line(handler.lineno)
    end = len(text.partition("#")[0].rstrip().rstrip(":")) + 1
    if handler.type is not None and not handler.name:
        last = source.span(handler.type)
        end = last.end_column if last.end_line == handler.lineno else end
    return Span(handler.lineno, start, handler.lineno, end)


def _forgets(source: Source, around: ast.Try, handler: ast.ExceptHandler) -> bool:
    """Whether a clause goes on as if nothing had happened."""
    inside = [node for statement in handler.body for node in ast.walk(statement)]
    further = (*around.orelse, *_next(source, around))
    beside = [node for statement in further for node in ast.walk(statement)]
    if any(map(_fails, (*inside, *beside))) or any(map(_tries_otherwise, inside)):
        return False
    if any(isinstance(node, ast.Call) and _name(node) in FAILING for node in _body(around)):
        return False  # a test that fails where nothing is raised
    uses = [node for node in inside if isinstance(node, ast.Name) and node.id == handler.name]
    function = source.function(around)
    is_test = function is not None and getattr(function, "name", "").startswith("test")
    return not is_test and all(_is_logged(source, node) for node in uses)


def _next(source: Source, around: ast.Try) -> list[ast.stmt]:
    """The statement behind a `try`."""
    outside = source.parents.get(around)
    for name in ("body", "orelse", "finalbody"):
        statements: list[ast.stmt] = getattr(outside, name, [])
        if around in statements:
            place = statements.index(around) + 1
            return statements[place : place + 1]
    return []


def _body(around: ast.Try) -> Iterator[ast.AST]:
    return (node for statement in around.body for node in ast.walk(statement))


def _fails(node: ast.AST) -> bool:
    """Whether a node lets something fail."""
    if isinstance(node, ast.Call):
        return _name(node) in FAILING
    return isinstance(node, ast.Raise | ast.Assert)


def _tries_otherwise(node: ast.AST) -> bool:
    """Whether a node awaits what may give the value."""
    if not isinstance(node, ast.Await):
        return False
    return not isinstance(node.value, ast.Call) or _name(node.value) not in CLOSING


def _is_logged(source: Source, node: ast.AST) -> bool:
    """Whether a node is part of a message for a log."""
    calls = (one for one in source.above(node) if isinstance(one, ast.Call))
    return any(_name(call) in LOGGING for call in calls)


def _name(call: ast.Call) -> str:
    """The name of what is called, without what it is an attribute of."""
    return getattr(call.func, "attr", getattr(call.func, "id", ""))
