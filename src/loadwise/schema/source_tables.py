"""Source tables: the table and the columns of a mapped class in the source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from loadwise.schema.attributes import Definition, definitions, said_of
from loadwise.schema.calls import Call, call_of, is_true, items_of, text_of
from loadwise.schema.classes import Classes, ClassSource, assigned
from loadwise.schema.library import Given, given_by
from loadwise.schema.scope import Outside, Project
from loadwise.schema.source_columns import SourceColumn, column_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """A mapped class: its table's name, its columns by attribute, and all its definitions.

    `own` are the columns that it adds to those of the mapped class that it inherits from.
    """

    source: ClassSource
    table: str
    columns: Mapping[str, SourceColumn]
    definitions: Mapping[str, Definition]
    arguments: Mapping[str, ast.expr] = field(default_factory=dict[str, ast.expr])
    parent: ClassSource | None = None

    @property
    def primary_key(self) -> tuple[str, ...]:
        """The names of the primary key's attributes."""
        return tuple(name for name, one in self.columns.items() if one.column.primary_key)


def mapped_of(classes: Classes, one: ClassSource) -> Mapped:
    """What the source says of a mapped class and of those that it inherits from."""
    project = classes.project
    arguments, parent = _arguments(classes, one), classes.parent(one)
    concrete = is_true(project, one.module, arguments.get("concrete"))
    found = definitions(classes, one, without=parent if concrete else None)
    outsides = [base for base in classes.order(one) if isinstance(base, Outside)]
    sqlmodel = any(base.qualified.startswith("sqlmodel.") for base in outsides)
    columns = dict(_given(outsides))
    columns.update(_of_table(project, classes, one))
    keys = _key_constraint(classes, one)
    for name, definition in found.items():
        made = column_of(project, definition, sqlmodel=sqlmodel)
        if made is not None and not name.startswith("__"):
            columns[name] = made
        elif name in columns and definition.value is not None:
            del columns[name]
    columns = {name: _in_key(made, keys) for name, made in columns.items()}
    if parent is not None and not concrete:
        columns = {name: _below(classes, parent, made) for name, made in columns.items()}
    return Mapped(
        source=one,
        table=_table_name(project, classes, one, outsides),
        columns=columns,
        definitions=found,
        arguments=arguments,
        parent=parent,
    )


def _key_constraint(classes: Classes, one: ClassSource) -> frozenset[str]:
    """The columns, by their names in the table, that a `PrimaryKeyConstraint` names."""
    calls = table_arguments(classes, one, "PrimaryKeyConstraint")
    return frozenset(name for call in calls for node in call.arguments for name in texts(node))


def _in_key(made: SourceColumn, keys: frozenset[str]) -> SourceColumn:
    if made.stored not in keys:
        return made
    return replace(made, column=replace(made.column, primary_key=True))


def table_arguments(classes: Classes, one: ClassSource, function: str) -> Iterator[Call]:
    """The calls of a function among the arguments of a class's table."""
    said = said_of(classes, one, "__table_args__")
    if said is None:
        return
    source, node = said
    for part in node.elts if isinstance(node, ast.Tuple | ast.List) else [node]:
        call = call_of(classes.project, source, part)
        if call is not None and call.function == function:
            yield call


def texts(node: ast.expr) -> list[str]:
    """The texts of a list that is written out, or of one text."""
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else [node]
    return [
        part.value
        for part in parts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def attribute_of(mapped: Mapped, name: str) -> str:
    """The attribute of a name, which may be the column's name in the table."""
    if name in mapped.columns:
        return name
    return next((key for key, one in mapped.columns.items() if one.stored == name), name)


def _below(classes: Classes, parent: ClassSource, made: SourceColumn) -> SourceColumn:
    """A column of a subclass: the primary key is that of the class at the top."""
    if not made.column.primary_key:
        return made
    above = definitions(classes, parent)
    if made.column.name in above or not above:
        return made
    return replace(made, column=replace(made.column, primary_key=False))


def _given(outsides: list[Outside]) -> Iterator[tuple[str, SourceColumn]]:
    for base in reversed(outsides):
        found = given_by(base.qualified) or Given()
        refers = dict(found.references)
        for column in found.columns:
            to = (refers[column.name],) if column.name in refers else ()
            yield column.name, SourceColumn(column=column, stored=column.name, references=to)


def _of_table(
    project: Project, classes: Classes, one: ClassSource
) -> Iterator[tuple[str, SourceColumn]]:
    """The columns of `__table__ = Table(...)`."""
    for source in reversed([*classes.sources(one)]):
        table = call_of(project, source, assigned(source.node, "__table__"))
        if table is None or table.function != "Table":
            continue
        for node in table.arguments:
            call = call_of(project, source, node)
            if call is None or call.function != "Column" or not call.arguments:
                continue
            name = text_of(project, source.module, call.arguments[0])
            definition = Definition(owner=source, name=name, value=node)
            made = column_of(project, definition, sqlmodel=False)
            if made is not None and name.isidentifier():
                yield name, made


def _arguments(classes: Classes, one: ClassSource) -> dict[str, ast.expr]:
    """The entries of `__mapper_args__`, the nearest that is written out."""
    said = said_of(classes, one, "__mapper_args__")
    return items_of(said[1]) if said is not None else {}


def _table_name(
    project: Project, classes: Classes, one: ClassSource, outsides: list[Outside]
) -> str:
    """The name of the table; worked out from the class's where a mixin makes it so."""
    said = said_of(classes, one, "__tablename__")
    if said is not None:
        source, node = said
        return text_of(project, source.module, node) or _made_name(node, one.node.name)
    said = said_of(classes, one, "__table__")
    table = call_of(project, *said) if said is not None else None
    if said is not None and table is not None and table.arguments:
        return text_of(project, said[0].module, table.arguments[0])
    for found in (given_by(base.qualified) for base in outsides):
        if found is not None and (found.named or found.table):
            return found.table or snake(one.node.name)
    return one.node.name.lower()


def _made_name(node: ast.expr, name: str) -> str:
    """A table's name that a function makes of the class's: in small letters, perhaps with an s."""
    text = ast.unparse(node)
    base = snake(name) if "re.sub" in text or "snake" in text or "_" in text else name.lower()
    return f"{base}s" if re.search(r"""['"]s['"]|\}s['"]""", text) else base


def snake(name: str) -> str:
    """`UserGroup` as `user_group`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()
