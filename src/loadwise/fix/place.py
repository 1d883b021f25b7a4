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
TAKING_OPTIONS: Final = STATEMENT_METHODS | OBJECT_METHODS
SENSITIVE_TO_JOINS: Final = frozenset({"distinct", "group_by", "with_for_update"})
"""What a statement says to which PostgreSQL admits no outer join, or no more columns."""


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
    def takes_options(self) -> bool:
        """Whether loader options can be given here, in the statement or in the call."""
        return self.method in TAKING_OPTIONS

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
        bound = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and node.value is not None
            and self.statement.id in {_name(target) for target in _targets(node)}
        ]
        return sorted(bound, key=lambda node: (node.lineno, node.col_offset))

    @property
    def selects(self) -> list[ast.Call]:
        """The `select(...)` at the root of the statement, where it is written out.

        Several where the name that is executed is bound to one or the other.
        """
        before = [node for node in self.assigned if node.lineno <= self.call.lineno]
        found: list[ast.Call] = []
        for node in (self.statement, *reversed(before)):
            if node is not None and (select := _select_in(node)) is not None:
                found.append(select)
                if _always_runs_before(self.source, node, self.call):
                    break
        return found

    @property
    def is_sensitive_to_joins(self) -> bool:
        """Whether an outer join could be an error, as under FOR UPDATE and beside GROUP BY."""
        nodes = (self.call, *self.assigned)
        return any(
            isinstance(node, ast.Attribute | ast.keyword) and name in SENSITIVE_TO_JOINS
            for one in nodes
            for node in ast.walk(one)
            for name in (getattr(node, "attr", None) or getattr(node, "arg", None),)
        )

    @property
    def entities(self) -> list[list[ast.expr]]:
        """What each select, get or merge says that it loads; empty where it says nothing."""
        if self.method == "merge":
            named = _class_of(self.source, _argument(self.call, "instance"))
        else:
            named = _argument(self.call, "entity")
        if self.method in OBJECT_METHODS:
            return [[named]] if named else []
        return [select.args for select in self.selects]

    @property
    def extensible(self) -> ast.expr | None:
        """The expression to put `.options()` behind: the one assignment, else what is executed."""
        assigned = self.assigned
        if len(assigned) == 1 and _select_in(assigned[0]) is not None:
            return assigned[0]
        return self.statement

    def root(self, entity: str, *, aliased: bool) -> str:
        """How the code calls the root entity; empty where it does not show, or not always."""
        calls = {self._root(named, entity, aliased=aliased) for named in self.entities}
        return calls.pop() if len(calls) == 1 else ""

    def _root(self, named: list[ast.expr], entity: str, *, aliased: bool) -> str:
        for node in named:
            if not aliased and entity in {_name(node), _imported_name(self.source, node)}:
                return self.source.segment(node)
        if aliased and len(named) == 1 and isinstance(named[0], ast.Name):
            return named[0].id
        return ""


def _class_of(source: Source, node: ast.expr | None) -> ast.expr | None:
    """What an expression is an instance of, where it is constructed or annotated."""
    if isinstance(node, ast.Call):
        return node.func
    parameters = _parameters(source, node) if node is not None else []
    return next(
        (one.annotation for one in parameters if isinstance(node, ast.Name) and one.arg == node.id),
        None,
    )


def _imported_name(source: Source, node: ast.expr) -> str:
    """The name that a class has where it is imported from, if it is renamed here."""
    imported = (one for one in source.tree.body if isinstance(one, ast.ImportFrom))
    names = (name for one in imported for name in one.names)
    return next(
        (name.name for name in names if isinstance(node, ast.Name) and name.asname == node.id), ""
    )


def _select_in(node: ast.expr | None) -> ast.Call | None:
    """The `select(...)` that a chain of method calls begins with."""
    while isinstance(node, ast.Call):
        if _name(node.func) == "select":
            return node
        node = node.func.value if isinstance(node.func, ast.Attribute) else None
    return None


def _always_runs_before(source: Source, node: ast.expr, call: ast.Call) -> bool:
    """Whether the statement of a node stands in the same block as the call, or in one around it."""
    statement, around = source.statement(node), {call, *source.above(call)}
    parent = source.parents.get(statement) if statement else None
    blocks = (getattr(parent, name, None) for name in ("body", "orelse", "finalbody"))
    return any(block and statement in block and around & {*block} for block in blocks)


def _targets(node: ast.Assign | ast.AnnAssign) -> list[ast.expr]:
    return node.targets if isinstance(node, ast.Assign) else [node.target]


def loading_at(source: Source, file: str, line: int, column: int) -> Loading | None:
    """The call at a place that loads: one that is awaited, or one in a synchronous function.

    None where there is none.
    """
    call = source.awaited_call(line, column) or next(
        (
            node
            for node in source.nodes(ast.Call)
            if source.span(node)[:2] == (line, column) and _name(node.func) in TAKING_OPTIONS
        ),
        None,
    )
    return Loading(source=source, file=file, call=call) if call else None


def add_options(loading: Loading, options: Iterable[str], *, sure: bool) -> Placed | None:
    """Give a loading call more loader options: `options=` of a get, `.options()` of a statement."""
    texts = ", ".join(options)
    if loading.method in OBJECT_METHODS:
        return _options_keyword(loading, texts, sure=sure)
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


def _options_keyword(loading: Loading, texts: str, *, sure: bool) -> Placed:
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
    text = _after(source, call, edit)
    return Placed(text=text, line=call.lineno, edits=(edit,), sure=sure)


def replace_option(
    loading: Loading, attribute: str, old: str, new: tuple[str, ...]
) -> Placed | None:
    """Change the one option for an attribute, and go on from it: `lazyload` to `joinedload`.

    None for one with arguments of its own, which the other function may not take.
    """
    source, found = loading.source, _options_for(loading, attribute, old)
    if len(found) != 1 or found[0].keywords:
        return None
    name, end = source.span(found[0].func), source.span(found[0])
    renamed = Edit(
        file=loading.file,
        start=(name.end_line, name.end_column - len(old)),
        end=(name.end_line, name.end_column),
        text=new[0].partition("(")[0],
    )
    more = "".join(f".{call}" for call in new[1:])
    if more and isinstance(source.parents[found[0]], ast.Attribute):
        return None
    extended = _insertion(loading.file, end.end_line, end.end_column, more)
    edits = (renamed, extended) if more else (renamed,)
    return Placed(text=_after(source, found[0], *edits), line=name.end_line, edits=edits)


def extend_option(
    loading: Loading, attribute: str, function: str, calls: tuple[str, ...]
) -> Placed | None:
    """Go on from the one option for an attribute: `.joinedload(...)` behind its call."""
    source, found = loading.source, _options_for(loading, attribute, function)
    if len(found) != 1 or isinstance(source.parents[found[0]], ast.Attribute):
        return None
    span, more = source.span(found[0]), "".join(f".{call}" for call in calls)
    edit = _insertion(loading.file, span.end_line, span.end_column, more)
    text = f"{source.segment(found[0])}{more}"
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


def _after(source: Source, node: ast.expr, *edits: Edit) -> str:
    """A node's text as it reads after edits inside it, on one line."""
    span = source.span(node)

    def within(place: tuple[int, int]) -> tuple[int, int]:
        line, column = place
        return line - span.line + 1, column - (span.column - 1 if line == span.line else 0)

    moved = [replace(edit, start=within(edit.start), end=within(edit.end)) for edit in edits]
    return " ".join(apply_edits(source.segment(node), tuple(moved)).split())


def _argument(call: ast.Call, keyword: str) -> ast.expr | None:
    """A call's first positional argument, or the one that is given by keyword."""
    if call.args:
        return call.args[0]
    return next((word.value for word in call.keywords if word.arg == keyword), None)


def _is_parameter(source: Source, node: ast.expr) -> bool:
    """Whether an expression is a parameter of the function that it stands in."""
    return isinstance(node, ast.Name) and node.id in {one.arg for one in _parameters(source, node)}


def _parameters(source: Source, node: ast.expr) -> list[ast.arg]:
    """The parameters of the function that an expression stands in."""
    function = source.function(node)
    if function is None:
        return []
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def _name(node: ast.AST) -> str:
    """The last name of an expression: `User` of `User` and of `models.User`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _insertion(file: str, line: int, column: int, text: str) -> Edit:
    return Edit(file=file, start=(line, column), end=(line, column), text=text)
