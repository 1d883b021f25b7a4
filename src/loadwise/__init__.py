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

__all__ = [
    "DetachedReadError",
    "LazyReadError",
    "LoadwiseWarning",
    "SyncCallError",
    "Watch",
    "watch",
]

_HOMES = {
    "DetachedReadError": "loadwise.observe.errors",
    "LazyReadError": "loadwise.observe.errors",
    "LoadwiseWarning": "loadwise.observe.faults",
    "SyncCallError": "loadwise.observe.errors",
    "Watch": "loadwise.observe.watch",
    "watch": "loadwise.observe.watch",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'loadwise' has no attribute {name!r}")
    from importlib import import_module

    try:
        return getattr(import_module(_HOMES[name]), name)
    except ModuleNotFoundError as error:
        if error.name != "greenlet":
            raise
        raise ImportError(
            "loadwise watches SQLAlchemy's asyncio extension, which needs greenlet: "
            'pip install "sqlalchemy[asyncio]"'
        ) from None


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
