"""Words: how the page says what a read gives and what a load takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from loadwise.core.cost import Cost
from loadwise.core.reading import Outcome, Reading

SAID: Final = {
    Outcome.VALUE: "value",
    Outcome.IO: "IO",
    Outcome.UNRELATED: "wrong value",
    Outcome.RAISES: "raises",
    Outcome.RAISES_ON_SQL: "raises",
    Outcome.DETACHED: "detached",
    Outcome.QUERY: "query",
    Outcome.WRITE_ONLY: "write-only",
}
"""An outcome in a cell of a table; what is empty depends on what was read."""


def said(reading: Reading, *, many: bool = False) -> str:
    """What a read gives, in a word; `many` for a collection. Two where either may be.

    >>> said(Reading(outcomes=frozenset({Outcome.EMPTY})), many=True)
    'empty'
    """
    words = {**SAID, Outcome.EMPTY: "empty" if many else "None"}
    order = list(Outcome)
    return " or ".join(words[one] for one in sorted(reading.outcomes, key=order.index))


MEANING: Final = {
    "value": "it is there, without SQL",
    "None": "right for a NULL foreign key; else wrong, and no error says so",
    "empty": "an empty collection, where nobody has looked",
    "IO": "it needs SQL, which in plain async code is MissingGreenlet",
    "raises": "InvalidRequestError: 'Parent.rel' is not available due to lazy=...",
    "detached": "DetachedInstanceError",
    "query": "a query, which needs SQL when it is iterated",
    "write-only": "a collection that cannot be iterated",
    "refused": "SQLAlchemy raises on the statement, or on the mapping",
}
"""What the words of a table mean."""


def legend(words: Iterable[str]) -> str:
    """The words that a table uses, with their meanings, as a list."""
    used = {part for word in words for part in word.split(" or ")}
    return "\n".join(f"- {word}: {meaning}" for word, meaning in MEANING.items() if word in used)


def counted(number: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "statement"), counted(1101, "statement")
    ('1 statement', '1,101 statements')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def told(cost: Cost) -> str:
    """A cost in words.

    >>> told(Cost(statements=1, rows=5000, joins=2))
    '1 statement with 2 LEFT OUTER JOINs, 5,000 rows'
    """
    joins = f" with {counted(cost.joins, 'LEFT OUTER JOIN')}" if cost.joins else ""
    return f"{counted(cost.statements, 'statement')}{joins}, {counted(cost.rows, 'row')}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]], *, right: int = 0) -> str:
    """A Markdown table whose columns are in line; the last `right` of them are for numbers.

    >>> print(table(["lazy", "rows"], [["`select`", "1"]], right=1))
    | lazy     | rows |
    |----------|-----:|
    | `select` |    1 |
    """
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(cell) for cell in column) for column in zip(*lines, strict=True)]
    first = len(widths) - right

    def laid(cells: Sequence[str]) -> str:
        padded = [
            cell.ljust(width) if place < first else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        ]
        return f"| {' | '.join(padded)} |"

    rule = [
        "-" * (width + 2) if place < first else f"{'-' * (width + 1)}:"
        for place, width in enumerate(widths)
    ]
    return "\n".join([laid(lines[0]), f"|{'|'.join(rule)}|", *map(laid, lines[1:])])
