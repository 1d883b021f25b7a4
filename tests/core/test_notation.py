"""The notation: what can be written, and what is refused, with the place."""

import pytest

from loadwise.core.cause import UNKNOWN, Cause, CauseKind
from loadwise.core.have import Have, Loss
from loadwise.core.need import Need, Touch, Touched
from loadwise.core.path import NotationError, Path, Step
from loadwise.core.plan import Choice, Plan
from loadwise.core.strategy import Strategy
from loadwise.core.tree import EVERYTHING, MAX_DEPTH, NOTHING, Tree, parse


def test_a_tree_is_written_with_its_attributes_sorted() -> None:
    assert str(parse("User{name  organization{name}\nid}")) == "User{id name organization{name}}"


def test_empty_braces_and_repeated_names_are_the_same_tree() -> None:
    assert parse("User{id{}} User{name}") == parse("User{id name}")


def test_what_cannot_be_seen_swallows_what_stands_beside_it() -> None:
    assert parse("User{id *}") == parse("User{*}")


def test_a_subclass_stands_in_brackets() -> None:
    assert Path.parse("Company.staff[Manager].reports").steps[1] == Step("staff", "Manager")
    assert str(parse("Company{staff[Manager]{reports}}")) == "Company{staff[Manager]{reports}}"


def nested(braces: int) -> str:
    return "a{" * braces + "id" + "}" * braces


def test_a_tree_may_be_a_hundred_braces_deep() -> None:
    assert MAX_DEPTH == 100
    assert str(parse(nested(MAX_DEPTH))) == nested(MAX_DEPTH)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("User{id", "a brace is not closed"),
        ("User}", "unexpected '}' at 5"),
        ("User{1}", "unexpected '1' at 6"),
        ("User.id", "unexpected '.' at 5"),
        (nested(MAX_DEPTH + 1), f"^more than {MAX_DEPTH} braces inside each other$"),
    ],
)
def test_a_text_that_is_no_tree_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(NotationError, match=said):
        parse(text)


@pytest.mark.parametrize("text", ["User.", "User..id", "User.1", "User.staff["])
def test_a_text_that_is_no_path_is_refused(text: str) -> None:
    with pytest.raises(NotationError, match="is not an attribute"):
        Path.parse(text)


def test_a_step_is_a_name() -> None:
    with pytest.raises(NotationError, match="is not a name"):
        Step("no name")


def test_a_path_knows_its_ends() -> None:
    path = Path.parse("User.orders.items")
    assert (path.root, path.name, path.below_root) == ("User", "items", "orders.items")
    assert path.parent == Path.parse("User.orders")
    assert path / Step("sku") == path / "sku"


def test_the_empty_path_has_no_ends_and_is_its_own_parent() -> None:
    empty = Path.parse("")
    assert (empty.root, empty.name, empty.below_root, bool(empty)) == ("", "", "", False)
    assert empty.parent == empty


def test_a_tree_of_everything_contains_every_path() -> None:
    assert Path.parse("User.orders") in EVERYTHING
    assert EVERYTHING.child(Step("User")) == EVERYTHING
    assert list(EVERYTHING.paths()) == []


def test_a_path_may_leave_a_tree() -> None:
    tree = parse("User{orders{id}}")
    assert Path.parse("User.orders.id") in tree
    assert tree.at(Path.parse("User.name.first")) is None


def test_a_tree_that_contradicts_itself_cannot_be_made() -> None:
    with pytest.raises(ValueError, match="has no children"):
        Tree(((Step("id"), NOTHING),), everything=True)
    with pytest.raises(ValueError, match="stands twice"):
        Tree(((Step("id"), NOTHING), (Step("id"), EVERYTHING)))


ORDERS = Path.parse("User.orders")
GONE = Cause(kind=CauseKind.EXPIRED_BY_COMMIT, text="commit() expired it")


def test_a_have_marks_what_may_be_held_and_what_was_lost() -> None:
    have = Have(
        must=parse("User{id team{id}}"),
        may=parse("User{id name team{id name}}"),
        lost=(Loss(path=ORDERS, cause=GONE),),
    )
    assert str(have) == "User{id ?name -orders team{id ?name}}"


def test_a_have_writes_what_it_cannot_see_as_a_star() -> None:
    assert str(Have.known(EVERYTHING)) == "*"
    assert str(Have(must=parse("User{id}"), may=EVERYTHING)) == "User{id} ?*"
    assert str(Have(must=NOTHING, may=EVERYTHING)) == "?*"


def test_why_is_the_cause_of_the_path_or_of_what_is_above_it() -> None:
    have = Have.known(parse("User{id}"), lost=[Loss(path=ORDERS, cause=GONE)])
    assert have.why(ORDERS) == GONE
    assert have.why(ORDERS / "items") == GONE
    assert have.why(Path.parse("User.name")) == UNKNOWN


def test_certain_is_never_more_than_possible() -> None:
    with pytest.raises(ValueError, match="must <= may"):
        Have(must=parse("User"), may=NOTHING)
    with pytest.raises(ValueError, match="must <= may"):
        Need(must=parse("User"), may=NOTHING)


def test_a_need_knows_each_touch() -> None:
    need = Need.of(
        Touched(path=ORDERS, touch=Touch.WRITE), Touched(path=Path.parse("User.team.name"))
    )
    assert str(need) == "User{orders team{name}}"
    assert need.touch(ORDERS) is Touch.WRITE
    assert need.touch(Path.parse("User.team")) is Touch.READ
    assert need.touch(Path.parse("User.id")) is Touch.READ


def test_a_plan_is_written_as_what_it_loads_for_certain() -> None:
    plan = Plan(tree=parse("User{id}"), may=parse("User{id orders}"))
    assert str(plan) == "User{id}"


def test_a_plan_finds_the_one_choice_for_a_path() -> None:
    orders = Choice(path=ORDERS, strategy=Strategy.SELECTIN)
    plan = Plan(choices=(Choice(path=ORDERS.parent / "id", strategy=Strategy.UNDEFER), orders))
    assert plan.choice(ORDERS) == orders
    assert plan.strategy(ORDERS) is Strategy.SELECTIN
    assert plan.choice(ORDERS / "items") is None
    assert plan.strategy(ORDERS / "items") is None


def test_a_plan_knows_the_choices_for_an_entity_and_its_subclasses() -> None:
    below = tuple(
        Choice(path=Path.parse(path), strategy=Strategy.UNDEFER)
        for path in ("User.staff.id", "User.staff[Manager].level")
    )
    others = tuple(
        Choice(path=Path.parse(path), strategy=Strategy.SELECTIN)
        for path in ("User.staff", "User.other.id", "User.staff.team.id")
    )
    plan = Plan(choices=(*others, *below))
    assert plan.below(Path.parse("User.staff")) == below


def test_eager_strategies_are_those_that_load_with_the_statement() -> None:
    eager = {strategy for strategy in Strategy if strategy.is_eager}
    assert {str(strategy) for strategy in eager} == {
        "joined",
        "selectin",
        "subquery",
        "immediate",
        "contains_eager",
        "undefer",
    }
