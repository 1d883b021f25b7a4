"""A pasted traceback, explained by the source: of every supported version, and in bad shape."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Final

import pytest

from loadwise.analyse.pasted import Explained, UnexplainedError, attribute_marked, explained
from loadwise.report.known import known_text

HERE: Final = Path(__file__).parent
ARTICLE: Final = HERE.parents[1] / "examples" / "article"
TRACEBACKS: Final = sorted((HERE / "tracebacks").glob("*.txt"))
EXPECTED: Final = {
    "endpoint": ("User.organization", "app/api.py:41", "app/repository.py:22"),
    "validates": ("User.organization", "app/api.py:41", "app/repository.py:22"),
    "reads_column": ("User.name", "app/service.py:18", "app/repository.py:27"),
    "writes": ("Organization.users", "app/service.py:25", "app/repository.py:33"),
}
"""What each is about: the attribute, the line that touches it, the line that loads the object."""


def one(text: str, root: Path = ARTICLE) -> Explained:
    """The one answer for a traceback."""
    (found,) = explained(text, root)
    return found


@pytest.mark.parametrize("file", TRACEBACKS, ids=lambda file: file.stem)
def test_tracebacks_of_every_version(file: Path) -> None:
    found = one(file.read_text(encoding="utf-8"))
    (finding,) = found.findings
    attribute, read, load = EXPECTED[file.stem.rpartition(".")[2]]
    assert finding.attribute == attribute
    assert str(finding.read).startswith(f"{read}:")
    assert str(finding.load).startswith(f"{load}:")
    assert finding.fixes
    # where neither FastAPI nor pydantic names a line of the application
    nowhere = file.stem in {
        "py310-sa2.0.30.endpoint",
        "py312-sa2.0.44.endpoint",
        *(f"{version}.validates" for version in ("py310-sa2.0.30", "py312-sa2.0.44")),
        "py313-sa2.1.9.validates",
    }
    assert found.elsewhere is nowhere


APP: Final = """
from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

class Base(DeclarativeBase): ...

class Team(Base):
    __tablename__ = "teams"
    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]

class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Team] = relationship()

def told(user):
    return user.team.name

def stated(user):
    return (
        user.team
    )
"""
LINE: Final = APP.splitlines().index("    return user.team.name") + 1
TRACEBACK: Final = f"""\
Traceback (most recent call last):
  File "/srv/shop/app.py", line {LINE}, in told
    return user.team.name
           ^^^^^^^^^
  File "/venv/lib/python3.12/site-packages/sqlalchemy/orm/strategies.py", line 9, in _emit_lazyload
    result = session.execute(
sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called; can't call await_only() here.
"""


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A small application whose engine finds nothing: what `told` is given is not known."""
    (tmp_path / "app.py").write_text(APP, encoding="utf-8")
    return tmp_path


def test_what_is_known_where_there_is_no_finding(shop: Path) -> None:
    found = one(TRACEBACK, shop)
    assert found.findings == ()
    assert found.known is not None
    assert known_text(found.known) == textwrap.dedent(f"""\
        app.py:{LINE}:12  `User.team` is read and is not loaded

          {LINE} |     return user.team.name
             |            ^^^^^^^^^

          know  a relationship had to be loaded, as the traceback shows
          next  the source alone does not tell what the object was loaded with:
                run this line with `pytest --loadwise`, or with `loadwise.watch()` in the app
          docs  loadwise explain loading""")


def test_without_carets_all_that_the_line_reads_may_be_meant(shop: Path) -> None:
    lines = [line for line in TRACEBACK.splitlines() if "^" not in line]
    found = one("\n".join(lines), shop)
    assert found.known is not None
    assert found.known.attributes == ("User.team", "Team.name")
    assert "one of these is read and is not loaded: `User.team`, `Team.name`" in known_text(
        found.known
    )


def test_a_line_that_has_moved_is_found_by_its_text(shop: Path) -> None:
    (shop / "app.py").write_text(f"# new\n# new\n{APP}", encoding="utf-8")
    found = one(TRACEBACK, shop)
    assert found.known is not None
    assert found.known.located is not None
    assert (found.known.located.site.line, found.known.located.said) == (LINE + 2, LINE)


def test_a_line_of_a_longer_statement(shop: Path) -> None:
    line = APP.splitlines().index("        user.team") + 1
    text = TRACEBACK.replace(f"line {LINE}", f"line {line}").replace(
        "return user.team.name", "user.team"
    )
    found = one("\n".join(one for one in text.splitlines() if "^" not in one), shop)
    assert found.known is not None
    assert found.known.attributes == ("User.team",)


def test_an_attribute_that_is_not_mapped(shop: Path) -> None:
    (shop / "app.py").write_text(APP.replace("user.team.name", "user.crew.name"), encoding="utf-8")
    found = one(TRACEBACK.replace("user.team.name", "user.crew.name"), shop)
    assert found.known is not None
    assert "`.crew` is read and is not loaded" in known_text(found.known)


def test_a_line_that_reads_nothing_mapped(shop: Path) -> None:
    (shop / "app.py").write_text(APP.replace("user.team.name", "told(user)"), encoding="utf-8")
    text = TRACEBACK.replace("user.team.name", "told(user)").replace("           ^^^^^^^^^\n", "")
    found = one(text, shop)
    assert found.known is not None
    assert known_text(found.known).startswith(
        f"app.py:{LINE}:5  something is read here that is not loaded"
    )


def test_a_response_names_the_attribute_where_no_line_is_named(shop: Path) -> None:
    text = """\
  File "/venv/lib/python3.12/site-packages/fastapi/routing.py", line 1, in app
    raise ResponseValidationError(
fastapi.exceptions.ResponseValidationError: 1 validation errors:
  {'loc': ('response', 'team'), 'msg': "Error extracting attribute: MissingGreenlet: x", \
'input': <app.User object at 0x7f>}
"""
    found = one(text, shop)
    assert found.known is not None
    assert known_text(found.known).startswith("`User.team` is read and is not loaded")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "what was given is empty: paste a traceback, with its `File` lines"),
        (" \n\n", "what was given is empty: paste a traceback, with its `File` lines"),
        (
            "it fails",
            "there is no traceback in what was given: paste it whole, with its `File` lines",
        ),
        (
            "MissingGreenlet: greenlet_spawn has not been called",
            "there is no traceback in what was given: paste it whole, with its `File` lines",
        ),
        (
            TRACEBACK.replace("MissingGreenlet", "NoResultFound").replace("greenlet_spawn", "x"),
            "the traceback is not about an attribute that was not loaded",
        ),
        (
            TRACEBACK.replace("user.team.name", "user.gone.name"),
            f"app.py has changed since: its line {LINE} is not that of the traceback",
        ),
        (
            TRACEBACK[TRACEBACK.index('  File "/venv') :],
            "the traceback names no line of an application",
        ),
    ],
)
def test_what_cannot_be_explained(shop: Path, text: str, why: str) -> None:
    with pytest.raises(UnexplainedError) as caught:
        explained(text, shop)
    assert str(caught.value) == why


def test_a_file_that_is_elsewhere(shop: Path) -> None:
    with pytest.raises(
        UnexplainedError, match=r"is in a file below .*: it names /srv/shop/other.py"
    ):
        explained(TRACEBACK.replace("app.py", "other.py"), shop)


def test_two_files_that_end_alike_are_told_apart_by_their_text(shop: Path) -> None:
    for name in ("one", "two"):
        (shop / name).mkdir()
        (shop / name / "app.py").write_text("x = 1\n", encoding="utf-8")
    assert one(TRACEBACK, shop).known is not None


@pytest.mark.parametrize(
    ("marked", "attribute"),
    [
        ("user.team", "team"),
        ("user.teams[0]", "teams"),
        ("user.teams.append(x)", "append"),
        ("user", ""),
        ("", ""),
        ("return user", ""),
    ],
)
def test_what_carets_mark(marked: str, attribute: str) -> None:
    assert attribute_marked(marked) == attribute
