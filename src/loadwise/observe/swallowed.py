"""Swallowed: errors that say what is not loaded, and that were caught and forgotten.

The traceback of an error begins in the function that caught it. That is asked when the error is
let go of, which is at the end of the clause as a rule, and of one that is kept, as by a log record,
when the stretch of the run is over.
"""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType
from typing import Any, Final, NamedTuple
from weakref import WeakSet

from sqlalchemy.exc import MissingGreenlet

from loadwise.core.cause import CauseKind, because
from loadwise.core.finding import Finding
from loadwise.core.have import Have
from loadwise.core.need import Need
from loadwise.core.site import Site, Sites
from loadwise.core.tree import NOTHING
from loadwise.core.use import Context, Hazard, Subject, Use
from loadwise.observe import sites
from loadwise.observe.clauses import clause
from loadwise.observe.errors import ExplainedError, alive
from loadwise.observe.sites import Project, Whose

MOST: Final = 1_000
"""Clauses that are told of in one stretch of a run."""


class Caught(NamedTuple):
    """An error that was caught: what it said, and by which line of which function it came there.

    `names` are the globals of the function, by which its `except` clause names classes.
    """

    finding: Finding
    kind: type[ExplainedError]
    code: CodeType
    line: int
    names: dict[str, Any]


class Swallowed:
    """The errors that were swallowed in a stretch of a run."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._caught: dict[tuple[CodeType, int, str], Caught] = {}
        self._seen: WeakSet[ExplainedError] = WeakSet()

    def over(self, error: ExplainedError) -> None:
        """An error is let go of, or the stretch is over.

        The source is asked later: this may be called in the middle of anything, by the collector.
        """
        if error in self._seen or not isinstance(error, MissingGreenlet):
            return
        caught = _caught(error)
        if caught is not None and len(self._caught) < MOST:
            self._caught[caught.code, caught.line, caught.finding.attribute] = caught

    def take(self) -> Iterator[Use]:
        """What was swallowed, as uses, each clause once; starts anew."""
        for error in tuple(alive):
            self.over(error)
            self._seen.add(error)
        caught, self._caught = self._caught, {}
        told: set[tuple[Site, str]] = set()
        for one in caught.values():
            site = self._clause(one)
            if site is not None and (site, one.finding.attribute) not in told:
                told.add((site, one.finding.attribute))
                yield _use(one.finding, site)

    def discard(self) -> None:
        """What was caught in this stretch says nothing, nor does it later."""
        self._seen.update(alive)
        self._caught.clear()

    def _clause(self, one: Caught) -> Site | None:
        """The clause that caught an error and forgot it."""
        source = sites.source_of(one.code.co_filename)
        span = clause(source, one.code, one.line, one.names, one.kind) if source else None
        return self.project.spanned_site(one.code, span) if span is not None else None


def _caught(error: ExplainedError) -> Caught | None:
    """Where an error was caught; None where that was not in the user's code."""
    traceback = error.__traceback__
    if traceback is None:
        return None
    frame = traceback.tb_frame
    code = frame.f_code
    if sites.whose(code.co_filename) is not Whose.USER:
        return None
    return Caught(error.finding, type(error), code, traceback.tb_lineno, frame.f_globals)


def _use(finding: Finding, site: Site) -> Use:
    cause = because(CauseKind.SWALLOWED, finding.read)
    return Use(
        subject=Subject(entity=finding.entity, instance=finding.instance),
        have=Have.known(NOTHING),
        need=Need.of(),
        context=Context.ASYNC,
        sites=Sites(read=site),
        hazard=Hazard(call=finding.attribute, cause=cause),
    )
