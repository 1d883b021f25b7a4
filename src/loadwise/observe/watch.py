"""Watch: listens to SQLAlchemy while it is on, and raises the explained error in its place.

Nothing is hooked at import. The first watch to start puts the listeners in, the last one to stop
takes them out again and leaves SQLAlchemy as it was.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final

from sqlalchemy import Engine
from sqlalchemy.orm import Mapper, Session

from loadwise.core.finding import Finding
from loadwise.core.site import Site
from loadwise.observe.calls import on_connect, on_error
from loadwise.observe.errors import let_go
from loadwise.observe.faults import fault, forget_faults
from loadwise.observe.gets import let_gets_be, watch_gets
from loadwise.observe.guard import before_flush, on_execute
from loadwise.observe.hooks import (
    dialects_have_events,
    let_dialects_have_no_events,
    mapped_classes,
)
from loadwise.observe.journal import forget_all
from loadwise.observe.listening import Listener, listen, unlisten
from loadwise.observe.misses import missed
from loadwise.observe.notes import (
    after_flush,
    on_add,
    on_attach,
    on_commit,
    on_detach,
    on_expire,
    on_flush,
    on_instrument,
    on_refresh,
    on_rollback,
)
from loadwise.observe.reads import observe, release, tell, tell_no_more
from loadwise.observe.recorder import FULL, Recorder, begin, end, look, on_hit, on_let_go, used
from loadwise.observe.sharing import forget_pairs
from loadwise.observe.sites import Project, forget_sources
from loadwise.observe.watchers import record, watchers

MODES: Final = ("explain", "full")
KEPT: Final = 1000
"""Findings that a watch remembers."""


class Watch:
    """A watch that is on, until `stop()` or the end of its `with` block."""

    def __init__(
        self,
        *,
        mode: str,
        root: str | os.PathLike[str],
        on_finding: Callable[[Finding], None] | None,
    ) -> None:
        self.mode = mode
        self.project = Project(root)
        self._on_finding = on_finding
        self._findings: deque[Finding] = deque(maxlen=KEPT)
        self.recorder = (
            Recorder(self.project, lambda finding: record(self, finding))
            if mode == "full"
            else None
        )

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What was explained while this watch was on, oldest first; the last 1000."""
        return tuple(self._findings)

    def settle(self) -> None:
        """A stretch of the run is over, such as a test: what was seen in it counts.

        In the mode "full" its repeats are findings now.
        """
        self._shielded(Recorder.settle)

    def discard(self) -> None:
        """A stretch of the run is over that went wrong, such as a failed test.

        That something was loaded in it and not read says nothing.
        """
        self._shielded(Recorder.discard)

    def finish(self) -> tuple[Finding, ...]:
        """The run is over: the findings that only now are certain, what was loaded for nobody.

        They are recorded, like all others. `stop()` does it, too; what was told is not told again.
        """
        before = self.findings
        self._shielded(Recorder.finish)
        after = self.findings
        told = {id(finding) for finding in before}
        return tuple(finding for finding in after if id(finding) not in told)

    def needed(self) -> tuple[tuple[Site, str], ...]:
        """The eager loads that were read so far, as the statement's place and the path.

        To be asked before `finish()`, by who puts together what several processes of a run saw.
        """
        return tuple(self.recorder.eager.needed()) if self.recorder is not None else ()

    def _shielded(self, do: Callable[[Recorder], None]) -> None:
        try:
            if self.recorder is not None:
                do(self.recorder)
        except Exception as error:
            fault("Recorder", error)

    def stop(self) -> None:
        """Switch it off. The last watch to stop leaves SQLAlchemy as it was. Idempotent."""
        self.finish()
        _stop(self)

    def __enter__(self) -> Watch:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if error is not None:
            self.discard()
        self.stop()

    def record(self, finding: Finding) -> None:
        """Remember a finding, and hand it on."""
        self._findings.append(finding)
        if self._on_finding is not None:
            self._on_finding(finding)


def watch(
    *,
    mode: str = "explain",
    root: str | os.PathLike[str] | None = None,
    on_finding: Callable[[Finding], None] | None = None,
) -> Watch:
    """Explain every read that would raise MissingGreenlet, from now until `stop()`.

    In the mode "explain" an unplanned load in plain async code raises `LazyReadError`, a
    `MissingGreenlet`, before any IO and before autoflush. So do a read of a detached object
    (`DetachedReadError`) and a call of SQLAlchemy's synchronous half (`SyncCallError`) with their
    own errors, each a subclass of SQLAlchemy's; nothing else changes. The mode "full",
    which is for tests, finds what does no harm this time, too. Paths are shown
    relative to `root`, the current directory if left out. `on_finding` is called with each finding
    before it is raised; what it raises becomes a warning.

    Raises ValueError for an unknown mode.

        import loadwise

        with loadwise.watch():
            ...
    """
    if mode not in MODES:
        raise ValueError(f"unknown mode {mode!r}: choose one of {', '.join(MODES)}")
    started = Watch(mode=mode, root=root or Path.cwd(), on_finding=on_finding)
    with _lock:
        watchers.append(started)
        if len(watchers) == 1:
            forget_faults()
            _before.append(dialects_have_events())
            listen(LISTENERS)
            observe(missed, mapped_classes())
        if started.recorder is not None:
            begin(started.recorder)
            if _full() == 1:
                listen((*COSTLY, *FULL))
                tell(look, used)
                watch_gets(on_hit)
                let_go.append(on_let_go)
    return started


def _stop(stopped: Watch) -> None:
    with _lock:
        if stopped not in watchers:
            return
        watchers.remove(stopped)
        if stopped.recorder is not None:
            end(stopped.recorder)
            if not _full():
                unlisten((*COSTLY, *FULL), _failed_to_stop)
                tell_no_more(look)
                let_gets_be()
                let_go.remove(on_let_go)
        if not watchers:
            unlisten(LISTENERS, _failed_to_stop)
            if not _before.pop():
                let_dialects_have_no_events()
            release(mapped_classes())
            forget_all()
            forget_pairs()
            forget_sources()


def _full() -> int:
    """How many watches are on in the mode "full"."""
    return sum(one.mode == "full" for one in watchers)


def _failed_to_stop(name: str, error: Exception) -> None:
    fault(f"stop() of {name}", error)


_lock = threading.Lock()
_before: list[bool] = []
"""Whether dialects had listeners when the first watch began."""

LISTENERS: Final[tuple[Listener, ...]] = (
    (Session, "do_orm_execute", on_execute, {}),
    (Session, "after_commit", on_commit, {}),
    (Session, "after_rollback", on_rollback, {}),
    (Session, "before_flush", before_flush, {}),
    (Session, "before_flush", on_flush, {}),
    (Session, "after_flush", after_flush, {}),
    (Session, "transient_to_pending", on_add, {}),
    (Session, "detached_to_persistent", on_attach, {}),
    (object, "attribute_instrument", on_instrument, {"propagate": True}),
    (Mapper, "expire", on_expire, {"raw": True}),
    (Mapper, "refresh", on_refresh, {"raw": True}),
    (Engine, "do_connect", on_connect, {}),
    (Engine, "handle_error", on_error, {}),
)

COSTLY: Final[tuple[Listener, ...]] = ((Session, "persistent_to_detached", on_detach, {}),)
"""Those with a price for each object, in the mode "full" alone."""
