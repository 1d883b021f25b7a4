# rule: lazy-read
# attribute: Lead.reports
# instance: Lead 1
# cause: subclass-column
# cure: safe: session.get_one(Employee, 1,
#   options=[selectin_polymorphic(Employee, [Lead]), selectinload(Lead.reports)])
# adds: 3
"""Three levels of inheritance, and a relation of the last one."""

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


class Engineer(Employee):
    __tablename__ = "engineers"
    __mapper_args__ = {"polymorphic_identity": "engineer"}

    id: Mapped[int] = mapped_column(ForeignKey("employees.id"), primary_key=True)
    language: Mapped[str]


class Lead(Engineer):
    __tablename__ = "leads"
    __mapper_args__ = {"polymorphic_identity": "lead"}

    id: Mapped[int] = mapped_column(ForeignKey("engineers.id"), primary_key=True)
    reports: Mapped[list["Report"]] = relationship()


class Report(Base):
    __tablename__ = "reports"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    lead_id: Mapped[int] = mapped_column(ForeignKey("leads.id"))


def rows() -> list[Base]:
    return [Lead(id=1, language="Python", reports=[Report(id=1, title="Q3")])]


async def main(session: AsyncSession) -> list[str]:
    employee = await session.get_one(Employee, 1)  # load
    assert isinstance(employee, Lead)
    return [report.title for report in employee.reports]  # read
