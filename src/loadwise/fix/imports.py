"""Imports: the edits that bind, in a module, the names that a cure uses."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from loadwise.core.edit import Edit, insertion
from loadwise.core.origin import EntityName
from loadwise.core.source import Source
from loadwise.fix.loading import name_of


def imports(
    source: Source, file: str, functions: Iterable[str], entities: Iterable[EntityName]
) -> tuple[Edit, ...]:
    """The edits that import what is not bound in a module yet."""
    bound = set(_bound(source.tree.body))
    wanted: dict[str, list[str]] = {}
    for name in functions:
        if name not in bound:
            wanted.setdefault("sqlalchemy.orm", []).append(name)
    for entity in entities:
        if entity.name not in bound and entity.module:
            wanted.setdefault(entity.module, []).append(entity.name)
    return tuple(_import(source, file, module, names) for module, names in sorted(wanted.items()))


def _bound(body: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that a module binds when it is imported."""
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from ((name.asname or name.name).partition(".")[0] for name in node.names)
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Assign):
            yield from (target.id for target in node.targets if isinstance(target, ast.Name))
        elif isinstance(node, ast.Try) or (
            isinstance(node, ast.If) and name_of(node.test) != "TYPE_CHECKING"
        ):
            yield from _bound(node.body)


def _import(source: Source, file: str, module: str, names: list[str]) -> Edit:
    """Add names to the module's import of `module`, or a line behind its last import."""
    last = 0
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            span = source.span(node)
            in_brackets = source.segment(node).endswith(")")
            if span.line == span.end_line and not in_brackets and node.names[0].name != "*":
                added = "".join(f", {name}" for name in names)
                return insertion(file, span.line, span.end_column, added)
        if isinstance(node, ast.Import | ast.ImportFrom) or (not last and _is_docstring(node)):
            last = node.end_lineno or node.lineno
    last = last or _comments_above(source)
    line = f"from {module} import {', '.join(sorted(names))}{source.newline}"
    if last and source.line(last) == source.lines[last - 1]:  # the file ends without a line end
        line = source.newline + line
    return insertion(file, last + 1, 1, line)


def _comments_above(source: Source) -> int:
    """How many lines a file begins with that may have to stay there: `#!`, the encoding."""
    code = (number for number, line in enumerate(source.lines) if not line.startswith("#"))
    return next(code, len(source.lines))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
