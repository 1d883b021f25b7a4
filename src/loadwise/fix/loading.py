"""Loading: the call that loaded an object, and what the code shows of its statement."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Final

from loadwise.core.source import Source

STATEMENT_METHODS: Final = frozenset(
    {"exec", "execute", "scalar", "scalars", "stream", "stream_scalars"}
)
"""Methods of a session that take a statement."""
OBJECT_METHODS: Final = frozenset({"get", "get_one", "merge"})
"""Methods of a session that take loader options in `options=`."""
TAKING_OPTIONS: Final = STATEMENT_METHODS | OBJECT_METHODS
SENSITIVE_TO_JOINS: Final = frozenset({"distinct", "group_by", "with_for_update"})
"""What a statement says to which PostgreSQL admits no outer join, or no more columns."""
TAKEN_AS_THEY_ARE: Final = frozenset({"from_statement", "returning"})
"""What a statement says that is executed as it is, without the joins of its options."""


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
        return argument_of(self.call, "statement") if self.method in STATEMENT_METHODS else None

    @property
    def assigned(self) -> list[ast.expr]:
        """What the function binds to the name that is executed, in the order of the source.

        Methods may be called on it there: `scalars(statement.options(...))`.
        """
        function = self.source.function(self.call)
        named = _start_of_chain(self.statement)
        if not isinstance(named, ast.Name) or function is None:
            return []
        bound = [
            node.value
            for node in ast.walk(function)
            if isinstance(node, ast.Assign | ast.AnnAssign)
            and node.value is not None
            and named.id in {name_of(target) for target in _targets(node)}
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
        """Whether an outer join could be an error, as under FOR UPDATE and beside GROUP BY.

        It would be dropped where the statement is taken as it is.
        """
        return self._names(SENSITIVE_TO_JOINS | TAKEN_AS_THEY_ARE)

    def _names(self, names: frozenset[str]) -> bool:
        """Whether the call or its statement has a method or a keyword of such a name."""
        nodes = (self.call, *self.assigned)
        return any(
            isinstance(node, ast.Attribute | ast.keyword) and name in names
            for one in nodes
            for node in ast.walk(one)
            for name in (getattr(node, "attr", None) or getattr(node, "arg", None),)
        )

    @property
    def may_be_of_an_alias(self) -> bool:
        """Whether the statement is made elsewhere, and there are aliases in this file."""
        calls = self.source.nodes(ast.Call)
        return not self.entities and any(name_of(call.func) == "aliased" for call in calls)

    @property
    def entities(self) -> list[list[ast.expr]]:
        """What each select, get or merge says that it loads; empty where it says nothing."""
        if self.method == "merge":
            named = _class_of(self.source, argument_of(self.call, "instance"))
        else:
            named = argument_of(self.call, "entity")
        if self.method in OBJECT_METHODS:
            return [[named]] if named else []
        return [select.args for select in self.selects]

    @property
    def extensible(self) -> ast.expr | None:
        """The expression to put `.options()` behind: the one assignment, else what is executed."""
        assigned = self.assigned
        by_name = isinstance(self.statement, ast.Name)
        if by_name and len(assigned) == 1 and _select_in(assigned[0]) is not None:
            return assigned[0]
        return self.statement

    def root(self, entity: str, *, aliased: bool) -> str:
        """How the code calls the root entity; empty where it does not show, or not always."""
        calls = {self._root(named, entity, aliased=aliased) for named in self.entities}
        return calls.pop() if len(calls) == 1 else ""

    def _root(self, named: list[ast.expr], entity: str, *, aliased: bool) -> str:
        for node in named:
            if not aliased and entity in {name_of(node), _imported_name(self.source, node)}:
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
        if name_of(node.func) == "select":
            return node
        node = node.func.value if isinstance(node.func, ast.Attribute) else None
    return None


def _start_of_chain(node: ast.expr | None) -> ast.expr | None:
    """What the first method of a chain of calls is called on."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        node = node.func.value
    return node


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
            if source.span(node)[:2] == (line, column) and name_of(node.func) in TAKING_OPTIONS
        ),
        None,
    )
    return Loading(source=source, file=file, call=call) if call else None


def argument_of(call: ast.Call, keyword: str) -> ast.expr | None:
    """A call's first positional argument, or the one that is given by keyword."""
    if call.args:
        return call.args[0]
    return next((word.value for word in call.keywords if word.arg == keyword), None)


def is_parameter(source: Source, node: ast.expr) -> bool:
    """Whether an expression is a parameter of the function that it stands in."""
    return isinstance(node, ast.Name) and node.id in {one.arg for one in _parameters(source, node)}


def _parameters(source: Source, node: ast.expr) -> list[ast.arg]:
    """The parameters of the function that an expression stands in."""
    function = source.function(node)
    if function is None:
        return []
    arguments = function.args
    return [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]


def name_of(node: ast.AST) -> str:
    """The last name of an expression: `User` of `User` and of `models.User`."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""
