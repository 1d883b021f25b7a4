"""What a failure is about: loading alone, or something else, too."""

from __future__ import annotations

import builtins
from typing import Any

import pytest

from loadwise import LazyReadError
from loadwise.core.edit import Fix
from loadwise.core.finding import Finding, Level
from loadwise.core.site import Site
from loadwise.core.text import concise
from loadwise.plugin.recorder import ITS_OWN
from loadwise.report.failure import Explanation, about

ExceptionGroup: Any = getattr(builtins, "ExceptionGroup", None)
BaseExceptionGroup: Any = getattr(builtins, "BaseExceptionGroup", None)


def finding(line: int = 1, *, fixes: tuple[Fix, ...] = ()) -> Finding:
    """A finding about a line of `app.py`."""
    return Finding(
        rule="lazy-read",
        code="LW101",
        level=Level.ERROR,
        message="`User.organization` is not loaded here",
        attribute="User.organization",
        entity="app.User",
        instance="User 100",
        path="User.organization",
        read=Site(file="app.py", line=line),
        fixes=fixes,
    )


def raised(error: BaseException, *, handling: BaseException | None = None) -> BaseException:
    """The error, raised; in the handler of another one, if there is one."""
    try:
        if handling is None:
            raise error
        try:
            raise handling
        except BaseException:
            raise error  # noqa: B904 - that is the point
    except BaseException as caught:
        return caught


def lines(error: BaseException, *found: Finding) -> list[int]:
    """The lines of the findings that the error is about."""
    explained = about(error, found, ITS_OWN)
    return [one.read.line for one in explained if one.read is not None]


def test_the_error_itself() -> None:
    """It is about its own finding; what else the test found does not count."""
    assert lines(LazyReadError(finding(1)), finding(2), finding(1)) == [1]


def test_the_error_of_an_earlier_test() -> None:
    """A fixture of a module fails each of its tests with one error, found once."""
    assert lines(LazyReadError(finding(1))) == [1]


def test_an_error_that_names_it_as_its_cause() -> None:
    """`raise ... from error`, also twice over."""
    first = ValueError()
    first.__cause__ = LazyReadError(finding())
    second = RuntimeError()
    second.__cause__ = first
    assert lines(second) == [1]


def test_an_error_raised_while_it_is_handled() -> None:
    """An application that makes an error of its own often leaves the `from` out."""
    assert lines(raised(LookupError(), handling=LazyReadError(finding()))) == [1]


@pytest.mark.parametrize("error", [AssertionError("no"), pytest.fail.Exception("no")])
def test_a_test_that_fails_while_it_handles_the_error(error: BaseException) -> None:
    """What the test itself asserts is about something else."""
    assert lines(raised(error, handling=LazyReadError(finding())), finding()) == []


def test_an_error_from_none() -> None:
    """Whoever hides the error says that his own is about something else."""
    error = raised(LookupError(), handling=LazyReadError(finding()))
    error.__suppress_context__ = True
    assert lines(error, finding()) == []


def test_an_error_that_quotes_it() -> None:
    """A serialiser's error quotes the text; which finding it is, the text says."""
    quoting = ValueError(f"could not read: LazyReadError: {concise(finding(2))}\n…")
    assert lines(quoting, finding(1), finding(2), finding(22)) == [2]


def test_an_error_that_says_nothing_of_it() -> None:
    """A finding in the same test does not make the failure one about loading."""
    assert lines(ValueError("could not read"), finding()) == []


@pytest.mark.skipif(ExceptionGroup is None, reason="Python has groups from 3.11 on")
def test_a_group() -> None:
    """It is about loading if all its members are."""
    one, two = LazyReadError(finding(1)), LazyReadError(finding(2))
    assert lines(ExceptionGroup("", [one, ExceptionGroup("", [two])])) == [1, 2]
    assert lines(ExceptionGroup("", [one, ExceptionGroup("", [ValueError()])]), finding(1)) == []
    assert lines(BaseExceptionGroup("", [one, KeyboardInterrupt()]), finding(1)) == []


def test_an_attribute_that_looks_like_a_group() -> None:
    """Anyone may call an attribute `exceptions`."""
    error = ValueError()
    error.exceptions = ["no exception"]  # type: ignore[attr-defined]
    assert lines(error, finding()) == []
    error.exceptions = ("no exception",)  # type: ignore[attr-defined]
    assert lines(error, finding()) == []


def test_errors_in_a_circle() -> None:
    """A chain that leads back to its start ends."""
    one, two = ValueError(), KeyError()
    one.__cause__, two.__cause__ = two, one
    assert lines(one, finding()) == []


def test_an_error_that_cannot_say_anything() -> None:
    """Its text is nobody's business but pytest's."""

    class UnprintableError(Exception):
        def __str__(self) -> str:
            raise RuntimeError

    assert lines(UnprintableError(), finding()) == []


def test_the_summary_of_several() -> None:
    """The first is named, the others are counted."""
    explanation = Explanation((finding(1), finding(2)), "")
    assert str(explanation.reprcrash) == (
        "app.py:1: LW101 `User.organization` is not loaded here (and 1 more)"
    )
    assert str(explanation).count("`User.organization` is not loaded here") == 2
