"""Source columns: what the definition of a column says in the source."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from loadwise.core.graph import Column, Generated
from loadwise.schema.attributes import Annotation, Definition, annotation_of
from loadwise.schema.calls import UNSEEN, Call, call_of, is_true, items_of, text_of, value_of
from loadwise.schema.classes import ClassSource
from loadwise.schema.scope import Outside, Project, dotted_name

DEFAULTS: Final = ("insert_default", "default", "default_factory")
COLUMN_MAKERS: Final = frozenset({"mapped_column", "Column", "deferred"})
SQL: Final = ("sqlalchemy.func", "sqlalchemy.sql.func", "sqlalchemy.text", "sqlalchemy.sql")
SQL_NAMES: Final = frozenset(
    {
        "text",
        "select",
        "cast",
        "literal_column",
        "Sequence",
        "case",
        "func",
        "null",
        "Null",
        "true",
        "false",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceColumn:
    """A column, its name in the table, and the columns that it refers to.

    A reference is `table.column` of a string, or `Class.attribute` of an expression.
    """

    column: Column
    stored: str
    references: tuple[str, ...] = ()


def column_of(project: Project, definition: Definition, *, sqlmodel: bool) -> SourceColumn | None:
    """The column that a definition declares, if it declares one."""
    owner = definition.owner
    annotation = annotation_of(project, definition)
    call = call_of(project, owner, definition.value)
    if call is not None and call.function == "deferred":
        inner = call_of(project, owner, call.arguments[0]) if call.arguments else None
        found = _declared(project, definition, inner or call, ())
        group = text_of(project, owner.module, call.word("group"))
        raises = is_true(project, owner.module, call.word("raiseload"))
        column = replace(found.column, deferred=True, group=group, raises=raises)
        return replace(found, column=column)
    if call is not None and call.function in {"column_property", "query_expression"}:
        return _expression(project, definition, call)
    if call is not None and call.function in COLUMN_MAKERS:
        return _declared(project, definition, call, annotation.extra)
    if sqlmodel:
        return _field(project, definition, call, annotation)
    if annotation.wrapper == "Mapped" and call is None:
        inside = [call_of(project, owner, one) for one in annotation.extra]
        made = next((one for one in inside if one and one.function == "mapped_column"), None)
        return _declared(project, definition, made or Call(function="mapped_column"), ())
    return None


def _expression(project: Project, definition: Definition, call: Call) -> SourceColumn:
    """A SQL expression under a name; of a plain column it is only another way to declare it."""
    inner = call_of(project, definition.owner, call.arguments[0]) if call.arguments else None
    if inner is not None and inner.function in {"Column", "mapped_column"}:
        return _declared(project, definition, inner, ())
    deferred = is_true(project, definition.owner.module, call.word("deferred"))
    column = Column(name=definition.name, computed=True, deferred=deferred)
    return SourceColumn(column=column, stored="")


def _declared(
    project: Project, definition: Definition, call: Call, extra: Iterable[ast.expr]
) -> SourceColumn:
    """What `mapped_column()` or `Column()` says, what stands in `Annotated[…]` beneath it."""
    owner = definition.owner
    below = [one for one in (call_of(project, owner, node) for node in extra) if one]
    layers = [call, *(one for one in below if one.function == "mapped_column")]
    positional = [node for layer in layers for node in layer.arguments]
    parts = [one for one in (call_of(project, owner, node) for node in positional) if one]
    names = {part.function for part in parts}

    def word(*keys: str) -> ast.expr | None:
        return next((found for layer in layers if (found := layer.word(*keys)) is not None), None)

    def flag(*keys: str) -> bool:
        return is_true(project, owner.module, word(*keys))

    first = call.arguments[0] if call.arguments else None
    stored = text_of(project, owner.module, first or word("name")) or definition.name
    made_there = bool(names & {"Identity", "Computed", "FetchedValue", "Sequence"})
    server = made_there or _is_given(project, owner, word("server_default"))
    fetched = "Computed" in names or word("server_onupdate") is not None
    column = Column(
        name=definition.name,
        primary_key=flag("primary_key"),
        deferred=flag("deferred") or word("deferred_group") is not None,
        raises=flag("deferred_raiseload"),
        group=text_of(project, owner.module, word("deferred_group")),
        on_insert=_generated(project, owner, word(*DEFAULTS), server=server),
        on_update=_generated(project, owner, word("onupdate"), server=fetched),
        computed="Computed" in names,
    )
    return SourceColumn(
        column=column, stored=stored, references=tuple(_references(project, owner, parts))
    )


def _is_given(project: Project, owner: ClassSource, node: ast.expr | None) -> bool:
    return node is not None and value_of(project, owner.module, node) is not None


def _references(project: Project, owner: ClassSource, parts: Iterable[Call]) -> Iterator[str]:
    for part in parts:
        if part.function == "ForeignKey" and part.arguments:
            target = part.arguments[0]
            text = text_of(project, owner.module, target) or dotted_name(target)
            if text:
                yield text.replace(".__table__.c.", ".").replace(".c.", ".")


def _generated(
    project: Project, owner: ClassSource, default: ast.expr | None, *, server: bool
) -> Generated:
    """A default in Python goes before one in the database; a SQL expression is the database's."""
    if default is None or value_of(project, owner.module, default) is None:
        return Generated.DATABASE if server else Generated.NO
    return Generated.DATABASE if is_sql(project, owner, default) else Generated.PYTHON


def is_sql(project: Project, owner: ClassSource, node: ast.expr) -> bool:
    """Whether an expression is SQL, which the database evaluates, by what it is made with."""
    match node:
        case ast.Call(func=function):
            return is_sql(project, owner, function)
        case ast.BinOp(left=left, right=right):
            return is_sql(project, owner, left) or is_sql(project, owner, right)
        case ast.Name() | ast.Attribute():
            symbol = project.resolve(owner.module, node)
            if isinstance(symbol, Outside):
                return symbol.qualified.startswith(SQL) or (
                    symbol.qualified.startswith("sqlalchemy.")
                    and symbol.qualified.rpartition(".")[2] in SQL_NAMES
                )
            if isinstance(node, ast.Attribute) and symbol is None:
                return is_sql(project, owner, node.value)
            value = getattr(symbol, "node", None)
            return isinstance(value, ast.Call) and is_sql(project, owner, value)
        case _:
            return False


def _field(
    project: Project, definition: Definition, call: Call | None, annotation: Annotation
) -> SourceColumn | None:
    """A field of a SQLModel table: an annotated name, with or without `Field()`."""
    if definition.annotation is None or annotation.wrapper == "ClassVar":
        return None
    if call is not None and call.function == "Relationship":
        return None
    owner = definition.owner
    if call is None or call.function != "Field":
        return SourceColumn(
            column=Column(
                name=definition.name,
                on_insert=Generated.PYTHON
                if _is_given(project, owner, definition.value)
                else Generated.NO,
            ),
            stored=definition.name,
        )
    own = call_of(project, owner, call.word("sa_column"))
    if own is not None:
        return _declared(project, definition, own, ())
    words = {**call.words, **items_of(call.word("sa_column_kwargs"))}
    parts = call.word("sa_column_args")
    inner = tuple(parts.elts) if isinstance(parts, ast.List | ast.Tuple) else ()
    found = _declared(
        project,
        definition,
        Call(function="mapped_column", arguments=inner, words=words),
        (),
    )
    foreign = text_of(project, owner.module, call.word("foreign_key"))
    default = call.arguments[0] if call.arguments else call.word("default")
    made = found.column.on_insert
    if default is not None and value_of(project, owner.module, default) not in {None, UNSEEN}:
        made = Generated.PYTHON
    return replace(
        found,
        column=replace(found.column, on_insert=made),
        references=(*found.references, *((foreign,) if foreign else ())),
    )
