"""Statement: what is asked of SQLAlchemy: an entity, loader options, and the way it is brought."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from typing import Final

from loadwise.core.path import Path, Step
from loadwise.core.strategy import Strategy


class RefusedError(ValueError):
    """SQLAlchemy refuses the statement; the message says why."""


class Way(str, Enum):
    """How a statement brings objects, as far as that changes what it loads."""

    SELECT = "select"
    GET = "get"
    REFRESH = "refresh"
    """`refresh()`, which fills one object that is there."""
    RELOAD = "reload"
    """What reads an expired object again: a read where IO is legal, or `get()`."""
    RELOAD_SUBCLASS = "reload-subclass"
    """A reload of columns that are all in the tables of a subclass: it selects from those alone."""
    RETURNING = "returning"
    FROM_STATEMENT = "from-statement"
    STREAM = "stream"
    """A statement with `yield_per`."""
    LAZY = "lazy"
    """The load of a relationship by its first read, or by immediateload."""

    def __str__(self) -> str:
        return self.value


FOR_ONE: Final = frozenset({Way.REFRESH, Way.RELOAD, Way.RELOAD_SUBCLASS})
"""The ways that fill one object that is there: selectin and subquery loading are immediate then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A loader option: a strategy for the attribute that a path from the root leads to.

    With `every`, the path leads to an entity, and the strategy is for all its relationships, or
    all its columns where it is one for columns; with an empty path it is for every entity of the
    statement. `alone` says that the wildcard is written `selectinload("*")`, which may stand within
    `options()`, too, and not as a method: `Load(User).selectinload("*")`. `joins` says of
    `contains_eager` that the statement has the join that it needs. `depth` is `recursion_depth`,
    `inner` is `joinedload(…, innerjoin=True)`.
    """

    path: Path
    strategy: Strategy
    every: bool = False
    alone: bool = False
    joins: bool = True
    inner: bool = False
    depth: int | None = None

    @property
    def is_kept(self) -> bool:
        """Whether the objects keep the option, so that their later loads obey it, too.

        Wildcards that stand alone and `contains_eager` are for the one statement (T4, rows
        `refresh()` and `via relationship`).
        """
        return not self.alone and self.strategy is not Strategy.CONTAINS_EAGER


def load_only(entity: Path, *names: str) -> tuple[Option, ...]:
    """The options that `load_only()` stands for: every other column is deferred.

    >>> [str(one.path) for one in load_only(Path.parse("User.orders"), "id")]
    ['User.orders', 'User.orders.id']
    """
    return (
        Option(path=entity, strategy=Strategy.DEFER, every=True),
        *(Option(path=entity / name, strategy=Strategy.UNDEFER) for name in names),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """What brings objects of `entity` into a session.

    `only` names the attributes of a refresh or reload, None for all of them. `polymorphic` names
    the subclasses whose columns the statement selects, too: those of `with_polymorphic()` and
    `selectin_polymorphic()`. `behind` names the entities that the load comes from: of a lazy load
    the owner of the relationship, and those that a statement with options came to that by.
    `reverse` names the attribute that leads back to the owner, where there is one. `around` are the
    options that an object keeps which a later load is for, by paths from the root of the statement
    that they were written for; None where that is the entity of this one.
    """

    entity: str
    way: Way = Way.SELECT
    options: tuple[Option, ...] = ()
    only: frozenset[str] | None = None
    polymorphic: frozenset[str] = frozenset()
    behind: tuple[str, ...] = ()
    reverse: str = ""
    around: tuple[Option, ...] | None = None


def kept(options: tuple[Option, ...], path: Path, entity: str) -> tuple[Option, ...]:
    """The options that objects keep which a statement brings at `path`, as seen from themselves.

    `entity` is their class, which the paths of the result start from.

    >>> orders = Path.parse("User.orders")
    >>> [str(one.path) for one in kept(load_only(orders, "id"), orders, "Order")]
    ['Order', 'Order.id']
    """
    length = len(path.steps)
    return tuple(
        replace(
            option, path=Path((_root(option.path, length, entity), *option.path.steps[length:]))
        )
        for option in options
        if option.is_kept
        and same_place(option.path.steps[:length], path.steps)
        and (option.every or len(option.path.steps) > length)
    )


def _root(path: Path, length: int, entity: str) -> Step:
    """What the path of an option starts from, as seen from an object that some steps lead to.

    An option for a subclass stays one for it, unless the object is of just that class.
    """
    of_type = path.steps[length - 1].of_type
    return Step(entity, "" if of_type == entity else of_type)


def same_place(one: tuple[Step, ...], other: tuple[Step, ...]) -> bool:
    """Whether two walks lead to the same objects; their last steps may name subclasses of them."""
    if one == other:
        return True
    return bool(one and other) and one[:-1] == other[:-1] and one[-1].name == other[-1].name
