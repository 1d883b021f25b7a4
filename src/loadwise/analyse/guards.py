"""Guards: what a `try` is there for, and what code asks of an object before it reads it."""

from __future__ import annotations

import ast
from typing import Final

RAISED: Final = frozenset({"MissingGreenlet", "DetachedInstanceError"})
"""What a read raises that cannot load; who names it has thought of it."""
BROAD: Final = frozenset({"Exception", "BaseException"})


def is_guard(node: ast.Try) -> bool:
    """Whether a `try` is there for reads that cannot load: it names their error, or is one read."""
    caught = {name for handler in node.handlers for name in _caught(handler.type)}
    if caught & RAISED:
        return True
    return bool(caught & BROAD) and len(node.body) == 1 and _is_read(node.body[0])


def _caught(node: ast.expr | None) -> list[str]:
    """The names of what a handler catches."""
    match node:
        case None:
            return ["BaseException"]
        case ast.Tuple(elts=several):
            return [name for one in several for name in _caught(one)]
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return [name]
        case _:
            return []


def _is_read(node: ast.stmt) -> bool:
    """Whether a statement does nothing but read an attribute."""
    value = node.value if isinstance(node, ast.Expr | ast.Assign | ast.Return) else None
    match value:
        case ast.Attribute() | ast.Call(func=ast.Name(id="getattr")):
            return True
        case _:
            return False


OF_DATABASE: Final = frozenset(
    {"IntegrityError", "OperationalError", "DBAPIError", "DataError", "StaleDataError"}
)
SETTLED: Final = frozenset({"commit", "flush", "refresh", "rollback"})
"""Methods of a session that have done nothing where they raise."""


def failures(node: ast.Try) -> list[tuple[bool, bool]]:
    """Of each statement that is tried, whether it may end it: before it began, and when it is over.

    What a database raises comes from an `await`, and not from a refresh.
    """
    caught = {name for handler in node.handlers for name in _caught(handler.type)}
    of_database = caught <= OF_DATABASE
    return [
        (True, not _is_settled(one)) if not of_database or _asks_database(one) else (False, False)
        for one in node.body
    ]


def _is_settled(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and _awaited(node.value) in SETTLED


def _asks_database(node: ast.stmt) -> bool:
    if isinstance(node, ast.Try) and any(
        name in BROAD for handler in node.handlers for name in _caught(handler.type)
    ):
        return False
    found = {_awaited(one) for one in ast.walk(node) if isinstance(one, ast.Await)}
    loops = any(isinstance(one, ast.AsyncFor | ast.AsyncWith) for one in ast.walk(node))
    return loops or bool(found - {"refresh"})


def _awaited(node: ast.expr) -> str:
    """The name of the method that is awaited."""
    match node:
        case ast.Await(value=ast.Call(func=ast.Attribute(attr=name))):
            return name
        case _:
            return ""


def asked_for(test: ast.expr) -> tuple[ast.expr, str, bool] | None:
    """The object and the name that a test asks for among what is loaded, and the answer for yes.

    `"orders" in user.__dict__` and `"orders" not in inspect(user).unloaded` do.
    """
    match test:
        case ast.Compare(
            left=ast.Constant(value=str() as name),
            ops=[ast.In() | ast.NotIn() as op],
            comparators=[ast.Attribute(value=owner, attr="__dict__" | "unloaded" as where)],
        ):
            is_in = isinstance(op, ast.In)
        case _:
            return None
    match owner:
        case ast.Call(args=[inner]) if where == "unloaded":
            return inner, name, not is_in
        case _:
            return (owner, name, is_in) if where == "__dict__" else None
