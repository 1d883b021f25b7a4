"""The graph from source text agrees with the one of live mappers, on every model there is here."""

from __future__ import annotations

import ast
import importlib
import importlib.util
import sys
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy.orm import registry

from loadwise.core.graph import (
    Column,
    Direction,
    Generated,
    Graph,
    Inheritance,
    InheritanceKind,
    Relationship,
)
from loadwise.core.strategy import Strategy
from loadwise.schema.from_mappers import graph_of
from loadwise.schema.from_source import SourceSchema, schema_of
from loadwise.schema.scope import Module, Project
from tests.observe import models as observed
from tests.schema import forms, models
from tests.schema.agreement import differences

ROOT: Final = Path(__file__).parents[2]
PROGRAMS: Final = sorted(
    path
    for folder in ("programs", "near_misses")
    for path in (ROOT / "tests" / "scenarios" / folder).glob("*.py")
)

NOT_SEEN: Final = {
    ("Child", "of_alias"): "it is added to the mapper by a call",
    ("Child", "by_text"): "the types of its columns differ, which is no matter of the text",
    ("Chief", "chief"): "SQLAlchemy does not see through two joins of a hierarchy",
}
"""Where the two readers differ on `tests/schema/models.py`, and why."""
IMPERATIVE: Final = {"imperative_mapping"}
"""Programs whose classes are mapped by a call; the source reader does not know that form."""


def project(**texts: str) -> Project:
    """A project of modules by name."""
    return Project(
        Module(
            name=name.replace("__", "."),
            file=f"{name}.py",
            tree=ast.parse(textwrap.dedent(text)),
            is_package=f"{name}__" in "".join(f"{other}__" for other in texts if other != name),
        )
        for name, text in texts.items()
    )


def read(file: Path, name: str) -> SourceSchema:
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return schema_of(Project([Module(name=name, file=str(file), tree=tree)]))


def test_the_models_of_every_shape() -> None:
    found = differences(graph_of(models.Base), read(Path(models.__file__), models.__name__).graph)
    assert set(found) == set(NOT_SEEN)


def test_the_models_of_the_watch() -> None:
    found = differences(graph_of(observed.Base), read(Path(observed.__file__), "observed").graph)
    assert found == {}


def test_the_forms_of_public_code_bases() -> None:
    both = [*forms.Base.registry.mappers, *forms.Elsewhere.registry.mappers]
    found = differences(graph_of(both), read(Path(forms.__file__), forms.__name__).graph)
    assert found == {}


@pytest.mark.parametrize(
    "name", ["tests.machine.models", "tests.specs.models", "tests.scenarios.shop"]
)
def test_every_other_model_of_the_repository(name: str) -> None:
    module = importlib.import_module(name)
    assert differences(graph_of(module.Base), read(Path(str(module.__file__)), name).graph) == {}


@contextmanager
def imported(file: Path) -> Iterator[Any]:
    """The module of a file, forgotten afterwards."""
    name = f"program_{file.stem}"
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    sys.path.insert(0, str(file.parent))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            spec.loader.exec_module(module)
            yield module
    finally:
        sys.path.remove(str(file.parent))
        del sys.modules[name]


@pytest.mark.deep
@pytest.mark.parametrize("file", PROGRAMS, ids=lambda file: file.stem)
def test_the_models_of_a_program(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    if file.stem in IMPERATIVE or "import *" in text:
        pytest.skip("mapped by a call" if file.stem in IMPERATIVE else "its models lie elsewhere")
    with imported(file) as module:
        assert differences(graph_of(module.Base), read(file, module.__name__).graph) == {}


def test_the_models_of_the_article() -> None:
    file = ROOT / "examples" / "article" / "app" / "models.py"
    with imported(file) as module:
        assert differences(graph_of(module.Base), read(file, module.__name__).graph) == {}


# --- what only text has: several modules, other ways to write it, what cannot be told


def test_a_name_is_followed_through_re_exports_and_stars() -> None:
    found = schema_of(
        project(
            app="",
            app__base="""
                from sqlalchemy.orm import DeclarativeBase
                class Base(DeclarativeBase): ...
            """,
            app__db="from .base import *",
            app__users="""
                import sqlalchemy.orm as orm
                from sqlalchemy import orm as also
                from .db import Base as Model
                class User(Model):
                    __tablename__ = "users"
                    id: orm.Mapped[int] = also.mapped_column(primary_key=True)
            """,
        )
    )
    assert found.entities == {"app.users.User": "User"}
    assert found.graph["User"].primary_key == ("id",)


def test_what_is_not_mapped() -> None:
    found = schema_of(
        project(
            app="""
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
                from sqlmodel import SQLModel
                class Base(DeclarativeBase):
                    __abstract__ = True
                class Named(Base):
                    __abstract__ = True
                    __tablename__ = "named"
                class UserIn(SQLModel):
                    name: str
                class Plain:
                    __tablename__ = "plain"
                class Mixin:
                    id: Mapped[int] = mapped_column(primary_key=True)
            """
        )
    )
    assert found.graph == Graph()


def test_declarative_base_and_classic_columns() -> None:
    found = schema_of(
        project(
            app="""
                import sqlalchemy as sa
                from sqlalchemy.ext.declarative import declarative_base
                from sqlalchemy.orm import relationship, backref
                from sqlalchemy.sql import func
                Base = declarative_base()
                class Org(Base):
                    __tablename__ = "orgs"
                    id = sa.Column(sa.Integer, primary_key=True)
                class User(Base):
                    __tablename__ = "users"
                    id = sa.Column("user_id", sa.Integer, primary_key=True)
                    org_id = sa.Column(sa.ForeignKey("orgs.id"))
                    changed = sa.Column(sa.DateTime, onupdate=func.now(), server_default=func.now())
                    touched = sa.Column(sa.DateTime, default=make, onupdate=make)
                    org = relationship(
                        "Org", lazy="joined", backref=backref("users", lazy="selectin")
                    )
            """
        )
    ).graph
    assert found["User"].column("changed") == Column(
        name="changed", on_insert=Generated.DATABASE, on_update=Generated.DATABASE
    )
    assert found["User"].column("touched") == Column(
        name="touched", on_insert=Generated.PYTHON, on_update=Generated.PYTHON
    )
    org, users = found["User"].relationship("org"), found["Org"].relationship("users")
    assert org is not None
    assert users is not None
    assert (org.lazy, org.join.get, org.back_populates) == (Strategy.JOINED, ("org_id",), "users")
    assert (users.lazy, users.uselist, users.direction) == (
        Strategy.SELECTIN,
        True,
        Direction.ONE_TO_MANY,
    )
    assert users.join.local == ("id",)


def test_sqlmodel() -> None:
    found = schema_of(
        project(
            app="""
                from sqlmodel import Field, Relationship, SQLModel
                class Link(SQLModel, table=True):
                    hero_id: int | None = Field(foreign_key="hero.id", primary_key=True)
                    power_id: int | None = Field(foreign_key="power.id", primary_key=True)
                class TeamBase(SQLModel):
                    name: str = Field(index=True)
                class Team(TeamBase, table=True):
                    id: int | None = Field(default=None, primary_key=True)
                    heroes: list["Hero"] = Relationship(
                        back_populates="team", sa_relationship_kwargs={"lazy": "selectin"}
                    )
                class Hero(SQLModel, table=True):
                    id: int | None = Field(default=None, primary_key=True)
                    secret: str = "x"
                    team_id: int | None = Field(default=None, foreign_key="team.id")
                    team: Team | None = Relationship(back_populates="heroes")
                    powers: list["Power"] = Relationship(link_model=Link)
                class Power(SQLModel, table=True):
                    id: int | None = Field(default=None, primary_key=True)
            """
        )
    ).graph
    assert [column.name for column in found["Team"].columns] == ["name", "id"]
    heroes, team = found["Team"].relationship("heroes"), found["Hero"].relationship("team")
    powers = found["Hero"].relationship("powers")
    assert heroes is not None
    assert team is not None
    assert powers is not None
    assert (heroes.lazy, heroes.target, heroes.uselist) == (Strategy.SELECTIN, "Hero", True)
    assert (team.join.get, team.uselist) == (("team_id",), False)
    assert (powers.direction, powers.join.secondary) == (Direction.MANY_TO_MANY, True)


def test_mixins_annotated_types_and_declared_attributes() -> None:
    found = schema_of(
        project(
            app="""
                from typing import Annotated
                from sqlalchemy import ForeignKey, func
                from sqlalchemy.orm import (
                    DeclarativeBase, Mapped, declared_attr, mapped_column, relationship,
                )
                key = Annotated[int, mapped_column(primary_key=True)]
                class Base(DeclarativeBase):
                    @declared_attr.directive
                    def __tablename__(cls):
                        return cls.__name__.lower()
                class Dated:
                    updated_at: Mapped[str] = mapped_column(onupdate=func.now())
                class Owned:
                    owner_id: Mapped[int] = mapped_column(ForeignKey("owner.id"))
                    @declared_attr
                    def owner(cls) -> Mapped["Owner"]:
                        return relationship(lazy="raise")
                class Owner(Base):
                    id: Mapped[key]
                class Thing(Dated, Owned, Base):
                    id: Mapped[key]
            """
        )
    ).graph
    thing = found["Thing"]
    assert thing.primary_key == ("id",)
    assert thing.column("updated_at") == Column(name="updated_at", on_update=Generated.DATABASE)
    owner = thing.relationship("owner")
    assert owner is not None
    assert (owner.lazy, owner.target, owner.join.get) == (Strategy.RAISE, "Owner", ("owner_id",))


def test_a_class_without_a_table_of_its_own_shares_one() -> None:
    found = schema_of(
        project(
            app="""
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
                class Base(DeclarativeBase): ...
                class Animal(Base):
                    __tablename__ = "animals"
                    id: Mapped[int] = mapped_column(primary_key=True)
                class Cat(Animal):
                    lives: Mapped[int]
            """
        )
    ).graph
    assert found["Cat"].inherits == Inheritance(base="Animal", kind=InheritanceKind.SINGLE)
    assert [column.name for column in found["Cat"].columns] == ["id", "lives"]


def test_two_classes_of_one_name_have_their_modules_in_front() -> None:
    text = """
        from app.base import Base
        from sqlalchemy.orm import Mapped, mapped_column
        class Item(Base):
            __tablename__ = "{}"
            id: Mapped[int] = mapped_column(primary_key=True)
    """
    found = schema_of(
        project(
            app="",
            app__base="""
                from sqlalchemy.orm import DeclarativeBase
                class Base(DeclarativeBase): ...
            """,
            app__shop=text.format("a"),
            app__store=text.format("b"),
        )
    )
    assert found.entities == {"app.shop.Item": "app_shop_Item", "app.store.Item": "app_store_Item"}


def test_a_relationship_to_what_is_not_there_is_said() -> None:
    found = schema_of(
        project(
            app="""
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship
                class Base(DeclarativeBase): ...
                class User(Base):
                    __tablename__ = "users"
                    id: Mapped[int] = mapped_column(primary_key=True)
                    gone: Mapped["Gone"] = relationship()
            """
        )
    )
    assert found.unknown == ("app.User.gone points to a class that was not found",)
    assert found.graph["User"].relationships == ()


def test_modules_that_import_each_other_come_to_an_end() -> None:
    found = project(one="from two import name", two="from one import name")
    module = found.module("one")
    assert module is not None
    assert found.resolve(module, "name") is not None


def test_a_class_that_inherits_from_itself_comes_to_an_end() -> None:
    assert (
        schema_of(project(app="class A(A): ...\nclass B(C): ...\nclass C(B): ...")).graph == Graph()
    )


def test_names_that_cannot_be_written_as_attributes_are_left_out() -> None:
    found = schema_of(
        project(
            app="""
                from sqlalchemy import Column, ForeignKey, Integer, Table
                from sqlalchemy.orm import declarative_base, relationship
                Base = declarative_base()
                class A(Base):
                    __table__ = Table("a", Base.metadata, Column("id", Integer, primary_key=True),
                                      Column("b-id", ForeignKey("b.id")))
                class B(Base):
                    __tablename__ = "b"
                    id = Column(Integer, primary_key=True)
                    a_id = Column(ForeignKey("a.id"))
                    a = relationship(A, backref="b.id")
            """
        )
    ).graph
    assert found["A"].names == {"id"}
    assert found["B"].names == {"id", "a_id", "a"}


def test_mapped_classes_that_inherit_from_each_other_come_to_an_end() -> None:
    found = schema_of(
        project(
            app="""
                from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
                class A(C, DeclarativeBase):
                    __tablename__ = "a"
                class B(A):
                    __tablename__ = "b"
                    id: Mapped[int] = mapped_column(primary_key=True)
                class C(B):
                    __tablename__ = "c"
            """
        )
    )
    graph = found.graph
    assert all(len(list(graph.lineage(one.name))) <= 3 for one in graph.entities)


def test_both_readers_give_nothing_for_nothing() -> None:
    assert graph_of(registry()) == schema_of(project(app="")).graph == Graph()
    assert Relationship(name="x", target="Y").is_simple_get is False
