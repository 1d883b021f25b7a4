# rule: lazy-read
# attribute: Engineer.language
# instance: Engineer 1
# cause: subclass-column
# cure: safe: select(Employee).order_by(Employee.id)
#   .options(selectin_polymorphic(Employee, [Engineer]))
# adds: 1
"""Employees are selected; what an engineer has lies in a table of its own."""

from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str]


class Engineer(Employee):
    __tablename__ = "engineers"
    __mapper_args__ = {"polymorphic_identity": "engineer"}

    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    language: Mapped[str]


class Manager(Employee):
    __tablename__ = "managers"
    __mapper_args__ = {"polymorphic_identity": "manager"}

    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    budget: Mapped[int]


def rows() -> list[Base]:
    return [
        Engineer(id=1, name="Ann", language="Python"),
        Manager(id=2, name="Bob", budget=1000),
    ]


async def main(session: AsyncSession) -> list[str]:
    employees = await session.scalars(select(Employee).order_by(Employee.id))  # load
    return [one.language for one in employees if isinstance(one, Engineer)]  # read
