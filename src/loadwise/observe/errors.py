"""The errors that loadwise raises inside an application."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar
from weakref import WeakSet

from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.orm.exc import DetachedInstanceError

from loadwise.core.cause import Cause
from loadwise.core.edit import Fix
from loadwise.core.finding import Finding
from loadwise.core.site import Site
from loadwise.core.text import full

E = TypeVar("E", bound="ExplainedError")


class ExplainedError(Exception):
    """What the errors of loadwise have in common: a finding, its text and its fields.

    `str()` is the explanation; the fields say the same for programs. It holds text only, no object
    of the application.
    """

    def __init__(self, finding: Finding) -> None:
        super().__init__(full(finding))
        self.finding = finding
        alive.add(self)

    def __del__(self) -> None:
        for told in tuple(let_go or ()):  # None when the interpreter is about to end
            told(self)

    def __str__(self) -> str:
        return str(self.args[0])

    def __reduce__(self: E) -> tuple[type[E], tuple[Finding]]:
        return type(self), (self.finding,)

    @property
    def attribute(self) -> str:
        """The attribute that is not loaded, as in `User.organization`."""
        return self.finding.attribute

    @property
    def instance(self) -> str:
        """The object that lacks it, as in `User 100`."""
        return self.finding.instance

    @property
    def read(self) -> Site | None:
        """Where it was touched."""
        return self.finding.read

    @property
    def load(self) -> Site | None:
        """Where the object was loaded."""
        return self.finding.load

    @property
    def cause(self) -> Cause:
        """Why it is not loaded."""
        return self.finding.cause

    @property
    def fixes(self) -> tuple[Fix, ...]:
        """What to do about it, the best first."""
        return self.finding.fixes


alive: Final[WeakSet[ExplainedError]] = WeakSet()
"""The errors that somebody still holds."""
let_go: Final[list[Callable[[ExplainedError], None]]] = []
"""What is told of an error that nobody holds any longer."""


class LazyReadError(ExplainedError, MissingGreenlet):
    """An attribute is touched that is not loaded, where loading it needs IO.

    Raised by `loadwise.watch()` in the place of SQLAlchemy's MissingGreenlet, of which it is a
    subclass: every handler and every `pytest.raises(MissingGreenlet)` keeps working.
    """


class SyncCallError(ExplainedError, MissingGreenlet):
    """SQLAlchemy's synchronous half is called where its IO cannot be awaited.

    Raised by `loadwise.watch()` in the place of SQLAlchemy's MissingGreenlet, of which it is a
    subclass. `attribute` is the function that was called, `read` the place of the call.
    """


class DetachedReadError(ExplainedError, DetachedInstanceError):
    """An attribute is touched that is not loaded, of an object that is in no session any more.

    Raised by `loadwise.watch()` in the place of SQLAlchemy's DetachedInstanceError, of which it is
    a subclass.
    """
