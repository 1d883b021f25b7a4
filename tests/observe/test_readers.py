"""Code that reads for the user, deep in a library: whose line is shown."""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import jinja2
import msgspec
import pytest
from sqlalchemy import ForeignKey
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    MappedAsDataclass,
    mapped_column,
    relationship,
)

import loadwise
from loadwise.observe.reading import template_of
from tests.observe.models import async_engine

HERE: Final = Path(__file__)


class Base(MappedAsDataclass, DeclarativeBase):
    """Models that are dataclasses."""


class Team(Base):
    """A plain object."""

    __tablename__ = "teams"

    id: Mapped[int] = mapped_column(primary_key=True)


class Member(Base):
    """An object with a reference that is not loaded."""

    __tablename__ = "members"

    id: Mapped[int] = mapped_column(primary_key=True)
    team_id: Mapped[int] = mapped_column(ForeignKey("teams.id"))
    team: Mapped[Team] = relationship(init=False)


class TeamOut(msgspec.Struct):
    """What a response has of a team."""

    id: int


class MemberOut(msgspec.Struct):
    """What a response has of a member."""

    id: int
    team: TeamOut


def by_asdict(member: Member) -> object:
    return dataclasses.asdict(member)  # here


def by_repr(member: Member) -> object:
    return f"{member!r}"  # here


def by_msgspec(member: Member) -> object:
    return msgspec.convert(member, MemberOut, from_attributes=True)  # here


def by_logging(member: Member) -> object:
    logging.getLogger(__name__).warning("a member: %s", member)  # here
    raise RuntimeError("logging swallows it")


def by_template(member: Member) -> object:
    return jinja2.Template("{{ member.team.id }}", autoescape=True).render(member=member)  # here


READERS: Final = (by_asdict, by_repr, by_msgspec, by_logging, by_template)


@pytest.mark.asyncio
@pytest.mark.parametrize("read", READERS)
async def test_the_line_of_the_user_s_is_shown(
    read: Callable[[Member], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)
    async with async_engine(Base.metadata) as engine:
        async with AsyncSession(engine) as session:
            session.add(Team(id=1))
            await session.flush()
            session.add(Member(id=1, team_id=1))
            await session.commit()
        with loadwise.watch(root=HERE.parent) as watch:
            async with AsyncSession(engine) as session:
                member = await session.get_one(Member, 1)
                with pytest.raises(Exception):  # noqa: B017, PT011 what it is, is the library's
                    read(member)
    finding = watch.findings[0]
    assert finding.attribute == "Member.team"
    assert finding.read is not None
    assert finding.read.file == HERE.name
    assert finding.read.function.endswith(read.__name__)
    assert finding.read.code.endswith("# here")


def test_a_line_of_a_template_is_that_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "page.txt").write_text("one\n\n{{ look() }}\n", encoding="utf-8")
    found: list[Any] = []

    def look() -> str:
        import sys

        frame = sys._getframe(1)
        while (template := template_of(frame)) is None:
            assert frame.f_back is not None
            frame = frame.f_back
        found.append(template)
        return ""

    loader = jinja2.FileSystemLoader(tmp_path)
    jinja2.Environment(loader=loader, autoescape=True).get_template("page.txt").render(look=look)
    (template,) = found
    assert (template.file, template.line, template.name) == (
        str(tmp_path / "page.txt"),
        3,
        "page.txt",
    )
