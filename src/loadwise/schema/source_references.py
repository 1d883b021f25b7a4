"""Source references: the mapped classes of a project together, and which columns refer to which."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from loadwise.schema.classes import Classes, ClassSource
from loadwise.schema.scope import dotted_name
from loadwise.schema.source_tables import Mapped, attribute_of, mapped_of, table_arguments, texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """Columns of a class that refer to columns of another: one, or several of a composite key."""

    local: tuple[str, ...]
    target: ClassSource
    remote: tuple[str, ...]


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

    def named(self, owner: ClassSource, name: str | ast.expr) -> Mapped | None:
        """The mapped class that a string or a dotted name in a class body means."""
        found = self.classes.of(self.classes.project.resolve(owner.module, name))
        if found is not None and found.qualified in self.mapped:
            return self.mapped[found.qualified]
        dotted = name if isinstance(name, str) else dotted_name(name)
        return self._nearest(owner, self._by_name.get(dotted.rpartition(".")[2], []))

    def references(self, one: Mapped) -> Iterator[Reference]:
        """The foreign keys of a class, each with the class and the attributes that it refers to."""
        for name, column in one.columns.items():
            for text in column.references:
                found = self._referred(one, text)
                if found is not None:
                    yield Reference(local=(name,), target=found[0].source, remote=(found[1],))
        yield from self._constraints(one)

    def _nearest(self, owner: ClassSource, candidates: list[Mapped]) -> Mapped | None:
        """Of classes that share a name, the one of the same module, or of the same base."""
        base = self.classes.base(owner)
        alike = [one for one in candidates if self.classes.base(one.source) == base] or candidates
        near = [one for one in alike if one.source.module is owner.module] or alike
        return near[0] if near else None

    def _referred(self, one: Mapped, text: str) -> tuple[Mapped, str] | None:
        """The class and the attribute that `table.column` or `Class.attribute` names."""
        table, _, column = text.rpartition(".")
        if not table:
            return one, attribute_of(one, column)
        last = table.rpartition(".")[2]
        candidates = self._by_table.get(table) or self._by_table.get(last, [])
        found = self._nearest(one.source, candidates) or self.named(one.source, table)
        if found is None:
            alike = self._alike(last)
            found = alike[0] if len(alike) == 1 else None
        if found is None:
            return None
        found = self._root(found)
        return found, attribute_of(found, column)

    def _alike(self, table: str) -> list[Mapped]:
        """The classes whose names are that of a table, but for underscores and a plural."""
        plain = table.replace("_", "").rstrip("s")
        named = ((one, one.source.node.name.lower().rstrip("s")) for one in self.mapped.values())
        return [one for one, name in named if name == plain]

    def _root(self, found: Mapped) -> Mapped:
        """Of classes that share a table, the one at the top."""
        while found.parent is not None:
            above = self.mapped.get(found.parent.qualified)
            if above is None or above.table != found.table:
                break
            found = above
        return found

    def _constraints(self, one: Mapped) -> Iterator[Reference]:
        """The `ForeignKeyConstraint`s among the table's arguments."""
        for call in table_arguments(self.classes, one.source, "ForeignKeyConstraint"):
            local, remote = call.word("columns"), call.word("refcolumns")
            pair = [*call.arguments[:2], *(node for node in (local, remote) if node is not None)]
            if len(pair) != 2:
                continue
            here, there = (texts(node) for node in pair)
            referred = [self._referred(one, text) for text in there]
            known = [found for found in referred if found is not None]
            if known and len(known) == len(here):
                yield Reference(
                    local=tuple(attribute_of(one, name) for name in here),
                    target=known[0][0].source,
                    remote=tuple(name for _, name in known),
                )
