"""Calls that are alike are answered from a summary; that must not change what is found."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import Final

import pytest

from loadwise.analyse.check import check
from loadwise.analyse.interpreter import Interpreter
from loadwise.core.finding import Finding, Level
from tests.analyse.test_cases import CASES, MODELS

SHARED: Final = """
async def get_a(session):
    return (await session.scalars(select(A))).one()

async def save(session, a):
    try:
        await session.flush()
    except Exception:
        await session.rollback()
        return None
    return a

def shown(a):
    return a.name, a.b.name

async def first(session: AsyncSession):
    a = await get_a(session)
    await save(session, a)
    return shown(a)

async def second(session: AsyncSession):
    a, other = await get_a(session), await get_a(session)
    await save(session, other)
    return shown(a)

async def third(session: AsyncSession):
    a = (await session.scalars(select(A).options(joinedload(A.b)))).one()
    saved = await save(session, a)
    return shown(saved) if saved is not None else None
"""
"""Callers that share helpers: with one object or two, with what comes back or without."""


def _told(findings: tuple[Finding, ...]) -> list[tuple[object, ...]]:
    return [(one.rule, one.level, one.attribute, one.read, one.load, one.cause) for one in findings]


@pytest.mark.parametrize("text", [SHARED, *CASES.values()], ids=["shared", *CASES])
def test_remembering_changes_nothing(
    text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = MODELS.replace("{prop}", "")
    (tmp_path / "app.py").write_text(models + textwrap.dedent(text), encoding="utf-8")
    with_summaries = check([tmp_path], tmp_path)
    monkeypatch.setattr(Interpreter, "_key", lambda *_, **__: None)
    without = check([tmp_path], tmp_path)
    assert _told(with_summaries.findings) == _told(without.findings)
    assert with_summaries.resolved == without.resolved


def test_a_caller_that_tests_what_comes_back_is_silent(tmp_path: Path) -> None:
    models = MODELS.replace("{prop}", "")
    (tmp_path / "app.py").write_text(models + SHARED, encoding="utf-8")
    every = [one for one in check([tmp_path], tmp_path).findings if one.level is not Level.HIDDEN]
    found = [one for one in every if one.attribute == "A.b"]
    loads = {one.load.line for one in found if one.load is not None}
    lines = (models + SHARED).splitlines()
    assert [lines[line - 1].strip() for line in sorted(loads)] == [
        "return (await session.scalars(select(A))).one()"
    ]
    assert {one.attribute for one in every} == {"A.b", "A.name"}


def _found(text: str, folder: Path) -> list[Finding]:
    source = MODELS.replace("{prop}", "") + textwrap.dedent(text)
    (folder / "app.py").write_text(source, encoding="utf-8")
    return list(check([folder], folder).findings)


def test_a_finding_for_each_place_that_loads(tmp_path: Path) -> None:
    found = _found(
        """
        def shown(a):
            return a.b.name

        async def first(session: AsyncSession):
            return shown((await session.scalars(select(A))).one())

        async def second(session: AsyncSession):
            return shown((await session.scalars(select(A).limit(1))).one())
        """,
        tmp_path,
    )
    loads = [one.load.code.strip() for one in found if one.load is not None]
    assert loads == [
        "return shown((await session.scalars(select(A))).one())",
        "return shown((await session.scalars(select(A).limit(1))).one())",
    ]


def test_what_a_caller_holds_counts_for_its_own_call_alone(tmp_path: Path) -> None:
    found = _found(
        """
        def shown(a):
            return a.b.name

        async def holds(session: AsyncSession):
            b = (await session.scalars(select(B))).one()
            a = (await session.scalars(select(A))).one()
            return shown(a), b

        async def holds_none(session: AsyncSession):
            a = (await session.scalars(select(A))).one()
            return shown(a)
        """,
        tmp_path,
    )
    told = {one.load.function: one.level for one in found if one.load is not None}
    assert told == {"app.holds": Level.HIDDEN, "app.holds_none": Level.ERROR}


def test_a_row_that_points_at_a_held_object_is_not_even_hidden(tmp_path: Path) -> None:
    found = _found(
        """
        async def f(session: AsyncSession, b: B):
            a = (await session.scalars(select(A).where(A.b_id == b.id))).one()
            return a.b.name
        """,
        tmp_path,
    )
    assert found == []


def test_what_was_taken_away_in_two_ways_names_both(tmp_path: Path) -> None:
    (found,) = _found(
        """
        async def f(session: AsyncSession, flag):
            a = (await session.scalars(select(A))).one()
            if flag:
                await session.commit()
            else:
                await session.rollback()
            return a.name
        """,
        tmp_path,
    )
    assert found.cause.text == ("commit() expired it (expire_on_commit), or rollback() expired it")
