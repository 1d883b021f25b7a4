"""Timings: what `benchmarks/strategies.py` measured, as the page prints it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from loadwise.report.loading.words import table

SCENARIOS: Final = {
    "down": "{parents} parents with their children and grandchildren",
    "one": "one parent with its children and grandchildren",
    "up": "{grandchildren} grandchildren with their child and its parent",
}
"""What is loaded, by the name that the benchmark has for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What one strategy took; `ratio` is against selectin loading, in the same rounds."""

    database: str
    scenario: str
    parents: int
    strategy: str
    statements: int
    joins: int
    milliseconds: float
    ratio: float
    noise: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timings:
    """One run of the benchmark."""

    date: str
    python: str
    sqlalchemy: str
    rows: tuple[Timing, ...]


def timings_of(text: str) -> Timings:
    """The run that the benchmark wrote as JSON."""
    content = json.loads(text)
    rows = tuple(Timing(**row) for row in content.pop("rows"))
    return Timings(rows=rows, **content)


def timed(timings: Timings) -> str:
    """The section of the page."""
    return f"""\
## What was measured

Parents with 10 children each, of 5 grandchildren each, loaded by loader options in a new session
every time. Milliseconds are what a caller waits, medians of interleaved rounds in one process, on
one machine that had the database, too: one that is farther away makes each statement dearer. The
ratio is to `selectin`, and the noise says how far it may be off. Measured on {timings.date} with
Python {timings.python} and SQLAlchemy {timings.sqlalchemy} by `benchmarks/strategies.py`.

{"".join(_tables(timings))}Upwards, `immediate` has loaded the child alone: its parent is \
`MissingGreenlet`.
"""


def _tables(timings: Timings) -> Iterator[str]:
    for scenario, rows in groupby(
        sorted(timings.rows, key=lambda row: list(SCENARIOS).index(row.scenario)),
        key=lambda row: row.scenario,
    ):
        found = list(rows)
        text = SCENARIOS[scenario].format(
            parents=found[0].parents, grandchildren=f"{found[0].parents * 50:,}"
        )
        cells = [
            [
                row.database,
                f"`{row.strategy}`",
                f"{row.statements:,}",
                str(row.joins),
                f"{row.milliseconds:,.1f}",
                f"{row.ratio:.2f}",
                "" if row.strategy == "selectin" else f"± {row.noise:.2f}",
            ]
            for row in found
        ]
        header = ["database", "strategy", "statements", "LEFT OUTER JOINs", "ms", "ratio", "noise"]
        yield f"### {text[0].upper()}{text[1:]}\n\n{table(header, cells, right=5)}\n\n"
