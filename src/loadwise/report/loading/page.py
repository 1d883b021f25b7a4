"""Page: "What is loaded when", in full for the documentation, and short for the command line."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from loadwise.core.cost import Cost
from loadwise.core.strategy import Strategy
from loadwise.report.loading.answers import answers
from loadwise.report.loading.example import SOURCE
from loadwise.report.loading.kinds import (
    COLLECTION,
    COUNTED,
    LAZY,
    MANY_TO_ONE,
    Counted,
    first_read,
)
from loadwise.report.loading.states import ATTRIBUTES, GROUPS, cell, states
from loadwise.report.loading.strategies import (
    BEWARE,
    MANY,
    WHAT,
    WHEN,
    costs,
    elsewhere,
    first_reads,
    part,
)
from loadwise.report.loading.timings import Timings, timed
from loadwise.report.loading.words import legend, table

TITLE: Final = "# What is loaded when"


def topics() -> dict[str, Callable[[], str]]:
    """What `loadwise explain` can print beside the rules, by name."""
    return {"loading": short, **{f"lazy={lazy}": partial(part, lazy) for lazy in LAZY}}


def page(timings: Timings | None = None) -> str:
    """The page of the documentation, with the timings of a run of the benchmark."""
    parts = [_opening(), _lazy(), _states(), answers()]
    if timings is not None:
        parts.append(timed(timings))
    return "\n".join(parts)


def _opening() -> str:
    return f"""\
{TITLE}

The read of an attribute cannot be awaited. So under SQLAlchemy's asyncio extension it matters what
an object holds when the attribute is read: what is there is taken, and what would need SQL is
`MissingGreenlet`. This page says what is there: by the `lazy=` of a relationship, by what was done
to the object before, and by luck.

The tables are computed by loadwise's model of SQLAlchemy, and the test suite measures every cell in
a real `AsyncSession`. `loadwise explain loading` prints the short form of this page,
`loadwise explain lazy=immediate` what there is to say of one strategy.

In the tables, a read of an attribute in plain async code gives

{legend({"value", "None", "empty", "IO", "raises", "detached", "query", "write-only", "refused"})}
"""


def _lazy() -> str:
    parts = "\n".join(_strategy(lazy) for lazy in LAZY)
    return f"""\
## What each `lazy=` does

After a plain `select()` of the objects that have the relationship. One to the same class has no
`join_depth` here, and of one that belongs to a subclass in a table of its own the base is selected:

{first_reads()}

In other situations, for a many-to-one whose target is not in the session:

{elsewhere(MANY_TO_ONE)}

and for a collection:

{elsewhere(COLLECTION)}

What a `select()` of 1 and of {MANY} parents takes: statements, and rows in brackets, in all:

{costs()}

{parts}"""


def _strategy(lazy: Strategy) -> str:
    return (
        f'### `lazy="{lazy}"`\n\n{WHAT[lazy]}\n\n'
        f"*Beware:* {BEWARE[lazy]}\n\n*When to use it:* {WHEN[lazy]}\n"
    )


def _states() -> str:
    parts = "\n".join(states())
    return f"""\
## What is there after what

The tables are of this mapping, in a session with the default settings, on a database that has
RETURNING:

```python
{SOURCE}```

A row that does not say otherwise begins with a user that `select(User)` has loaded. `organization`
stands there twice: as its target is not in the session, and as it is.

{parts}
A bulk `update()` expires `updated` since SQLAlchemy 2.0.36; before, the object keeps the old value.
After `add()` and `flush()`, `created` needs SQL where the database has no RETURNING.
"""


SHORT: Final = {
    "select(User)": "select(User)",
    "add(user), flush()": "add(user), flush()",
    "commit()": "commit()",
    "commit() with expire_on_commit=False": "commit() without expiring",
    "refresh(user)": "refresh(user)",
    'refresh(user, ["orders"])': 'refresh(user, ["orders"])',
    "get(User, 1, options=[selectinload(User.orders)])": "get(), selectinload()",
    "select(User).options(selectinload(User.orders)), again": "select(), selectinload()",
    "expunge(user), close()": "close()",
}
"""The operations of the short form, and how it names them."""


def short() -> str:
    """What fits on a screen."""
    return f"""\
{TITLE}

The read of an attribute cannot be awaited. In plain async code it gives

{legend({"value", "None", "empty", "IO", "raises", "detached", "query", "write-only", "refused"})}

After a `select()`; it took so many statements, with the rows in brackets, for
{MANY} objects with {_each()} in the collection of each:

{_short_lazy()}

`joined` takes a LEFT OUTER JOIN for each relationship, all others none.

A user has relationships without `lazy=`, and one that is `selectin`. After a
`select()`, and what is done then, or after an `add()`:

{_short_states()}

- A many-to-one is there, too, while the session has its target and your code
  holds it, and where its foreign key is NULL. So a read may work by luck.
- `immediate` is N+1, and after another `immediate` it loads no many-to-one, but
  for a single object. `selectin` takes a statement or a few for each level.
- No `lazy=` brings what a new object lacks after a flush, or what a commit
  takes. With expire_on_commit=False it takes nothing.
- `joined` and `subquery` are left out of RETURNING and from_statement(); they
  and `selectin` of a relationship to the same class without join_depth, and of
  a subclass's where the base is selected.
- A column with `onupdate` is IO after the flush of an UPDATE.
- `raise` fails for every row that a statement brings, and not by chance.

More of one strategy: `loadwise explain lazy=immediate`, or any other `lazy=`.
"""


def _each() -> int:
    related = _counted("one-to-many").related(1)
    return related.rows


def _counted(label: str) -> Counted:
    return next(one for one in COUNTED if one.label.startswith(label))


def _short_lazy() -> str:
    one, many = _counted("many-to-one"), _counted("one-to-many")
    rows = [
        [
            f"`{lazy}`",
            first_read(MANY_TO_ONE, lazy),
            _short_cost(one.cost(lazy, MANY), first_read(MANY_TO_ONE, lazy)),
            first_read(COLLECTION, lazy),
            _short_cost(many.cost(lazy, MANY), first_read(COLLECTION, lazy)),
        ]
        for lazy in LAZY
    ]
    header = ["`lazy=`", "many-to-one", "took", "collection", "took"]
    return table(header, rows)


def _short_cost(cost: Cost, word: str) -> str:
    return "" if word == "refused" else f"{cost.statements:,} ({cost.rows:,})"


def _short_states() -> str:
    chosen = [
        attribute
        for attribute in ATTRIBUTES
        if not attribute.held and attribute.name in {"name", "organization", "orders", "addresses"}
    ]
    operations = {one.code: one for group in GROUPS.values() for one in group}
    rows = [
        [f"`{label}`", *(cell(operations[code], attribute) for attribute in chosen)]
        for code, label in SHORT.items()
    ]
    return table(["after", "column", "many-to-one", "collection", "selectin"], rows)
