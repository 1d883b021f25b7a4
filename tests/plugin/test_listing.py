"""The section at the end: by root, the heaviest and most frequent first, and never too long."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from loadwise.core.cause import Cause, CauseKind, because
from loadwise.core.edit import Applicability, Edit, Fix
from loadwise.core.finding import Evidence, Finding, Level
from loadwise.core.site import Site
from loadwise.report.listing import MOST, section, title
from loadwise.report.roots import roots
from tests.plugin.test_about import finding

SAFE = Fix(
    title="load it with the object",
    applicability=Applicability.SAFE,
    text="select(User).options(selectinload(User.orders))",
    site=Site(file="app/repo.py", line=17, column=5),
    edits=(Edit(file="app/repo.py", start=(17, 5), end=(17, 17), text="…"),),
)


def seen(
    name: str = "orders",
    *,
    line: int = 1,
    load: int = 17,
    times: int = 1,
    tests: tuple[str, ...] = ("tests/test_api.py::test_show",),
    level: Level = Level.ERROR,
) -> Finding:
    """A finding about an attribute, read at a line of `app/api.py`."""
    return replace(
        finding(),
        message=f"`User.{name}` is not loaded here",
        attribute=f"User.{name}",
        path=f"User.{name}",
        level=level,
        read=Site(file="app/api.py", line=line, column=9, end_column=15),
        load=Site(file="app/repo.py", line=load, column=5),
        cause=because(CauseKind.NEVER_LOADED),
        fixes=(SAFE,),
        evidence=Evidence(observed=times, tests=tests),
    )


def many() -> list[Finding]:
    """What a large suite has: 500 findings with 100 roots, in 200 tests."""
    return [
        seen(
            f"attribute_{number % 100}",
            line=number,
            load=number % 100,
            times=1 + number % 7,
            tests=tuple(f"tests/test_{n % 9}.py::test_{n % 200}" for n in range(number % 13)),
        )
        for number in range(500)
    ]


def text_of(findings: list[Finding], *, columns: int = 80, whole: bool = False) -> str:
    """The section, as it is printed."""
    found = roots(findings)
    return "\n".join((title(found), *section(found, columns=columns, whole=whole)))


def test_one_finding() -> None:
    """All that there is to say of it: where, what, why, the cure, the test, and what comes next."""
    assert text_of([seen()]) == (
        "loadwise: 1 finding in 1 test\n"
        "app/api.py:1:9  LW101 lazy-read  `User.orders` is not loaded here\n"
        "  why   the statement does not ask for it\n"
        "  fix   app/repo.py:17  select(User).options(selectinload(User.orders))   [safe]\n"
        "  test  tests/test_api.py::test_show\n"
        "\n"
        "next  paste what is marked [safe], and run again\n"
        "      --loadwise-mode=fail makes tests with an error or a warning fail\n"
        "      why, and what to do: loadwise explain lazy-read"
    )


def test_one_root() -> None:
    """Same attribute, load and cause: the most frequent place leads, the others are its legs."""
    findings = [seen(line=line, times=line, tests=(f"t::{line}",)) for line in range(1, 8)]
    assert text_of(findings).splitlines()[:11] == [
        "loadwise: 7 findings in 7 tests, 1 root cause",
        "app/api.py:7:9  LW101 lazy-read  `User.orders` is not loaded here",
        "  also  app/api.py:6:9",
        "        app/api.py:5:9",
        "        app/api.py:4:9",
        "        and 3 more places",
        "  why   the statement does not ask for it",
        "  fix   app/repo.py:17  select(User).options(selectinload(User.orders))   [safe]",
        "  seen  28 times in 7 tests",
        "  test  t::1",
        "        t::2",
    ]


def test_the_last_one_is_named() -> None:
    """`and 1 more` takes as much room as the one."""
    findings = [seen(line=line, tests=(f"t::{line % 3}",)) for line in range(1, 6)]
    assert " more" not in text_of(findings)


@pytest.mark.parametrize(
    "other",
    [
        seen("name", line=2),
        seen(line=2, load=18),
        replace(seen(line=2), cause=because(CauseKind.EXPIRED_BY_COMMIT)),
        replace(seen(line=2), rule="expired-read"),
    ],
    ids=["attribute", "load", "cause", "rule"],
)
def test_what_makes_two_roots(other: Finding) -> None:
    """Where any of these differs, another change is needed."""
    assert len(roots([seen(), other])) == 2


def test_the_order() -> None:
    """Errors, warnings, notes; the most frequent first; then by rule, attribute and place."""
    findings = [
        seen("a", level=Level.NOTE, times=99),
        seen("b", level=Level.WARNING, times=98),
        seen("c", times=2),
        seen("d", times=3),
        seen("e", times=3),
    ]
    assert [root.legs[0].attribute[-1] for root in roots(findings)] == ["d", "e", "c", "b", "a"]


def test_the_level_is_said() -> None:
    """That of what is no error. A root weighs as much as its heaviest leg."""
    assert "not loaded here   [note]\n" in text_of([seen(level=Level.NOTE)])
    both = [seen(level=Level.NOTE), seen(line=2, level=Level.WARNING)]
    assert "not loaded here   [warning]\n" in text_of(both)
    assert "loadwise-mode=fail" not in text_of([seen(level=Level.NOTE)])


def test_where_it_was_loaded() -> None:
    """Where the cure does not stand at that place already."""
    assert "  load  app/repo.py:18:5\n" in text_of([seen(load=18)])
    assert "  load  " not in text_of([seen()])


def test_where_the_cause_was() -> None:
    """The line of the commit, for example, in the room that there is."""
    site = Site(file="app/service.py", line=30)
    cause = replace(because(CauseKind.EXPIRED_BY_COMMIT), site=site)
    said = "  why   commit() expired it (expire_on_commit), at app/service.py:30\n"
    assert said in text_of([replace(seen(), cause=cause)])


def test_a_cause_that_says_where() -> None:
    """It is not said twice."""
    text = "it works only because User 2 is in the session, loaded at app/service.py:30"
    cause = Cause(kind=CauseKind.NEVER_LOADED, text=text, site=Site(file="app/service.py", line=30))
    assert text_of([replace(seen(), cause=cause)]).count("app/service.py:30") == 1


def test_what_is_loaded_for_nobody() -> None:
    """It is known of a whole run, and of no test."""
    evidence = Evidence(observed=1, executions=3, objects=12)
    said = text_of([replace(seen(), read=None, evidence=evidence)])
    assert "app/repo.py:17:5  LW101" in said
    assert "  seen  3 executions, 12 objects\n" in said
    assert "outside" not in said
    assert "  load  " not in said


def test_a_repeat() -> None:
    """How often it was is in its fact."""
    evidence = Evidence(observed=1, objects=5, statements=5, executions=1, tests=("t::1",))
    assert "  seen  " not in text_of([replace(seen(), evidence=evidence)])


def test_the_rules_to_read_about() -> None:
    """In the order of the listing, in the room that there is."""
    names = ["lazy-read", "masked-read", "unused-eager-load", "get-in-loop", "unset-read"]
    findings = [replace(seen(times=9 - n), rule=name) for n, name in enumerate(names)]
    assert text_of(findings).splitlines()[-2:] == [
        "      why, and what to do: loadwise explain lazy-read (also masked-read,",
        "      unused-eager-load, get-in-loop, unset-read)",
    ]


def test_nothing() -> None:
    """One line."""
    assert text_of([]) == "loadwise: nothing to show"


def test_outside_of_a_test() -> None:
    """What was found while modules were imported, or between tests."""
    said = text_of([seen(tests=())])
    assert said.startswith("loadwise: 1 finding\n")
    assert "  seen  1 time, outside of a test\n" in said
    assert "loadwise-mode=fail" not in said, "no test would fail of it"


def test_a_large_suite_stays_readable() -> None:
    """A few lines each, and how to see the rest."""
    text = text_of(many())
    assert text.startswith("loadwise: 500 findings in ")
    assert ", 100 root causes\n" in text
    assert text.count("LW101 lazy-read") == MOST
    assert "\nand 75 more: --loadwise-all or --loadwise-json FILE shows them\n" in text
    assert len(text.splitlines()) < 8 * MOST
    assert max(map(len, text.splitlines())) <= 80
    assert text.rstrip().endswith("why, and what to do: loadwise explain lazy-read")


def test_all_of_a_large_suite() -> None:
    """Where all is asked for."""
    text = text_of(many(), whole=True)
    assert text.count("LW101 lazy-read") == 100
    assert "--loadwise-all" not in text
    assert "\n  also  app/api.py:411:9\n        app/api.py:11:9\n" in text


def test_the_order_of_the_tests_does_not_count() -> None:
    """Same findings, same bytes."""
    findings, mixed = many(), many()
    random.Random(7).shuffle(mixed)
    assert text_of(mixed) == text_of(findings)


@pytest.mark.parametrize("columns", [60, 80, 200])
def test_it_fits(columns: int) -> None:
    """Code and names stay whole."""
    lines = text_of(many(), columns=columns).splitlines()
    assert max(map(len, lines)) <= max(columns, 75)
