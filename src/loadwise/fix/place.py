"""Place: where in the source a cure goes, and the edits that put it there.

Each function takes a parsed file and a place in it, and returns the edits with the code as it then
reads, or None where the source is not of a shape that it can be sure of.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from loadwise.core.edit import Edit, apply_edits
from loadwise.core.origin import EntityName
from loadwise.core.source import Function, Source, Span

STATEMENT_METHODS: Final = frozenset(
    {"exec", "execute", "scalar", "scalars", "stream", "stream_scalars"}
)
"""Methods of a session that take a statement."""
OBJECT_METHODS: Final = frozenset({"get", "get_one", "merge"})
"""Methods of a session that take loader options in `options=`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """Edits, the code as it reads after them, and the line to look at.

    `sure` says that the code itself shows that the edit fits.
    """

    text: str
    line: int
    edits: tuple[Edit, ...]
    sure: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Loading:
    """A call that loads: a method of a session, awaited, and what it is given."""

    source: Source
    file: str
    call: ast.Call

    @property
    def method(self) -> str:
        """The name of the method; empty where the call is not one."""
        return self.call.func.attr if isinstance(self.call.func, ast.Attribute) else ""

    @property
    def statement(self) -> ast.expr | None:
        """The statement that is executed, as an expression."""
        return _argument(self.call, "statement") if self.method in STATEMENT_METHODS else None

    @property
    def assigned(self) -> list[ast.expr]:
        """What the function binds to the name that is executed, in the order of the source."""
        function = self.source.function(self.call)
        if not isinstance(self.statement, ast.Name) or function is None:
            return []
        return [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and node.value is not None
            and self.statement.id in {_name(target) for target in _targets(node)}
        ]

    @property
    def select(self) -> ast.Call | None:
        """The `select(...)` at the root of the statement, where it is written out."""
        for node in (self.statement, *self.assigned):
            if node is not None and (found := _select_in(node)) is not None:
                return found
        return None

    @property
    def extensible(self) -> ast.expr | None:
        """The expression to put `.options()` behind: the one assignment, else what is executed."""
        assigned = self.assigned
        if len(assigned) == 1 and _select_in(assigned[0]) is not None:
            return assigned[0]
        return self.statement

    def root(self, entity: str, *, aliased: bool) -> str:
        """How the code calls the root entity; empty where it does not show."""
        if self.method in OBJECT_METHODS:
            named = [_argument(self.call, "entity")]
        else:
            named = list(self.select.args) if self.select else []
        for node in named:
            if node is not None and not aliased and _name(node) == entity:
                return self.source.segment(node)
        if aliased and len(named) == 1 and isinstance(named[0], ast.Name):
            return named[0].id
        return ""


def _select_in(node: ast.expr | None) -> ast.Call | None:
    """The `select(...)` that a chain of method calls begins with."""
    while isinstance(node, ast.Call):
        if _name(node.func) == "select":
            return node
        node = node.func.value if isinstance(node.func, ast.Attribute) else None
    return None


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def loading_at(source: Source, file: str, line: int, column: int) -> Loading | None:
    """The awaited call at a place; None where there is none."""
    call = source.awaited_call(line, column)
    return Loading(source=source, file=file, call=call) if call else None


def add_options(loading: Loading, options: Iterable[str], *, sure: bool) -> Placed | None:
    """Give a loading call more loader options: `options=` of a get, `.options()` of a statement."""
    texts = ", ".join(options)
    if loading.method in OBJECT_METHODS:
        return _options_keyword(loading, texts)
    statement = loading.extensible
    if statement is None or _is_parameter(loading.source, statement):
        return None
    source, span = loading.source, loading.source.span(statement)
    option = f".options({texts})"
    if not isinstance(statement, ast.Call | ast.Name | ast.Attribute):
        return None
    whole = source.segment(statement) + option
    return Placed(
        text=option if "\n" in whole else whole,
        line=span.end_line,
        edits=(_insertion(loading.file, span.end_line, span.end_column, option),),
        sure=sure,
    )


def _options_keyword(loading: Loading, texts: str) -> Placed | None:
    source, call = loading.source, loading.call
    given = next((word.value for word in call.keywords if word.arg == "options"), None)
    if given is None:
        text = f"options=[{texts}]"
        edit = _before_closing_bracket(source, loading.file, call, text)
    elif isinstance(given, ast.List | ast.Tuple) and given.elts:
        span = source.span(given.elts[-1])
        edit = _insertion(loading.file, span.end_line, span.end_column, f", {texts}")
    else:
        span = source.span(given)
        edit = Edit(
            file=loading.file,
            start=(span.line, span.column),
            end=(span.end_line, span.end_column),
            text=f"[*{source.segment(given)}, {texts}]",
        )
    return Placed(text=_after(source, call, edit), line=call.lineno, edits=(edit,))


def replace_option(loading: Loading, attribute: str, old: str, new: str) -> Placed | None:
    """Change the function of the one option for an attribute: `lazyload` to `joinedload`."""
    source, found = loading.source, _options_for(loading, attribute, old)
    if len(found) != 1:
        return None
    span = source.span(found[0].func)
    start = span.end_column - len(old)
    edit = Edit(
        file=loading.file,
        start=(span.end_line, start),
        end=(span.end_line, span.end_column),
        text=new,
    )
    return Placed(text=_after(source, found[0], edit), line=span.end_line, edits=(edit,))


def extend_option(loading: Loading, attribute: str, function: str, more: str) -> Placed | None:
    """Go on from the one option for an attribute: `.joinedload(...)` behind its call."""
    source, found = loading.source, _options_for(loading, attribute, function)
    if len(found) != 1 or isinstance(source.parents[found[0]], ast.Attribute):
        return None
    span = source.span(found[0])
    edit = _insertion(loading.file, span.end_line, span.end_column, f".{more}")
    text = f"{source.segment(found[0])}.{more}"
    return Placed(text=" ".join(text.split()), line=span.end_line, edits=(edit,))


def _options_for(loading: Loading, attribute: str, function: str) -> list[ast.Call]:
    """The calls of an option function for an attribute, in the function that loads."""
    within = loading.source.function(loading.call) or loading.source.tree
    return [
        node
        for node in ast.walk(within)
        if isinstance(node, ast.Call)
        and _name(node.func) == function
        and any(_name(argument) == attribute for argument in node.args)
    ]


def add_keyword(source: Source, file: str, line: int, entity: str, keyword: str) -> Placed | None:
    """Give the construction of a new object one more keyword argument.

    The object is the one added on `line`: constructed there, or bound to the name that is added.
    """
    statement = source.statement_on(line)
    if statement is None:
        return None
    built = [node for node in ast.walk(statement) if _constructs(node, entity)]
    if not built:
        added = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        built = list(_constructions(source, statement, entity, added))
    if len(built) != 1 or not isinstance(built[0], ast.Call):
        return None
    edit = _before_closing_bracket(source, file, built[0], keyword)
    return Placed(text=_after(source, built[0], edit), line=built[0].lineno, edits=(edit,))


def _constructions(
    source: Source, statement: ast.stmt, entity: str, names: set[str]
) -> Iterator[ast.AST]:
    within = source.function(statement) or source.tree
    for node in ast.walk(within):
        if isinstance(node, ast.Assign) and node.lineno < statement.lineno:
            bound = {target.id for target in node.targets if isinstance(target, ast.Name)}
            if bound & names and _constructs(node.value, entity):
                yield node.value


def _constructs(node: ast.AST, entity: str) -> bool:
    return isinstance(node, ast.Call) and _name(node.func) == entity


def insert_before(source: Source, file: str, line: int, code: str, name: str) -> Placed | None:
    """Put a line of code before the statement on `line`, in which `name` is bound already.

    None where no line can stand there: beside another statement, in an `elif` or a loop's
    condition, or where `name` is bound by the statement itself.
    """
    statement = source.statement_on(line)
    if statement is None or isinstance(statement, Function | ast.ClassDef | ast.While):
        return None
    text = source.line(statement.lineno)
    column = source.column(statement.lineno, statement.col_offset)
    indent = text[: column - 1]
    if indent.strip() or text[column - 1 :].startswith("elif") or _binds(statement, name):
        return None
    edit = _insertion(file, statement.lineno, 1, f"{indent}{code}\n")
    return Placed(text=code, line=statement.lineno, edits=(edit,))


def _binds(statement: ast.stmt, name: str) -> bool:
    return any(
        isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
        for node in ast.walk(statement)
    )


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
            isinstance(node, ast.If) and _name(node.test) != "TYPE_CHECKING"
        ):
            yield from _bound(node.body)


def _import(source: Source, file: str, module: str, names: list[str]) -> Edit:
    """Add names to the module's import of `module`, or a line behind its last import."""
    last = 0
    for node in source.tree.body:
        if isinstance(node, ast.ImportFrom) and node.module == module and not node.level:
            span = source.span(node)
            if span.line == span.end_line and not source.line(span.line).rstrip().endswith(")"):
                added = "".join(f", {name}" for name in names)
                return _insertion(file, span.line, span.end_column, added)
        if isinstance(node, ast.Import | ast.ImportFrom) or (not last and _is_docstring(node)):
            last = node.end_lineno or node.lineno
    line = f"from {module} import {', '.join(sorted(names))}\n"
    return _insertion(file, last + 1, 1, line)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _before_closing_bracket(source: Source, file: str, call: ast.Call, argument: str) -> Edit:
    """Put one more argument at the end of a call, before a trailing comma if there is one."""
    end = source.span(call)
    given = [*call.args, *(word.value for word in call.keywords)]
    if not given:
        return _insertion(file, end.end_line, end.end_column - 1, argument)
    last = max((source.span(node) for node in given), key=lambda one: one[2:])
    if last.end_line < end.end_line or _between(source, last, end) in {")", ",)"}:
        return _insertion(file, last.end_line, last.end_column, f", {argument}")
    return _insertion(file, end.end_line, end.end_column - 1, f", {argument}")


def _between(source: Source, inner: Span, outer: Span) -> str:
    """What stands on one line between the ends of two nodes, without spaces."""
    line = source.line(outer.end_line)
    return line[inner.end_column - 1 : outer.end_column - 1].replace(" ", "")


def _after(source: Source, node: ast.expr, edit: Edit) -> str:
    """A node's text as it reads after an edit inside it, on one line."""
    span = source.span(node)

    def within(place: tuple[int, int]) -> tuple[int, int]:
        line, column = place
        return line - span.line + 1, column - (span.column - 1 if line == span.line else 0)

    moved = replace(edit, start=within(edit.start), end=within(edit.end))
    return " ".join(apply_edits(source.segment(node), (moved,)).split())


def _argument(call: ast.Call, keyword: str) -> ast.expr | None:
    """A call's first positional argument, or the one that is given by keyword."""
    if call.args:
        return call.args[0]
    return next((word.value for word in call.keywords if word.arg == keyword), None)


def _is_parameter(source: Source, node: ast.expr) -> bool:
    """Whether an expression is a parameter of the function that it stands in."""
    function = source.function(node)
    if not isinstance(node, ast.Name) or function is None:
        return False
    arguments = function.args
    names = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return node.id in {argument.arg for argument in names}


def _name(node: ast.AST) -> str:
    """The last name of an expression: `User` of `User` and of `models.User`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _insertion(file: str, line: int, column: int, text: str) -> Edit:
    return Edit(file=file, start=(line, column), end=(line, column), text=text)
