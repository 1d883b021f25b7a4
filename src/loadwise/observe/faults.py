"""Faults: what goes wrong in loadwise becomes one warning, never the application's error."""

from __future__ import annotations

import functools
import logging
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

log = logging.getLogger("loadwise")
F = TypeVar("F", bound=Callable[..., Any])


class LoadwiseWarning(RuntimeWarning):
    """A fault of loadwise itself. The application is not affected; the watch may miss something."""


_faults: dict[str, str] = {}


def forget_faults() -> None:
    """Start anew: each listener may say once more that it failed."""
    _faults.clear()


def faults() -> tuple[str, ...]:
    """What failed since the first watch that is on now began, each listener once."""
    return tuple(_faults.values())


def fault(where: str, error: Exception) -> None:
    """Say once for each listener that it failed. Never raises."""
    if where in _faults:
        return
    _faults[where] = f"{where} failed ({said(error)})"
    text = f"loadwise: {_faults[where]}; the application goes on"
    try:
        warnings.warn(text, LoadwiseWarning, stacklevel=3)
    except Exception:  # warnings are errors here, and this one must not become the user's
        log.warning(text)


def said(error: Exception) -> str:
    """An error in words, also where it cannot say itself."""
    try:
        return f"{type(error).__name__}: {error}"
    except Exception:
        return type(error).__name__


def add_note(error: BaseException, note: str) -> None:
    """Give an error a note; on Python 3.10, as the end of its text."""
    add = getattr(error, "add_note", None)
    if add is not None:
        add(note)
    else:
        error.args = (f"{error.args[0]}\n{note}", *error.args[1:])


def shielded(listener: F) -> F:
    """A listener whose own faults become one warning."""

    @functools.wraps(listener)
    def shield(*arguments: Any) -> None:
        try:
            listener(*arguments)
        except Exception as error:
            fault(listener.__name__, error)

    return shield  # type: ignore[return-value]
