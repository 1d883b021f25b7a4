"""Generated: programs with a gap, of any schema, path and shape of statement that is drawn.

A program has a chain of classes, `E0` to `E4` at most, each related to the next one; it loads some
`E0` and goes along that chain, or a part of it, to a name.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from textwrap import indent
from typing import Final

from hypothesis import strategies as st

KINDS: Final = ("one", "many", "both", "self")
"""How a class is related to the next one: many-to-one, one-to-many, many-to-many, to itself."""
SHAPES: Final = {
    "inline": "items = (await session.scalars(@select@order)).all()",
    "executed": "items = (await session.execute(@select@order)).scalars().all()",
    "in lines": (
        "statement = (\n    @select\n    .where(E0.id < 3)\n    .order_by(E0.id)\n)\n"
        "items = (await session.scalars(statement)).all()"
    ),
    "in a call": ("items = (\n    await session.scalars(\n        @select@order,\n    )\n).all()"),
    "in steps": (
        "statement = @select@order\nif len('a') == 1:\n"
        "    statement = statement.where(E0.id < 3)\n"
        "items = (await session.scalars(statement)).all()"
    ),
    "distinct": "items = (await session.scalars(@select.distinct()@order)).all()",
    "by key": "items = [await session.get_one(E0, 1@given)]",
    "by key, in lines": (
        "items = [\n    await session.get_one(\n        E0,\n        1@given,\n    )\n]"
    ),
    "one": "items = [(await session.scalars(@select@order.limit(1))).one()]",
}
"""How the first objects are loaded; `@select` is the statement with the options that it has."""
HEAD: Final = """\
from sqlalchemy import Column, ForeignKey, Table, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    mapped_column,
    relationship,
)
from sqlalchemy.orm import @functions


class Base(DeclarativeBase):
    pass
"""


@dataclass(frozen=True, kw_only=True)
class Drawn:
    """What is drawn: the relationships, which of them are loaded, and how it is written.

    `loaded` is how many hops the statement loads, by which functions; `beside` that a relationship
    of the first class is read, too, `spelled` that references are read in one expression, `apart`
    that a function of its own loads.
    """

    kinds: tuple[str, ...]
    loaded: tuple[str, ...]
    shape: str
    beside: bool
    spelled: bool
    apart: bool

    @property
    def text(self) -> str:
        """The program."""
        return "\n".join([*self._classes(), *self._rows(), *self._main()])

    def owner(self, place: int) -> int:
        """The number of the class that a hop starts from; one to itself leads nowhere else."""
        return sum(kind != "self" for kind in self.kinds[:place])

    def hop(self, place: int) -> str:
        """A hop as it is written in an option."""
        return f"E{self.owner(place)}.r{place}"

    def _classes(self) -> Iterator[str]:
        functions = sorted({"defer", *self.loaded})
        yield HEAD.replace("@functions", ", ".join(functions))
        for place, kind in enumerate(self.kinds):
            owner, target = self.owner(place), self.owner(place + 1)
            if kind == "both":
                yield (
                    f'\nt{place} = Table(\n    "t{place}",\n    Base.metadata,\n'
                    f'    Column("a", ForeignKey("e{owner}.id"), primary_key=True),\n'
                    f'    Column("b", ForeignKey("e{target}.id"), primary_key=True),\n)\n'
                )
        yield '\nclass S(Base):\n    __tablename__ = "s"\n'
        yield "    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]\n"
        for number in range(self.owner(len(self.kinds)) + 1):
            yield f'\nclass E{number}(Base):\n    __tablename__ = "e{number}"\n'
            yield "    id: Mapped[int] = mapped_column(primary_key=True)\n    name: Mapped[str]"
            yield from self._columns(number)
            yield ""

    def _columns(self, number: int) -> Iterator[str]:
        if number == 0 and self.beside:
            yield '    s_id: Mapped[int | None] = mapped_column(ForeignKey("s.id"))'
            yield "    s: Mapped[S] = relationship()"
        for place, kind in enumerate(self.kinds):
            owner, target = self.owner(place), self.owner(place + 1)
            if kind == "many" and target == number:
                yield f'    f{place}: Mapped[int | None] = mapped_column(ForeignKey("e{owner}.id"))'
            if owner != number:
                continue
            key = f'    f{place}: Mapped[int | None] = mapped_column(ForeignKey("e{target}.id"))'
            keys = f"foreign_keys=[f{place}]"
            if kind == "one":
                yield f'{key}\n    r{place}: Mapped["E{target}"] = relationship({keys})'
            elif kind == "self":
                side = f"{keys}, remote_side=[id]"
                yield f'{key}\n    r{place}: Mapped["E{target}"] = relationship({side})'
            elif kind == "many":
                side = f'foreign_keys="E{target}.f{place}"'
                yield f'    r{place}: Mapped[list["E{target}"]] = relationship({side})'
            else:
                yield f'    r{place}: Mapped[list["E{target}"]] = relationship(secondary=t{place})'

    def _rows(self) -> Iterator[str]:
        """Two objects at the start, and a chain of others from each."""
        yield "\ndef rows() -> list[Base]:\n    found: list[Base] = []"
        yield "    for key, name in ((0, 'a'), (1, 'b')):"
        last = len(self.kinds)
        for place in reversed(range(last + 1)):
            given = f"id={2 * place + 1} + key, name=f'{place}{{name}}'"
            if place < last:
                below = f"o{place + 1}"
                many = self.kinds[place] in {"many", "both"}
                given += f", r{place}=[{below}]" if many else f", r{place}={below}"
            if place == 0 and self.beside:
                given += ", s=S(name=f's{name}')"
            yield f"        o{place} = E{self.owner(place)}({given})"
        yield "        found.append(o0)\n    return found\n"

    def _main(self) -> Iterator[str]:
        load = self._load()
        if self.apart:
            yield "\nasync def load(session: AsyncSession):"
            yield indent(f"{load}\nreturn items\n", "    ")
            load = "items = await load(session)"
        yield "\nasync def main(session: AsyncSession) -> list[str]:"
        yield indent(load, "    ")
        yield "    seen: list[str] = []\n    for o0 in items:"
        if self.beside:
            yield "        seen.append(o0.s.name)"
        yield from self._reads()
        yield "    return sorted(seen)\n"

    def _load(self) -> str:
        chain = ".".join(
            f"{function}({self.hop(place)})" for place, function in enumerate(self.loaded)
        )
        text = SHAPES[self.shape]
        text = text.replace("@select", f"select(E0).options({chain})" if chain else "select(E0)")
        text = text.replace("@order", ".where(E0.id < 3).order_by(E0.id)")
        return text.replace("@given", f", options=[{chain}]" if chain else "")

    def _reads(self) -> Iterator[str]:
        depth, at = 2, "o0"
        for place, kind in enumerate(self.kinds):
            margin, read = "    " * depth, f"{at}.r{place}"
            if kind in {"many", "both"}:
                yield f"{margin}for o{place + 1} in {read}:"
                depth, at = depth + 1, f"o{place + 1}"
            elif self.spelled:
                at = read
            else:
                yield f"{margin}o{place + 1} = {read}"
                at = f"o{place + 1}"
        yield f"{'    ' * depth}seen.append({at}.name)"


@st.composite
def programs(draw: st.DrawFn) -> Drawn:
    """Any program."""
    kinds = tuple(draw(st.lists(st.sampled_from(KINDS), min_size=1, max_size=4)))
    functions = st.sampled_from(["selectinload", "joinedload"])
    loaded = tuple(draw(st.lists(functions, max_size=len(kinds) - 1)))
    shape = draw(st.sampled_from(sorted(SHAPES)))
    joined = any(
        function == "joinedload" and kind in {"many", "both"}
        for function, kind in zip(loaded, kinds, strict=False)
    )
    if joined and not shape.startswith("by key"):  # its result asks for unique()
        loaded = ()
    return Drawn(
        kinds=kinds,
        loaded=loaded,
        shape=shape,
        beside=draw(st.booleans()),
        spelled=draw(st.booleans()),
        apart=draw(st.booleans()),
    )
