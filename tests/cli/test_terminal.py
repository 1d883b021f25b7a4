"""How a finding is laid out: in few columns, in many, and in colour."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from loadwise.cli.terminal import Terminal
from loadwise.core.cause import Cause, CauseKind
from loadwise.core.edit import Applicability, Fix
from loadwise.core.finding import Evidence, Finding, Level
from loadwise.core.site import Site
from loadwise.core.text import full
from loadwise.report.full import laid_out, styled

CODE = "result = await session.execute(select(User).where(User.email == email))"
LONG = Finding(
    rule="lazy-read",
    code="LW101",
    level=Level.ERROR,
    message="`UserAccount.organization_membership` is not loaded here",
    attribute="UserAccount.organization_membership",
    entity="app.models.UserAccount",
    instance="UserAccount 100",
    path="UserAccount.organization_membership",
    read=Site(
        file="tests/test_article.py",
        line=1234,
        column=25,
        end_column=37,
        code="            assert user.organization_membership",
    ),
    load=Site(
        file="app/repository.py",
        line=27,
        column=32,
        end_column=13 + len(CODE),
        code=f"            {CODE}",
    ),
    cause=Cause(
        kind=CauseKind.NEVER_LOADED,
        text="the statement does not ask for it, and no OrganizationMembership 2 is in the session",
    ),
    have="UserAccount{" + " ".join(f"column_{number}" for number in range(20)) + "}",
    need="UserAccount{organization_membership{organization{name}}}",
    gap="organization_membership",
    fixes=(
        Fix(
            title="load it where it is needed, one statement for each object",
            applicability=Applicability.DISPLAY,
            text='await session.refresh(user, ["organization_membership"])  # ' + "long " * 10,
            site=Site(file="tests/test_article.py", line=1234),
        ),
    ),
    evidence=Evidence(observed=37, tests=("tests/test_article.py::test",)),
)
ESCAPES = re.compile(r"\x1b\[[\d;]*m")


@pytest.mark.parametrize("columns", [60, 72, 80, 100])
def test_only_code_is_wider(columns: int) -> None:
    """Code is there to be copied, and the code of a frame to be recognised."""
    code = {CODE, LONG.fixes[0].text}
    for line in laid_out(LONG, columns=columns).splitlines():
        assert len(line) <= columns or any(part in line for part in code) or "^^^" in line


@pytest.mark.parametrize("columns", [60, 80, 100, 200])
def test_no_word_is_lost(columns: int) -> None:
    """Folding moves words; what the text leaves out, it leaves out for its own width."""
    text = full(LONG, width=min(columns, 100))
    assert words(laid_out(LONG, columns=columns)) == words(text)


def words(text: str) -> list[str]:
    """The words of a text, without the rule on the left of code and what is said of it."""
    return [word for word in text.split() if word != "|"]


def test_it_is_the_text_itself_where_that_fits() -> None:
    """At 100 columns, and never wider."""
    short = replace(LONG, message="`User.name` is not loaded here", fixes=())
    assert laid_out(short, columns=100) == full(short) == laid_out(short, columns=300)


def test_a_long_headline_is_two_lines() -> None:
    """The place and the rule, then the fact."""
    assert laid_out(LONG, columns=80).splitlines()[:3] == [
        "tests/test_article.py:1234:25  LW101 lazy-read",
        "  `UserAccount.organization_membership` is not loaded here",
        "",
    ]


def test_a_wide_frame_is_moved_to_the_left() -> None:
    """With its marks; a frame that fits stays where the code has it."""
    lines = laid_out(LONG, columns=80).splitlines()
    place = lines.index(f"  27 | {CODE}")
    assert lines[place + 1] == "     | " + " " * 19 + "^" * (len(CODE) - 19)
    assert f"  1234 | {LONG.read.code if LONG.read else ''}" in lines


def test_a_fact_goes_on_behind_its_label() -> None:
    """Where it does not fit."""
    lines = laid_out(LONG, columns=80).splitlines()
    (place,) = (place for place, line in enumerate(lines) if line.startswith("  fix "))
    assert lines[place : place + 2] == [
        "  fix   tests/test_article.py:1234  load it where it is needed, one statement",
        "        for each object   [display]",
    ]


@pytest.mark.parametrize("columns", [10, 80, 100])
def test_colour_adds_nothing_but_colour(columns: int) -> None:
    """Without it, the text is the same."""
    assert styled(LONG, columns=columns).plain == laid_out(LONG, columns=columns)


def test_what_is_printed_in_colour(capsys: pytest.CaptureFixture[str]) -> None:
    """Findings, lines and headings: the escape codes apart, the same as in plain text."""
    for terminal in (Terminal("never"), Terminal("always")):
        terminal.heading("1. A heading")
        terminal.finding(LONG)
        terminal.line("[bold]no markup[/] :smile: 'text' 12", "green")
        terminal.entry("label  ", "text")
    plain, _, coloured = capsys.readouterr().out.partition("label  text\n")
    assert "\x1b" not in plain
    assert "\x1b[32m" in coloured
    assert ESCAPES.sub("", coloured) == f"{plain}label  text\n"
