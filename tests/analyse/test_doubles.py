"""What a test exchanges for something else is not run in the place of that."""

from __future__ import annotations

import textwrap
from pathlib import Path

from loadwise.analyse.check import check
from tests.analyse.test_cases import MODELS

APP = """
async def first(session: AsyncSession):
    a = (await session.scalars(select(A))).one()
    return await shown(a)

async def shown(a):
    return a.b.name
"""
TESTS = """
from app import A, shown

async def test_with_another(session, monkeypatch):
    monkeypatch.setattr("app.shown", other)
    a = A(b_id=1)
    session.add(a)
    await session.flush()
    assert await shown(a)

async def test_itself(session):
    a = A(b_id=1)
    session.add(a)
    await session.flush()
    assert a.b.cs
"""


def test_what_a_test_exchanges_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(MODELS.replace("{prop}", "") + APP, encoding="utf-8")
    (tmp_path / "test_app.py").write_text(textwrap.dedent(TESTS), encoding="utf-8")
    found = check([tmp_path], tmp_path).findings
    loads = [one.load.file for one in found if one.load is not None]
    assert loads == ["app.py", "test_app.py"]
