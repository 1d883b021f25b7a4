"""Trail: how SQLAlchemy remembers the way to what a statement loads, which it may forget.

A subquery starts from where the statement begins that it is part of, whatever is around that. Below
selectin or immediate loading its path is then not the one that options are written with: an option
for what lies below it is lost, and one that fits the shorter path from the root counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from loadwise.core.graph import Graph
from loadwise.core.path import Path, Step
from loadwise.core.statement import Option, Statement


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """Where an entity is, for options: those that count there, and its `place` in their paths.

    `local` is the path from where the statement begins that it and the subqueries around it are
    part of, `chain` has the entities on that.
    """

    options: tuple[Option, ...]
    place: Path
    local: Path
    chain: tuple[str, ...]

    @classmethod
    def of(cls, statement: Statement) -> Trail:
        """The trail of what a statement itself selects."""
        root = Path((Step(statement.entity),))
        return cls(options=statement.options, place=root, local=root, chain=(statement.entity,))

    def is_plain(self, statement: Statement, path: Path) -> bool:
        """Whether options have the statement's own paths to what is at one of them."""
        return self.place == path and self.options == statement.options

    def within(self, path: Path, owner: str, target: str) -> Trail:
        """The trail of what the same statement brings by a join, for an attribute at a path."""
        return replace(
            self,
            place=reach(self.place, path),
            local=reach(self.local, path),
            chain=(*self.chain[:-1], owner, target),
        )

    def by_subquery(
        self, path: Path, owner: str, target: str, statement: Statement, graph: Graph
    ) -> Trail:
        """The trail of what a subquery brings."""
        inner = self.within(path, owner, target)
        options = _heard(statement, inner.local.root, graph)
        return replace(inner, options=options, place=inner.local)

    def beyond(self, path: Path, target: str) -> Trail:
        """The trail of what another further statement brings."""
        place = reach(self.place, path)
        return replace(self, place=place, local=Path((Step(target),)), chain=(target,))


def reach(place: Path, path: Path) -> Path:
    """The path of an attribute whose owner stands at a place; `path` is its own."""
    *above, last = place.steps
    return Path((*above, Step(last.name, path.steps[-2].of_type), path.steps[-1]))


def _heard(statement: Statement, root: str, graph: Graph) -> tuple[Option, ...]:
    """The options that count where paths begin at an entity; those of its subclasses do, too."""
    options = statement.options if statement.around is None else statement.around
    return tuple(
        _rooted(option, root)
        for option in options
        if not option.path or graph.is_a(option.path.root, root)
    )


def _rooted(option: Option, root: str) -> Option:
    if option.path.root in {root, ""}:
        return option
    first, *below = option.path.steps
    return replace(option, path=Path((Step(root, first.of_type), *below)))
