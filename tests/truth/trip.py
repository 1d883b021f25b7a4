"""What a way is given to go: a session, the parents to bring into it, and how."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import lazyload

from tests.truth.kinds import Model
from tests.truth.options import joined, options
from tests.truth.shapes import NEW, OLD

Parents = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What a way is given: the model, how many parents, the option, and a session to be in.

    `holds` says whether the targets are to be in the identity map, `held` keeps them there. What is
    counted begins with `start()`.
    """

    model: Model
    n: int
    option: str
    holds: bool
    session: AsyncSession
    held: list[Any]
    start: Callable[[], None]

    @property
    def old(self) -> range:
        """The keys of the parents that the database has."""
        return OLD[: self.n]

    @property
    def new(self) -> range:
        """The keys of the parents that it does not have."""
        return NEW[: self.n]

    @property
    def options(self) -> tuple[Any, ...]:
        """The loader options under test."""
        return options(self.option, self.model)

    def make(self, numbers: Sequence[int]) -> list[Any]:
        """New objects with these keys."""
        return [self.model.parent(**self.model.values(number)) for number in numbers]

    def statement(self, numbers: Sequence[int]) -> Select[Any]:
        """The SELECT of these parents, with the options under test."""
        plain = self.plain(numbers)
        return joined(self.option, plain, self.model).options(*self.options)

    def plain(self, numbers: Sequence[int]) -> Select[Any]:
        """The SELECT of these parents, without options."""
        selected = self.model.selected
        return select(selected).where(selected.id.in_(numbers)).order_by(selected.id)

    async def all(self, statement: Any) -> list[Any]:
        """The objects that a statement returns."""
        return list((await self.session.scalars(statement)).unique())

    async def hold(self, numbers: Sequence[int]) -> None:
        """Load the targets of these parents and keep them, where that is asked for."""
        if not self.holds:
            return
        keys = sorted({key for number in numbers for key in self.model.keys(number)})
        target = self.model.target
        statement = select(target).where(target.id.in_(keys)).options(lazyload("*"))
        self.held.extend(await self.all(statement))

    async def select(self) -> list[Any]:
        """Select the old parents with the options under test, their targets held before."""
        await self.hold(self.old)
        return await self.all(self.statement(self.old))

    async def select_unloaded(self) -> list[Any]:
        """Select the old parents without their relationship."""
        return await self.all(self.plain(self.old).options(lazyload(self.model.parent.rel)))

    async def detach(self) -> list[Any]:
        """Select them so, and take them out of the session."""
        parents = await self.select_unloaded()
        self.session.expunge_all()
        return parents

    async def get(self, numbers: Sequence[int]) -> list[Any]:
        """Get these parents one by one."""
        selected = self.model.selected
        return [await self.session.get(selected, key, options=self.options) for key in numbers]

    async def flush_new(self) -> list[Any]:
        """Add the new parents and flush."""
        made = self.make(self.new)
        self.session.add_all(made)
        await self.session.flush()
        return made

    async def commit_new(self) -> list[Any]:
        """Add the new parents and commit."""
        made = self.make(self.new)
        self.session.add_all(made)
        await self.session.commit()
        return made

    async def refresh(self, parents: Sequence[Any], *names: str) -> Sequence[Any]:
        """Refresh these parents, or attributes of them."""
        for parent in parents:
            await self.session.refresh(parent, names or None)
        return parents

    async def merge(self, parents: Sequence[Any], *, load: bool = True) -> list[Any]:
        """Merge these parents."""
        session = self.session
        return [await session.merge(one, load=load, options=self.options) for one in parents]

    async def holders(self, loading: Any) -> list[Any]:
        """Select what refers to the old parents, which are loaded in that way."""
        holder = self.model.holder
        statement = select(holder).where(holder.id.in_(self.old)).order_by(holder.id)
        return await self.all(statement.options(loading.options(*self.options)))
