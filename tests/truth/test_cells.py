"""The stored table, how it is loaded, and how its words were made."""

from __future__ import annotations

import gzip
import json

import pytest

from tests.truth.cells import STORE, VERSIONS, Cell, Outcome, cells, depth_cells, two_hop_cells
from tests.truth.condense import packed, said


@pytest.mark.parametrize("minor", VERSIONS)
def test_the_table_is_whole(minor: str) -> None:
    table = cells(minor)

    assert len(table) == 53_342
    assert len({cell.key for cell in table}) == len(table)
    assert sum(cell.outcome is Outcome.CONFIG_ERROR for cell in table) == 26
    assert (len(depth_cells(minor)), len(two_hop_cells(minor))) == (480, 432)


def test_the_versions_differ_in_few_cells() -> None:
    old, new = (set(cells(minor)) for minor in VERSIONS)

    assert {(cell.kind, cell.strategy, cell.way) for cell in old - new} == {
        (kind, strategy, "via relationship joinedload(Holder.p)")
        for kind in ("inh_m2o", "inh_o2m")
        for strategy in ("selectin", "subquery")
    }


def test_a_version_that_was_not_measured_is_refused() -> None:
    with pytest.raises(ValueError, match=r"nothing was measured on SQLAlchemy 1\.4"):
        cells("1.4")


def test_the_store_has_no_time_in_it() -> None:
    store = json.loads(gzip.decompress(STORE.read_bytes()))

    assert packed(store) == packed(store)
    assert json.loads(gzip.decompress(packed(store))) == store
    assert STORE.read_bytes()[4:8] == bytes(4)


@pytest.mark.parametrize(
    ("words", "value", "outcome", "detail"),
    [
        ("OK", "right", Outcome.OK, ""),
        ("OK", "WRONG:'EXPIRED'", Outcome.OK, ""),
        ("OK", "WRONG:None", Outcome.EMPTY, ""),
        ("OK", "WRONG:[]", Outcome.EMPTY, ""),
        ("OK", "WRONG:101", Outcome.WRONG, "101"),
        ("OK", "WRONG:[1]", Outcome.WRONG, "[1]"),
        ("OK", "WRONG:[1, 2, 3, 4]", Outcome.WRONG, "4 objects"),
        ("LOAD-ERROR TypeError: unsupported", None, Outcome.LOAD_ERROR, "TypeError"),
        ("", None, Outcome.NO_ROWS, ""),
        (
            "MissingGreenlet x19 | OK x1",
            "WRONG:[1]",
            Outcome.MIXED,
            "19 MISSING_GREENLET, 1 WRONG [1]",
        ),
        (
            "AppenderQuery(iteration: MissingGreenlet) x1 | dynamic:iter ok x19",
            None,
            Outcome.QUERY,
            "",
        ),
    ],
)
def test_each_outcome_has_one_word(
    words: str, value: str | None, outcome: Outcome, detail: str
) -> None:
    assert said(words, value) == (outcome, detail)


def test_words_that_are_not_known_are_refused() -> None:
    with pytest.raises(ValueError, match="no outcome is known"):
        said("Surprise", None)


def test_a_cell_is_its_key_and_its_result() -> None:
    cell = next(cell for cell in cells("2.1") if cell.outcome is Outcome.WRONG)

    assert Cell(**{name: getattr(cell, name) for name in Cell.__slots__}) == cell
    assert str(cell.result).startswith(f"WRONG ({cell.detail})")
