"""A failure as pytest shows it: whether a test failed of an unloaded attribute, and of which."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any, Final, cast

from loadwise.core.finding import Finding
from loadwise.core.tally import tally
from loadwise.core.text import WIDTH, concise
from loadwise.observe.errors import ExplainedError
from loadwise.report.full import laid_out

CLOSING: Final = "for the traceback: pytest --loadwise --tb=long"


def about(
    error: BaseException, found: Collection[Finding], own: tuple[type[BaseException], ...]
) -> tuple[Finding, ...]:
    """The findings that an error comes from; none where it comes from something else, too.

    `found` is what was found in the test: a serialiser may have made an error of its own, which
    quotes the one it met. `own` are the errors by which a test itself says that it fails; while
    another is handled, they are not about that one.
    """
    return tally(_about(error, found, own, frozenset()))


def _about(
    error: BaseException,
    found: Collection[Finding],
    own: tuple[type[BaseException], ...],
    seen: frozenset[int],
) -> list[Finding]:
    if id(error) in seen:
        return []
    seen |= {id(error)}
    if isinstance(error, ExplainedError):
        return [error.finding]
    if members := _members(error):
        parts = [_about(member, found, own, seen) for member in members]
        return [one for part in parts for one in part] if all(parts) else []
    if error.__cause__ is not None:
        return _about(error.__cause__, found, own, seen)
    text = text_of(error)
    if quoted := [finding for finding in found if concise(finding) in text]:
        return quoted
    if error.__context__ is None or error.__suppress_context__ or isinstance(error, own):
        return []
    return _about(error.__context__, found, own, seen)


def _members(error: BaseException) -> tuple[BaseException, ...]:
    """The errors of a group; Python 3.10 has groups by a package, so that the shape decides."""
    members: object = getattr(error, "exceptions", ())
    each = cast("tuple[object, ...]", members) if isinstance(members, tuple) else ()
    return tuple(one for one in each if isinstance(one, BaseException))


def text_of(error: BaseException) -> str:
    """What an error says; nothing where it fails to."""
    try:
        return str(error)
    except Exception:
        return ""


def said_by(error: BaseException) -> str:
    """The type of an error and the first line of what it says."""
    first, _, _ = text_of(error).strip().partition("\n")
    return f"{type(error).__name__}: {first}".rstrip(": ")


def fact(findings: tuple[Finding, ...]) -> str:
    """One line that names the attribute, for pytest's short summary."""
    first = findings[0]
    more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
    return f"{first.code} {first.message}{more}"


def on_terminal(findings: tuple[Finding, ...]) -> str:
    """The explanations, as wide as the terminal."""
    return _joined(findings, shutil.get_terminal_size().columns)


def _joined(findings: tuple[Finding, ...], columns: int) -> str:
    return "\n\n".join(laid_out(finding, columns=columns) for finding in findings)


@dataclass(frozen=True, slots=True)
class Crash:
    """Where a failure lies, for pytest's summary and for JUnit."""

    path: str
    lineno: int
    message: str

    def __str__(self) -> str:
        return f"{self.path}:{self.lineno}: {self.message}"


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a failed test shows in the place of its traceback.

    pytest asks for `toterminal()` and `reprcrash`; what writes files asks for `str()`. `said` is
    the error that the test saw, empty where that is the explained one.
    """

    findings: tuple[Finding, ...]
    said: str = ""

    @property
    def reprcrash(self) -> Crash:
        """Where it lies, and the fact."""
        site = self.findings[0].read
        path, line = (site.file, site.line) if site else ("", 0)
        return Crash(path, line, fact(self.findings))

    def __str__(self) -> str:
        return "\n".join((_joined(self.findings, WIDTH), *self._closing()))

    def _closing(self) -> Iterator[str]:
        yield ""
        if self.said:
            yield f"the test saw {self.said}"
        yield CLOSING

    def toterminal(self, writer: Any) -> None:
        """Write it as pytest writes a failure."""
        for place, finding in enumerate(self.findings):
            if place:
                writer.line("")
            first, *rest = on_terminal((finding,)).splitlines()
            writer.line(first, red=True, bold=True)
            for line in rest:
                writer.line(line, red="^^^" in line)
        for line in self._closing():
            writer.line(line)
