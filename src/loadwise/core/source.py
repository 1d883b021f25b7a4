"""Source: the text of one Python file, and what stands at a place of it.

Lines and columns count from 1 and are characters, as in `Site`; `ast` counts columns from 0, in
bytes, and the difference is settled here.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Final, NamedTuple, TypeVar, cast

from loadwise.core.lines import lines_of

Node = TypeVar("Node", bound=ast.AST)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


BLOCKS = (ast.stmt, ast.ExceptHandler, ast.match_case)
"""What statements are made of, and what holds them."""


class Span(NamedTuple):
    """From a place up to, not including, another: line, column, end line, end column."""

    line: int
    column: int
    end_line: int
    end_column: int


class Source:
    """A parsed file. `Source.parse` gives None for a text that is not Python."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self.text = text
        self.lines = lines_of(text)
        self.tree = tree

    @classmethod
    def parse(cls, text: str) -> Source | None:
        """The source that `text` is, or None where this Python cannot parse it."""
        with _silence():
            try:
                return cls(text, ast.parse(text, NAME))
            except (SyntaxError, ValueError, RecursionError, MemoryError):
                return None

    @cached_property
    def _all(self) -> list[ast.AST]:
        """Every node, walked once: a file is asked again and again."""
        return list(ast.walk(self.tree))

    @cached_property
    def _kinds(self) -> dict[type[ast.AST], list[ast.AST]]:
        return {}

    @cached_property
    def _expressions(self) -> dict[int, list[ast.expr]]:
        """The expressions by the line that they start on."""
        found: dict[int, list[ast.expr]] = {}
        for node in self._all:
            if isinstance(node, ast.expr):
                found.setdefault(node.lineno, []).append(node)
        return found

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of every node."""
        return {child: parent for parent in self._all for child in ast.iter_child_nodes(parent)}

    @property
    def newline(self) -> str:
        """How lines end here."""
        return "\r\n" if self.lines and self.lines[0].endswith("\r\n") else "\n"

    def line(self, number: int) -> str:
        """The text of a line, without its end; empty outside the file."""
        return self.lines[number - 1].rstrip("\r\n") if 0 < number <= len(self.lines) else ""

    def column(self, line: int, byte: int) -> int:
        """The column, from 1 in characters, of a byte offset as `ast` gives it."""
        text = self.line(line)
        if text.isascii():
            return byte + 1
        return len(text.encode()[:byte].decode(errors="ignore")) + 1

    def span(self, node: ast.expr | ast.stmt) -> Span:
        """Where a node stands."""
        end_line = node.end_lineno or node.lineno
        return Span(
            node.lineno,
            self.column(node.lineno, node.col_offset),
            end_line,
            self.column(end_line, node.end_col_offset or 0),
        )

    def segment(self, node: ast.expr | ast.stmt) -> str:
        """The text of a node."""
        line, column, end_line, end_column = self.span(node)
        lines = self.lines[line - 1 : end_line]
        lines[-1] = lines[-1][: end_column - 1]
        lines[0] = lines[0][column - 1 :]
        return "".join(lines)

    def nodes(self, kind: type[Node]) -> list[Node]:
        """All nodes of a kind, in no order that matters."""
        if kind not in self._kinds:
            self._kinds[kind] = [node for node in self._all if isinstance(node, kind)]
        return cast("list[Node]", self._kinds[kind])

    def expressions_at(self, span: Span) -> list[ast.expr]:
        """The expressions that stand at just this span, the outermost first."""
        starting = self._expressions.get(span.line, [])
        return [node for node in starting if self.span(node) == span]

    def awaited_call(self, line: int, column: int | None = None) -> ast.Call | None:
        """The call that is awaited at a place: `session.get(...)` in `await session.get(...)`.

        Without a column, the one that starts on the line, else the innermost around it; None where
        several start on the line.
        """
        calls = [
            node.value
            for node in self.nodes(ast.Await)
            if isinstance(node.value, ast.Call) and _covers(node, line)
        ]
        if column is not None:
            calls = [call for call in calls if self.span(call)[:2] == (line, column)]
        elif sum(call.lineno == line for call in calls) > 1:
            return None
        return min(
            calls,
            key=lambda call: (call.lineno != line, _extent(call), call.col_offset),
            default=None,
        )

    def above(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around a node, from the inside out."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def statement(self, node: ast.AST) -> ast.stmt | None:
        """The innermost statement that a node is part of; the node itself if it is one."""
        for one in (node, *self.above(node)):
            if isinstance(one, ast.stmt):
                return one
        return None

    def statement_on(self, line: int) -> ast.stmt | None:
        """The innermost statement that covers a line."""
        found: ast.stmt | None = None
        inside: ast.AST | None = self.tree
        while inside is not None:
            parts = (node for node in ast.iter_child_nodes(inside) if isinstance(node, BLOCKS))
            inside = next((node for node in parts if _covers(node, line)), None)
            found = inside if isinstance(inside, ast.stmt) else found
        return found

    def function(self, node: ast.AST) -> Function | None:
        """The innermost function around a node."""
        return next((one for one in self.above(node) if isinstance(one, Function)), None)


NAME: Final = "<loadwise>"
SILENCE: Final[Any] = ("ignore", None, Warning, re.compile(NAME), 0)


@contextmanager
def _silence() -> Generator[None, None, None]:
    """No warning about a text that is parsed again (`"\\d"`), whatever the filters say.

    `warnings.catch_warnings` puts back all filters, also those that another thread has changed
    meanwhile; this takes away no more than it has added.
    """
    filters: list[Any] = cast("list[Any]", warnings.filters)
    filters.insert(0, SILENCE)
    try:
        yield
    finally:
        if SILENCE in filters:
            filters.remove(SILENCE)


def _covers(node: ast.AST, line: int) -> bool:
    if isinstance(node, ast.match_case):
        return node.pattern.lineno <= line <= (node.body[-1].end_lineno or 0)
    first, last = getattr(node, "lineno", 0), getattr(node, "end_lineno", None)
    return bool(first <= line <= (last or first))


def _extent(node: ast.expr | ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno
