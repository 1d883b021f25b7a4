"""What the static witness says of small programs, case by case; each marks the lines it means.

A line that ends with `# sure: Entity.attribute` is read where the attribute is missing on every
way, one with `# may: …` where it is on some; `# cause: …` is where it was taken away, `# told: …`
names a rule about something else than a gap. Every other line is silent. The numbers are those of
the design's first cases.
"""

from __future__ import annotations

import re
import textwrap
from pathlib import Path
from typing import Final

import pytest

from loadwise.analyse.check import check
from loadwise.core.finding import Finding, Level

MODELS: Final = """
from __future__ import annotations
import asyncio
from typing import Annotated, Generic, TypeVar
from fastapi import APIRouter, Depends
from pydantic import BaseModel
from sqlalchemy import ForeignKey, event, func, select, update
from sqlalchemy.ext.asyncio import AsyncAttrs, AsyncSession, async_sessionmaker
from sqlalchemy.orm import (
    DeclarativeBase, Mapped, backref, immediateload, joinedload, mapped_column, relationship,
    selectinload,
)

class Base(AsyncAttrs, DeclarativeBase): ...

class A(Base):
    __tablename__ = "a"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    changed: Mapped[str] = mapped_column(onupdate=func.now())
    touched: Mapped[str] = mapped_column(onupdate=lambda: "now")
    b_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
    b: Mapped[B] = relationship(back_populates="as_")

    @property
    def shown(self):
        return self.b.name{prop}

class B(Base):
    __tablename__ = "b"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    as_: Mapped[list[A]] = relationship(back_populates="b")
    cs: Mapped[list[C]] = relationship()

class C(Base):
    __tablename__ = "c"
    id: Mapped[int] = mapped_column(primary_key=True)
    b_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
    owner_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
    owner = relationship(
        B, foreign_keys=owner_id, backref=backref("owned", lazy="select"), viewonly=True
    )
"""

CASES: Final = {
    "what generators and tuples hold": """
        async def f(session: AsyncSession):
            first, second = (await session.scalars(select(A))).one(), 1
            pair = (second, first)
            names = {pair[1].b.name}  # sure: A.b
            return ", ".join(one.c for one in names)

        async def g(session: AsyncSession):
            as_ = (await session.scalars(select(A))).all()
            return ", ".join(a.b.name for a in as_)  # sure: A.b
    """,
    "a get for each key": """
        async def f(session: AsyncSession, ids, other: int):
            for number in ids:
                key = number + 1
                a = await session.get(A, key)  # told: get-in-loop
                print(a.name)
            return [await session.get(B, ident=one) for one in ids]  # told: get-in-loop

        async def load(session, b):
            return await session.get(C, b.id)  # told: get-in-loop

        async def g(session: AsyncSession):
            return [await load(session, b) for b in await session.scalars(select(B))]
    """,
    "a get that is no repeat": """
        async def polled(session: AsyncSession, key: int):
            for attempt in range(10):
                a = await session.get(A, key)

        async def found(session: AsyncSession, ids):
            for number in ids:
                return await session.get(A, number)

        async def each_its_own(maker: async_sessionmaker[AsyncSession], ids):
            for number in ids:
                async with maker() as session:
                    await session.get(A, number)

        async def two(session: AsyncSession):
            for number in (1, 2):
                await session.get(A, number)

        async def there(session: AsyncSession, ids):
            kept = (await session.scalars(select(A).where(A.id.in_(ids)))).all()
            return [await session.get(A, number) for number in ids], kept
    """,
    "a refresh for each object": """
        async def f(session: AsyncSession, names):
            made = [B(name=name) for name in names]
            session.add_all(made)
            await session.commit()
            for b in made:
                await session.refresh(b)  # told: refresh-in-loop
            b = B(name="one")
            session.add(b)
            await session.commit()
            for attempt in range(3):
                await session.refresh(b)
    """,
    "one session in several tasks": """
        async def one(session, number):
            return await session.get(B, number)

        async def own(maker, number):
            async with maker() as session:
                return await session.get(B, number)

        async def f(session: AsyncSession, ids):
            await asyncio.gather(*[one(session, number) for number in ids])  # told: shared-session
            await asyncio.gather(one(session, 1), asyncio.sleep(1))
            tasks = [one(session, 1), session.execute(select(A))]
            await asyncio.gather(*tasks)  # told: shared-session

        async def g(maker: async_sessionmaker[AsyncSession], ids):
            await asyncio.gather(*[own(maker, number) for number in ids])
            await asyncio.gather(own(maker, 1), own(maker, 2))
            async with maker() as one, maker() as other:
                await asyncio.gather(one.get(A, 1), other.get(A, 2))
    """,
    "immediate loading for each object": """
        async def f(session: AsyncSession):
            query = select(B).options(immediateload(B.cs))
            (await session.scalars(query)).all()  # told: immediate-repeat
            return (await session.scalars(query)).one()
    """,
    "one of two objects": """
        async def f(session: AsyncSession, flag):
            b = (await session.scalars(select(B))).one()
            if flag:
                b = (await session.scalars(select(B).options(selectinload(B.cs)))).one()
            return b.cs  # may: B.cs
    """,
    "what a call says, tested at once": """
        async def save(session, a):
            try:
                await session.flush()
            except Exception:
                await session.rollback()  # cause: A.name
                return False
            return True

        async def f(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            if not await save(session, a):
                return a.name  # sure: A.name
            return a.name

        async def g(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            if (saved := await save(session, a)) is False or not saved:
                return None
            return a.name
    """,
    "what a call says, handed on": """
        async def save(session):
            try:
                await session.flush()
            except Exception:
                await session.rollback()  # cause: A.name
                return None
            return 1

        async def handed(session):
            return await save(session)

        async def tested(session):
            if await save(session) is None:
                return None
            return 1

        async def f(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            if await handed(session) is None:
                return None
            return a.name

        async def g(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            if await tested(session) is None:
                return a.name  # sure: A.name
            return a.name
    """,
    "a name that is bound anew says nothing of the call": """
        async def save(session):
            try:
                await session.flush()
            except Exception:
                await session.rollback()  # cause: A.name
                return None
            return 1

        async def f(session: AsyncSession, other):
            a = (await session.scalars(select(A))).one()
            saved = await save(session)
            saved = other
            if saved is None:
                return None
            return a.name  # may: A.name
    """,
    "a rollback in a callee that raises": """
        async def save(session):
            try:
                await session.flush()
            except Exception:
                await session.rollback()  # cause: A.name
                raise

        async def f(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            try:
                await save(session)
            except Exception:
                return a.name  # may: A.name
            return a.name

        async def g(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            try:
                await save(session)
            except Exception:
                return a.name  # may: A.name
            return a.name
    """,
    "S28 expired, and selected again": """
        async def f(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            session.expire(a)
            again = (await session.scalars(select(A))).one_or_none()
            return (again or a).name
    """,
    "awaited in a loop over rows": """
        async def f(session: AsyncSession):
            for b in (await session.scalars(select(B))).all():
                print(await b.awaitable_attrs.cs)  # told: awaitable-in-loop
    """,
    "awaited in a loop, in another function, and once": """
        async def show(b):
            return await b.awaitable_attrs.cs  # told: awaitable-in-loop

        async def one(session: AsyncSession):
            b = (await session.scalars(select(B))).one()
            return await show(b)

        async def f(session: AsyncSession):
            return [await show(b) for b in await session.scalars(select(B))]
    """,
    "awaited in a loop, loaded before": """
        async def f(session: AsyncSession):
            for b in (await session.scalars(select(B).options(selectinload(B.cs)))).all():
                print(await b.awaitable_attrs.cs)
    """,
    "S13 and S14: what a callee says of its rollback": """
        async def save(session, a):
            try:
                await session.flush()
            except Exception:
                await session.rollback()  # cause: A.name
                return None
            return a

        async def f(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            saved = await save(session, a)
            if saved is None:
                return None
            return a.name

        async def g(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            saved = await save(session, a)
            if saved is None:
                return a.name  # sure: A.name
    """,
    "S20 a new row that points at none": """
        async def f(session: AsyncSession):
            a = A(name="x")
            session.add(a)
            await session.flush()
            return a.b
    """,
    "nothing is read of a collection that is empty": """
        class Order(Base):
            __tablename__ = "order"
            id: Mapped[int] = mapped_column(primary_key=True)
            items: Mapped[list[Item]] = relationship()

        class Item(Base):
            __tablename__ = "item"
            id: Mapped[int] = mapped_column(primary_key=True)
            order_id: Mapped[int] = mapped_column(ForeignKey("order.id"))
            b_id: Mapped[int] = mapped_column(ForeignKey("b.id"))
            b: Mapped[B] = relationship()

        WITH_ITEMS = select(Order).options(selectinload(Order.items))

        def shown(order):
            return [item.b.name for item in order.items]  # sure: Item.b

        async def none(session: AsyncSession):
            order = (await session.scalars(WITH_ITEMS)).one()
            if len(order.items) > 0:
                raise ValueError
            return [item.b for item in order.items]

        async def one_by_one(session: AsyncSession):
            for order in (await session.scalars(WITH_ITEMS)).all():
                if order.items:
                    shown(order)
                    continue
                print([item.b for item in order.items])

        async def all_the_same(session: AsyncSession):
            order = (await session.scalars(WITH_ITEMS)).one()
            if not order.items:
                print("none")
            return [item.b.name for item in order.items]  # sure: Item.b
    """,
    "a reference that is None": """
        async def f(session: AsyncSession):
            a = (await session.scalars(select(A).options(joinedload(A.b)))).one()
            if a.b is None:
                return (await session.scalars(select(B))).one().cs  # sure: B.cs
            return a.b.cs  # sure: B.cs
    """,
    "the row of an object that is there is that object": """
        async def one(session, key):
            return (await session.scalars(select(A).where(A.id == key))).one()

        async def filled(session: AsyncSession):
            a = (await session.scalars(select(A).options(joinedload(A.b)))).one()
            again = await one(session, a.id)
            return again.b.cs  # sure: B.cs

        async def other(session: AsyncSession, key):
            a = (await session.scalars(select(A).options(joinedload(A.b)))).one()
            again = await one(session, key)
            return a.name, again.b_id

        async def by_get(session: AsyncSession):
            a = (await session.scalars(select(A).options(joinedload(A.b)))).one()
            again = await session.get(A, a.id)
            return again.b if again else None

        async def reloaded(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            await session.rollback()
            await session.refresh(a, ["id"])
            await one(session, a.id)
            return a.name

        async def rolled_back(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            again = await one(session, a.id)
            await session.rollback()
            await session.refresh(a)
            other = (await session.scalars(select(A))).one()
            await session.rollback()  # cause: A.name
            return again.name  # sure: A.name
    """,
    "a read that is tried": """
        async def tried(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            try:
                _ = a.b
            except Exception:
                a = (await session.scalars(select(A).options(joinedload(A.b)))).one()
            return a.name

        async def named(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            try:
                print("shown", a.shown)
            except MissingGreenlet:
                return None

        async def asked(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            if "b" in a.__dict__:
                return a.b
            if "b" not in inspect(a).unloaded and a.b:
                return a.b
            return None

        async def not_guarded(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            try:
                await work()
                print(a.b)  # sure: A.b
            except Exception:
                return None
    """,
    "a count that is given is not None": """
        def shown(b, count: int | None = None):
            return len(b.cs) if count is None else count

        async def f(session: AsyncSession, rows):
            counts = {key: count for key, count in rows}
            found = []
            for b in (await session.scalars(select(B))).all():
                found.append((shown(b, counts.get(b.id, 0)), shown(b, len(rows)), shown(b, f"{b}")))
            return found
    """,
    "new on one way, loaded on the other": """
        async def make(session: AsyncSession):
            b = B()
            session.add(b)
            try:
                await session.commit()
                await session.refresh(b)
            except IntegrityError:
                await session.rollback()
            return b.name

        async def a_later_failure(session: AsyncSession):
            b = (await session.scalars(select(B))).one()
            try:
                await session.commit()
                await session.refresh(b)
                await work()
            except Exception:
                await session.rollback()  # cause: B.name
            return b.name  # may: B.name
    """,
    "a listener may set what the constructor does not": """
        class Listened(Base):
            __tablename__ = "listened"
            id: Mapped[int] = mapped_column(primary_key=True)
            name: Mapped[str]
            bs: Mapped[list[B]] = relationship(viewonly=True)

        @event.listens_for(Listened.name, "set")
        def named(target, value, oldvalue, initiator):
            target.bs = []

        async def heard(session: AsyncSession):
            one = Listened(name="x")
            session.add(one)
            await session.flush()
            return one.bs

        async def not_heard(session: AsyncSession):
            one = Listened(id=1)
            session.add(one)
            await session.flush()
            return one.bs  # sure: Listened.bs
    """,
    "what is not awaited is not there": """
        async def one(session):
            return (await session.scalars(select(A))).one()

        async def forgotten(session: AsyncSession):
            a = one(session)
            return a.b

        async def later(session: AsyncSession):
            coming = one(session)
            a = await coming
            return a.b  # sure: A.b
    """,
    "a module that is imported by its name": """
        from importlib import import_module

        async def one(session: AsyncSession):
            return (await session.scalars(select(A))).one()

        async def f(session: AsyncSession):
            a = await import_module("app").one(session)
            return a.b  # sure: A.b
    """,
    "a refresh obeys the options that nobody knows": """
        async def f(session: AsyncSession, a: A):
            await session.rollback()
            await session.refresh(a)
            return a.name, a.b

        async def g(session: AsyncSession, a: A):
            await session.rollback()  # cause: A.b
            await session.refresh(a, ["name"])
            return a.name, a.b  # sure: A.b
    """,
    "what is given may be expired, and a flag says whether": """
        async def save(session: AsyncSession):
            try:
                await session.flush()
            except Exception:
                await session.rollback()  # cause: A.name
                return {"success": False, "error": "flush"}
            return {"success": True}

        async def some_way(session: AsyncSession, a: A):
            await save(session)
            return a.name  # may: A.name

        async def tested(session: AsyncSession, a: A):
            saved = await save(session)
            if not saved["success"]:
                return saved.get("error")
            return a.name

        async def failed(session: AsyncSession, a: A):
            saved = await save(session)
            if saved["success"]:
                return None
            return a.name  # sure: A.name
    """,
    "S21 the row that a condition points at": """
        async def f(session: AsyncSession, b: B):
            a = (await session.scalars(select(A).where(A.b_id == b.id))).one()
            return a.b.name
    """,
    "S20 a new row that points at one": """
        async def f(session: AsyncSession, b: B):
            a = A(b_id=b.id)
            session.add(a)
            await session.flush()
            return a.b.name
    """,
    "S27 a method by its name": """
        class Policy:
            async def allowed(self, a):
                return a.b.name  # sure: A.b

        async def f(session: AsyncSession, policies):
            a = (await session.scalars(select(A))).one()
            return await policies["x"].allowed(a)
    """,
    "S32 what is not known may have loaded it": """
        async def f(session: AsyncSession, helper):
            a = (await session.scalars(select(A))).one()
            await helper.load(session, a)
            return a.b.name
    """,
    "a service in a module's variable": """
        class Service:
            async def get(self, session):
                return (await session.scalars(select(A))).one()

        service = Service()

        async def f(session: AsyncSession):
            a = await service.get(session)
            return a.b.name  # sure: A.b
    """,
    "a method of the base of all": """
        class Shown:
            async def drop(self, session: AsyncSession):
                try:
                    await session.delete(self)
                    await session.commit()
                except Exception:
                    await session.rollback()  # cause: D.id
                    print(self.id)  # sure: D.id

        class D(Shown, Base):
            __tablename__ = "d"
            id: Mapped[int] = mapped_column(primary_key=True)
    """,
    "a field of a schema that a framework fills": """
        class Form(BaseModel):
            name: str | None = None

        async def f(session: AsyncSession, form: Form):
            a = (await session.scalars(select(A))).one()
            if form.name is not None:
                return a.b  # sure: A.b
    """,
    "S01 select, then read": """
        async def f(session: AsyncSession):
            a = (await session.execute(select(A))).scalar_one()
            return a.b  # sure: A.b
    """,
    "S02 with its option": """
        async def f(session: AsyncSession):
            a = (await session.execute(select(A).options(selectinload(A.b)))).scalar_one()
            return a.b.name
    """,
    "S03 two hops, the second missing": """
        async def f(session: AsyncSession):
            a = (await session.scalars(select(A).options(joinedload(A.b)))).first()
            if a is None:
                return None
            return [c.id for c in a.b.cs]  # sure: B.cs
    """,
    "S04 the way back of a loaded collection": """
        async def f(session: AsyncSession):
            b = (await session.scalars(select(B).options(selectinload(B.as_)))).one()
            return [a.b.name for a in b.as_]
    """,
    "S06 options built in a helper": """
        def wanted():
            options = [selectinload(A.b)]
            options.append(selectinload(A.b).selectinload(B.cs))
            return options
        async def f(session: AsyncSession):
            a = (await session.execute(select(A).options(*wanted()))).scalars().one()
            return a.b.cs
    """,
    "S07 an option on the name of a backref": """
        async def f(session: AsyncSession):
            b = await session.get(B, 1, options=[selectinload(B.owned)])
            if b is None:
                return
            b.owned
            b.cs  # sure: B.cs
    """,
    "S08 an options parameter": """
        async def one(session: AsyncSession, key: int, options=None):
            statement = select(A).where(A.id == key)
            if options:
                statement = statement.options(*options)
            return (await session.execute(statement)).scalar_one()
        async def with_it(session: AsyncSession):
            return (await one(session, 1, options=[joinedload(A.b)])).b
        async def without(session: AsyncSession):
            return (await one(session, 1)).b  # sure: A.b
    """,
    "S09 a flag": """
        async def one(session: AsyncSession, deep: bool = False):
            statement = select(A)
            if deep:
                statement = statement.options(joinedload(A.b))
            return (await session.scalars(statement)).one()
        async def shallow(session: AsyncSession):
            return (await one(session)).b  # sure: A.b
        async def deep(session: AsyncSession):
            return (await one(session, deep=True)).b
    """,
    "S10 a generic repository": """
        T = TypeVar("T")
        class Repository(Generic[T]):
            model: type[T]
            def __init__(self, session: AsyncSession):
                self.session = session
            async def get(self, key):
                return await self.session.get_one(self.model, key)
        class ARepository(Repository[A]):
            model = A
        async def f(session: AsyncSession):
            a = await ARepository(session).get(1)
            return a.b  # sure: A.b
    """,
    "S11 rollback in except, read after the try": """
        async def f(session: AsyncSession, a_id: int):
            a = await session.get_one(A, a_id)
            try:
                await work()
            except ValueError:
                await session.rollback()  # cause: A.name
            return a.name  # may: A.name
    """,
    "S12 rollback, then raise": """
        async def f(session: AsyncSession, a_id: int):
            a = await session.get_one(A, a_id)
            try:
                await work()
            except ValueError:
                await session.rollback()
                raise
            return a.name
    """,
    "S15 flush of a change, then a schema": """
        class AOut(BaseModel):
            name: str
            changed: str
        async def f(session: AsyncSession):
            a = await session.get_one(A, 1)
            a.name = "new"
            await session.flush()  # cause: A.changed
            return AOut.model_validate(a)  # sure: A.changed
    """,
    "S16 made in Python, or refreshed": """
        async def f(session: AsyncSession):
            a = await session.get_one(A, 1)
            a.name = "new"
            await session.flush()
            a.touched
            await session.refresh(a)
            return a.changed
    """,
    "S17 a bulk update in a callee": """
        async def rename(session: AsyncSession):
            await session.execute(update(A).values(name="x"))  # cause: A.changed
        async def f(session: AsyncSession):
            a = await session.get_one(A, 1)
            await rename(session)
            return a.changed  # may: A.changed
    """,
    "S17 a bulk update that gives something back": """
        async def count(session: AsyncSession):
            statement = update(A).values(name="x").returning(A.name)
            return (await session.execute(statement)).scalar()  # cause: A.changed
        async def f(session: AsyncSession):
            a = await session.get_one(A, 1)
            await count(session)
            return a.changed  # may: A.changed
    """,
    "S18 an attribute that is not mapped": """
        async def f(session: AsyncSession):
            a = await session.get_one(A, 1)
            a.note = "x"
            await session.flush()
            return a.changed
    """,
    "S19 a new object, flushed": """
        async def f(session: AsyncSession):
            b = B(name="x")
            session.add(b)
            await session.flush()
            return b.cs  # sure: B.cs
    """,
    "S19 a new object, refreshed": """
        async def f(session: AsyncSession):
            b = B(name="x", cs=[])
            session.add(b)
            await session.flush()
            return b.cs
    """,
    "S22 refreshed one by one": """
        async def f(session: AsyncSession):
            many = (await session.scalars(select(A))).all()
            await session.commit()
            for one in many:
                await session.refresh(one)  # told: refresh-in-loop
            return [one.name for one in many]
    """,
    "S25 dependencies": """
        make = async_sessionmaker()
        async def get_session():
            async with make() as session:
                yield session
        Given = Annotated[AsyncSession, Depends(get_session)]
        router = APIRouter()
        class AOut(BaseModel):
            name: str
            b: BOut
        class BOut(BaseModel):
            name: str
            cs: list[COut]
        class COut(BaseModel):
            id: int
        @router.get("/a", response_model=AOut)
        async def show(session: Given):
            a = (await session.scalars(select(A).options(joinedload(A.b)))).one()
            return a  # sure: B.cs
    """,
    "S29 a property": """
        async def f(session: AsyncSession):
            a = await session.get_one(A, 1)
            return a.shown
    """,
    "commit": """
        async def f(session: AsyncSession):
            a = await session.get_one(A, 1)
            await session.commit()  # cause: A.name
            return a.name  # sure: A.name
    """,
    "the end of a transaction's block": """
        make = async_sessionmaker()
        async def f():
            async with make() as session:
                async with session.begin():  # cause: A.name
                    a = await session.get_one(A, 1)
                return a.name  # sure: A.name
    """,
    "a session that is closed": """
        make = async_sessionmaker()
        async def f():
            async with make() as session:  # cause: A.b
                a = (await session.scalars(select(A))).one()
            a.name
            return a.b  # sure: A.b
    """,
    "awaited, in a greenlet, in a synchronous session": """
        from sqlalchemy.orm import Session
        def inner(session):
            return session.get(B, 1).cs
        def old(session: Session):
            return session.get(B, 1).cs
        async def f(session: AsyncSession):
            b = await session.get_one(B, 1)
            await b.awaitable_attrs.cs
            await session.run_sync(inner)
            return b.cs
    """,
    "append to what is not loaded": """
        async def f(session: AsyncSession):
            b = await session.get_one(B, 1)
            b.cs.append(C())  # sure: B.cs
    """,
    "gathered": """
        async def one(session: AsyncSession, key: int):
            return await session.get_one(B, key)
        async def f(session: AsyncSession):
            tasks = one(session, 1), one(session, 2)
            b, other = await asyncio.gather(*tasks)  # told: shared-session
            b.cs  # sure: B.cs
            other.cs  # sure: B.cs
    """,
    "what is given to a function that is not known": """
        import elsewhere
        async def f(session: AsyncSession):
            b = await session.get_one(B, 1)
            await elsewhere.load(session, b)
            return b.cs
    """,
}
PROPERTY: Final = {"S29 a property"}


@pytest.mark.parametrize("name", CASES)
def test_a_case(name: str, tmp_path: Path) -> None:
    models = MODELS.replace("{prop}", "  # sure: A.b" if name in PROPERTY else "")
    text = models + textwrap.dedent(CASES[name])
    (tmp_path / "app.py").write_text(text, encoding="utf-8")
    found = [one for one in check([tmp_path], tmp_path).findings if one.level is not Level.HIDDEN]
    assert sorted(map(_said, found)) == sorted(_marked(text, ("sure", "may", "told")))
    causes = {_at(one) for one in found} - {""}
    assert causes == {f"{line}: {name}" for line, _, name in _marks(text) if _ == "cause"}


def _marks(text: str) -> list[tuple[int, str, str]]:
    return [
        (number, *match.groups())  # type: ignore[misc]
        for number, line in enumerate(text.splitlines(), 1)
        if (match := re.search(r"# (sure|may|cause|told): (\S+)$", line))
    ]


def _marked(text: str, kinds: tuple[str, ...]) -> list[str]:
    return [f"{line}: {kind} {name}" for line, kind, name in _marks(text) if kind in kinds]


def _said(finding: Finding) -> str:
    place = finding.read or finding.load
    assert place is not None
    if not finding.code.startswith("LW1"):
        return f"{place.line}: told {finding.rule}"
    kind = "sure" if finding.level is Level.ERROR else "may"
    return f"{place.line}: {kind} {finding.attribute}"


def _at(finding: Finding) -> str:
    site = finding.cause.site
    return f"{site.line}: {finding.attribute}" if site is not None else ""


def test_what_hangs_on_the_session_is_hidden(tmp_path: Path) -> None:
    text = """
async def f(session: AsyncSession, b: B):
    for a in await session.scalars(select(A)):
        print(a.b.name)
"""
    (tmp_path / "app.py").write_text(MODELS.replace("{prop}", "") + text, encoding="utf-8")
    (finding,) = check([tmp_path], tmp_path).findings
    assert (finding.attribute, finding.level) == ("A.b", Level.HIDDEN)
    assert finding.message == "`A.b` may not be loaded here"
