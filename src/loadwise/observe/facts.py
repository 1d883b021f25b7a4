"""Facts: what is known at the moment of a failing read, as strings and numbers only.

They are gathered once, at error time; the cause and the cure are then worked out by pure functions,
which need no database to be tested and can keep no object of the application alive.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadwise.core.need import Touch
from loadwise.core.origin import EntityName, Handle, Hop, LoadKind
from loadwise.core.site import Site
from loadwise.observe.journal import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One entry of the journal, with its place resolved."""

    kind: Kind
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """The object that a many-to-one points at, where its key is known.

    `unloaded_keys` names the foreign key columns that are not loaded; then there is no `label`.
    """

    label: str = ""
    held: bool = False
    unloaded_keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectFacts:
    """The object: its class, its label, what it holds, and what SQLAlchemy says of its state.

    `came_as_it_is` says that no statement of this process loaded it: unpickled, as a rule.
    """

    entity: str
    name: str
    label: str
    loaded: tuple[str, ...]
    expired: bool = False
    expired_names: frozenset[str] = frozenset()
    ever_loaded: bool = True
    awaitable: bool = False
    modified: bool = False
    detached: bool = False
    deleted: bool = False
    came_as_it_is: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttributeFacts:
    """The attribute: its hop, whether it is the subclass's own, what its columns are like.

    `empty` is the code of an empty collection, where the constructor takes one. `comes_back` says
    that it leads to a class that is on the way to the object already.
    """

    hop: Hop
    subclass_only: bool = False
    mapped_deferred: bool = False
    left_by_load_only: bool = False
    target: Target | None = None
    empty: str = ""
    comes_back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadFacts:
    """How the object was loaded, and what happened to it since.

    `known` says that the journal of its session is there; `left` is how a detached object left it.
    """

    kind: LoadKind
    root: EntityName
    root_is_alias: bool = False
    hops: tuple[Hop, ...] = ()
    load: Happening | None = None
    added: Happening | None = None
    newest: Happening | None = None
    taken: Happening | None = None
    populates_existing: bool = False
    known: bool = True
    left: Happening | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadFacts:
    """How and where the attribute is touched, and what the expression reads below it.

    `got` is the `get()` with an option for the attribute that gave the object its name there.
    """

    touch: Touch
    site: Site | None
    ahead: tuple[Hop, ...] = ()
    handle: Handle | None = None
    got: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that an explanation is made from."""

    object: ObjectFacts
    attribute: AttributeFacts
    loading: LoadFacts
    reading: ReadFacts
