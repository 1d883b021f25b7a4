"""Findings add up in any order, and their fingerprints outlive edits elsewhere."""

import re
from dataclasses import replace
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from loadwise.core.finding import Finding, fingerprint
from loadwise.core.site import Site
from loadwise.core.tally import tally
from tests.laws.strategies import findings, sightings

several_sightings = st.lists(sightings, max_size=8)
either = st.lists(findings, max_size=3) | several_sightings


@given(either, st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_matter(several: list[Finding], random: Random) -> None:
    shuffled = list(several)
    random.shuffle(shuffled)
    assert tally(shuffled) == tally(several)


@given(either)
def test_adding_up_twice_is_adding_up_once(several: list[Finding]) -> None:
    assert tally(tally(several)) == tally(several)


@given(either, either)
def test_parts_add_up_to_the_whole(some: list[Finding], others: list[Finding]) -> None:
    assert tally([*tally(some), *tally(others)]) == tally([*some, *others])


@given(either)
def test_adding_up_loses_no_observation_no_test_and_no_prediction(several: list[Finding]) -> None:
    for place in {said_at(finding) for finding in several}:
        seen = [finding.evidence for finding in several if said_at(finding) == place]
        (added,) = [f.evidence for f in tally(several) if said_at(f) == place]
        assert added.observed == sum(one.observed for one in seen)
        assert added.tests == tuple(sorted({test for one in seen for test in one.tests}))
        assert added.predicted == any(one.predicted for one in seen)


@given(several_sightings)
def test_findings_are_sorted_by_the_place_of_the_read_and_then_of_the_load(
    several: list[Finding],
) -> None:
    places = [(place(finding.read), place(finding.load)) for finding in tally(several)]
    assert places == sorted(set(places))


@given(either)
def test_no_two_findings_share_a_fingerprint(several: list[Finding]) -> None:
    prints = [finding.fingerprint for finding in tally(several)]
    assert len(set(prints)) == len(prints)


@given(either)
def test_findings_that_only_their_lines_tell_apart_are_numbered_from_the_top(
    several: list[Finding],
) -> None:
    met: dict[str, int] = {}
    for finding in tally(several):
        first = fingerprint(finding)
        assert finding.fingerprint == fingerprint(finding, met.get(first, 0))
        met[first] = met.get(first, 0) + 1


@given(several_sightings, st.integers(0, 100))
def test_lines_put_in_at_the_top_of_a_file_change_no_fingerprint(
    several: list[Finding], lines: int
) -> None:
    moved = [replace(f, read=down(f.read, lines), load=down(f.load, lines)) for f in several]
    before = [(f.read, f.load, f.fingerprint) for f in tally(several)]
    after = [(f.read, f.load, f.fingerprint) for f in tally(moved)]
    assert after == [(down(read, lines), down(load, lines), one) for read, load, one in before]


@given(findings, st.integers(1, 900), st.integers(1, 90), st.integers(0, 3))
def test_a_fingerprint_holds_no_line_no_column_and_no_code(
    finding: Finding, line: int, column: int, ordinal: int
) -> None:
    def moved(site: Site | None) -> Site | None:
        return site and replace(site, line=line, column=column, end_column=column, code="pass")

    cause = replace(finding.cause, site=moved(finding.cause.site))
    elsewhere = replace(finding, read=moved(finding.read), load=moved(finding.load), cause=cause)
    assert fingerprint(elsewhere, ordinal) == fingerprint(finding, ordinal)


@given(findings)
def test_a_fingerprint_tells_rule_path_functions_and_ordinal_apart(finding: Finding) -> None:
    here = Site(file="app/api.py", line=1, function="app.api.show")
    there = replace(here, function="app.repo.get_user")
    one = replace(finding, read=here, load=here)
    others = [
        replace(one, rule="another-rule"),
        replace(one, path="Post.author"),
        replace(one, read=there),
        replace(one, load=there),
        replace(one, load=None),
    ]
    prints = {fingerprint(one), fingerprint(one, 1), *map(fingerprint, others)}
    assert len(prints) == 2 + len(others)
    assert all(re.fullmatch(r"1:[0-9a-f]{16}", text) for text in prints)


def said_at(finding: Finding) -> tuple[str, ...]:
    """What two findings have in common that say the same."""
    sites = (finding.read, finding.load, finding.cause.site)
    return (finding.rule, finding.path, str(finding.cause.kind), *map(str, sites))


def place(site: Site | None) -> tuple[str, int, int]:
    return (site.file, site.line, site.column) if site else ("", 0, 0)


def down(site: Site | None, lines: int) -> Site | None:
    return site and replace(site, line=site.line + lines)
