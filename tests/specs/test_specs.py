"""The specifications: Markdown pages about what loadwise sees, and what it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.specs.harness import cases, check_vanilla, check_watched
from tests.specs.page import Block, faults, read

PAGES = sorted(Path(__file__).parent.glob("*.md"))
BLOCKS = cases(PAGES)


@pytest.mark.parametrize("page", [pytest.param(page, id=page.stem) for page in PAGES])
def test_is_a_specification(page: Path) -> None:
    assert list(faults(read(page))) == []


@pytest.mark.asyncio
@pytest.mark.parametrize("block", BLOCKS)
async def test_without_loadwise(block: Block) -> None:
    await check_vanilla(block)


@pytest.mark.asyncio
@pytest.mark.parametrize("block", BLOCKS)
async def test_under_watch(block: Block) -> None:
    await check_watched(block)
