"""Use: one place where a loaded object is touched. Both engines emit this, and only this."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from loadwise.core.cause import Cause
from loadwise.core.have import Have
from loadwise.core.need import Need
from loadwise.core.origin import Origin
from loadwise.core.plan import Plan
from loadwise.core.site import Sites


class Context(str, Enum):
    """Where the touching code runs, which decides what a gap costs."""

    ASYNC = "async"
    """Plain code of a coroutine: IO raises MissingGreenlet."""
    GREENLET = "greenlet"
    """Inside `run_sync`, `awaitable_attrs` or the bridge: one more query per object."""
    SYNC = "sync"
    """A synchronous session: one more query per object."""
    DETACHED = "detached"
    """Outside a session: DetachedInstanceError."""
    UNKNOWN = "unknown"

    def __str__(self) -> str:
        return self.value


class Times(str, Enum):
    """Whether the touch happens once, or once for each of many objects."""

    ONE = "one"
    PER_ITEM = "per-item"

    def __str__(self) -> str:
        return self.value


class Spared(str, Enum):
    """Why a touch of what is not loaded did no IO this time."""

    NO = "no"
    TARGET_HELD = "target-held"
    """The object that it points at happened to be in the session."""
    NULL_KEY = "null-key"
    """The foreign key happened to be NULL."""
    BLANK = "blank"
    """SQLAlchemy loads nothing here, and answered with None, though there may be something."""

    def __str__(self) -> str:
        return self.value


class Via(str, Enum):
    """By what a load comes about."""

    READ = "read"
    """The first read of the attribute."""
    AWAITABLE = "awaitable"
    """`awaitable_attrs`."""
    GET = "get"
    """`session.get()`."""
    REFRESH = "refresh"
    """`session.refresh()`."""
    IMMEDIATE = "immediate"
    """`lazy="immediate"` or `immediateload()`, for each object of a statement."""
    DELETE = "delete"
    """`session.delete()`, which cascades to what it has to load."""

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """How much of it there was in the run: objects, statements, executions, rows.

    `objects` are those that were touched or brought, `statements` those that loaded for them,
    `executions` those of the statement that a plan is about, `rows` what one of them fetched.
    """

    objects: int = 1
    statements: int = 1
    executions: int = 1
    rows: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The object that is touched, in names: its class and its label (`User 100`)."""

    entity: str
    instance: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazard:
    """What goes wrong whatever is loaded: a call, and why. `Session.execute` is called so."""

    call: str
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """A loaded object is touched: what it holds, what is needed of it, in which context.

    `spared` says that what is missing did no IO, by luck. With `times` per item the use stands for
    the same touch of many objects: `via` says by what each was loaded, `counted` how many there
    were, `key` by which attributes one is told from the other. `plan` is what the statement
    promises to load, where the use is about that: all that is touched of its objects in a whole
    run; with `multiplies`, what it joins so that there are more rows than objects. A `hazard` has
    nothing to do with what is held or needed. `predicted` says that the source was read; otherwise
    the use was seen at run time.
    """

    subject: Subject
    have: Have
    need: Need
    context: Context = Context.UNKNOWN
    times: Times = Times.ONE
    spared: Spared = Spared.NO
    via: Via = Via.READ
    counted: Counted = Counted()
    key: tuple[str, ...] = ()
    sites: Sites = Sites()
    origin: Origin | None = None
    plan: Plan | None = None
    multiplies: bool = False
    hazard: Hazard | None = None
    predicted: bool = False
