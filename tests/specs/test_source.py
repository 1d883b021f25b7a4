"""The pages, read as source: the static witness promises what a run shows.

Each block is a function of a module of its own, on the lines of its page.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pytest

from loadwise import rules
from loadwise.analyse.check import check
from loadwise.core.finding import Level
from tests.specs import models
from tests.specs.page import Block, Kind, read

HERE: Final = Path(__file__).parent
PAGES: Final = sorted([*Path(rules.__file__).parent.glob("*.md"), *HERE.glob("*.md")])
IMPORTS: Final = (
    "import asyncio",
    "from models import Comment, Log, Organization, Post, User, Visit",
    "from sqlalchemy import create_engine, func, inspect, select, update",
    "from sqlalchemy.exc import IntegrityError",
    "from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker",
    "from sqlalchemy.orm import Session, contains_eager, defer, immediateload, joinedload",
    "from sqlalchemy.orm import load_only, raiseload, selectinload, subqueryload, undefer",
)
RUN_ONLY: Final = frozenset(
    {
        *("masked-read", "silent-wrong-value", "unused-eager-load", "ineffective-loading"),
        "swallowed-missing-greenlet",
    }
)
"""Rules that only a run tells so far: what the session happens to hold, which value a foreign key
has, what nobody reads in all of a run, what is asked for in vain, and what a clause forgot."""
UNTOLD: Final = {
    ("swallowed_missing_greenlet", "return user.organization.name"): "the read fails, and what it"
    " raises is swallowed",
    (
        "swallowed_missing_greenlet",
        'print(user.organization.name if loaded else "not asked for")',
    ): ("what a name says of an object that was asked before is not known"),
    ("lazy_read", "print(cleo.organization.name)"): "whether two users have one organization is in"
    " the rows: it is told, and hidden",
    ("reads", "print(user.organization)"): "that nothing keeps an object in the session is not"
    " known, nor that two keys are the same",
}
"""Lines of pages whose failure is not told from source, and why."""
TOLD: Final = {
    ("swallowed_missing_greenlet", "return user.organization.name"): "the read fails, and what it"
    " raises is swallowed",
    (
        "swallowed_missing_greenlet",
        'print(user.organization.name if loaded else "not asked for")',
    ): ("what a name says of an object that was asked before is not known"),
    ("masked_read", "print(user.organization)"): "a foreign key is NULL in the rows",
    ("reads", "assert user.organization is None"): "a foreign key is NULL in the rows",
    ("reads", "print(user.organization)"): "SQLAlchemy raises an error of its own, and loadwise"
    " explains it",
}
"""Lines of pages of which something is told that a run does not show, and why."""


def blocks() -> list[Block]:
    """The blocks that promise something."""
    return [block for page in PAGES for block in read(page).blocks if block.promises]


def said_of(block: Block, folder: Path) -> set[tuple[str, int]]:
    """The rules that are told of a block, with the lines of its page."""
    lines = [
        "; ".join(IMPORTS),
        *[""] * (block.line - 3),
        "async def example(session: AsyncSession, engine):",
    ]
    lines += [f"    {line}" for line in block.source.splitlines()]
    (folder / "example.py").write_text("\n".join(lines), encoding="utf-8")
    text = Path(models.__file__).read_text(encoding="utf-8")
    (folder / "models.py").write_text(text, encoding="utf-8")
    shown = [one for one in check([folder], folder).findings if one.level is not Level.HIDDEN]
    places = [(one.rule, one.read or one.load) for one in shown]
    return {(rule, place.line) for rule, place in places if place is not None}


def code_at(block: Block, line: int) -> tuple[str, str]:
    """A page, and the code of one of its lines without what it promises."""
    return block.page.stem, block.source.splitlines()[line - block.line].partition("  #")[0].strip()


@pytest.mark.parametrize("block", [pytest.param(one, id=one.name) for one in blocks()])
def test_is_told_from_source(block: Block, tmp_path: Path) -> None:
    promised = {
        (one.name, one.line)
        for one in block.promises
        if one.kind in {Kind.ERROR, Kind.NOTICED} and one.name not in RUN_ONLY
    }
    said = said_of(block, tmp_path)
    assert {code_at(block, line) for _, line in promised - said} <= set(UNTOLD)
    assert {code_at(block, line) for _, line in said - promised} <= set(TOLD)


def test_what_is_allowed_is_there() -> None:
    lines = {
        code_at(block, line)
        for block in blocks()
        for line in range(block.line, block.line + len(block.source.splitlines()))
    }
    assert set(UNTOLD) | set(TOLD) <= lines
