"""`loadwise fix`: what it changes, what it asks, what it skips, and bad input."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest
from click.testing import CliRunner, Result

from loadwise.cli.app import app

ARTICLE: Final = Path(__file__).parents[2] / "examples" / "article"
CURED: Final = {
    "app/repository.py": [
        "    return await session.get(User, user_id, options=[joinedload(User.organization)])",
        (
            "    return await session.get_one(Organization, organization_id,"
            " options=[selectinload(Organization.users)])"
        ),
    ],
    "app/service.py": ["    await session.refresh(user)"],
}
"""The lines that are new in the example's service."""


@pytest.fixture
def article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example's service, as the current folder."""
    shutil.copytree(ARTICLE / "app", tmp_path / "app", ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, answers: str = "", command: str = "fix") -> Result:
    """Run `loadwise fix` in this process; its output is no terminal."""
    return CliRunner().invoke(
        app, [command, *arguments], input=answers, env={"NO_COLOR": None, "FORCE_COLOR": None}
    )


def changed(folder: Path) -> dict[str, list[str]]:
    """The lines that are new, by the files that have some."""
    found: dict[str, list[str]] = {}
    for file in sorted((folder / "app").rglob("*.py")):
        name = file.relative_to(folder).as_posix()
        old = (ARTICLE / name).read_text(encoding="utf-8").splitlines()
        new = [line for line in file.read_text(encoding="utf-8").splitlines() if line not in old]
        if new:
            found[name] = new
    return found


def test_it_fixes_once_and_for_all(article: Path) -> None:
    done = run("app")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.splitlines()[-1] == "3 findings fixed in 2 files"
    assert changed(article) == CURED
    again = run("app")
    assert (again.exit_code, again.stdout) == (0, "nothing to fix\n")
    assert changed(article) == CURED


def test_the_patch_is_the_change(article: Path) -> None:
    done = run("--diff")
    assert (done.exit_code, changed(article)) == (0, {})
    assert done.stderr.splitlines()[-1] == "3 findings would be fixed in 2 files"
    subprocess.run(["git", "apply", "-"], input=done.stdout, text=True, check=True, cwd=article)
    assert changed(article) == CURED


def test_recorded_findings_are_fixed_alike_and_not_twice(article: Path) -> None:
    file = article / "findings.json"
    file.write_text(run("--output-format", "json", command="check").stdout, encoding="utf-8")
    done = run("--from", "findings.json")
    assert (done.exit_code, changed(article)) == (0, CURED)
    again = run("--from", "-", answers=file.read_text(encoding="utf-8"))
    assert (again.exit_code, changed(article)) == (1, CURED)
    assert again.stdout.splitlines() == [
        "skipped  app/repository.py: it has changed since this was found (2 fixes)",
        "skipped  app/service.py: it has changed since this was found",
        "",
        "3 skipped",
    ]


def test_what_is_selected_is_fixed(article: Path) -> None:
    assert run("--select", "LW103").exit_code == 0
    assert list(changed(article)) == ["app/service.py"]
    assert run("--ignore", "lazy-write,expired-read").exit_code == 0
    assert changed(article)["app/repository.py"] == CURED["app/repository.py"][:1]


@pytest.mark.parametrize(
    ("answers", "fixed", "asked"),
    [("n\ny\nn\n", 1, 3), ("n\na\n", 2, 2), ("y\nq\n", 1, 2), ("y\n", 1, 2), ("x\nq\n", 0, 1)],
)
def test_each_is_asked_about_once(article: Path, answers: str, fixed: int, asked: int) -> None:
    done = run("--interactive", answers=answers)
    assert done.exit_code == 0
    assert done.stdout.count("  fixed  ") == fixed
    assert done.stderr.count("+++ b/") == asked
    assert sum(map(len, changed(article).values())) == fixed


def test_what_cannot_be_changed_is_one_line_and_the_rest_is_fixed(article: Path) -> None:
    (article / "app" / "repository.py").chmod(0o444)
    done = run()
    assert done.exit_code == 1
    *_, skipped, empty, last = done.stdout.splitlines()
    assert skipped == "skipped  app/repository.py: it is read-only (2 fixes)"
    assert (empty, last) == ("", "1 finding fixed in 1 file, 2 skipped")
    assert list(changed(article)) == ["app/service.py"]
    assert run("--diff").exit_code == 1


PAIR: Final = """\
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase):
    pass


class Org(Base):
    __tablename__ = "org"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class User(Base):
    __tablename__ = "user"
    id: Mapped[int] = mapped_column(primary_key=True)
    org_id: Mapped[int] = mapped_column(ForeignKey("org.id"))
    org: Mapped[Org] = relationship()
    posts: Mapped[list["Post"]] = relationship()


class Post(Base):
    __tablename__ = "post"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id"))
    tags: Mapped[list["Tag"]] = relationship()


class Tag(Base):
    __tablename__ = "tag"
    id: Mapped[int] = mapped_column(primary_key=True)
    post_id: Mapped[int] = mapped_column(ForeignKey("post.id"))


async def show(session: AsyncSession) -> None:
    for user in await session.scalars(select(User)):
        print(user.org.name)
        for post in user.posts:
            for tag in post.tags:
                print(tag.id)


async def rename(session: AsyncSession) -> None:
    user = await session.get_one(User, 1)
    await session.commit()
    if user.id:
        print(user.org_id)
    print(user.org_id, user.id)
"""


def test_the_gaps_of_a_statement_are_fixed_together_with_what_is_behind_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "pair.py"
    file.write_bytes(f"\ufeff{PAIR}".replace("\n", "\r\n").encode())
    file.chmod(0o751)
    monkeypatch.chdir(tmp_path)
    done = run("pair.py")
    assert (done.exit_code, done.stderr) == (0, ""), done.stdout
    data = file.read_bytes()
    expected = PAIR.replace(
        "select(User)",
        "select(User).options(joinedload(User.org),"
        " selectinload(User.posts).selectinload(Post.tags))",
    )
    expected = expected.replace(
        "import DeclarativeBase, Mapped, mapped_column, relationship",
        "import DeclarativeBase, Mapped, joinedload, mapped_column, relationship, selectinload",
    )
    expected = expected.replace(
        "    if user.id:", "    await session.refresh(user)\n    if user.id:"
    )
    assert data.decode() == f"\ufeff{expected}".replace("\n", "\r\n")
    assert file.stat().st_mode & 0o777 == 0o751
    assert run("pair.py").stdout == "nothing to fix\n"


BAD: Final[dict[str, tuple[list[str], str]]] = {
    "no such path": (["none"], "there is no file or folder none"),
    "no such rule": (["--select", "lazyread"], "there is no rule 'lazyread': did you mean "),
    "no such file": (["--from", "none.json"], "none.json cannot be read: No such file"),
    "a folder": (["--from", "app"], "app cannot be read: Is a directory"),
    "no JSON": (["--from", "app/models.py"], "app/models.py: not JSON: "),
    "other JSON": (["--from", "other.json"], "other.json: $.version: expected 1, not None"),
    "both": (["app", "--from", "other.json"], "give PATHS, or --from FILE, not both"),
}


@pytest.mark.usefixtures("article")
@pytest.mark.parametrize("case", BAD)
def test_bad_usage_is_one_line(case: str) -> None:
    arguments, said = BAD[case]
    Path("other.json").write_text(json.dumps({"a": 1}), encoding="utf-8")
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"loadwise: {said}")
