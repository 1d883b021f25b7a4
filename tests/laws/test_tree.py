"""Trees form a distributive lattice, and a gap is a frontier in it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from loadwise.core.have import Have
from loadwise.core.path import NotationError, Path
from loadwise.core.tree import EVERYTHING, NOTHING, Tree, gap, graft, parse
from tests.laws.strategies import haves, paths, trees

notations = st.text(st.sampled_from("ab{}[]*. 1ü\n"), max_size=12) | st.text(max_size=6)
"""Texts that are nearly trees, and texts that are anything."""
LAW = settings(max_examples=100)
"""Trees are made fast, and two or three of them have many ways to lie to each other."""


@LAW
@given(trees)
def test_joining_or_meeting_a_tree_with_itself_changes_nothing(a: Tree) -> None:
    assert a | a == a == a & a


@LAW
@given(trees, trees)
def test_join_and_meet_commute(a: Tree, b: Tree) -> None:
    assert a | b == b | a
    assert a & b == b & a


@LAW
@given(trees, trees, trees)
def test_join_and_meet_associate(a: Tree, b: Tree, c: Tree) -> None:
    assert (a | b) | c == a | (b | c)
    assert (a & b) & c == a & (b & c)


@LAW
@given(trees, trees)
def test_each_absorbs_the_other(a: Tree, b: Tree) -> None:
    assert a | (a & b) == a == a & (a | b)


@LAW
@given(trees, trees, trees)
def test_each_distributes_over_the_other(a: Tree, b: Tree, c: Tree) -> None:
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)


@LAW
@given(trees)
def test_nothing_is_the_bottom_and_everything_the_top(a: Tree) -> None:
    assert a | NOTHING == a == a & EVERYTHING
    assert a & NOTHING == NOTHING
    assert a | EVERYTHING == EVERYTHING
    assert NOTHING <= a <= EVERYTHING


@LAW
@given(trees, trees)
def test_the_order_agrees_with_join_and_meet(a: Tree, b: Tree) -> None:
    assert (a <= b) == (a | b == b) == (a & b == a)
    assert a & b <= a <= a | b


@LAW
@given(trees, trees)
def test_trees_that_contain_each_other_are_equal(a: Tree, b: Tree) -> None:
    assert (a <= b <= a) == (a == b)


@LAW
@given(trees)
def test_what_a_tree_writes_parses_to_the_tree(a: Tree) -> None:
    assert parse(str(a)) == a


@LAW
@given(paths)
def test_what_a_path_writes_parses_to_the_path(path: Path) -> None:
    assert Path.parse(str(path)) == path


@LAW
@given(notations)
def test_a_text_is_a_tree_or_refused(text: str) -> None:
    try:
        tree = parse(text)
    except NotationError:
        return
    assert parse(str(tree)) == tree


@LAW
@given(notations)
def test_a_text_is_the_path_that_it_writes_or_refused(text: str) -> None:
    try:
        path = Path.parse(text)
    except NotationError:
        return
    assert str(path) == text


@LAW
@given(paths, trees)
def test_the_tree_along_a_path_holds_just_that(path: Path, below: Tree) -> None:
    tree = Tree.along(path, below)
    assert tree.at(path) == below
    above = {Path(path.steps[:end]) for end in range(1, len(path.steps) + 1)}
    assert set(tree.paths()) == above | {Path(path.steps + one.steps) for one in below.paths()}


@LAW
@given(trees)
def test_a_tree_contains_its_paths_and_is_made_of_them_and_what_they_hide(a: Tree) -> None:
    paths = [Path(), *a.paths()]
    assert all(path in a for path in paths)
    hidden = [path for path in paths if a.at(path) == EVERYTHING]
    made = [Tree.along(path) for path in paths]
    made += [Tree.along(path, EVERYTHING) for path in hidden]
    assert joined(made) == a


def joined(several: list[Tree]) -> Tree:
    tree = NOTHING
    for one in several:
        tree |= one
    return tree


@LAW
@given(trees)
def test_a_have_that_is_not_in_doubt_is_written_like_its_tree(a: Tree) -> None:
    assert str(Have.known(a)) == str(a)


@LAW
@given(haves)
def test_a_have_without_its_marks_is_what_may_be_held_or_was_lost(have: Have) -> None:
    lost = joined([Tree.along(loss.path) for loss in have.lost])
    written = parse(str(have).replace("?", "").replace("-", ""))
    assert have.may <= written <= have.may | lost


@LAW
@given(trees, trees)
def test_grafting_the_gap_covers_the_need(need: Tree, have: Tree) -> None:
    assert need <= graft(have, gap(need, have))


@LAW
@given(trees, trees)
def test_nothing_is_missing_once_the_gap_is_grafted(need: Tree, have: Tree) -> None:
    assert gap(need, graft(have, gap(need, have))) == ()


@LAW
@given(trees, trees)
def test_grafting_a_gap_adds_nothing_that_is_not_needed(need: Tree, have: Tree) -> None:
    grafted = graft(have, gap(need, have))
    assert have <= grafted <= have | need


@LAW
@given(trees, trees)
def test_no_missing_path_leads_to_another(need: Tree, have: Tree) -> None:
    places = [one.path.steps for one in gap(need, have)]
    for place in places:
        assert [other for other in places if other[: len(place)] == place] == [place]


@LAW
@given(trees, trees)
def test_without_any_one_of_the_missing_paths_the_need_is_not_covered(
    need: Tree, have: Tree
) -> None:
    missing = gap(need, have)
    for one in missing:
        assert not need <= graft(have, [other for other in missing if other != one])


@LAW
@given(trees, trees)
def test_what_is_missing_is_not_held_and_is_needed(need: Tree, have: Tree) -> None:
    for one in gap(need, have):
        assert need.at(one.path) == one.wanted
        assert one.path not in have or one.wanted == EVERYTHING


@LAW
@given(trees, trees)
def test_there_is_a_gap_just_where_the_need_is_not_covered(need: Tree, have: Tree) -> None:
    assert (gap(need, have) == ()) == (need <= have)


@LAW
@given(trees, trees, trees)
def test_who_has_more_lacks_less(need: Tree, have: Tree, more: Tree) -> None:
    assert lacked(need, have | more) <= lacked(need, have)


@LAW
@given(trees, trees, trees)
def test_who_needs_more_lacks_more(need: Tree, have: Tree, more: Tree) -> None:
    assert lacked(need, have) <= lacked(need | more, have)


def lacked(need: Tree, have: Tree) -> Tree:
    return graft(NOTHING, gap(need, have))
