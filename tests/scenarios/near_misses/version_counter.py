"""A version counter after the flush of another change: SQLAlchemy knows the new value itself."""

from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column


class Base(DeclarativeBase):
    pass


class Page(Base):
    __tablename__ = "pages"

    id: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    version: Mapped[int] = mapped_column()

    __mapper_args__ = {"version_id_col": version}


def rows() -> list[Base]:
    return [Page(id=1, title="Start")]


async def main(session: AsyncSession) -> int:
    page = await session.get_one(Page, 1)
    page.title = "End"
    await session.flush()
    return page.version
