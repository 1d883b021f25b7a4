"""The stored truth table: what the first read of a relationship did, cell by cell.

`cells.json.gz` is written by `condense.py`; `README.md` says what was measured, and on what.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Final

STORE: Final = Path(__file__).with_name("cells.json.gz")
COLUMNS: Final = ("table", "kind", "strategy", "way", "held", "n", "result")
VERSIONS: Final = ("2.0", "2.1")
LONG: Final = 3
"""A wrong list with more objects is told by its length."""


class Outcome(Enum):
    """What the read of a relationship in plain coroutine code came to."""

    OK = "ok"
    WRONG = "wrong"
    """No error, and objects that are not the right ones."""
    EMPTY = "empty"
    """No error, and None or an empty list where the database has something."""
    MISSING_GREENLET = "missing greenlet"
    RAISE = "raise"
    RAISE_ON_SQL = "raise on sql"
    DETACHED = "detached"
    QUERY = "query"
    """A query of `lazy="dynamic"`; to iterate over it is MissingGreenlet where it has a session."""
    WRITE_ONLY = "write only"
    LOAD_ERROR = "load error"
    """The objects could not be loaded; `detail` is the class of the exception."""
    CONFIG_ERROR = "config error"
    """The mappers could not be configured."""
    NOT_APPLICABLE = "not applicable"
    NO_ROWS = "no rows"
    """The statement returned no parent, so that there is nothing to read."""
    MIXED = "mixed"
    """The parents of one cell differ; `detail` counts them."""
    OTHER = "other"
    """Another exception, whose class is in `detail`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """Which cell: the names are those of `kinds.py`, `options.py` and `ways.py`.

    `held`: the target was in the identity map, strongly held. `n`: how many parents. Both are None
    where the mappers could not be configured, and `way` is "*".
    """

    table: str
    kind: str
    strategy: str
    way: str
    held: bool | None
    n: int | None

    def __str__(self) -> str:
        held = "held" if self.held else "not held"
        return f"{self.table} / {self.kind} / {self.strategy} / {self.way} / {held} / n={self.n}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a cell came to, and what loading its parents took.

    `joins` counts the LEFT OUTER JOINs in the statements, `rows` the rows fetched; None where
    loading failed.
    """

    outcome: Outcome
    detail: str = ""
    statements: int | None = None
    joins: int | None = None
    rows: int | None = None

    def __str__(self) -> str:
        detail = f" ({self.detail})" if self.detail else ""
        counts = (
            f" {self.statements}/{self.joins}/{self.rows}" if self.statements is not None else ""
        )
        return f"{self.outcome.name}{detail}{counts}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One row of the table."""

    table: str
    kind: str
    strategy: str
    way: str
    held: bool | None
    n: int | None
    outcome: Outcome
    detail: str = ""
    statements: int | None = None
    joins: int | None = None
    rows: int | None = None

    @property
    def key(self) -> Key:
        """Which cell it is."""
        return Key(
            table=self.table,
            kind=self.kind,
            strategy=self.strategy,
            way=self.way,
            held=self.held,
            n=self.n,
        )

    @property
    def result(self) -> Result:
        """What it came to."""
        return Result(
            outcome=self.outcome,
            detail=self.detail,
            statements=self.statements,
            joins=self.joins,
            rows=self.rows,
        )


@cache
def cells(version: str) -> tuple[Cell, ...]:
    """The cells of a minor version of SQLAlchemy, "2.0" or "2.1", sorted by their keys."""
    stored = _stored()
    results = [
        (Outcome(outcome), detail, *counts) for outcome, detail, *counts in stored["results"]
    ]
    found = []
    for group in ("both", _checked(version)):
        columns = stored["cells"][group]
        named = [
            [stored["names"][column][code] for code in columns[column]]
            for column in ("table", "kind", "strategy", "way")
        ]
        rest = (columns["held"], columns["n"], columns["result"])
        for table, kind, strategy, way, held, n, result in zip(*named, *rest, strict=True):
            outcome, detail, statements, joins, rows = results[result]
            found.append(
                Cell(
                    table=table,
                    kind=kind,
                    strategy=strategy,
                    way=way,
                    held=held if held is None else bool(held),
                    n=n,
                    outcome=outcome,
                    detail=detail,
                    statements=statements,
                    joins=joins,
                    rows=rows,
                )
            )
    return tuple(sorted(found, key=sorting))


def told(wrong: object) -> str:
    """A wrong value in few words: the key of an object, or of a few, or how many there are."""
    if isinstance(wrong, list) and len(wrong) > LONG:
        return f"{len(wrong)} objects"
    return str(wrong)


def sorting(cell: Cell | Key) -> tuple[str, str, str, str, bool, int]:
    """The order of cells."""
    return (
        cell.table,
        cell.kind,
        cell.strategy,
        cell.way,
        bool(cell.held),
        cell.n or 0,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthCell:
    """How far a graph could be walked from `n` objects, one relationship after another.

    `stopped_by` is the exception at the first relationship that could not be read, `objects` how
    many were in the session, `selects` how many of the `statements` were SELECTs.
    """

    label: str
    n: int
    statements: int
    selects: int
    joins: int
    rows: int
    depth: int
    stopped_by: str | None
    objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TwoHopCell:
    """How many of two relationships in a row could be read, for each of `n` parents.

    `mode` says how the strategies were chosen, by `lazy=` or by options.
    """

    hops: tuple[str, str]
    strategies: tuple[str, str]
    mode: str
    n: int
    statements: int
    depths: tuple[int, ...]


@cache
def depth_cells(version: str) -> tuple[DepthCell, ...]:
    """How deep each strategy loads, in the order in which it was measured."""
    return tuple(
        DepthCell(
            label=label,
            n=n,
            statements=statements,
            selects=selects,
            joins=joins,
            rows=rows,
            depth=depth,
            stopped_by=stopped_by,
            objects=objects,
        )
        for label, n, statements, selects, joins, rows, depth, stopped_by, objects in _stored()[
            "depths"
        ][_checked(version)]
    )


@cache
def two_hop_cells(version: str) -> tuple[TwoHopCell, ...]:
    """What two hops load, in the order in which it was measured."""
    return tuple(
        TwoHopCell(
            hops=(first, second),
            strategies=(one, two),
            mode=mode,
            n=n,
            statements=statements,
            depths=tuple(depths),
        )
        for first, second, one, two, mode, n, statements, depths in _stored()["hops"][
            _checked(version)
        ]
    )


def _checked(version: str) -> str:
    if version not in VERSIONS:
        raise ValueError(f"nothing was measured on SQLAlchemy {version}, only on {VERSIONS}")
    return version


@cache
def _stored() -> Any:
    return json.loads(gzip.decompress(STORE.read_bytes()))
