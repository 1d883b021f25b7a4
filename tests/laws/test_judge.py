"""The judge says no more of a use that holds more, and says for certain only what is."""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from hypothesis import given

from loadwise.core.finding import Finding, Level
from loadwise.core.have import Have
from loadwise.core.judge import Gap, Rule, Verdict, gaps, judge
from loadwise.core.need import Need
from loadwise.core.path import Path
from loadwise.core.tree import NOTHING, Tree, graft
from loadwise.core.use import Subject, Use
from loadwise.rules import RULES
from tests.laws.strategies import haves, trees, uses


def name_each_gap(use: Use) -> Iterator[Verdict]:
    for gap in gaps(use):
        yield Verdict(gap=gap, message="")


SUBJECT = Subject(entity="app.models.User")
EVERY_GAP = Rule(name="every-gap", code=1, level=Level.ERROR, summary="", check=name_each_gap)
"""What does not depend on how the rules divide the gaps among them."""


def found(use: Use) -> list[Finding]:
    return list(judge([use], rules=[EVERY_GAP]))


def covered(several: Iterable[Gap]) -> Tree:
    """What is wanted at some gaps, and all that leads to it."""
    return graft(NOTHING, (gap.missing for gap in several))


def certain(use: Use) -> list[Gap]:
    return [gap for gap in gaps(use) if gap.certain]


def holding(use: Use, *, must: Tree = NOTHING, may: Tree = NOTHING) -> Use:
    """The use of an object that holds this, too: for certain, or maybe."""
    have = use.have
    more = replace(have, must=have.must | must, may=have.may | must | may)
    return replace(use, have=more)


@given(uses, trees, trees)
def test_who_holds_more_lacks_no_more(use: Use, must: Tree, may: Tree) -> None:
    better = holding(use, must=must, may=may)
    assert covered(gaps(better)) <= covered(gaps(use))
    assert covered(certain(better)) <= covered(certain(use))


@given(uses, trees, trees)
def test_each_finding_about_who_holds_more_lies_at_or_below_one_about_who_holds_less(
    use: Use, must: Tree, may: Tree
) -> None:
    before = [Path.parse(finding.path).steps for finding in found(use)]
    for finding in found(holding(use, must=must, may=may)):
        steps = Path.parse(finding.path).steps
        assert any(steps[: len(above)] == above for above in before)


@given(uses, trees, trees)
def test_holding_more_makes_no_finding_an_error_that_was_none(
    use: Use, must: Tree, may: Tree
) -> None:
    def errors(use: Use) -> Tree:
        at_error = (finding for finding in found(use) if finding.level is Level.ERROR)
        tree = NOTHING
        for finding in at_error:
            tree |= Tree.along(Path.parse(finding.path))
        return tree

    assert errors(holding(use, must=must, may=may)) <= covered(certain(use))


@given(uses)
def test_who_surely_holds_all_that_may_be_needed_has_no_finding(use: Use) -> None:
    assert list(judge([holding(use, must=use.need.may)], rules=RULES)) == []


@given(uses)
def test_who_may_hold_all_that_is_needed_has_no_error(use: Use) -> None:
    several = judge([holding(use, may=use.need.must)], rules=RULES)
    assert {finding.level for finding in several} <= {Level.WARNING}


@given(uses)
def test_a_certain_gap_is_needed_for_certain_and_cannot_be_held(use: Use) -> None:
    for gap in certain(use):
        wanted = Tree.along(gap.missing.path, gap.missing.wanted)
        assert wanted <= use.need.must
        assert not wanted <= use.have.may


@given(uses)
def test_all_that_is_needed_for_certain_and_cannot_be_held_is_a_certain_gap(use: Use) -> None:
    assert use.need.must <= use.have.may | covered(certain(use))


@given(uses)
def test_together_the_gaps_cover_all_that_may_be_needed_and_no_more(use: Use) -> None:
    assert use.need.may <= use.have.must | covered(gaps(use))
    assert covered(gaps(use)) <= use.need.may


@given(haves, trees)
def test_where_nothing_is_in_doubt_every_gap_is_certain(have: Have, need: Tree) -> None:
    known, needed = Have.known(have.must, have.lost), Need(must=need, may=need)
    assert known.must == known.may
    use = Use(subject=SUBJECT, have=known, need=needed)
    assert all(gap.certain for gap in gaps(use))


@given(uses)
def test_a_use_has_at_most_one_finding_for_each_gap(use: Use) -> None:
    assert len(list(judge([use], rules=RULES))) <= len(found(use)) == len(list(gaps(use)))


@given(uses, uses)
def test_what_is_said_of_a_use_does_not_depend_on_the_others(one: Use, other: Use) -> None:
    alone = [*judge([one], rules=RULES), *judge([other], rules=RULES)]
    assert list(judge([one, other], rules=RULES)) == alone
