"""loadwise explains, finds, fixes and prevents MissingGreenlet in SQLAlchemy asyncio applications.

The public names are loaded when they are first used, so that `import loadwise` costs nothing and
has no side effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from loadwise.observe.errors import DetachedReadError, LazyReadError, SyncCallError
    from loadwise.observe.faults import LoadwiseWarning
    from loadwise.observe.watch import Watch, watch
    from loadwise.response.error import SchemaError
    from loadwise.response.need import need_of
    from loadwise.response.options import options_for
    from loadwise.response.reads import reads

__all__ = [
    "DetachedReadError",
    "LazyReadError",
    "LoadwiseWarning",
    "SchemaError",
    "SyncCallError",
    "Watch",
    "need_of",
    "options_for",
    "reads",
    "watch",
]

_HOMES = {
    "DetachedReadError": "loadwise.observe.errors",
    "LazyReadError": "loadwise.observe.errors",
    "LoadwiseWarning": "loadwise.observe.faults",
    "SchemaError": "loadwise.response.error",
    "SyncCallError": "loadwise.observe.errors",
    "Watch": "loadwise.observe.watch",
    "need_of": "loadwise.response.need",
    "options_for": "loadwise.response.options",
    "reads": "loadwise.response.reads",
    "watch": "loadwise.observe.watch",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'loadwise' has no attribute {name!r}")
    from importlib import import_module

    try:
        found = getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name != "greenlet":
            raise
        raise ImportError(
            "loadwise watches SQLAlchemy's asyncio extension, which needs greenlet: "
            'pip install "sqlalchemy[asyncio]"'
        ) from None
    globals()[name] = found  # the next use finds it at once
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
