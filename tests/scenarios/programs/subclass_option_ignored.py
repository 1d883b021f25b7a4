# rule: lazy-read
# attribute: Manager.assistant
# instance: Manager 1
# cause: options-ignored
# cure: safe: select(Employee).options(joinedload(Manager.assistant),
#   selectin_polymorphic(Employee, [Manager]))
# adds: 1
"""A joined load of a subclass's relation is asked for, and it cannot do without the columns."""

from typing import Optional

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, joinedload, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Employee(Base):
    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]


class Manager(Employee):
    __mapper_args__ = {"polymorphic_identity": "manager"}

    assistant_id: Mapped[Optional[int]] = mapped_column(ForeignKey("persons.id"))
    assistant: Mapped[Optional[Person]] = relationship()


def rows() -> list[Base]:
    return [Manager(id=1, assistant=Person(id=1, name="Cleo"))]


async def main(session: AsyncSession) -> str:
    statement = select(Employee).options(joinedload(Manager.assistant))
    manager = (await session.scalars(statement)).one()  # load
    assert isinstance(manager, Manager)
    return manager.assistant.name  # read
