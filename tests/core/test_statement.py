"""Statements and their options: what an option is for, and whether the objects keep it."""

import pytest

from loadwise.core.path import Path
from loadwise.core.statement import Option, kept, load_only, same_place
from loadwise.core.strategy import Strategy
from tests.core.mapping import option

USER = Path.parse("User")


def seen_from(path: str, entity: str, *options: Option) -> list[str]:
    """The paths of the options that objects at a path keep."""
    return [str(one.path) for one in kept(options, Path.parse(path), entity)]


def test_load_only_defers_all_columns_but_those_it_names() -> None:
    every, name = load_only(USER, "name")
    assert (every.path, every.strategy, every.every) == (USER, Strategy.DEFER, True)
    assert (str(name.path), name.strategy, name.every) == ("User.name", Strategy.UNDEFER, False)


@pytest.mark.parametrize(
    ("found", "is_kept"),
    [
        (option("User.orders", Strategy.SELECTIN), True),
        (option("User.name", Strategy.DEFER), True),
        (option("User", Strategy.DEFER, every=True), True),
        (option("User", Strategy.RAISE, every=True), True),
        (option("User", Strategy.RAISE, every=True, alone=True), False),
        (option("", Strategy.RAISE, every=True, alone=True), False),
        (option("User.orders", Strategy.CONTAINS_EAGER), False),
    ],
)
def test_objects_keep_options_but_not_wildcards_that_stand_alone_nor_contains_eager(
    found: Option, is_kept: bool
) -> None:
    assert found.is_kept is is_kept
    assert bool(kept((found,), USER, "User")) is is_kept


def test_an_object_keeps_the_options_for_what_lies_below_it() -> None:
    orders = option("User.orders", Strategy.SELECTIN)
    items = option("User.orders.items", Strategy.JOINED)
    assert seen_from("User", "User", orders, items) == ["User.orders", "User.orders.items"]
    assert seen_from("User.orders", "Order", orders, items) == ["Order.items"]
    assert seen_from("User.team", "Team", orders, items) == []


def test_an_object_of_a_subclass_keeps_the_options_of_its_base_and_its_own() -> None:
    options = (
        option("User[Manager].reports", Strategy.SELECTIN),
        option("User.team", Strategy.JOINED),
    )
    assert seen_from("User", "Manager", *options) == ["Manager.reports", "Manager.team"]


def test_two_walks_lead_to_the_same_objects_whatever_subclass_their_last_steps_name() -> None:
    def same(one: str, other: str) -> bool:
        return same_place(Path.parse(one).steps, Path.parse(other).steps)

    assert same("User.staff", "User.staff")
    assert same("User.staff", "User.staff[Manager]")
    assert not same("User.staff", "User.team")
    assert not same("User.staff.team", "User.staff[Manager].team")
    assert not same("User", "")
    assert same("", "")


def test_an_option_for_a_subclass_is_not_one_for_objects_of_its_base() -> None:
    reports = option("User[Manager].reports", Strategy.SELECTIN)
    assert seen_from("User", "User", reports) == ["User[Manager].reports"]
