"""An explanation can be acted on after its first line, and fits into its columns."""

from dataclasses import replace

from hypothesis import assume, given
from hypothesis import strategies as st

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.edit import Applicability, Fix
from loadwise.core.finding import Evidence, Finding, Level
from loadwise.core.need import Touch
from loadwise.core.site import Site
from loadwise.core.text import concise, full
from tests.laws.strategies import findings

names = st.text("abcdefgh_", min_size=1, max_size=16)
prose = st.lists(names, min_size=1, max_size=30).map(" ".join)
trees = st.lists(names, max_size=30).map(lambda several: f"User{{{' '.join(several)}}}")
spots = st.builds(
    Site,
    file=names.map(lambda name: f"app/{name}.py"),
    line=st.integers(1, 9999),
    column=st.integers(1, 30),
    end_column=st.integers(1, 60),
    code=st.just("") | names.map(lambda name: f"    return await user.{name}"),
)
explained = st.builds(
    lambda name, held_and_needed, **fields: Finding(
        rule="lazy-read",
        code="LW101",
        level=Level.ERROR,
        message=f"`User.{name}` is not loaded here",
        attribute=f"User.{name}",
        entity="app.models.User",
        path=f"User.{name}",
        have=held_and_needed[0],
        need=held_and_needed[1],
        gap=name,
        **fields,
    ),
    names,
    st.just(("", "")) | st.tuples(trees, trees),
    instance=st.sampled_from(["", "User 100"]),
    touch=st.sampled_from(Touch),
    read=st.none() | spots,
    load=st.none() | spots,
    cause=st.builds(Cause, kind=st.sampled_from(CauseKind), text=st.just("") | prose)
    | st.builds(Cause, kind=st.sampled_from(CauseKind), text=prose, site=spots),
    fixes=st.lists(
        st.builds(
            Fix,
            title=st.just("load it here"),
            applicability=st.just(Applicability.DISPLAY),
            text=st.lists(names, min_size=1, max_size=3).map("\n".join),
            site=st.none() | st.just(Site(file="app/api.py", line=42)),
        ),
        max_size=2,
    ).map(tuple),
    evidence=st.builds(Evidence, observed=st.integers(0, 10**6)),
)
"""Findings whose names and code are short, and whose prose and trees are as long as they like."""


@given(findings)
def test_the_first_line_says_where_by_which_rule_and_what(finding: Finding) -> None:
    first = full(finding).split("\n")[0]
    assert first == concise(finding)
    assert first.startswith(str(finding.read or finding.load or finding.code))
    assert f"{finding.code} {finding.rule}  {finding.message}" in first


@given(explained)
def test_where_code_and_names_are_short_no_line_is_wider_than_a_hundred_columns(
    finding: Finding,
) -> None:
    assert [line for line in full(finding).split("\n") if len(line) > 100] == []


@given(explained)
def test_below_the_first_line_none_is_wider_than_asked(finding: Finding) -> None:
    below = full(finding, width=60).split("\n")[1:]
    assert [line for line in below if len(line) > 60] == []


@given(explained)
def test_no_word_of_the_reason_is_lost(finding: Finding) -> None:
    text = full(replace(finding, have="", need=""))
    body = [line.partition(" | ")[2] or line for line in text.split("\n")]
    words = " ".join(body).split()
    at_load = finding.cause.site is not None and finding.cause.site == finding.load
    reason = [] if at_load else finding.cause.text.split()
    starts = [i for i, word in enumerate(words) if reason and word == reason[0]]
    assert not reason or any(words[i : i + len(reason)] == reason for i in starts)


@given(explained, spots)
def test_a_line_of_code_has_its_marks_below_it(finding: Finding, site: Site) -> None:
    assume(site.code)
    alone = replace(finding, read=site, load=None, cause=Cause(kind=CauseKind.NEVER_LOADED))
    code, marks = full(alone).split("\n")[2:4]
    assert code == f"  {site.line} | {site.code}"
    before, _, _ = marks.partition("^")
    assert len(before) == code.index(" | ") + 3 + site.column - 1
    assert marks.count("^") == max(min(site.end_column, len(site.code) + 1) - site.column, 1)


@given(explained)
def test_no_line_ends_with_a_space(finding: Finding) -> None:
    assert [line for line in full(finding).split("\n") if line != line.rstrip()] == []


@given(explained)
def test_every_cure_and_the_way_to_the_page_are_there(finding: Finding) -> None:
    lines = full(finding).split("\n")
    for fix in finding.fixes:
        for part in fix.text.split("\n"):
            assert any(part in line for line in lines)
    assert sum(line.endswith("[display]") for line in lines) == len(finding.fixes)
    assert lines[-1] == "  docs  loadwise explain lazy-read"
