"""Source: the text of one Python file, and what stands at a place of it.

Lines and columns count from 1 and are characters, as in `Site`; `ast` counts columns from 0, in
bytes, and the difference is settled here.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple, TypeVar

Node = TypeVar("Node", bound=ast.AST)
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda


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
        self.lines = text.splitlines(keepends=True)
        self.tree = tree

    @classmethod
    def parse(cls, text: str) -> Source | None:
        """The source that `text` is, or None where this Python cannot parse it."""
        try:
            return cls(text, ast.parse(text))
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """The parent of every node."""
        return {
            child: parent
            for parent in ast.walk(self.tree)
            for child in ast.iter_child_nodes(parent)
        }

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
        return ast.get_source_segment(self.text, node) or ""

    def nodes(self, kind: type[Node]) -> Iterator[Node]:
        """All nodes of a kind, in no order that matters."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))

    def expressions_at(self, span: Span) -> list[ast.expr]:
        """The expressions that stand at just this span, the outermost first."""
        return [node for node in self.nodes(ast.expr) if self.span(node) == span]

    def awaited_call(self, line: int, column: int | None = None) -> ast.Call | None:
        """The call that is awaited at a place: `session.get(...)` in `await session.get(...)`.

        Without a column, the first one that starts on the line, else the innermost around it.
        """
        calls = [
            node.value
            for node in self.nodes(ast.Await)
            if isinstance(node.value, ast.Call) and _covers(node, line)
        ]
        if column is not None:
            calls = [call for call in calls if self.span(call)[:2] == (line, column)]
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
        covering = [node for node in self.nodes(ast.stmt) if _covers(node, line)]
        return min(covering, key=lambda node: (_extent(node), node.col_offset), default=None)

    def function(self, node: ast.AST) -> Function | None:
        """The innermost function around a node."""
        return next((one for one in self.above(node) if isinstance(one, Function)), None)


def _covers(node: ast.expr | ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _extent(node: ast.expr | ast.stmt) -> int:
    return (node.end_lineno or node.lineno) - node.lineno
