"""Source tables: the columns of each mapped class in the source, and what they refer to."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from loadwise.core.graph import Column, Generated
from loadwise.schema.attributes import Definition, definitions
from loadwise.schema.calls import call_of, is_true, items_of, text_of
from loadwise.schema.classes import NAMING, Classes, ClassSource, assigned
from loadwise.schema.scope import Outside, Project
from loadwise.schema.source_columns import SourceColumn, column_of

GIVEN: Final = {
    "UUIDPrimaryKey": ("id",),
    "UUIDBase": ("id",),
    "BigIntBase": ("id",),
    "AuditColumns": ("created_at", "updated_at"),
    "UUIDAuditBase": ("id", "created_at", "updated_at"),
    "BigIntAuditBase": ("id", "created_at", "updated_at"),
    "SQLAlchemyBaseUserTable": (
        "email",
        "hashed_password",
        "is_active",
        "is_superuser",
        "is_verified",
    ),
    "SQLAlchemyBaseUserTableUUID": (
        "id",
        "email",
        "hashed_password",
        "is_active",
        "is_superuser",
        "is_verified",
    ),
}
"""The columns that classes of libraries give, by the last part of their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Columns of a class that refer to columns of another: one, or several of a composite key."""

    local: tuple[str, ...]
    target: ClassSource
    remote: tuple[str, ...]


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
    for name, definition in found.items():
        made = column_of(project, definition, sqlmodel=sqlmodel)
        if made is not None and not name.startswith("__"):
            columns[name] = made
        elif name in columns and definition.value is not None:
            del columns[name]
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
        for name in GIVEN.get(base.qualified.rpartition(".")[2], ()):
            column = Column(name=name, primary_key=name == "id", on_insert=Generated.PYTHON)
            if name == "updated_at":
                column = replace(column, on_update=Generated.PYTHON)
            yield name, SourceColumn(column=column, stored=name)


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
            if made is not None:
                yield name, made


def _arguments(classes: Classes, one: ClassSource) -> dict[str, ast.expr]:
    """The entries of `__mapper_args__`, the nearest that is written out."""
    for source in classes.sources(one):
        node = assigned(source.node, "__mapper_args__")
        if node is not None:
            return items_of(node)
    return {}


def _table_name(
    project: Project, classes: Classes, one: ClassSource, outsides: list[Outside]
) -> str:
    """The name of the table; worked out from the class's where a mixin makes it so."""
    for source in classes.sources(one):
        node = assigned(source.node, "__tablename__")
        if node is not None:
            return text_of(project, source.module, node) or _made_name(node, one.node.name)
        table = call_of(project, source, assigned(source.node, "__table__"))
        if table is not None and table.arguments:
            return text_of(project, source.module, table.arguments[0])
    if any(base.qualified in NAMING for base in outsides):
        return snake(one.node.name)
    return one.node.name.lower()


def _made_name(node: ast.expr, name: str) -> str:
    """A table's name that a function makes of the class's: in small letters, perhaps with an s."""
    text = ast.unparse(node)
    base = snake(name) if "re.sub" in text or "snake" in text or "_" in text else name.lower()
    return f"{base}s" if re.search(r"""['"]s['"]|\}s['"]""", text) else base


def snake(name: str) -> str:
    """`UserGroup` as `user_group`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


class Tables:
    """The mapped classes of a project, and which columns refer to which."""

    def __init__(self, classes: Classes) -> None:
        self.classes = classes
        self.mapped = {one.qualified: mapped_of(classes, one) for one in classes.mapped}
        self._by_table: dict[str, list[Mapped]] = {}
        self._by_name: dict[str, list[Mapped]] = {}
        for found in self.mapped.values():
            self._by_table.setdefault(found.table, []).append(found)
            self._by_name.setdefault(found.source.node.name, []).append(found)

    def named(self, owner: ClassSource, name: str) -> Mapped | None:
        """The mapped class that a string or a dotted name in a class body means."""
        last = name.rpartition(".")[2]
        found = self.classes.of(self.classes.project.resolve(owner.module, name))
        if found is not None and found.qualified in self.mapped:
            return self.mapped[found.qualified]
        candidates = self._by_name.get(last, [])
        near = [one for one in candidates if one.source.module is owner.module]
        found_by_name = near or candidates
        return found_by_name[0] if found_by_name else None

    def references(self, one: Mapped) -> Iterator[Reference]:
        """The foreign keys of a class, each with the class and the attributes that it refers to."""
        for name, column in one.columns.items():
            for text in column.references:
                found = self._referred(one.source, text)
                if found is not None:
                    yield Reference(local=(name,), target=found[0].source, remote=(found[1],))
        yield from self._constraints(one)

    def _referred(self, owner: ClassSource, text: str) -> tuple[Mapped, str] | None:
        """The class and the attribute that `table.column` or `Class.attribute` names."""
        table, _, column = text.rpartition(".")
        candidates = self._by_table.get(table) or self._by_table.get(table.rpartition(".")[2])
        found = candidates[0] if candidates else self.named(owner, table)
        if found is None:
            plain = table.rpartition(".")[2].replace("_", "").rstrip("s")
            near = [
                one
                for one in self.mapped.values()
                if one.source.node.name.lower().rstrip("s") == plain
            ]
            found = near[0] if len(near) == 1 else None
        if found is None:
            return None
        found = self._root(found, column)
        return found, self._attribute(found, column)

    def _alike(self, table: str) -> list[Mapped]:
        """The classes whose names are that of a table, but for underscores and a plural."""
        plain = table.replace("_", "").rstrip("s")
        named = ((one, one.source.node.name.lower().rstrip("s")) for one in self.mapped.values())
        return [one for one, name in named if name == plain]

    def _root(self, found: Mapped, column: str) -> Mapped:
        """Of classes that share a table, the one at the top."""
        while found.parent is not None:
            above = self.mapped.get(found.parent.qualified)
            if above is None or above.table != found.table:
                break
            found = above
        return found

    def _attribute(self, found: Mapped, column: str) -> str:
        return next((name for name, one in found.columns.items() if one.stored == column), column)

    def _constraints(self, one: Mapped) -> Iterator[Reference]:
        """The `ForeignKeyConstraint`s among the table's arguments."""
        project = self.classes.project
        node = assigned(one.source.node, "__table_args__")
        parts = node.elts if isinstance(node, ast.Tuple | ast.List) else []
        for part in parts:
            call = call_of(project, one.source, part)
            if call is None or call.function != "ForeignKeyConstraint" or len(call.arguments) < 2:
                continue
            local, remote = (_texts(argument) for argument in call.arguments[:2])
            referred = [self._referred(one.source, text) for text in remote]
            known = [found for found in referred if found is not None]
            if known and len(known) == len(local):
                yield Reference(
                    local=tuple(self._attribute(one, name) for name in local),
                    target=known[0][0].source,
                    remote=tuple(name for _, name in known),
                )


def _texts(node: ast.expr) -> list[str]:
    parts = node.elts if isinstance(node, ast.Tuple | ast.List) else []
    return [
        part.value
        for part in parts
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]
