"""State: what one object holds of its own attributes, and why it lacks the rest.

An object is more than a set of loaded names. SQLAlchemy remembers which attributes are expired,
which strategy a statement left on the object for a first read, and which options a later load of
the object must obey. All of that decides the next read, and is kept here, as names.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import Enum

from loadwise.core.cause import Cause
from loadwise.core.graph import Entity
from loadwise.core.have import Have, Loss
from loadwise.core.path import Path, Step
from loadwise.core.statement import Option
from loadwise.core.strategy import Strategy
from loadwise.core.tree import NOTHING, Tree


class Life(str, Enum):
    """Where an object stands with its session, in SQLAlchemy's words."""

    TRANSIENT = "transient"
    PENDING = "pending"
    PERSISTENT = "persistent"
    DELETED = "deleted"
    DETACHED = "detached"

    def __str__(self) -> str:
        return self.value


class Held(str, Enum):
    """Whether a value is there."""

    YES = "yes"
    NO = "no"
    MAYBE = "maybe"

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One attribute of one object.

    `cause` says why the value is not there, or may not be. `expired` says that the next read of
    any expired attribute of the object fetches this one, too. `strategy` is what a statement left
    for the first read, in place of the mapping's. `empty` is a None or an empty collection that was
    put there without looking, `unrelated` a value from columns that may belong to something else.
    `queued` says that changes wait for the collection to be loaded.
    """

    name: str
    held: Held = Held.NO
    cause: Cause | None = None
    expired: bool = False
    strategy: Strategy | None = None
    empty: bool = False
    unrelated: bool = False
    queued: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """One object: its class, its life, and a slot for each attribute, in the order of their names.

    `options` are the loader options that its later loads obey, by paths from its entity. `expired`
    says that all of it was expired and nothing loaded since. `born` says that its row was inserted
    in the transaction that is open, so that a rollback makes it transient again, `died` that it was
    deleted in it. `behind` names the entities by which a statement with options came to it, and
    which its later loads count among those of a cycle.
    """

    entity: str
    life: Life = Life.PERSISTENT
    slots: tuple[Slot, ...] = ()
    options: tuple[Option, ...] = ()
    expired: bool = False
    born: bool = False
    died: bool = False
    behind: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> Slot:
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise KeyError(name)

    def holds(self, name: str) -> bool:
        """Whether an attribute is there for certain."""
        return self[name].held is Held.YES

    def change(self, names: Iterable[str], how: Callable[[Slot], Slot]) -> State:
        """The object with some of its slots changed; names that it has no slot for are ignored."""
        touched = frozenset(names)
        slots = (how(slot) if slot.name in touched else slot for slot in self.slots)
        return replace(self, slots=tuple(slots))

    @property
    def names(self) -> frozenset[str]:
        """The names of all attributes."""
        return frozenset(slot.name for slot in self.slots)


def blank(entity: Entity, life: Life, cause: Cause | None = None) -> State:
    """An object of an entity that holds nothing yet."""
    slots = tuple(Slot(name=name, cause=cause) for name in sorted(entity.names))
    return State(entity=entity.name, life=life, slots=slots)


def have_of(state: State) -> Have:
    """What an object holds, as the tree that findings are judged by; nothing below its own."""
    root = Path.parse(state.entity)
    losses = [
        Loss(path=root / slot.name, cause=slot.cause)
        for slot in state.slots
        if slot.held is not Held.YES and slot.cause is not None
    ]
    must = _tree(root, (slot.name for slot in state.slots if slot.held is Held.YES))
    may = _tree(root, (slot.name for slot in state.slots if slot.held is not Held.NO))
    return Have(must=must, may=may, lost=tuple(losses))


def _tree(root: Path, names: Iterable[str]) -> Tree:
    """The tree with some attributes of an entity."""
    return Tree.along(root, Tree.of({Step(name): NOTHING for name in names}))
