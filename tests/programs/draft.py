"""Draft: random programs over the classes of the machine, written as people write code.

A program is a function of a session and a flag. Its reads are plain, so that it ends with the first
one that needs IO; loads, writes and happenings stand in it, in branches, loops and helpers.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from loadwise.core.graph import Graph, Relationship
from loadwise.core.strategy import QUERIES, Strategy
from tests.machine.models import models

IMPORTS: Final = """\
from __future__ import annotations
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    defer, joinedload, lazyload, load_only, raiseload, selectinload, subqueryload, undefer,
)
from models import Admin, Mark, Note, Team, User


async def loaded(session: AsyncSession, statement):
    return (await session.scalars(statement)).unique().all()


async def got(session, entity, key, options=None):
    return await session.get_one(entity, key, options=options)


async def saved(session: AsyncSession, *things):
    session.add_all(things)
    await session.commit()


async def tried(session: AsyncSession, fails: bool):
    try:
        await session.flush()
        if fails:
            raise ValueError
    except ValueError:
        await session.rollback()
        return None
    return True

"""
"""What stands before the programs: helpers that load and change what they are given."""
GRAPH: Final[Graph] = models().graph
KEYS: Final = {"Team": 2, "User": 3, "Admin": 2, "Note": 3, "Mark": 3}
"""The rows there are of each class; of Admin that with this key alone."""
WRITTEN: Final = {"Team": "name", "User": "plain", "Admin": "level", "Note": "", "Mark": ""}
"""A column of each class that is set to a value."""
LOADS: Final = ("joinedload", "selectinload", "subqueryload", "lazyload", "raiseload")


@dataclass(frozen=True, slots=True)
class Variable:
    """A name in a program: an object of a class, or a list of such."""

    name: str
    entity: str
    many: bool = False


class Draft:
    """One program, line by line."""

    def __init__(self, number: int) -> None:
        self.random = random.Random(number)
        self.number = number
        self.lines: list[str] = []
        self.variables: list[Variable] = []
        self.indent = 1
        self.count = 0

    def write(self) -> str:
        """The text of the program."""
        self.line_of_load()
        for _ in range(self.random.randint(4, 10)):
            self.random.choice(self.kinds())()
        head = f"async def program_{self.number}(session: AsyncSession, flag: bool):"
        return "\n".join((head, *self.lines))

    def kinds(self) -> list[Callable[[], None]]:
        """What may come next, the likely things more than once."""
        return [
            *[self.line_of_load] * 3,
            *[self.line_of_read] * 6,
            *[self.line_of_write] * 2,
            *[self.line_of_happening] * 4,
            *(self.loop, self.branch, self.line_of_new, self.outcome),
        ]

    def line(self, text: str) -> None:
        self.lines.append("    " * self.indent + text)

    def fresh(self) -> str:
        self.count += 1
        return f"v{self.count}"

    def bind(self, entity: str, *, many: bool = False) -> str:
        found = Variable(self.fresh(), entity, many)
        self.variables.append(found)
        return found.name

    def one(self) -> Variable:
        found = [one for one in self.variables if not one.many]
        if not found:
            self.line_of_load(many=False)
            found = [one for one in self.variables if not one.many]
        return self.random.choice(found)

    # --- loads

    def line_of_load(self, *, many: bool | None = None) -> None:
        entity = self.random.choice(sorted(KEYS))
        options = self.options(entity)
        key = KEYS[entity] if entity == "Admin" else self.random.randint(1, KEYS[entity])
        many = self.random.random() < 0.3 if many is None else many
        if many:
            asked = f".options({options})" if options else ""
            name = self.bind(entity, many=True)
            self.line(f"{name} = await loaded(session, select({entity}){asked})")
            return
        asked = f", options=[{options}]" if options else ""
        name = self.bind(entity)
        text = self.random.choice(
            (
                f"await session.get_one({entity}, {key}{asked})",
                f"await got(session, {entity}, {key}{asked})",
                f"(await session.scalars(select({entity}).where({entity}.id == {key})"
                + (f".options({options})" if options else "")
                + ")).unique().one()",
            )
        )
        self.line(f"{name} = {text}")

    def options(self, entity: str) -> str:
        """Loader options of a statement, or nothing."""
        parts = [self.option(entity) for _ in range(self.random.choice((0, 0, 1, 1, 2)))]
        found: dict[str, str] = {}
        for name, text in parts:  # one for each attribute, so that none is in another's way
            found.setdefault(name, text)
        return ", ".join(found.values())

    def option(self, entity: str) -> tuple[str, str]:
        relationships = [one for one in GRAPH[entity].relationships if one.lazy not in QUERIES]
        if not relationships or self.random.random() < 0.25:
            names = [one.name for one in GRAPH[entity].columns if not one.primary_key]
            name = self.random.choice(names)
            function = self.random.choice(("defer", "undefer", "load_only"))
            return function if function == "load_only" else name, f"{function}({entity}.{name})"
        one = self.random.choice(relationships)
        text = f"{self.random.choice(LOADS)}({entity}.{one.name})"
        below = [one for one in GRAPH[one.target].relationships if one.lazy not in QUERIES]
        if below and self.random.random() < 0.4 and not text.startswith(("lazy", "raise")):
            inner = self.random.choice(below)
            text += f".{self.random.choice(LOADS[:3])}({one.target}.{inner.name})"
        return one.name, text

    # --- reads

    def line_of_read(self) -> None:
        one = self.one()
        if self.random.random() < 0.5:
            self.line(f"{one.name}.{self.random.choice(self.columns(one.entity))}")
            return
        found = self.relationship(one.entity)
        if found is None:
            return
        if found.uselist:
            name = self.bind(found.target, many=True)
            self.line(f"{name} = list({one.name}.{found.name})")
        elif self.random.random() < 0.5:
            self.line(f"{one.name}.{found.name}")
        else:
            name = self.fresh()
            self.line(f"{name} = {one.name}.{found.name}")
            column = self.random.choice(self.columns(found.target))
            self.line(f"if {name} is not None:")
            self.line(f"    {name}.{column}")

    def columns(self, entity: str) -> list[str]:
        return [one.name for one in GRAPH[entity].columns]

    def relationship(self, entity: str) -> Relationship | None:
        found = [
            one
            for one in GRAPH[entity].relationships
            if one.lazy not in {*QUERIES, Strategy.RAISE, Strategy.RAISE_ON_SQL}
        ]
        return self.random.choice(found) if found else None

    def loop(self) -> None:
        """Read an attribute of each object of a list."""
        lists = [one for one in self.variables if one.many]
        if not lists:
            self.line_of_load(many=True)
            lists = [one for one in self.variables if one.many]
        many = self.random.choice(lists)
        names = self.columns(many.entity)
        found = self.relationship(many.entity)
        names += [found.name] if found is not None else []
        name = self.fresh()
        self.line(f"for {name} in {many.name}:")
        self.line(f"    {name}.{self.random.choice(names)}")

    # --- changes

    def line_of_write(self) -> None:
        one = self.one()
        column = WRITTEN[one.entity]
        if column:
            value = "'x'" if column == "name" else str(self.random.randint(2, 9))
            self.line(f"{one.name}.{column} = {value}")

    def line_of_new(self) -> None:
        entity = self.random.choice(("Team", "User", "Note", "Mark"))
        name = self.bind(entity)
        column = WRITTEN[entity]
        given = f"{column}='y'" if column == "name" else f"{column}=3" if column else ""
        self.line(f"{name} = {entity}({given})")
        self.line(f"session.add({name})")
        if self.random.random() < 0.7:
            self.line(f"await session.{self.random.choice(('flush', 'commit'))}()")

    def line_of_happening(self) -> None:
        one = self.one()
        column = WRITTEN[one.entity]
        texts = [
            *["await session.flush()", "await session.commit()", "await session.rollback()"] * 2,
            f"await session.refresh({one.name})",
            f"session.expire({one.name})",
            f"session.expire({one.name}, ['{self.random.choice(self.columns(one.entity))}'])",
            f"await saved(session, {one.name})",
            f"session.expunge({one.name})",
        ]
        if column and one.entity != "Admin":
            value = "'z'" if column == "name" else "5"
            texts.append(f"await session.execute(update({one.entity}).values({column}={value}))")
        found = self.relationship(one.entity)
        if found is not None:
            texts.append(f"await session.refresh({one.name}, ['{found.name}'])")
            texts.append(f"await {one.name}.awaitable_attrs.{found.name}")
        self.line(self.random.choice(texts))

    def branch(self) -> None:
        """Something that is done on one way only."""
        before = list(self.variables)
        self.line("if flag:" if self.random.random() < 0.5 else "if not flag:")
        self.indent += 1
        self.random.choice((self.line_of_happening, self.line_of_read, self.line_of_write))()
        self.line("pass")
        self.indent -= 1
        self.variables = before

    def outcome(self) -> None:
        """A helper that rolls back, and whose result is looked at."""
        name = self.fresh()
        self.line(f"{name} = await tried(session, flag)")
        if self.random.random() < 0.5:
            self.line(f"if {name} is None:")
            self.line("    return")


def programs(first: int, count: int) -> Iterator[tuple[str, str]]:
    """So many programs, each with its name."""
    for number in range(first, first + count):
        yield f"program_{number}", Draft(number).write()
