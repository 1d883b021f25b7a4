"""The page and its short form: whole, the same each time, and no wider than a terminal."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import pytest

from loadwise.core.cost import Kind, chain, cost, each
from loadwise.core.reading import Outcome, Reading
from loadwise.core.strategy import COLUMNS, Strategy
from loadwise.report.loading.example import GRAPH, SOURCE
from loadwise.report.loading.kinds import LAZY
from loadwise.report.loading.page import page, short, topics
from loadwise.report.loading.states import GROUPS
from loadwise.report.loading.strategies import BEWARE, WHAT, WHEN, part
from loadwise.report.loading.timings import SCENARIOS, Timings, timed, timings_of
from loadwise.report.loading.words import MEANING, SAID, counted, legend, said, table

STORE: Final = Path(__file__).parents[3] / "docs" / "concepts" / "strategies.json"
COLUMNS_OF_A_TERMINAL: Final = 80
LINES_OF_THE_SHORT_FORM: Final = 60


def stored() -> Timings:
    """The timings that the page prints."""
    return timings_of(STORE.read_text(encoding="utf-8"))


def headings(text: str) -> list[str]:
    """The headings of a page."""
    return re.findall(r"^#+ .+$", text, re.MULTILINE)


def test_the_short_form_fits_a_screen() -> None:
    lines = short().splitlines()
    assert len(lines) <= LINES_OF_THE_SHORT_FORM
    assert [line for line in lines if len(line) > COLUMNS_OF_A_TERMINAL] == []


@pytest.mark.parametrize("lazy", LAZY)
def test_the_part_of_a_strategy_fits_a_terminal(lazy: Strategy) -> None:
    text = part(lazy)
    assert [line for line in text.splitlines() if len(line) > COLUMNS_OF_A_TERMINAL] == []
    assert headings(text) == [
        f'# lazy="{lazy}"',
        "## What a first read gives",
        "## What it costs",
        "## What else may come before the read",
        "## When to use it",
    ]


def test_there_is_a_topic_for_every_strategy() -> None:
    assert set(LAZY) == set(Strategy) - COLUMNS - {Strategy.CONTAINS_EAGER}
    assert list(topics()) == ["loading", *(f"lazy={lazy}" for lazy in LAZY)]
    assert set(WHAT) == set(BEWARE) == set(WHEN) == set(LAZY)


def test_the_page_has_every_part_once() -> None:
    text = page(stored())
    found = headings(text)
    assert len(found) == len(set(found))
    for lazy in LAZY:
        assert f'### `lazy="{lazy}"`' in found
    for group in GROUPS:
        assert f"### {group}" in found
    assert "## What was measured" in found
    assert "## What was measured" not in headings(page())
    assert SOURCE in text


def test_nothing_is_left_open() -> None:
    """No line ends in a blank, no gap is wider than one line, and each text ends with a line."""
    for text in (page(stored()), *(write() for write in topics().values())):
        assert text.endswith("\n")
        assert not text.endswith("\n\n")
        assert not re.search(r"[ \t]+$|\n\n\n", text.replace(SOURCE, ""), re.MULTILINE)


def test_every_word_of_a_table_has_a_meaning() -> None:
    for outcome in Outcome:
        for many in (False, True):
            word = said(Reading(outcomes=frozenset({outcome})), many=many)
            assert word in MEANING or outcome is Outcome.UNRELATED
    assert set(MEANING) - {"None", "empty", "refused"} <= set(SAID.values())
    both = said(Reading(outcomes=frozenset({Outcome.IO, Outcome.VALUE})))
    assert both == "value or IO"
    assert legend([both]).count("\n") == 1


def test_tables_and_numbers() -> None:
    assert counted(1, "row") == "1 row"
    assert counted(2000, "row") == "2,000 rows"
    assert table(["a", "b"], [["long", "1"]], right=1).splitlines() == [
        "| a    | b |",
        "|------|--:|",
        "| long | 1 |",
    ]


def test_the_source_has_what_the_graph_has() -> None:
    for entity in GRAPH.entities:
        body = SOURCE.partition(f"class {entity.name}(Base)")[2].partition("\nclass ")[0]
        assert set(re.findall(r"^    (\w+): Mapped", body, re.MULTILINE)) == entity.names


def test_the_timings_took_the_statements_that_the_model_says() -> None:
    """Upwards, immediate loading stops at the child (C6)."""
    for row in stored().rows:
        strategy, parents = Strategy(row.strategy), 1 if row.scenario == "one" else row.parents
        children, grandchildren = parents * 10, parents * 50
        if row.scenario != "up":
            levels = (Kind.COLLECTION, each(parents, 10)), (Kind.COLLECTION, each(children, 5))
            expected = chain(strategy, *levels)
            assert (row.statements, row.joins) == (expected.statements, expected.joins)
        elif strategy is Strategy.IMMEDIATE:
            shared = each(children)
            assert row.statements == cost(Kind.MANY_TO_ONE, strategy, shared).statements
            assert grandchildren == 5 * shared.objects


def test_the_timings_are_whole() -> None:
    found = stored()
    databases = {row.database for row in found.rows}
    assert len(databases) == 2
    assert len(found.rows) == len(databases) * len(SCENARIOS) * 4
    text = timed(found)
    for row in found.rows:
        assert f"{row.milliseconds:,.1f}" in text
    assert f"Measured on {found.date}" in text
