# rule: lazy-read
# attribute: Engineer.badge
# instance: Engineer 1
# cause: never-loaded
# cure: safe: session.get(Engineer, 1, options=[joinedload(Engineer.badge)])
"""A relation that a class inherits."""

from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Employee(Base):
    __tablename__ = "employees"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "employee"}

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    badge: Mapped["Badge"] = relationship()


class Engineer(Employee):
    __tablename__ = "engineers"
    __mapper_args__ = {"polymorphic_identity": "engineer"}

    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    language: Mapped[str]


class Badge(Base):
    __tablename__ = "badges"

    id: Mapped[int] = mapped_column(primary_key=True)
    color: Mapped[str]
    employee_id: Mapped[int] = mapped_column(ForeignKey("employees.id"))


def rows() -> list[Base]:
    return [Engineer(id=1, language="Python", badge=Badge(id=1, color="red"))]


async def main(session: AsyncSession) -> str:
    engineer = await session.get(Engineer, 1)  # load
    return engineer.badge.color if engineer else ""  # read
