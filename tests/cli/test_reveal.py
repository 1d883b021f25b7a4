"""`loadwise reveal`: what is believed at a place of the example's service, and bad input."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.command import loadwise

ARTICLE = Path(__file__).parents[2] / "examples" / "article"


def test_an_object_and_why_something_is_not_there() -> None:
    done = loadwise("reveal", "app/service.py:18:user", "app", cwd=ARTICLE)
    assert (done.returncode, done.stderr) == (0, "")
    first, have, *lost = done.stdout.splitlines()
    assert first == "app/service.py:18  user"
    assert have == (
        "  have  User{-email -id -name -organization -organization_id} "
        "(persistent, loaded at app/repository.py:27)"
    )
    assert "    User.name: commit() expired it (expire_on_commit), app/service.py:17" in lost


def test_each_name_of_a_line_on_each_way(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        """
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship()

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)

async def listed(session: AsyncSession, limit: int):
    query = select(User).options(selectinload(User.posts))
    users = (await session.scalars(query)).all()
    return users
""",
        encoding="utf-8",
    )
    line = loadwise("reveal", "app.py:19", cwd=tmp_path)
    assert line.stdout.splitlines() == [
        "app.py:19  session",
        "  an AsyncSession; commit() expires its objects",
        "app.py:19  query",
        "  select(User)",
        "  plan  User{id posts}",
    ]
    many = loadwise("reveal", "app.py:20:users", cwd=tmp_path)
    assert many.stdout.splitlines()[1:] == [
        "  many, each of them:",
        "  have  User{id posts} (persistent, loaded at app.py:19)",
    ]


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("app/api.py:400", "app/api.py has 47 lines, and no line 400"),
        ("app/nope.py:3", "there is no file app/nope.py"),
        ("app/api.py:41:1+", "'1+' is no expression"),
        ("app/api.py", "'app/api.py' is no place: write FILE:LINE or FILE:LINE:EXPRESSION"),
        ("app/api.py:1", "there is no name in line 1: app/api.py:1:EXPRESSION asks"),
        ("app/models.py:1:x", "no code at line 1 is run by any function that is known"),
    ],
)
def test_what_cannot_be_revealed(place: str, said: str) -> None:
    done = loadwise("reveal", place, "app", cwd=ARTICLE)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"loadwise: {said}\n"
