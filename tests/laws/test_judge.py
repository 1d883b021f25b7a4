"""The judge says no more of a use that holds more, and says it for certain only when it is."""

from dataclasses import replace

from hypothesis import given

from loadwise.core.have import Have
from loadwise.core.judge import gaps, judge
from loadwise.core.tree import NOTHING, Tree
from loadwise.core.use import Use
from loadwise.rules import RULES
from tests.laws.strategies import trees, uses


def lacked(use: Use, *, certain: bool = False) -> Tree:
    """The tree of what the gaps of a use want; of the certain ones alone on request."""
    tree = NOTHING
    for gap in gaps(use):
        if gap.certain or not certain:
            tree |= Tree.along(gap.missing.path, gap.missing.wanted)
    return tree


def holding_more(use: Use, more: Tree) -> Use:
    have = use.have
    return replace(use, have=replace(have, must=have.must | more, may=have.may | more))


@given(uses, trees)
def test_judge_is_monotone_in_have(use: Use, more: Tree) -> None:
    better = holding_more(use, more)
    assert lacked(better) <= lacked(use)
    assert lacked(better, certain=True) <= lacked(use, certain=True)


@given(uses)
def test_who_surely_holds_all_that_may_be_needed_has_no_finding(use: Use) -> None:
    assert list(judge([holding_more(use, use.need.may)], rules=RULES)) == []


@given(uses)
def test_certain_gaps_are_needed_for_certain_and_cannot_be_held(use: Use) -> None:
    for gap in gaps(use):
        if gap.certain:
            wanted = Tree.along(gap.missing.path, gap.missing.wanted)
            assert wanted <= use.need.must
            assert not wanted <= use.have.may


@given(uses)
def test_together_the_gaps_cover_all_that_may_be_needed(use: Use) -> None:
    assert use.need.may <= use.have.must | lacked(use)


@given(uses)
def test_the_same_use_gives_the_same_findings(use: Use) -> None:
    assert list(judge([use], rules=RULES)) == list(judge([use], rules=RULES))


@given(trees)
def test_what_is_known_is_not_in_doubt(tree: Tree) -> None:
    have = Have.known(tree)
    assert have.must == have.may == tree
