"""`loadwise check`: formats, what is selected, exit codes, and bad input."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any, Final

import pytest
from click.testing import CliRunner, Result

from loadwise.cli.app import app
from loadwise.core.finding import Finding
from loadwise.core.wire import decode
from tests.cli.command import loadwise

ARTICLE: Final = Path(__file__).parents[2] / "examples" / "article"
FOUND: Final = [
    "app/api.py:41:12  LW101 lazy-read  `User.organization` is not loaded here",
    "app/service.py:18:52  LW103 expired-read  `User.name` is not loaded here",
    "app/service.py:25:18  LW108 lazy-write  `Organization.users` is changed here and is not loaded",  # noqa: E501
]
"""What is found in the example's service, a line each."""


@pytest.fixture
def article(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the example's service, as the current folder."""
    shutil.copytree(ARTICLE / "app", tmp_path / "app", ignore=shutil.ignore_patterns("*.pyc"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str) -> Result:
    """Run `loadwise check` in this process; its output is no terminal."""
    return CliRunner().invoke(
        app, ["check", *arguments], env={"NO_COLOR": None, "FORCE_COLOR": None}
    )


def concise(*arguments: str) -> list[str]:
    """The findings, a line each."""
    done = run("--output-format", "concise", *arguments)
    assert done.exception is None or isinstance(done.exception, SystemExit)
    return [line for line in done.stdout.splitlines() if " LW" in line]


def refused(done: Result) -> str:
    """The one line with which the command refuses its input."""
    assert done.exit_code == 2
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    return line


# --- formats and exit codes


@pytest.mark.usefixtures("article")
def test_concise() -> None:
    done = run("--output-format", "concise")
    assert done.exit_code == 1
    *lines, empty, last = done.stdout.splitlines()
    assert lines == FOUND
    assert empty == ""
    assert last.startswith("3 findings; resolved ")
    assert " reads of mapped objects (" in last


@pytest.mark.usefixtures("article")
def test_full_shows_both_ends_and_the_cure() -> None:
    done = run()
    assert done.exit_code == 1
    first, *_ = done.stdout.split("\n\napp/")
    assert "41 |     return user\n" in first
    assert "app/repository.py\n  22 |     return await session.get(User, user_id)" in first
    assert "session.get(User, user_id, options=[joinedload(User.organization)])" in first
    assert "docs  loadwise explain lazy-read" in first
    assert all(len(line) <= 100 for line in done.stdout.splitlines())


@pytest.mark.usefixtures("article")
def test_json_is_what_the_records_say() -> None:
    done = run("--output-format", "json")
    assert done.exit_code == 1
    found: dict[str, Any] = json.loads(done.stdout)
    assert found["version"] == 1
    assert found["coverage"]["reads"] >= found["coverage"]["resolved"] > 0
    findings = [decode(Finding, one) for one in found["findings"]]
    assert [one.code for one in findings] == ["LW101", "LW103", "LW108"]
    assert all(one.evidence.predicted and one.read and one.load for one in findings)
    assert len({one.fingerprint for one in findings}) == 3


def test_the_same_input_gives_the_same_bytes(article: Path) -> None:
    first, again = (loadwise("check", "--output-format", "json", cwd=article) for _ in range(2))
    assert first.stdout == again.stdout != ""
    assert first.stderr == ""


@pytest.mark.usefixtures("article")
def test_nothing_found_exits_with_0(tmp_path: Path) -> None:
    done = run("app/schemas.py")
    assert done.exit_code == 0
    assert done.stdout == "0 findings; resolved 0 of 0 reads of mapped objects\n"
    (tmp_path / "empty").mkdir()
    assert run("empty").exit_code == 0


@pytest.mark.usefixtures("article")
def test_a_finding_in_what_is_colored() -> None:
    done = CliRunner().invoke(app, ["--color", "always", "check"])
    assert done.exit_code == 1
    assert "\x1b[" in done.stdout


# --- which rules, which paths


@pytest.mark.usefixtures("article")
@pytest.mark.parametrize(
    ("arguments", "lines"),
    [
        (("--select", "lazy-read"), FOUND[:1]),
        (("--select", "LW101,LW103"), FOUND[:2]),
        (("--select", " lazy-read , lazy-write "), [FOUND[0], FOUND[2]]),
        (("--select", "lazy-read", "--select", "lazy-write"), [FOUND[0], FOUND[2]]),
        (("--ignore", "expired-read"), [FOUND[0], FOUND[2]]),
        (("--ignore", "LW101,LW103,LW108"), []),
        (("--select", "lazy-read", "--ignore", "LW101"), []),
        (("--select", ""), FOUND),
        (("app/service.py", "app"), FOUND),
        (("./app/../app",), FOUND),
    ],
)
def test_what_is_asked_for(arguments: tuple[str, ...], lines: list[str]) -> None:
    assert concise(*arguments) == lines


@pytest.mark.usefixtures("article")
def test_what_is_ignored_does_not_fail() -> None:
    assert run("--ignore", "lazy-read,expired-read,lazy-write").exit_code == 0


def test_a_folder_elsewhere_gives_names_relative_to_it(
    article: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert concise(str(article)) == FOUND


# --- bad input


@pytest.mark.usefixtures("article")
@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("gone",), "loadwise: there is no file or folder gone"),
        (("app", "gone.py"), "loadwise: there is no file or folder gone.py"),
        (
            ("--select", "lazi-read"),
            "loadwise: there is no rule 'lazi-read': did you mean lazy-read",
        ),
        (("--ignore", "LW999"), "loadwise: there is no rule 'LW999': "),
        (("--select", "§"), "loadwise: there is no rule '§': `loadwise rules` lists them"),
    ],
)
def test_names_of_nothing(arguments: tuple[str, ...], line: str) -> None:
    assert refused(run(*arguments)).startswith(line)


@pytest.mark.usefixtures("article")
def test_a_format_that_there_is_not() -> None:
    done = run("--output-format", "xml")
    assert done.exit_code == 2
    assert "'xml' is not one of 'full', 'concise', 'json'" in done.stderr


def bad(folder: Path) -> None:
    """Two files that cannot be read."""
    (folder / "app" / "broken.py").write_text("x = 1\ndef f(:\n", encoding="utf-8")
    (folder / "app" / "null.py").write_bytes(b"x = 1\x00")


UNREAD: Final = [
    "app/broken.py:2:1  LW901 unresolved  this file is not read: invalid syntax",
    "app/null.py:1:1  LW901 unresolved  this file is not read: ",
]


@pytest.mark.parametrize("form", ["full", "concise"])
def test_what_cannot_be_read_is_one_line_each(article: Path, form: str) -> None:
    bad(article)
    done = run("--output-format", form)
    assert done.exit_code == 1
    lines = [line for line in done.stdout.splitlines() if "LW901" in line]
    assert len(lines) == 2
    assert all(line.startswith(start) for line, start in zip(lines, UNREAD, strict=True))
    assert done.stdout.splitlines()[-1].startswith("3 findings; ")
    assert done.stderr == ""


def test_what_cannot_be_read_is_in_json_and_can_be_ignored(article: Path) -> None:
    bad(article)
    found = json.loads(run("--output-format", "json").stdout)["findings"]
    levels = [decode(Finding, one).level.value for one in found if one["code"] == "LW901"]
    assert levels == ["note", "note"]
    assert concise("--ignore", "unresolved") == FOUND
    assert [line[:13] for line in concise("--select", "lazy-write")][1:] == [
        "app/broken.py",
        "app/null.py:1",
    ]


def test_what_cannot_be_read_does_not_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "app").mkdir()
    bad(tmp_path)
    assert run().exit_code == 0


def test_nothing_of_the_project_is_run(tmp_path: Path) -> None:
    text = "raise SystemExit('it was imported')\n"
    for name in ("app.py", "conftest.py", "sitecustomize.py", "sqlalchemy.py"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    assert loadwise("check", str(tmp_path)).returncode == 0


# --- what one place makes, and what is not known

SWALLOWED: Final = """\
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from app.models import User


async def save(session: AsyncSession):
    try:
        await session.commit()
    except Exception:
        await session.rollback()


async def show(session: AsyncSession):
    user = (await session.scalars(select(User))).one()
    await save(session)
    return [user.name, user.email, user.id, user.organization_id], user.name, user.organization
"""


@pytest.mark.usefixtures("article")
def test_what_one_place_makes_is_shown_once() -> None:
    Path("app/swallowed.py").write_text(SWALLOWED, encoding="utf-8")
    every = concise("app", "--select", "expired-read")
    there = [line for line in every if line.startswith("app/swallowed.py")]
    assert len(there) > 1
    shown = run("app", "--select", "expired-read").stdout
    assert sum(line.startswith("app/swallowed.py") for line in shown.splitlines()) == 1
    assert "  also  app/swallowed.py:" in shown


@pytest.mark.usefixtures("article")
def test_what_is_not_known_is_told_where() -> None:
    text = "from app.models import User\n\n\ndef show(user: User):\n    return user.name\n"
    Path("app/unknown.py").write_text(text, encoding="utf-8")
    line = "app/unknown.py:5  `name` is read of an object whose state nothing tells"
    assert line in run("app", "--explain-unknown").stdout.splitlines()
    assert line not in run("app").stdout


HELD: Final = """\
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession
from app.models import Organization, User


async def show(session: AsyncSession, organization: Organization):
    for user in await session.scalars(select(User)):
        print(user.organization.name, organization.name)
"""


@pytest.mark.usefixtures("article")
def test_what_the_session_may_hold_is_shown_to_who_asks() -> None:
    Path("app/held.py").write_text(HELD, encoding="utf-8")

    def told(*arguments: str) -> list[str]:
        return [line for line in concise("app", *arguments) if line.startswith("app/held.py")]

    line = "app/held.py:8:20  LW101 lazy-read  `User.organization` may not be loaded here"
    assert (told(), told("--tier", "held")) == ([], [line])
    document = json.loads(run("app", "--output-format", "json").stdout)
    levels = [one["level"] for one in document["findings"] if one["read"]["file"] == "app/held.py"]
    assert levels == ["hidden"]


@pytest.mark.usefixtures("article")
def test_only_what_is_sure() -> None:
    Path("app/maybe.py").write_text(SWALLOWED, encoding="utf-8")
    every = concise("app")
    assert concise("app", "--tier", "callee-may") == every
    sure = concise("app", "--tier", "sure")
    assert [line for line in every if " may not be " not in line] == sure != every
