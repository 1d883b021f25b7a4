"""Where a measurement is known to differ from the stored table, and why.

The table was measured on SQLite in memory. What another database does otherwise is named here.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from tests.databases import AIOMYSQL, ASYNCPG, Database
from tests.truth.cells import Cell, Outcome, Result

ALL: Final = ("statements", "joins", "rows")


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Cells that may come to something else on some databases.

    `only`: patterns of the names of the cells. `outcomes`: what they may come to, where it is not
    what is stored; their details are then not compared. `counts`: which counts agree all the same.
    """

    databases: tuple[Database, ...]
    only: tuple[str, ...]
    outcomes: tuple[Outcome, ...] = ()
    counts: tuple[str, ...] = ALL
    why: str

    def covers(self, cell: Cell, database: Database) -> bool:
        """Whether the cell is one of them."""
        name = str(cell.key)
        return database in self.databases and any(
            fnmatch.fnmatchcase(name, pattern) for pattern in self.only
        )

    def allows(self, cell: Cell, found: Result) -> bool:
        """Whether the cell may come to that."""
        if self.outcomes:
            same = found.outcome in self.outcomes
        else:
            same = (found.outcome, found.detail) == (cell.outcome, cell.detail)
        return same and all(getattr(found, name) == getattr(cell, name) for name in self.counts)


DIFFERENCES: Final = (
    Difference(
        databases=(AIOMYSQL,),
        only=("* / update().returning(P) / *",),
        outcomes=(Outcome.LOAD_ERROR,),
        counts=(),
        why="MariaDB has no UPDATE .. RETURNING.",
    ),
    Difference(
        databases=(ASYNCPG, AIOMYSQL),
        only=("* / inh_* / insert().returning(P) / * / n=20",),
        counts=("joins", "rows"),
        why="SQLite inserts the rows of a joined subclass one by one, others in one statement.",
    ),
    Difference(
        databases=(ASYNCPG, AIOMYSQL),
        only=(
            "* / contains_eager(* / insert().returning(P) / *",
            "* / contains_eager(* / update().returning(P) / *",
        ),
        outcomes=(Outcome.LOAD_ERROR,),
        counts=(),
        why="SQLite calls a column that is not there an OperationalError, others ProgrammingError.",
    ),
    Difference(
        databases=(ASYNCPG,),
        only=("* / stream_scalars yield_per=5 / *",),
        counts=("statements", "joins"),
        why="Where the load fails, asyncpg has fetched more rows of the stream in advance.",
    ),
    Difference(
        databases=(AIOMYSQL,),
        only=("* / stream_scalars yield_per=5 / * / n=20",),
        outcomes=(Outcome.OTHER,),
        counts=("joins",),
        why=(
            "A statement during a stream ends the stream: aiomysql drops the rows that were not "
            "fetched yet, and warns. Five of twenty parents arrive where each five are loaded with "
            "statements of their own."
        ),
    ),
    Difference(
        databases=(AIOMYSQL,),
        only=("*contains_eager(* / *",),
        outcomes=(Outcome.OK, Outcome.WRONG),
        counts=("joins",),
        why=(
            "Without a join each parent gets the first row of all targets, and MariaDB has "
            "another one first, which is then found in the session."
        ),
    ),
)


def disagreement(cell: Cell, found: Result, database: Database) -> str:
    """How a measured cell contradicts the stored one; empty if it does not."""
    if found == cell.result:
        return ""
    if any(known.allows(cell, found) for known in covering(cell, database)):
        return ""
    return f"{cell.key}: {cell.result} expected, {found} measured"


def covering(cell: Cell, database: Database) -> Iterable[Difference]:
    """The known differences that a cell may show."""
    return (known for known in DIFFERENCES if known.covers(cell, database))
