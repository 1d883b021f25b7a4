"""Trees form a distributive lattice, and a gap is a frontier in it."""

from hypothesis import given

from loadwise.core.path import Path
from loadwise.core.tree import EVERYTHING, NOTHING, Missing, Tree, gap, graft, parse
from tests.laws.strategies import paths, trees


@given(trees)
def test_joining_or_meeting_a_tree_with_itself_changes_nothing(a: Tree) -> None:
    assert a | a == a == a & a


@given(trees, trees)
def test_join_and_meet_commute(a: Tree, b: Tree) -> None:
    assert a | b == b | a
    assert a & b == b & a


@given(trees, trees, trees)
def test_join_and_meet_associate(a: Tree, b: Tree, c: Tree) -> None:
    assert (a | b) | c == a | (b | c)
    assert (a & b) & c == a & (b & c)


@given(trees, trees)
def test_each_absorbs_the_other(a: Tree, b: Tree) -> None:
    assert a | (a & b) == a == a & (a | b)


@given(trees, trees, trees)
def test_each_distributes_over_the_other(a: Tree, b: Tree, c: Tree) -> None:
    assert a & (b | c) == (a & b) | (a & c)
    assert a | (b & c) == (a | b) & (a | c)


@given(trees)
def test_nothing_is_the_bottom_and_everything_the_top(a: Tree) -> None:
    assert a | NOTHING == a == a & EVERYTHING
    assert a & NOTHING == NOTHING
    assert a | EVERYTHING == EVERYTHING
    assert NOTHING <= a <= EVERYTHING


@given(trees, trees)
def test_the_order_agrees_with_join_and_meet(a: Tree, b: Tree) -> None:
    assert (a <= b) == (a | b == b) == (a & b == a)


@given(trees)
def test_what_a_tree_writes_parses_to_the_tree(a: Tree) -> None:
    assert parse(str(a)) == a


@given(paths)
def test_what_a_path_writes_parses_to_the_path(path: Path) -> None:
    assert Path.parse(str(path)) == path
    assert path in Tree.along(path)


@given(trees)
def test_a_tree_contains_its_paths(a: Tree) -> None:
    assert all(path in a for path in a.paths())


@given(trees, trees)
def test_grafting_the_gap_covers_the_need(need: Tree, have: Tree) -> None:
    assert need <= graft(have, gap(need, have))


@given(trees, trees)
def test_nothing_is_missing_once_the_gap_is_grafted(need: Tree, have: Tree) -> None:
    assert gap(need, graft(have, gap(need, have))) == ()


@given(trees, trees)
def test_grafting_a_gap_adds_nothing_that_is_not_needed(need: Tree, have: Tree) -> None:
    assert graft(have, gap(need, have)) <= have | need


@given(trees, trees)
def test_a_gap_is_a_minimal_frontier(need: Tree, have: Tree) -> None:
    missing = gap(need, have)
    places = [one.path.steps for one in missing]
    for place in places:
        assert sum(other[: len(place)] == place for other in places) == 1
    for one in missing:
        rest = [other for other in missing if other != one]
        assert not need <= graft(have, rest)


@given(trees, trees)
def test_there_is_a_gap_just_where_the_need_is_not_covered(need: Tree, have: Tree) -> None:
    assert (gap(need, have) == ()) == (need <= have)


@given(trees, trees, trees)
def test_who_has_more_lacks_less(need: Tree, have: Tree, more: Tree) -> None:
    def lacked(held: Tree) -> Tree:
        return graft(NOTHING, gap(need, held))

    assert lacked(have | more) <= lacked(have)


def test_a_missing_place_wants_nothing_below_it_by_default() -> None:
    assert Missing(Path.parse("User.orders")).wanted == NOTHING
