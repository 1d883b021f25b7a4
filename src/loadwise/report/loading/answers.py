"""Answers: the questions that are asked most, each with what the model says."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Final

from loadwise.core.effects import apply, load
from loadwise.core.path import Path
from loadwise.core.reading import Target, read
from loadwise.core.state import Life, blank
from loadwise.core.statement import Option, Statement, load_only
from loadwise.core.strategy import Strategy
from loadwise.report.loading.example import GRAPH
from loadwise.report.loading.family import (
    CHILDREN,
    GRANDCHILDREN,
    PARENTS,
    family,
    taken,
    upward,
)
from loadwise.report.loading.kinds import CASES, COLLECTION, SITUATIONS, first_read
from loadwise.report.loading.words import said, table, told

NEW, HELD, EXPIRED = SITUATIONS[0], SITUATIONS[1], SITUATIONS[6]
HELD_TARGET = CASES[1]


def immediate() -> str:
    """Whether lazy="immediate" everywhere is enough."""
    new, held, expired = (
        first_read(COLLECTION, Strategy.IMMEDIATE, situation) for situation in (NEW, HELD, EXPIRED)
    )
    plan = upward(Strategy.IMMEDIATE)
    return f"""\
## Is `lazy="immediate"` everywhere enough?

No. It needs no LEFT OUTER JOIN, but neither does `selectin`, and

- it is N+1: {PARENTS} parents with {CHILDREN} children of {GRANDCHILDREN} grandchildren each take
  {told(taken(Strategy.IMMEDIATE))}; with `selectin` it is {told(taken(Strategy.SELECTIN))};
- a many-to-one behind another `immediate` is loaded for one object, and not for two or more. After
  `select(Grandchild)` the child is there, and the parent of the child may not be: certain is
  `{plan}`, possible `{plan.may}`;
- it helps no object that no statement has brought: after `add()` and `flush()` a read is {new}, and
  after `get()` of that object, which finds it in the session and asks for nothing, it is {held};
- it helps no object that has lost what it had: after `commit()` a read is {expired};
- to the same class it loads all children below, each with a statement of its own, and no parent;
- on both sides of a relationship it walks through all that is connected: one of 500 students with
  their courses took 551 statements, and brought all 550 objects.
"""


def generations() -> str:
    """What about parent, child and grandchild."""
    return f"""\
## What about parent, child and grandchild?

How many of the two relationships each strategy loads, downwards (collections) and upwards
(many-to-one), and what it takes to load {PARENTS} parents with {CHILDREN} children each, of \
{GRANDCHILDREN} grandchildren each:

{family()}

`selectin` on both collections needs few statements, however many objects there are. `joined` needs
one, whose rows repeat the parent and the child for each grandchild. Options work in the same way,
one for each level: `selectinload(Parent.children).selectinload(Child.grandchildren)`.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Luck:
    """What a many-to-one depends on, where its statement does not load it."""

    text: str
    target: Target = Target.ABSENT
    options: tuple[Option, ...] = ()

    def word(self) -> str:
        """What a read of `User.organization` gives."""
        loaded = load(GRAPH, Statement(entity="User", options=self.options))
        state = apply(blank(GRAPH["User"], Life.TRANSIENT), loaded, GRAPH)
        word = said(read(GRAPH, state, "organization", self.target))
        return "None" if self.target is Target.NULL and word == "value" else word


WITHOUT_KEY: Final = load_only(Path.parse("User"), "name")
LUCK: Final = (
    Luck(text="in the session, and something in your code holds it", target=Target.HELD),
    Luck(text="in the session, and expired by a commit", target=Target.HELD_EXPIRED),
    Luck(text="loaded before, and nothing holds it any more"),
    Luck(text="not in the session"),
    Luck(text="none: the foreign key is NULL", target=Target.NULL),
    Luck(
        text="in the session, and the foreign key is left out by load_only()",
        target=Target.HELD,
        options=WITHOUT_KEY,
    ),
    Luck(
        text="none, and the foreign key is left out by load_only()",
        target=Target.NULL,
        options=WITHOUT_KEY,
    ),
)
"""Where the organization of a user is when it is read."""


def luck() -> str:
    """When the same property works, and when it fails."""
    rows = [[one.text, one.word()] for one in LUCK]
    return f"""\
## Why does the same property work for one user and fail for another?

Users 1 and 2 belong to organization 1, user 100 to organization 2. User 1 was loaded with
`joinedload(User.organization)`, the others without. `organization` works for user 2 and fails for
user 100: a many-to-one whose foreign key is the primary key of its target is looked for in the
session before SQL is emitted. So it depends on where the organization is at that moment:

{table(["the organization is", "a read gives"], rows)}

The session refers to its objects weakly. Organization 1 is there because user 1 refers to it; had
it been selected and the result dropped, the same read would fail. A collection, a one-to-one from
the other side, and a many-to-one to other columns than the primary key are never found in this way.
"""


JOINS: Final = (
    ("select(User)", 1, 0),
    ("select(User), foreign key NOT NULL", 1, 0),
    ("select(User), innerjoin=True", 0, 1),
    ("select(User).join(User.organization)", 1, 1),
    ("select(User).options(lazyload(User.organization))", 0, 0),
    ("get(User, 1)", 1, 0),
    ("refresh(user)", 1, 0),
    ("select(User.id)", 0, 0),
    ("select(func.count()).select_from(User)", 0, 0),
)
"""The joins in a statement, where `User.organization` has lazy="joined": LEFT OUTER, and others."""


def joins() -> str:
    """What lazy="joined" does with LEFT OUTER JOINs."""
    rows = [[f"`{code}`", str(outer), str(inner)] for code, outer, inner in JOINS]
    return f"""\
## What does `lazy="joined"` do with LEFT OUTER JOINs?

It adds one to every statement that loads whole objects, unless an option says otherwise. A
statement for columns or a count has none:

{table(["statement", "LEFT OUTER JOINs", "other joins"], rows, right=2)}

`selectin`, `subquery` and `immediate` add none. `joinedload(..., innerjoin=True)` drops the objects
whose foreign key is NULL.
"""


def raising() -> str:
    """What lazy="raise" gives."""
    plain, guarded = LUCK[0].word(), first_read(HELD_TARGET, Strategy.RAISE)
    return f"""\
## What does `lazy="raise"` give?

`InvalidRequestError`, whatever the data. Where the target is in the session, a read gives the
{plain} with `lazy="select"`, and {guarded} with `lazy="raise"`; so it does for a NULL foreign key,
after a commit, and of a detached object. What an eager option of the statement or
`refresh(user, ["organization"])` loads can be read. A new object gives None or an empty collection
until it is flushed, and `lazyload()` in the statement takes the guard away for the objects that it
loads.
"""


def corrections() -> str:
    """What is often said, and is not so."""
    file = resources.files("loadwise.report.loading").joinpath("corrections.md")
    return file.read_text(encoding="utf-8")


def answers() -> str:
    """All of them."""
    parts = (immediate(), generations(), luck(), joins(), raising(), corrections())
    return "\n".join(parts)
