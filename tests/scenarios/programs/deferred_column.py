# rule: deferred-read
# attribute: Article.body
# instance: Article 1
# cause: deferred
# cure: safe: select(Article).where(Article.slug == slug).options(undefer(Article.body))
"""A long text is deferred in the mapping, and one page shows it."""

from sqlalchemy import Text, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, deferred, mapped_column


class Base(DeclarativeBase):
    pass


class Article(Base):
    __tablename__ = "articles"

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str]
    body: Mapped[str] = deferred(mapped_column(Text))


def rows() -> list[Base]:
    return [Article(id=1, slug="lazy", body="Lazy loads and asyncio")]


async def body_of(session: AsyncSession, slug: str) -> str:
    article = await session.scalar(select(Article).where(Article.slug == slug))  # load
    assert article is not None
    return article.body  # read


async def main(session: AsyncSession) -> str:
    return await body_of(session, "lazy")
