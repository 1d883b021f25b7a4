"""Cursor: the statements that reach a cursor of any engine, noted while a log is open.

SQLAlchemy looks for listeners of an engine class only once there have been some; after the last log
is closed there are none left, and its answer stays that it should look.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final

from sqlalchemy import Engine

from loadwise.core.site import Site
from loadwise.observe.faults import fault, shielded
from loadwise.observe.listening import Listener, listen, unlisten
from loadwise.observe.sites import Mark, Project, capture


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement as it reached a cursor, without its values, and the place that ran it.

    `site` is None where no code of the application led there.
    """

    text: str
    site: Site | None = None


class CursorLog:
    """The statements of a stretch of code, while its `with` block is entered; it can be again.

    Every engine of the process counts, and every thread. One execution for many rows is one
    statement; BEGIN, COMMIT and ROLLBACK do not go through a cursor and are none.
    """

    def __init__(self) -> None:
        self._noted: list[tuple[str, Mark | None]] = []

    def __enter__(self) -> CursorLog:
        with _lock:
            _open.append(self)
            if len(_open) == 1:
                listen(LISTENERS)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        with _lock:
            _open.remove(self)
            if not _open:
                unlisten(LISTENERS, lambda name, error: fault(f"closing of {name}", error))

    def __len__(self) -> int:
        return len(self._noted)

    def note(self, text: str, mark: Mark | None) -> None:
        """Add a statement."""
        self._noted.append((text, mark))

    def statements(self, project: Project) -> Iterator[Statement]:
        """What was noted, in its order."""
        for text, mark in self._noted:
            yield Statement(text=text, site=project.site(mark) if mark else None)


@shielded
def on_cursor(
    connection: Any, cursor: Any, text: str, parameters: Any, context: Any, many: bool
) -> None:
    """Note a statement in each log that is open."""
    mark = capture()
    for log in tuple(_open):
        log.note(text, mark)


_lock = threading.Lock()
_open: Final[list[CursorLog]] = []

LISTENERS: Final[tuple[Listener, ...]] = ((Engine, "before_cursor_execute", on_cursor, {}),)
