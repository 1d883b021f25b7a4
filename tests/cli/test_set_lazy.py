"""`loadwise set-lazy`: the models as their authors write them, there and back."""

from __future__ import annotations

import codecs
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import pytest
from sqlalchemy import create_engine, event, select
from sqlalchemy.orm import Session
from sqlalchemy.pool import StaticPool

from loadwise.cli.app import app
from tests.cli.command import loadwise

ANNOTATED = '''\
"""Mödels."""

from sqlalchemy import ForeignKey
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship


class Base(DeclarativeBase): ...


class User(Base):
    __tablename__ = "users"
    id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[list["Order"]] = relationship(
        back_populates="user",  # the other side
        order_by="Order.id",
    )
    first: Mapped["Order"] = relationship(
        viewonly=True
    )


class Order(Base):
    __tablename__ = "orders"
    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))
    user: Mapped[User] = relationship(back_populates="orders")
    owner: Mapped[User] = relationship()
'''
CLASSIC = """\
import sqlalchemy as sa
from sqlalchemy import orm

Base = orm.declarative_base()


class User(Base):
    __tablename__ = 'users'
    id = sa.Column(sa.Integer, primary_key=True)
    orders = orm.relationship('Order', backref=orm.backref('user'), order_by=lambda: Order.id)


class Order(Base):
    __tablename__ = 'orders'
    id = sa.Column(sa.Integer, primary_key=True)
    user_id = sa.Column(sa.ForeignKey('users.id'))


Order.owner = orm.relationship(User, viewonly=True)
"""
SQLMODEL = """\
from sqlmodel import Field, Relationship, SQLModel


class User(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    orders: list["Order"] = Relationship(back_populates="user")


class Order(SQLModel, table=True):
    id: int | None = Field(default=None, primary_key=True)
    user_id: int | None = Field(default=None, foreign_key="user.id")
    user: User | None = Relationship(
        back_populates="orders", sa_relationship_kwargs={"uselist": False}
    )
    owner: User | None = Relationship(sa_relationship_kwargs=dict(viewonly=True))
"""


class Done(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


Command = Callable[..., Done]


@pytest.fixture
def set_lazy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> Command:
    """The command, run in the folder of the test."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> Done:
        code: Any = 0
        try:
            app(["set-lazy", *arguments], standalone_mode=False)
        except SystemExit as end:
            code = end.code
        return Done(code, *capfd.readouterr())

    return run


STYLES = {"annotated": (ANNOTATED, 4), "classic": (CLASSIC, 3), "sqlmodel": (SQLMODEL, 3)}


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize("form", ["plain", "windows"])
def test_there_and_back(style: str, form: str, tmp_path: Path, set_lazy: Command) -> None:
    text, number = STYLES[style]
    data = text.encode()
    if form == "windows":
        data = codecs.BOM_UTF8 + text.replace("\n", "\r\n").encode()
    file = tmp_path / "models.py"
    file.write_bytes(data)
    patch = set_lazy("raise")
    assert patch.returncode == 0, patch.stderr
    assert file.read_bytes() == data
    done = set_lazy("raise", "--write")
    assert f"{number} relationships changed in 1 file\n" in done.stdout
    there = file.read_bytes()
    assert there.count(b"raise") == number
    assert there.count(b"\r\n") == (there.count(b"\n") if form == "windows" else 0)
    again = set_lazy("raise", "--write")
    assert f"0 relationships changed; {number} kept: {number} already so\n" in again.stdout
    assert set_lazy("select", "--write").returncode == 0
    assert file.read_bytes() == data
    if form == "plain":
        subprocess.run(["git", "apply"], input=patch.stdout, cwd=tmp_path, text=True, check=True)
        assert file.read_bytes() == there


@pytest.mark.parametrize(
    ("strategy", "statements", "joins"), [("joined", 1, 2), ("selectin", 3, 0), ("raise", 1, 0)]
)
def test_a_statement_takes_what_it_says(
    strategy: str,
    statements: int,
    joins: int,
    tmp_path: Path,
    set_lazy: Command,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It is counted on a database."""
    file = tmp_path / "models.py"
    text = ANNOTATED.replace("    owner: Mapped[User] = relationship()\n", "")
    file.write_text(text.replace("Order.id", "Order.id.desc()"), encoding="utf-8")
    done = set_lazy(strategy, "--write")
    said = f"{statements} statement{'' if statements == 1 else 's'}" + (
        f", {joins} join{'' if joins == 1 else 's'}" if joins else ""
    )
    row = "select(User)   1 statement  ->  " + said + "\n"
    assert (row in done.stdout) is (strategy != "raise"), done.stdout
    module: Any = ModuleType(f"models_{strategy}")
    monkeypatch.setitem(sys.modules, module.__name__, module)
    exec(file.read_text(encoding="utf-8"), vars(module))
    engine = create_engine("sqlite://", poolclass=StaticPool)
    module.Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add(module.User(id=1, orders=[module.Order(id=1)]))
        session.commit()
    seen: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda *given: seen.append(given[2]))
    with Session(engine) as session:
        session.scalars(select(module.User)).unique().all()
    assert (len(seen), sum(one.count("LEFT OUTER JOIN") for one in seen)) == (statements, joins)
    engine.dispose()


ODD = """\
from sqlalchemy import Column, ForeignKey, Integer
from sqlalchemy.orm import DeclarativeBase, DynamicMapped, Mapped, declared_attr, relationship


class Base(DeclarativeBase): ...


class Owned:
    @declared_attr
    def owner(cls) -> Mapped["User"]:
        return relationship("User")


def related(target, **words):
    return relationship(target, **words)


class User(Base):
    __tablename__ = "users"
    id = Column(Integer, primary_key=True)
    events: DynamicMapped["Order"] = relationship(viewonly=True)
    eager = relationship("Order", viewonly=True, lazy='selectin')
    old = relationship("Order", viewonly=True, lazy=True)
    named = relationship("Order", viewonly=True, lazy=STRATEGY)
    star = relationship("Order", viewonly=True, **WORDS)
    helped = related("Order", viewonly=True)
    notes = relationship("Note", backref="user")


class Order(Owned, Base):
    __tablename__ = "orders"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("users.id"))


class Note(Owned, Base):
    __tablename__ = "notes"
    id = Column(Integer, primary_key=True)
    owner_id = Column(ForeignKey("users.id"))
"""


BACK = "kept  models.py:27  Note.user: User.notes makes it by backref="
REST = "8 kept: 2 with a lazy= of their own, 6 named above"


def test_what_cannot_be_changed_is_named(tmp_path: Path, set_lazy: Command) -> None:
    (tmp_path / "models.py").write_text(ODD, encoding="utf-8")
    (tmp_path / "broken.py").write_text("class :", encoding="utf-8")
    done = set_lazy("raise", "--default-only", "--only", "User.*, Note.*")
    assert done.returncode == 0
    assert [line for line in done.stdout.splitlines() if line[:2] in {"+ ", "- "}] == [
        '-    notes = relationship("Note", backref="user")',
        '+    notes = relationship("Note", backref="user", lazy="raise")',
    ]
    assert done.stderr.splitlines() == [
        "broken.py:1:1  LW901 unresolved  this file is not read: invalid syntax",
        "lazy='raise': a read of what no statement has loaded raises",
        "kept  models.py:11  Note.owner, Order.owner: it is that of Order.owner, too",
        "kept  models.py:21  User.events: it is a query (lazy='dynamic')",
        "kept  models.py:24  User.named: lazy=STRATEGY is not written out",
        "kept  models.py:25  User.star: some of its arguments are not written out",
        "kept  models.py:26  User.helped: related() makes it",
        f'{BACK}, in the place of backref("user", lazy=...)',
        f"1 relationship would be changed in 1 file; {REST}; --write does it",
    ]


def test_only_the_files_that_are_named(tmp_path: Path, set_lazy: Command) -> None:
    """A class may inherit from what is in another file."""
    base, rest = ANNOTATED.split("class User(Base)")
    (tmp_path / "base.py").write_text(base, encoding="utf-8")
    (tmp_path / "user.py").write_text(f"from base import *\n\n\nclass User(Base){rest}", "utf-8")
    done = set_lazy("raise", "user.py", "--only", "*.user")
    assert "+++ b/user.py" in done.stdout
    assert done.stderr.endswith("1 relationship would be changed in 1 file; --write does it\n")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("raise", "nowhere"), "there is no file or folder nowhere"),
        (("raise", "--only", "Usr.*"), "no relationship matches 'Usr.*': did you mean User.*"),
        (("lazily",), "'lazily' is not one of 'raise', 'raise_on_sql', 'selectin', 'joined'"),
        ((), "missing argument 'STRATEGY'"),
    ],
)
def test_bad_arguments(arguments: tuple[str, ...], text: str, tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(ANNOTATED, encoding="utf-8")
    done = loadwise("set-lazy", *arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert text.lower() in done.stderr.lower()
    assert done.stderr.count("\n") == 1


def test_a_file_that_is_read_only_is_skipped(tmp_path: Path, set_lazy: Command) -> None:
    file = tmp_path / "models.py"
    file.write_text(ANNOTATED, encoding="utf-8")
    file.chmod(0o444)
    done = set_lazy("raise", "--write")
    assert done.returncode == 1
    assert "skipped  models.py: it is read-only (4 relationships)" in done.stdout
    assert file.read_text(encoding="utf-8") == ANNOTATED
    assert [one.name for one in tmp_path.iterdir()] == ["models.py"]
