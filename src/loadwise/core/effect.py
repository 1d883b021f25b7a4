"""Effect: one thing that happens to an object of a session. `effects.apply` says what it does.

In the effects that bring values, `present` names the relationships whose targets the session has
at that moment; None where that is not known.
"""

from __future__ import annotations

from dataclasses import dataclass

from loadwise.core.path import Path
from loadwise.core.plan import Plan
from loadwise.core.site import Site
from loadwise.core.state import State
from loadwise.core.statement import Option


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """A statement brings an object that the session did not have, at `path` of its plan.

    `behind` names the entities on the way to it, from the root of the statement on, where that has
    options that objects keep, for whatever attributes.
    """

    plan: Plan
    path: Path
    entity: str
    options: tuple[Option, ...] = ()
    behind: tuple[str, ...] = ()
    present: frozenset[str] | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reselect:
    """A statement meets an object that the session has: it fills what is missing (C14)."""

    plan: Plan
    path: Path
    options: tuple[Option, ...] = ()
    present: frozenset[str] | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PopulateExisting:
    """A statement with `populate_existing` meets an object: it replaces what it selects.

    `options` are None where the statement has none that objects keep: those of the object stay.
    """

    plan: Plan
    path: Path
    options: tuple[Option, ...] | None = None
    behind: tuple[str, ...] = ()
    present: frozenset[str] | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class New:
    """The constructor makes an object and sets some attributes."""

    names: frozenset[str] = frozenset()
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Add:
    """`session.add()`: a new object waits for a flush."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Flush:
    """A flush writes an object: an INSERT for a pending one, an UPDATE for one with changes.

    `changed` names the columns that an UPDATE sets, `expressions` those of them that are set to a
    SQL expression, `references` the foreign keys that a changed relationship sets. `relates` says
    that one of its relationships changed, so that it takes part without an UPDATE. `returns` says
    whether the database gives generated values back in an INSERT and in an UPDATE.
    """

    changed: frozenset[str] = frozenset()
    expressions: frozenset[str] = frozenset()
    references: frozenset[str] = frozenset()
    relates: bool = False
    returns: Returns | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Returns:
    """What a database gives back with the statement itself (RETURNING)."""

    insert: bool = True
    update: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The transaction ends; with `expire_on_commit`, which is the default, all is expired."""

    expire_on_commit: bool = True
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollback:
    """The transaction is rolled back, by a call or by a flush that failed."""

    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SavepointRollback:
    """A savepoint is rolled back. `touched`: whether the object was changed since; None if unknown.

    `born` says that the object was inserted within it, `died` that it was deleted. Setting a
    savepoint flushes; releasing it changes nothing.
    """

    touched: bool | None = None
    born: bool = False
    died: bool = False
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Expire:
    """`session.expire()`, of all attributes or of some."""

    names: frozenset[str] | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """`session.refresh()`, of all attributes or of some."""

    names: frozenset[str] | None = None
    present: frozenset[str] | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """A read where IO is legal: under `awaitable_attrs`, in `run_sync`, through the bridge."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Get:
    """`session.get()` finds the object in the session: it reloads one that is expired (M12)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Set:
    """An attribute is assigned."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Append:
    """A collection is changed in place, which reads it first."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A collection that may not be loaded is changed by the other side of its relationship.

    Where it is not, the change waits for a load. Until the next flush the rows of joined and
    subquery loading do not fill it; selectin and immediate loading do.
    """

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkUpdate:
    """`update(Entity)` with objects kept in step: `expires` names the columns set to a value that
    only the database can work out, `sets` the others. `matched`: whether the object is among the
    updated ones; None if unknown.
    """

    sets: frozenset[str] = frozenset()
    expires: frozenset[str] = frozenset()
    matched: bool | None = None
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Delete:
    """A flushed `session.delete()`, or a bulk DELETE that meets the object."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Merge:
    """`session.merge()` of `source` onto the object, which a `get` has just brought, or was there.

    Without `load` the object is new to the session and takes all from the source.
    """

    source: State
    load: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Detach:
    """The object leaves its session: expunge, close, or the end of `async with`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unknown:
    """Something that cannot be seen was done to the object."""


Effect = (
    Load
    | Reselect
    | PopulateExisting
    | New
    | Add
    | Flush
    | Commit
    | Rollback
    | SavepointRollback
    | Expire
    | Refresh
    | Read
    | Get
    | Set
    | Append
    | Queue
    | BulkUpdate
    | Delete
    | Merge
    | Detach
    | Unknown
)
