"""Plan: what a statement promises to load, and what it does for each attribute."""

from __future__ import annotations

from dataclasses import dataclass

from loadwise.core.cause import Cause
from loadwise.core.path import Path
from loadwise.core.statement import Option, Statement, kept, same_place
from loadwise.core.strategy import Strategy
from loadwise.core.trail import Trail
from loadwise.core.tree import NOTHING, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """What a statement does for one attribute: the strategy, who chose it, and what comes of it.

    `loaded` says that the attribute is there afterwards: True, False, or None where that depends:
    on whether its target is in the session already, if `each`, otherwise on SQLAlchemy's version.
    `cause` says why it may not be there. `installs` is the strategy that each object keeps for its
    first read, where it differs from the mapping's. `drops_rows` says that rows without a related
    row are not returned, `unrelated` that the values come from columns that may belong to something
    else, `each` that each object is done on its own, for which its foreign key is read first.
    `trail` is the way that options have to what lies below it, where that is not its path.
    """

    path: Path
    strategy: Strategy
    by_option: bool = False
    loaded: bool | None = False
    cause: Cause | None = None
    installs: Strategy | None = None
    drops_rows: bool = False
    unrelated: bool = False
    each: bool = False
    trail: Trail | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a statement loads for certain (`tree`), what it may load (`may`), and each choice.

    `lazily` are the paths whose objects come by the load of one relationship of one object. Such a
    load emits no further statement for the objects that the session has.
    """

    tree: Tree = NOTHING
    may: Tree = NOTHING
    choices: tuple[Choice, ...] = ()
    lazily: frozenset[Path] = frozenset()

    def choice(self, path: Path) -> Choice | None:
        """What the statement does for the attribute at the end of a path."""
        return next((one for one in self.choices if one.path == path), None)

    def kept(self, statement: Statement, path: Path, entity: str) -> tuple[Option, ...]:
        """The options that objects of a class keep which the statement brings at a path."""
        choice = self.choice(path)
        if choice is None or choice.trail is None:
            return kept(statement.options, path, entity)
        return kept(choice.trail.options, choice.trail.place, entity)

    def strategy(self, path: Path) -> Strategy | None:
        """The strategy chosen for a path; None where the statement does not get there."""
        found = self.choice(path)
        return found.strategy if found is not None else None

    def below(self, path: Path) -> tuple[Choice, ...]:
        """What the statement does for each attribute of the entity at the end of a path.

        Attributes of subclasses are among them, where the last step names the subclass.
        """
        length = len(path.steps)
        return tuple(
            one
            for one in self.choices
            if len(one.path.steps) == length + 1 and same_place(one.path.steps[:length], path.steps)
        )

    def __str__(self) -> str:
        return str(self.tree)
