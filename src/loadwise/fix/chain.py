"""Chain: the loader options that load what is missing, from the root of its statement."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from loadwise.core.origin import EntityName, Hop, LoadKind, Origin, Shape
from loadwise.core.strategy import Strategy

FUNCTIONS: Final = {
    Strategy.JOINED: "joinedload",
    Strategy.SELECTIN: "selectinload",
    Strategy.SUBQUERY: "subqueryload",
    Strategy.IMMEDIATE: "immediateload",
    Strategy.CONTAINS_EAGER: "contains_eager",
    Strategy.SELECT: "lazyload",
    Strategy.RAISE: "raiseload",
    Strategy.RAISE_ON_SQL: "raiseload",
    Strategy.NOLOAD: "noload",
    Strategy.DEFER: "defer",
    Strategy.UNDEFER: "undefer",
}
"""The functions of `sqlalchemy.orm` by the strategy that they choose."""

ROWS_ALONE: Final = frozenset({LoadKind.FROM_STATEMENT, LoadKind.RETURNING})
"""Ways of loading that take a statement as it is, and so drop joinedload and subqueryload (C3)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """Loader options as text, the functions they call, and the entities they name.

    `last` are the calls of the chain from the missing attribute on; they stand beside `narrow`,
    which loads the subclass that has the attribute, where its base is not the statement's root.
    `endless` says that the chain goes as deep as the data do, `linked` that it holds together.
    """

    texts: tuple[str, ...]
    last: tuple[str, ...]
    functions: tuple[str, ...]
    entities: tuple[EntityName, ...]
    narrow: str = ""
    endless: bool = False
    linked: bool = True

    @property
    def text(self) -> str:
        """The options as they stand in a call, with commas."""
        return ", ".join(self.texts)


def options(origin: Origin, root: str, *, joins: bool = True) -> Options:
    """The options that load what is missing, where `root` is how the code calls the root entity.

    `joins` says that the statement may be given one join more.

    A hop that an option of the statement loads keeps its strategy, one that the mapping loads
    eagerly is passed through with defaultload: two strategies for one path are an error. A tree
    that the mapping loads to some depth is loaded to its end.
    """
    calls: list[str] = []
    functions: list[str] = []
    entities: list[EntityName] = []
    extra: tuple[str, ...] = ()
    narrow = depth = ""
    joins = joins and origin.kind not in ROWS_ALONE
    way, endless = _without_repetition(origin)
    missing = len(way) - 1
    for place, hop in enumerate(way if endless else (*way, *loadable(origin.ahead))):
        function = function_for(hop, missing=place >= missing, joins=joins)
        owner = root if place == 0 and hop.subclass_of is None else hop.owner.name
        if owner != root:
            entities.append(hop.owner)
        if hop.subclass_of is not None and place == 0:
            extra = (_polymorphic(hop, root),)
            functions.append("selectin_polymorphic")
        elif hop.subclass_of is not None and place == missing:
            narrow = _polymorphic(hop, hop.subclass_of.name)
            functions.append("selectin_polymorphic")
            entities.append(hop.subclass_of)
        if hop.subclass_of is not None and hop.shape is Shape.COLUMN:
            break
        if endless and place == missing:
            function, depth = "selectinload", ", recursion_depth=-1"
        calls.append(f"{function}({owner}.{hop.name}{depth})")
        functions.append(function)
    last = tuple(calls[missing:])
    chain = beside(narrow, last) if narrow else last
    whole = (".".join((*calls[:missing], *chain)),) if calls else ()
    return Options(
        texts=(*extra, *whole),
        last=last,
        functions=tuple(dict.fromkeys(functions)),
        entities=tuple(dict.fromkeys(entities)),
        narrow=narrow,
        endless=endless,
        linked=all(hop.subclass_of is None for hop in way[1:-1]),
    )


def beside(narrow: str, calls: tuple[str, ...]) -> tuple[str, ...]:
    """The call that gives a chain two options in one place: the subclass, and what it has."""
    return (f"options({', '.join(filter(None, (narrow, '.'.join(calls))))})",)


def _without_repetition(origin: Origin) -> tuple[tuple[Hop, ...], bool]:
    """The hops to what is missing, and whether that is a tree whose mapped depth is used up.

    Of such a tree the first hop stands for all: SQLAlchemy repeats it as often as it is told to.
    """
    *way, hop = origin.hops
    mapped = hop.self_referential and hop.chosen.is_eager and not hop.by_option
    if not mapped or origin.kind in ROWS_ALONE:
        return origin.hops, False
    while way and (way[-1].owner, way[-1].name) == (hop.owner, hop.name):
        way.pop()
    return (*way, hop), True


def loadable(ahead: tuple[Hop, ...]) -> tuple[Hop, ...]:
    """What lies ahead as far as it needs an option: relationships, and a deferred column last."""
    found: list[Hop] = []
    for hop in ahead:
        if hop.shape is Shape.COLUMN and hop.chosen is not Strategy.DEFER:
            break
        found.append(hop)
    while found and found[-1].chosen.is_eager:
        found.pop()
    return tuple(found)


def _polymorphic(hop: Hop, base: str) -> str:
    return f"selectin_polymorphic({base}, [{hop.owner.name}])"


def function_for(hop: Hop, *, missing: bool, joins: bool) -> str:
    """The option function for one hop: the one that is there, or the one that suits its shape."""
    if not missing and hop.chosen.is_eager:
        return FUNCTIONS[hop.chosen] if hop.by_option else "defaultload"
    if missing and hop.chosen.is_eager and not hop.by_option and joins:
        return FUNCTIONS[hop.chosen]
    if hop.shape is Shape.COLUMN:
        return "undefer"
    return "joinedload" if hop.shape is Shape.REFERENCE and joins else "selectinload"
