"""What of SQLAlchemy `watch()` could change: its listeners, and the names in its classes."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.engine import Connection, Dialect, Result
from sqlalchemy.event import registry
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, AsyncSession
from sqlalchemy.orm import Mapper, ORMExecuteState, Query, Session, instrumentation, loading
from sqlalchemy.orm import state as orm_state
from sqlalchemy.orm.attributes import InstrumentedAttribute, QueryableAttribute
from sqlalchemy.pool import Pool
from sqlalchemy.util import concurrency

TARGETS: Final[tuple[Any, ...]] = (
    Session,
    Mapper,
    instrumentation.ClassManager,
    instrumentation._instrumentation_factory,
    InstrumentedAttribute,
    QueryableAttribute,
    Engine,
    Connection,
    Dialect,
    Pool,
)
"""What listeners can be put on."""
NAMESPACES: Final[tuple[Any, ...]] = (
    *TARGETS,
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    ORMExecuteState,
    Query,
    Result,
    orm_state.InstanceState,
    concurrency,
    event,
    instrumentation,
    loading,
    orm_state,
)
"""Where a name could be replaced."""


def snapshot() -> dict[str, Any]:
    """All listeners, how many keys the registry has for them, and what every name stands for."""
    return {
        "listeners": listeners(),
        "registry": sum(key[0] in map(id, TARGETS) for key in registry._key_to_collection),
        "names": [
            {name: id(value) for name, value in vars(space).items() if name not in MEMOIZED}
            for space in NAMESPACES
        ],
    }


MEMOIZED: Final = ("_has_events", "__annotations__", "__doc__", "__type_params__", "dispatch")


def listeners() -> dict[str, list[Any]]:
    """Every listener, by its target and its event."""
    found: dict[str, list[Any]] = {}
    for target in TARGETS:
        for name in target.dispatch._event_names:
            collection = getattr(target.dispatch, name)
            levels = getattr(collection, "_clslevel", {}).items()
            for cls, each in sorted(levels, key=lambda item: str(item[0])):
                if len(each):
                    found[f"{target} {name} {cls}"] = list(each)
            here = list(getattr(collection, "listeners", ()))
            if here:
                found[f"{target} {name}"] = here
    return found
