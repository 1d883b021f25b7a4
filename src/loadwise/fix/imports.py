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
            module = spelled(source, file, entity.module)
            wanted.setdefault(module, []).append(entity.name)
    return tuple(
        edit
        for module, names in sorted(wanted.items())
        for edit in _import(source, file, module, names)
    )


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


def _import(source: Source, file: str, module: str, names: list[str]) -> Iterator[Edit]:
    """Add names to the module's import of `module`, or a line beside its other imports."""
    for node in source.tree.body:
        if (
            isinstance(node, ast.ImportFrom)
            and _written(node) == module
            and _takes_more(source, node)
        ):
            yield from _beside(source, file, node.names, names)
            return
    line = f"from {module} import {', '.join(sorted(names, key=by_kind))}{source.newline}"
    place = _place(source, module)
    if place > 1 and source.line(place - 1) == source.lines[place - 2]:  # the last line has no end
        line = source.newline + line
    yield insertion(file, place, 1, line)


def spelled(source: Source, file: str, module: str) -> str:
    """A module of the project as this file's imports call it: `.models`, `app.models`.

    Its dotted name begins with folders that need not be packages, as `src` is none: it is cut
    where another import begins.
    """
    imported = [node for node in source.tree.body if isinstance(node, ast.ImportFrom)]
    there = [_written(node) for node in imported if _is_same(_dotted(node, file), module)]
    if there:
        return there[0]
    parts = module.split(".")
    absolute = [node.module or "" for node in imported if not node.level]
    absolute += [
        one.name for node in source.tree.body if isinstance(node, ast.Import) for one in node.names
    ]
    packages = {one.partition(".")[0] for one in absolute}
    start = next((place for place, part in enumerate(parts) if part in packages), None)
    if start is None and any(node.level for node in imported):
        return _relative(file, module)
    return ".".join(parts[start or 0 :])


def _is_same(one: str, other: str) -> bool:
    """Whether two dotted names are of one module, of which one may begin further outside."""
    longer, shorter = (one, other) if len(one) > len(other) else (other, one)
    return bool(shorter) and (longer == shorter or longer.endswith(f".{shorter}"))


def _written(node: ast.ImportFrom) -> str:
    """The module of an import, with its dots."""
    return "." * node.level + (node.module or "")


def _dotted(node: ast.ImportFrom, file: str) -> str:
    """The module of an import from the project's root on, where it is relative."""
    if not node.level:
        return node.module or ""
    folders = file.split("/")[: -node.level]
    return ".".join([*folders, *filter(None, [node.module])])


def _relative(file: str, module: str) -> str:
    """A module as seen from a file of the same project; as it is where they share no folder."""
    folders, parts = file.split("/")[:-1], module.split(".")
    shared = 0
    while shared < min(len(folders), len(parts) - 1) and folders[shared] == parts[shared]:
        shared += 1
    if not shared:
        return module
    return "." * (len(folders) - shared + 1) + ".".join(parts[shared:])


def _takes_more(source: Source, node: ast.ImportFrom) -> bool:
    """Whether names can be put among those of an import: on one line, or in brackets."""
    span = source.span(node)
    in_brackets = source.segment(node).endswith(")")
    return node.names[0].name != "*" and (span.line == span.end_line or in_brackets)


def _beside(source: Source, file: str, there: list[ast.alias], names: list[str]) -> Iterator[Edit]:
    """Put names among those that are imported: in their order if they have one, else at the end."""
    known = [one.name for one in there]
    order = next((key for key in (by_kind, by_letter) if known == sorted(known, key=key)), None)
    ahead: dict[int, list[str]] = {}
    for name in sorted(names, key=order or by_kind):
        later = (i for i, one in enumerate(known) if order and order(one) > order(name))
        ahead.setdefault(next(later, len(there)), []).append(name)
    for place, several in ahead.items():
        one = there[min(place, len(there) - 1)]
        line, column = one.lineno, source.column(one.lineno, one.col_offset)
        indent = source.line(line)[: column - 1]
        gap = " " if indent.strip() else source.newline + indent
        if place < len(there):
            text = "".join(f"{name},{gap}" for name in several)
        else:
            line = one.end_lineno or line
            column = source.column(line, one.end_col_offset or 0)
            text = "".join(f",{gap}{name}" for name in several)
        yield insertion(file, line, column, text)


def by_kind(name: str) -> tuple[int, str]:
    """What names of one import are sorted by: constants, classes, the rest."""
    kind = 0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2
    return kind, name


def by_letter(name: str) -> tuple[int, str]:
    """Likewise, where the case does not matter."""
    return 0, name.lower()


def _place(source: Source, module: str) -> int:
    """The line to put an import at: beside those of its package, else behind the last one."""
    above = list(_imports_above(source.tree.body))
    package = module.partition(".")[0]
    beside = [node for node in above if _module(node)[1].partition(".")[0] == package]
    if module.startswith("."):
        beside = [node for node in above if isinstance(node, ast.ImportFrom) and node.level]
    before = [node for node in beside if _module(node) <= (True, module)]
    if beside and not before:
        return beside[0].lineno
    docstring = [node for node in source.tree.body[:1] if _is_docstring(node)]
    last = next(iter((*before[-1:], *above[-1:], *docstring)), None)
    return 1 + ((last.end_lineno or last.lineno) if last else _comments_above(source))


def _imports_above(body: Iterable[ast.stmt]) -> Iterator[ast.Import | ast.ImportFrom]:
    """The imports that a module begins with; the first ones behind code if it has no others."""
    found = False
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found = True
            yield node
        elif found and not isinstance(node, ast.If | ast.Try | ast.Expr):
            return


def _module(node: ast.Import | ast.ImportFrom) -> tuple[bool, str]:
    """Whether an import takes names from a module, and which, with its dots."""
    if isinstance(node, ast.Import):
        return False, node.names[0].name
    return True, _written(node)


def _comments_above(source: Source) -> int:
    """How many lines a file begins with that may have to stay there: `#!`, the encoding."""
    code = (number for number, line in enumerate(source.lines) if not line.startswith("#"))
    return next(code, len(source.lines))


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
