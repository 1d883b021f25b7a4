"""Listening: puts listeners into SQLAlchemy and takes them out again, while other threads run.

SQLAlchemy keeps listeners in deques, and a deque that changes while a thread goes through it makes
that thread fail ("deque mutated during iteration"; `event.remove` documents it). So both wait for a
moment when no other thread is calling listeners, and hold the threads still for it.
"""

# sys._current_frames is the one way to the stacks of other threads.
# pyright: reportPrivateUsage=false

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from types import FrameType
from typing import Any, Final

from sqlalchemy import event

from loadwise.observe import hooks

Listener = tuple[Any, str, Callable[..., Any], dict[str, Any]]
"""Target, event, function, options of `event.listen`."""

PATIENCE: Final = 1.0
"""Seconds to wait for a listener of the application that takes its time."""
STILL: Final = 0.05
"""Seconds for which other threads are held; what is done then takes far less than a hundredth."""


def listen(listeners: Iterable[Listener]) -> None:
    """Put listeners in."""
    with _other_threads_still():
        for target, name, function, options in listeners:
            event.listen(target, name, function, **options)


def unlisten(listeners: Iterable[Listener], failed: Callable[[str, Exception], None]) -> None:
    """Take listeners out; one that is gone already is told to `failed`, and the rest go on."""
    faults: list[tuple[str, Exception]] = []
    with _other_threads_still():
        for target, name, function, _ in listeners:
            try:
                event.remove(target, name, function)
            except Exception as error:  # noqa: PERF203
                faults.append((name, error))
    for fault in faults:
        failed(*fault)


@contextmanager
def _other_threads_still() -> Generator[None, None, None]:
    """A moment in which no other thread is calling listeners, nor starts to.

    It costs nothing while no other thread is in SQLAlchemy. A thread that waits for the interpreter
    asks for it after the switch interval, counted from the last switch; after a sleep there has
    just been one.
    """
    if not _any_other_thread(hooks.is_sqlalchemy):
        yield
        return
    interval, end = sys.getswitchinterval(), time.monotonic() + PATIENCE
    sys.setswitchinterval(STILL)
    try:
        while True:
            time.sleep(0.001)
            if not _any_other_thread(hooks.calls_listeners) or time.monotonic() > end:
                break
        yield
    finally:
        sys.setswitchinterval(interval)


def _any_other_thread(does: Callable[[FrameType, FrameType | None], bool]) -> bool:
    """Whether any frame of another thread, with the one that it called, does something."""
    here = threading.get_ident()
    for thread, top in sys._current_frames().items():
        frame: FrameType | None = top if thread != here else None
        called: FrameType | None = None
        while frame is not None:
            if does(frame, called):
                return True
            frame, called = frame.f_back, frame
    return False
