"""The cache of `loadwise check`: the same answer while nothing changes, and never another one."""

from __future__ import annotations

from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.cli.command import loadwise

APP = """
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase): ...

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    posts: Mapped[list["Post"]] = relationship()

class Post(Base):
    __tablename__ = "posts"
    id: Mapped[int] = mapped_column(primary_key=True)

async def show(session: AsyncSession):
    user = await session.get_one(User, 1)
    return user.posts
"""
TAMPERED = "is not loaded, says the cache"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    return tmp_path


def run(project: Path, *arguments: str) -> CompletedProcess[str]:
    return loadwise("check", "--output-format", "concise", *arguments, cwd=project)


def kept(project: Path) -> Path:
    (found,) = (project / ".loadwise_cache").glob("check-*.json")
    return found


def tamper(project: Path) -> None:
    text = kept(project).read_text(encoding="utf-8")
    assert "is not loaded here" in text
    kept(project).write_text(text.replace("is not loaded here", TAMPERED), encoding="utf-8")


def test_an_unchanged_tree_is_answered_by_the_cache(project: Path) -> None:
    first = run(project)
    assert first.returncode == 1
    assert "`User.posts` is not loaded here" in first.stdout
    again = run(project)
    assert (again.returncode, again.stdout, again.stderr) == (1, first.stdout, "")
    tamper(project)
    assert TAMPERED in run(project).stdout
    assert TAMPERED not in run(project, "--no-cache").stdout
    assert (project / ".loadwise_cache/.gitignore").read_text(encoding="utf-8") == "*\n"


def test_what_changes_is_checked_anew(project: Path) -> None:
    run(project)
    tamper(project)
    (project / "app.py").write_text(APP.replace("user.posts", "user.id"), encoding="utf-8")
    changed = run(project)
    assert (changed.returncode, changed.stdout.splitlines()[0]) == (
        0,
        "0 findings; resolved 1 of 1 reads of mapped objects (100 %)",
    )
    (project / "more.py").write_text("from app import show\n", encoding="utf-8")
    tampered = kept(project).read_text(encoding="utf-8")
    run(project)
    assert kept(project).read_text(encoding="utf-8") != tampered  # under another key


@pytest.mark.parametrize("content", ['{"key": "', "[]", '{"key": 1, "checked": {}}', "\x00"])
def test_a_broken_cache_is_told_of_and_written_anew(project: Path, content: str) -> None:
    first = run(project)
    whole = kept(project).read_text(encoding="utf-8")
    key = whole.partition('"key": ')[2].partition(",")[0]
    kept(project).write_text(content.replace('"key": 1', f'"key": {key}'), encoding="utf-8")
    again = run(project)
    assert (again.returncode, again.stdout) == (first.returncode, first.stdout)
    name = kept(project).name
    said = f"loadwise: .loadwise_cache/{name} cannot be read, and is written anew"
    assert again.stderr.splitlines() == [said]
    assert kept(project).read_text(encoding="utf-8") == whole


def test_where_nothing_can_be_written_nothing_is_kept(project: Path) -> None:
    (project / ".loadwise_cache").write_text("a file", encoding="utf-8")
    done = run(project)
    assert (done.returncode, done.stderr) == (1, "")
    assert (project / ".loadwise_cache").read_text(encoding="utf-8") == "a file"
