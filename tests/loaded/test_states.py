"""The table of states is what SQLAlchemy does: each cell is done and read, on SQLite in memory."""

from __future__ import annotations

import pytest
import sqlalchemy

from loadwise.report.loading.states import ATTRIBUTES, GROUPS, Attribute, Operation, cell
from tests.loaded.stage import SCRIPTS, outcome, stage

pytestmark = pytest.mark.deep

ROWS = [operation for operations in GROUPS.values() for operation in operations]


def test_every_row_is_measured() -> None:
    codes = [operation.code for operation in ROWS]
    assert sorted(codes) == sorted(SCRIPTS)
    assert len(codes) == len(set(codes))


def expected(operation: Operation, attribute: Attribute) -> str:
    """What the page says; and that a bulk UPDATE expires a column with `onupdate` since 2.0.36."""
    is_old = sqlalchemy.__version__ < "2.0.36"
    if is_old and operation.code.startswith("update(") and attribute.name == "updated":
        return "None"
    return cell(operation, attribute)


@pytest.mark.asyncio
@pytest.mark.parametrize("operation", ROWS, ids=lambda operation: operation.code)
async def test_every_cell_is_what_sqlalchemy_does(operation: Operation) -> None:
    wrong = []
    for attribute in ATTRIBUTES:
        expire = "expire_on_commit=False" not in operation.code
        async with stage(expire_on_commit=expire, hold=attribute.held) as there:
            user = await SCRIPTS[operation.code](there)
            found = await outcome(there, user, attribute.name)
        if found != expected(operation, attribute):
            wrong.append(f"{attribute.label}: {found}, and not {expected(operation, attribute)}")
    assert wrong == [], operation.code
