"""Repeats: the same load for one object after the other, counted until the run comes to a stop."""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field, replace
from typing import Final, NamedTuple

from loadwise.core.use import Context, Counted, Times, Use, Via
from loadwise.observe import sites
from loadwise.observe.sites import Mark, Whose

MOST: Final = 2_000
"""Kinds of loads that are counted at a time; the oldest one goes first."""
MOST_OBJECTS: Final = 10_000
"""Objects told apart in one of them."""
ENOUGH: Final = {Via.GET: 3}
"""How many objects make a repeat, where it is not two."""


class Load(NamedTuple):
    """What one load has in common with others, if they are one repeat.

    `cohort` is the number of the statement that loaded the object, or of the session where the
    object is what is loaded; `callers` are the places in the user's code that led here. Two calls
    that do not stand in one loop have different ones.
    """

    via: Via
    cohort: int
    entity: str
    name: str
    callers: tuple[Mark, ...]


@dataclass(slots=True)
class Repeat:
    """Loads that are one repeat: of which objects, by how many statements, and one as a use."""

    objects: set[int] = field(default_factory=set[int])
    statements: int = 0
    use: Use | None = None
    in_loop: bool = False
    """Whether the source shows a loop over the rows of a statement around the load."""


class Repeats:
    """The loads of a run since it was last asked."""

    def __init__(self) -> None:
        self._seen: dict[Load, Repeat] = {}

    def of(self, load: Load) -> Repeat:
        """What a load is a repeat of; a new one for the first."""
        found = self._seen.get(load)
        if found is None:
            if len(self._seen) >= MOST:
                self._seen.pop(next(iter(self._seen)), None)
            found = self._seen[load] = Repeat()
            found.in_loop = load.via is Via.AWAITABLE and in_loop_over_rows(load.callers)
        return found

    def note(
        self, load: Load, identity: Hashable, statements: int, describe: Callable[[], Use | None]
    ) -> None:
        """Note a load of one object, and by how many statements it came."""
        one = self.of(load)
        if wants_use(one, identity):
            one.use = describe()
        add(one, identity, statements)

    def take(self) -> Iterator[Use]:
        """The uses that are repeats, each once with its numbers; starts anew."""
        seen, self._seen = self._seen, {}
        for load, one in list(seen.items()):
            if one.use is not None and (certain := _is_certain(load.via, one)) is not None:
                yield _counted(one.use, load.via, one, certain=certain)


def wants_use(one: Repeat, identity: Hashable) -> bool:
    """Whether the load of an object is the moment to describe it, while the object is there."""
    another = bool(one.objects) and hash(identity) not in one.objects
    return one.use is None and (one.in_loop or another)


def add(one: Repeat, identity: Hashable, statements: int) -> None:
    """Count one load."""
    if len(one.objects) < MOST_OBJECTS:
        one.objects.add(hash(identity))
    one.statements += bool(statements)


def _is_certain(via: Via, one: Repeat) -> bool | None:
    """Whether it is a repeat for certain (True), in all likelihood (False), or none (None)."""
    enough = len(one.objects) >= ENOUGH.get(via, 2)
    if enough and one.statements >= ENOUGH.get(via, 2):
        return True
    hidden = via in HIDDEN and one.statements > 0
    return False if hidden and (enough or one.in_loop) else None


HIDDEN: Final = frozenset({Via.READ, Via.AWAITABLE})
"""Loads of which the session may serve some: rows that share one target need one statement."""


def _counted(use: Use, via: Via, one: Repeat, *, certain: bool) -> Use:
    have = use.have
    if not certain:
        have = replace(have, may=have.may | use.need.must)
    return replace(
        use,
        have=have,
        context=Context.GREENLET,
        times=Times.PER_ITEM,
        via=via,
        counted=Counted(objects=len(one.objects), statements=one.statements),
    )


def callers() -> tuple[Mark, ...]:
    """The marks of the user's code on the stack, from the inside out, up to the event loop."""
    return tuple(
        (frame.f_code, frame.f_lasti)
        for frame in sites.frames()
        if sites.whose(frame.f_code.co_filename) is Whose.USER
    )


def in_loop_over_rows(marks: tuple[Mark, ...]) -> bool:
    """Whether the source shows that the innermost place is done for each row of a statement.

    It has to stand in a loop whose variable it reads, over what is awaited, or what a name holds
    that was bound to something awaited.
    """
    if not marks:
        return False
    code, lasti = marks[0]
    source = sites.source_of(code.co_filename)
    nodes = sites.expressions(code, lasti)
    if source is None or not nodes:
        return False
    names = {one.id for one in ast.walk(nodes[0]) if isinstance(one, ast.Name)}
    function = source.function(nodes[0])
    for around in source.above(nodes[0]):
        if around is function:
            return False
        for target, rows in _loops(around):
            if isinstance(target, ast.Name) and target.id in names:
                return _are_rows(rows, function or source.tree)
    return False


def _loops(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """The variable of a loop and what it goes through."""
    if isinstance(node, ast.For | ast.AsyncFor):
        yield node.target, node.iter
    for one in getattr(node, "generators", ()):
        yield one.target, one.iter


def _are_rows(node: ast.expr, function: ast.AST) -> bool:
    if any(isinstance(one, ast.Await) for one in ast.walk(node)):
        return True
    name = node
    while isinstance(name, ast.Call | ast.Attribute):  # rows.scalars().all()
        name = name.func if isinstance(name, ast.Call) else name.value
    if not isinstance(name, ast.Name):
        return False
    bound = [
        one.value
        for one in ast.walk(function)
        if isinstance(one, ast.Assign)
        and any(isinstance(target, ast.Name) and target.id == name.id for target in one.targets)
    ]
    return len(bound) == 1 and any(isinstance(one, ast.Await) for one in ast.walk(bound[0]))
