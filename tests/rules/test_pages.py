"""The pages of the rules: what they show is what happens, and they read well in a terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from loadwise import rules
from loadwise.core.finding import Level
from loadwise.core.judge import Rule
from loadwise.rules import RULES
from tests.specs.harness import cases, check_full, check_vanilla, check_watched
from tests.specs.page import Block, Kind, faults, read

SECTIONS = (
    "What it does",
    "Why is this bad",
    "Example",
    "Use instead",
    "Fix safety",
    "How it is seen at run time",
    "References",
)


def page_of(rule: Rule) -> Path:
    """The file that a rule's page is."""
    return Path(rules.__file__).with_name(f"{rule.name.replace('-', '_')}.md")


PAGES = [pytest.param(rule, id=rule.name) for rule in RULES]
BLOCKS = cases(page_of(rule) for rule in RULES)


@pytest.mark.parametrize("rule", PAGES)
def test_layout(rule: Rule) -> None:
    page = read(page_of(rule))
    assert page.headings[0].text == f"{rule.name} (LW{rule.code})"
    assert list(faults(page, SECTIONS)) == []


@pytest.mark.parametrize("rule", PAGES)
def test_examples_show_the_rule(rule: Rule) -> None:
    blocks = read(page_of(rule)).blocks
    examples = [block for block in blocks if block.headings[0] == "Example"]
    shown = [one for block in examples for one in block.promises]
    assert {one.name for one in shown if one.kind in {Kind.ERROR, Kind.NOTICED}} == {rule.name}


@pytest.mark.parametrize("rule", PAGES)
def test_fits_a_terminal(rule: Rule) -> None:
    lines = page_of(rule).read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if len(line) > 80 and not line.startswith("  <http")] == []


@pytest.mark.asyncio
@pytest.mark.parametrize("block", BLOCKS)
async def test_without_loadwise(block: Block) -> None:
    await check_vanilla(block)


@pytest.mark.asyncio
@pytest.mark.parametrize("block", BLOCKS)
async def test_under_watch(block: Block) -> None:
    await check_watched(block)


@pytest.mark.asyncio
@pytest.mark.parametrize("block", BLOCKS)
async def test_in_full(block: Block) -> None:
    """What a page promises of its own rule is so; of others it does not speak."""
    name = block.page.stem.replace("_", "-")
    if name == "awaitable-in-loop" and sys.version_info < (3, 11):
        pytest.skip("one row says nothing where the columns of instructions are not known")
    quiet = {rule.name for rule in RULES if rule.name == name and rule.level is not Level.ERROR}
    await check_full(block, frozenset(quiet))
