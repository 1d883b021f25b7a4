"""Counts what is executed on an engine: statements, their LEFT OUTER JOINs, and rows fetched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

JOIN: Final = "LEFT OUTER JOIN"


class Meter:
    """What happened between `start()` and `stop()` since the last `reset()`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was counted, and wait for `start()`."""
        self.running = False
        self.statements = self.joins = self.rows = 0

    def start(self) -> None:
        """Count."""
        self.running = True

    def stop(self) -> None:
        """Count no more."""
        self.running = False

    def before(self, _: Any, cursor: Any, statement: str, *__: Any) -> None:
        """Note a statement that is about to run, or that fails."""
        if self.running:
            self.statements += 1
            self.joins += statement.count(JOIN)

    def after(self, _: Any, cursor: Any, *__: Any) -> None:
        """Note the rows of a statement: adapted cursors hold them from the start."""
        if not self.running:
            return
        if cursor.server_side:
            cursor._cursor = _Counting(cursor._cursor, self)
        else:
            self.rows += len(cursor._rows)


class _Counting:
    """A driver's server-side cursor that tells the meter of each row."""

    def __init__(self, cursor: Any, meter: Meter) -> None:
        self._cursor = cursor
        self._meter = meter

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    async def fetchone(self) -> Any:
        row = await self._cursor.fetchone()
        self._tell(row is not None)
        return row

    async def fetchmany(self, size: int | None = None) -> Any:
        rows = await self._cursor.fetchmany(size)
        self._tell(len(rows))
        return rows

    async def fetch(self, size: int) -> Any:
        # what asyncpg calls `fetchmany`
        rows = await self._cursor.fetch(size)
        self._tell(len(rows))
        return rows

    async def fetchall(self) -> Any:
        rows = await self._cursor.fetchall()
        self._tell(len(rows))
        return rows

    def _tell(self, rows: int) -> None:
        if self._meter.running:
            self._meter.rows += rows


@contextmanager
def metered(engine: AsyncEngine) -> Iterator[Meter]:
    """A meter of the engine, as long as the block lasts."""
    meter = Meter()
    hooks = (("before_cursor_execute", meter.before), ("after_cursor_execute", meter.after))
    for name, hook in hooks:
        event.listen(engine.sync_engine, name, hook)
    try:
        yield meter
    finally:
        for name, hook in hooks:
            event.remove(engine.sync_engine, name, hook)
