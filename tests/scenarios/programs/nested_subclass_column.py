# rule: lazy-read
# attribute: Manager.assistant_id
# instance: Manager 1
# cause: subclass-column
# cure: safe: selectinload(Company.staff)
#   .options(selectin_polymorphic(Employee, [Manager]))
# adds: 1
"""The first hop leads to a base, and the missing column is that of a subclass."""

from typing import Optional

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload


class Base(DeclarativeBase):
    pass


class Person(Base):
    __tablename__ = "persons"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class Company(Base):
    __tablename__ = "companies"

    id: Mapped[int] = mapped_column(primary_key=True)
    staff: Mapped[list["Employee"]] = relationship()


class Employee(Base):
    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    company_id: Mapped[int] = mapped_column(ForeignKey("companies.id"))


class Manager(Employee):
    __tablename__ = "managers"
    __mapper_args__ = {"polymorphic_identity": "manager"}

    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    assistant_id: Mapped[Optional[int]] = mapped_column(ForeignKey("persons.id"))
    assistant: Mapped[Optional[Person]] = relationship()


def rows() -> list[Base]:
    return [Company(id=1, staff=[Manager(id=1, assistant=Person(id=1, name="Cleo"))])]


async def main(session: AsyncSession) -> list[int]:
    query = select(Company).options(selectinload(Company.staff))
    company = (await session.scalars(query)).one()  # load
    return [one.assistant_id for one in company.staff if isinstance(one, Manager)]  # read
