"""Write `cells.json.gz` from the file in which the measurements were first kept.

    uv run python -m tests.truth.condense FILE

It has no clock and no order of its own: the same file gives the same bytes.
"""

from __future__ import annotations

import ast
import gzip
import json
import re
import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from tests.truth.cells import COLUMNS, STORE, Outcome, told

VERSIONS: Final = {"2.0.30": "2.0", "2.1.9": "2.1"}
AXES: Final = ("table", "kind", "strategy", "way")

Row = Mapping[str, Any]


def main(arguments: list[str]) -> None:
    """Write the store from the file that is named."""
    (source,) = arguments
    STORE.write_bytes(condensed(json.loads(gzip.decompress(Path(source).read_bytes()))))


def condensed(measured: Mapping[str, Any]) -> bytes:
    """The store: cells as columns of codes, and tables of what the codes mean."""
    rows = [dict(zip(measured["columns"], row, strict=True)) for row in measured["rows"]]
    names = {axis: sorted({row[axis] for row in rows}) for axis in AXES}
    results = sorted({result(row) for row in rows}, key=repr)
    code = {found: number for number, found in enumerate(results)}
    groups: dict[str, list[tuple[Any, ...]]] = {"both": [], "2.0": [], "2.1": []}
    for row in rows:
        axes = (names[axis].index(row[axis]) for axis in AXES)
        held = row["target_in_identity_map"]
        groups[VERSIONS.get(row["version"], "both")].append(
            (*axes, held if held is None else int(held), row["n"], code[result(row)])
        )
    return packed(
        {
            "names": names,
            "results": results,
            "cells": {name: columns(cells) for name, cells in groups.items()},
            "depths": by_version(measured["depth_and_graph"], depths),
            "hops": {
                short: [
                    *hops(measured["immediate_two_hops"][version]),
                    *mixed_hops(measured["m2o_two_hops_mixed"][version]),
                ]
                for version, short in VERSIONS.items()
            },
        }
    )


def result(row: Row) -> tuple[str, str, int | None, int | None, int | None]:
    """The outcome of a cell, its detail, and its counts."""
    outcome, detail = said(row["outcome"], row["value"])
    return (
        outcome.value,
        detail,
        row["stmts_at_load"],
        row["left_outer_joins"],
        row["rows_fetched"],
    )


def said(words: str, value: str | None) -> tuple[Outcome, str]:
    """The outcome that the words stand for, where parents differ with how many say what."""
    if " | " in words:
        counts: Counter[str] = Counter()
        for part in words.split(" | "):
            text, _, count = part.rpartition(" x")
            outcome, detail = said(text, value)
            counts[f"{outcome.name} {detail}".strip()] += int(count)
        if len(counts) > 1:
            return Outcome.MIXED, ", ".join(f"{counts[told]} {told}" for told in sorted(counts))
        return Outcome[next(iter(counts))], ""
    if words == "OK":
        return read(value)
    for pattern, outcome, detail in PATTERNS:
        if found := re.match(pattern, words):
            return outcome, found.expand(detail)
    raise ValueError(f"no outcome is known for {words!r}")


PATTERNS: Final = (
    (r"MissingGreenlet$", Outcome.MISSING_GREENLET, ""),
    (r"InvalidRequestError\(raise\)$", Outcome.RAISE, ""),
    (r"InvalidRequestError\(raise_on_sql\)$", Outcome.RAISE_ON_SQL, ""),
    (r"DetachedInstanceError$", Outcome.DETACHED, ""),
    (r"AppenderQuery|dynamic:iter ok$", Outcome.QUERY, ""),
    (r"WriteOnlyCollection", Outcome.WRITE_ONLY, ""),
    (r"LOAD-ERROR (\w+):", Outcome.LOAD_ERROR, r"\1"),
    (r"CONFIG-ERROR", Outcome.CONFIG_ERROR, ""),
    (r"n/a$", Outcome.NOT_APPLICABLE, ""),
    (r"$", Outcome.NO_ROWS, ""),
    (r"AttributeError\(", Outcome.OTHER, "AttributeError"),
    (r"InvalidRequestError\(This Session's", Outcome.OTHER, "PendingRollbackError"),
)


def read(value: str | None) -> tuple[Outcome, str]:
    """What a value is that was read without an error."""
    if value == "right" or value == "WRONG:'EXPIRED'":
        return Outcome.OK, ""
    if value in ("WRONG:None", "WRONG:[]"):
        return Outcome.EMPTY, ""
    if value is None:
        raise ValueError("a value was read, and is not told")
    wrong = ast.literal_eval(value.removeprefix("WRONG:"))
    return Outcome.WRONG, told(wrong)


def columns(cells: Iterable[tuple[Any, ...]]) -> dict[str, list[Any]]:
    """Sorted cells as columns, which is what compresses well."""
    ordered = sorted(cells, key=lambda cell: [-1 if part is None else part for part in cell])
    return {name: [cell[place] for cell in ordered] for place, name in enumerate(COLUMNS)}


def by_version(measured: Mapping[str, Any], condense: Any) -> dict[str, Any]:
    """What was measured on each version."""
    return {short: [*condense(measured[version])] for version, short in VERSIONS.items()}


def depths(rows: Iterable[Row]) -> Iterable[list[Any]]:
    """How far graphs could be walked."""
    fields = ("label", "N", "stmts", "sel", "louter", "rows", "depth", "stopped_by", "objects")
    return ([row[field] for field in fields] for row in rows)


def hops(rows: Iterable[Row]) -> Iterable[list[Any]]:
    """Two hops of one strategy."""
    for row in rows:
        strategy = row["strat"]
        yield [
            row["hop1"],
            row["hop2"],
            strategy,
            strategy,
            row["mode"],
            row["N"],
            row["stmts"],
            row["depth"],
        ]


def mixed_hops(rows: Mapping[str, list[list[int]]]) -> Iterable[list[Any]]:
    """Two many-to-one hops of two strategies; of the depths only the least was kept."""
    for pair, cases in rows.items():
        first, _, second = pair.partition(">")
        for n, depth, statements in cases:
            yield ["m2o", "m2o", first, second, "mixed", n, statements, [depth] * n]


def packed(store: object) -> bytes:
    """The store as compressed JSON, without the time of the day."""
    text = json.dumps(store, separators=(",", ":"), ensure_ascii=False)
    return gzip.compress(text.encode(), 9, mtime=0)


if __name__ == "__main__":
    main(sys.argv[1:])
