"""Random mapped classes. A number stands for a schema, so that few are made, and each met often."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from sqlalchemy import (
    Column,
    ForeignKey,
    Integer,
    MetaData,
    String,
    Table,
    func,
)
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import (
    DeclarativeBase,
    column_property,
    foreign,
    mapped_column,
    relationship,
    remote,
)

from loadwise.core.graph import Graph
from loadwise.schema.from_mappers import graph_of

Rows = tuple[tuple[Table, list[dict[str, Any]]], ...]

SCALAR: Final = (
    ["select"] * 5
    + ["joined"] * 2
    + ["selectin"] * 2
    + ["subquery", "immediate", "raise", "raise_on_sql"]
)
MANY: Final = [*SCALAR, "dynamic", "write_only"]
"""How often each strategy is drawn."""

EACH: Final = 3
"""Rows of each class."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Schema:
    """Mapped classes by name, their graph, and the rows that a program starts with."""

    number: int
    base: Any
    classes: Mapping[str, Any]
    graph: Graph
    rows: Rows


@cache
def schema(number: int) -> Schema:
    """The schema of a number, made once."""
    return _Draft(number).finish()


class _Draft:
    """A schema while it is drawn: declarative namespaces that classes are made from at the end."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.random = random.Random(number)
        self.metadata = MetaData()
        self.base: Any = type(
            "Base",
            (AsyncAttrs, DeclarativeBase),
            {"metadata": self.metadata, "__module__": __name__},
        )
        self.spaces: dict[str, dict[str, Any]] = {}
        self.bases: dict[str, str] = {}
        self.keys: dict[str, list[tuple[str, str]]] = {}
        self.links: list[tuple[Table, str, str]] = []
        self.count = 0

    def chance(self, part: float) -> bool:
        return self.random.random() < part

    def finish(self) -> Schema:
        names = ["A", "B", "C"][: self.random.choice((2, 3, 3))]
        for name in names:
            self.entity(name)
        if self.chance(0.45):
            self.subclass("A")
        for _ in range(self.random.choice((2, 3, 3, 4))):
            self.edge(names)
        classes: dict[str, Any] = {}
        for name, space in self.spaces.items():
            above = classes[self.bases[name]] if name in self.bases else self.base
            if name in self.bases and "id" in space:
                same = space["id"].column == above.__table__.c.id
                space["__mapper_args__"]["inherit_condition"] = same
            classes[name] = type(name, (above,), space)
        self.base.registry.configure()
        return Schema(
            number=self.number,
            base=self.base,
            classes=classes,
            graph=graph_of(self.base),
            rows=self.rows(classes),
        )

    # --- classes and their columns

    def entity(self, name: str) -> None:
        """A class with a key, a plain column, and some that are special."""
        eager = self.random.choice(("auto", "auto", True, False))
        space: dict[str, Any] = {
            "__tablename__": name.lower(),
            "__module__": __name__,
            "__mapper_args__": {"eager_defaults": eager},
            "id": mapped_column(Integer, primary_key=True),
            "name": mapped_column(String, default="new"),
        }
        self.spaces[name] = space
        self.keys[name] = []
        self.columns(space, name)

    def columns(self, space: dict[str, Any], name: str) -> None:
        """Columns that are deferred, or that somebody else makes."""
        group = self.random.choice((None, "g"))
        drawn: dict[str, Callable[[], Any]] = {
            "later": lambda: mapped_column(Integer, deferred=True, deferred_group=group),
            "last": lambda: mapped_column(Integer, deferred=True, deferred_group=group),
            "never": lambda: mapped_column(Integer, deferred=True, deferred_raiseload=True),
            "made": lambda: mapped_column(Integer, server_default="7"),
            "touched": lambda: mapped_column(Integer, onupdate=lambda: 1),
            "stamped": lambda: mapped_column(Integer, default=func.abs(-1), onupdate=func.abs(-2)),
            "plain": lambda: mapped_column(Integer),
        }
        for key, make in drawn.items():
            if self.chance(0.3):
                space[key] = make()
        if self.chance(0.2):
            space["worked"] = column_property(space["id"].column + 1)

    def subclass(self, base: str) -> None:
        """A class that inherits, in a table of its own or in the base's."""
        space = self.spaces[base]
        args = space["__mapper_args__"]
        args |= {"polymorphic_on": "type", "polymorphic_identity": base}
        if self.chance(0.2):
            args["with_polymorphic"] = "*"
        space["type"] = mapped_column(String)
        name = f"{base}Sub"
        own: dict[str, Any] = {"polymorphic_identity": name}
        if self.chance(0.4) and "with_polymorphic" not in args:
            load = self.random.choice(("inline", "selectin"))
            # the further statement puts a plain deferral over one that forbids
            own["polymorphic_load"] = "inline" if "never" in space else load
        made: dict[str, Any] = {"__module__": __name__, "__mapper_args__": own}
        if self.chance(0.5):
            made["__tablename__"] = name.lower()
            made["id"] = mapped_column(ForeignKey(f"{base.lower()}.id"), primary_key=True)
        made["extra"] = mapped_column(Integer, nullable=True)
        if self.chance(0.3):
            made["spare"] = mapped_column(Integer, nullable=True, deferred=self.chance(0.3))
        self.spaces[name] = made
        self.bases[name] = base
        self.keys[name] = []

    # --- relationships

    def edge(self, names: list[str]) -> None:
        """One relationship between two classes, or of one to itself, with or without a reverse."""
        self.count += 1
        owner = self.random.choice(list(self.spaces))
        # no cycles of tables, which a flush cannot always resolve
        last = names.index(self.root(owner)) if "id" in self.spaces[owner] else 0
        joined = owner in self.bases and "id" in self.spaces[owner]
        target = self.random.choice(names if joined else names[: last + 1])
        draw = self.random.random()
        if draw < 0.2:
            self.many_to_many(owner, target)
        elif draw < 0.27:
            self.by_name(owner, target)
        else:
            self.many_to_one(owner, target, single=draw > 0.88)

    def lazy(self, *, many: bool) -> dict[str, Any]:
        words: dict[str, Any] = {"lazy": self.random.choice(MANY if many else SCALAR)}
        return words

    def many_to_one(self, owner: str, target: str, *, single: bool) -> None:
        """A foreign key, with a collection or a single object on the other side, or neither."""
        key, there, back = f"r{self.count}_id", f"r{self.count}", f"s{self.count}"
        table = self.table_of(owner)
        self.spaces[owner][key] = column = mapped_column(
            ForeignKey(f"{target.lower()}.id"), nullable=True
        )
        self.keys[owner].append((key, target))
        depth = {"join_depth": 2} if owner == target and self.chance(0.4) else {}
        words = {"foreign_keys": column, **self.lazy(many=False), **depth}
        reverse = self.chance(0.6)
        if owner == target or self.bases.get(owner) == target:
            words["remote_side"] = lambda: self.metadata.tables[target.lower()].c.id
        if reverse:
            words["back_populates"] = back
            other: dict[str, Any] = {
                "foreign_keys": lambda: self.metadata.tables[table].c[key],
                "back_populates": there,
                **self.lazy(many=not single),
                **depth,
            }
            if owner == target or self.bases.get(owner) == target:
                other["remote_side"] = lambda: self.metadata.tables[table].c[key]
            if single:
                other["uselist"] = False
            elif self.chance(0.2):
                other["cascade"] = "all"
            self.spaces[target][back] = relationship(owner, **other)
        self.spaces[owner][there] = relationship(target, **words)

    def by_name(self, owner: str, target: str) -> None:
        """A many-to-one by a column that is no key, which never is a simple get."""
        column, there = f"r{self.count}_name", f"r{self.count}"
        self.spaces[owner][column] = mapped_column(String, nullable=True)
        table = self.table_of(owner)
        self.spaces[owner][there] = relationship(
            target,
            primaryjoin=lambda: (
                foreign(self.metadata.tables[table].c[column])
                == remote(self.metadata.tables[target.lower()].c.name)
            ),
            uselist=False,
            viewonly=True,
            **self.lazy(many=False),
        )

    def many_to_many(self, owner: str, target: str) -> None:
        """A table between, with or without a reverse."""
        there, back = f"r{self.count}", f"s{self.count}"
        link = Table(
            f"link{self.count}",
            self.metadata,
            Column("left", ForeignKey(f"{self.root(owner).lower()}.id"), primary_key=True),
            Column("right", ForeignKey(f"{target.lower()}.id"), primary_key=True),
        )
        words: dict[str, Any] = {"secondary": link, **self.lazy(many=True)}
        same = self.root(owner) == target
        root = self.root(owner).lower()
        if same:
            words["primaryjoin"] = lambda: self.metadata.tables[root].c.id == link.c.left
            words["secondaryjoin"] = lambda: (
                self.metadata.tables[target.lower()].c.id == link.c.right
            )
        if self.chance(0.5):
            words["back_populates"] = back
            other = {"secondary": link, "back_populates": there, **self.lazy(many=True)}
            if same:
                other["primaryjoin"] = words["secondaryjoin"]
                other["secondaryjoin"] = words["primaryjoin"]
            self.spaces[target][back] = relationship(owner, **other)
        self.spaces[owner][there] = relationship(target, **words)
        self.links.append((link, owner, target))

    def root(self, name: str) -> str:
        return self.bases.get(name, name)

    def table_of(self, name: str) -> str:
        """The table of a class's own columns."""
        own = self.spaces[name].get("__tablename__")
        return own if own is not None else self.root(name).lower()

    # --- rows

    def rows(self, classes: Mapping[str, Any]) -> Rows:
        """Three rows of each class, their keys drawn; a subclass's are some of the base's."""
        found: dict[str, list[dict[str, Any]]] = {}
        sub = next(iter(self.bases), None)
        for name in (name for name in self.spaces if name not in self.bases):
            for key in range(1, EACH + 1):
                row = self.row(name, key)
                if sub is not None and self.bases[sub] == name:
                    own = self.row(sub, key)
                    is_sub = key != 1
                    row["type"] = sub if is_sub else name
                    if "__tablename__" in self.spaces[sub]:
                        if is_sub:
                            found.setdefault(self.table_of(sub), []).append(own)
                    else:
                        row |= own if is_sub else dict.fromkeys(own)
                        row["id"] = key
                        row.setdefault("name", f"{name}{key}")
                found.setdefault(self.table_of(name), []).append(row)
        for link, owner, _ in self.links:
            lefts = [key for key in range(1, EACH + 1) if owner not in self.bases or key != 1]
            pairs = {(self.random.choice(lefts), self.random.randint(1, EACH)) for _ in range(3)}
            found[link.name] = [{"left": left, "right": right} for left, right in sorted(pairs)]
        tables = self.metadata.sorted_tables
        return tuple((table, found.get(table.name, [])) for table in tables)

    def row(self, name: str, key: int) -> dict[str, Any]:
        space = self.spaces[name]
        row: dict[str, Any] = {"id": key}
        if "name" in space:
            row["name"] = f"{name}{key}"
        for column in (
            "later",
            "last",
            "never",
            "made",
            "touched",
            "stamped",
            "plain",
            "extra",
            "spare",
        ):
            if column in space:
                row[column] = key
        for column, _ in self.keys[name]:
            row[column] = self.random.choice((None, 1, 2, 3, 3))
        row |= {
            column: f"{self.random.choice('ABC')}{self.random.randint(1, EACH)}"
            for column in space
            if column.endswith("_name") and column.startswith("r")
        }
        return row
