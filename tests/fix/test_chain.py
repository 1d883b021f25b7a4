"""The options that load what is missing, from the root of the statement."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import pytest

from loadwise.core.origin import EntityName, Hop, LoadKind, Origin, Shape
from loadwise.core.strategy import Strategy
from loadwise.fix.chain import FUNCTIONS, Options, function_for, loadable, options


def entity(name: str) -> EntityName:
    return EntityName(module="app", name=name)


def hop(path: str, shape: Shape = Shape.REFERENCE, **words: Any) -> Hop:
    """A hop by its path, as in `User.org`."""
    owner, _, name = path.partition(".")
    return Hop(**{"owner": entity(owner), "name": name, "shape": shape, **words})


COLUMN, COLLECTION = Shape.COLUMN, Shape.COLLECTION


def asked(
    *hops: Hop,
    ahead: tuple[Hop, ...] = (),
    kind: LoadKind = LoadKind.SELECT,
    root: str = "",
    joins: bool = True,
) -> Options:
    """The options for a way of loading."""
    origin = Origin(kind=kind, root=hops[0].owner, hops=hops, ahead=ahead)
    return options(origin, root or hops[0].owner.name, joins=joins)


ADMIN: Final[dict[str, Any]] = {"subclass_of": entity("User")}

CASES: Final = {
    "a reference": (asked(hop("User.org")), "joinedload(User.org)"),
    "a collection": (asked(hop("User.posts", COLLECTION)), "selectinload(User.posts)"),
    "a column": (asked(hop("User.text", COLUMN, chosen=Strategy.DEFER)), "undefer(User.text)"),
    "a root by another name": (
        asked(hop("User.org"), root="models.User"),
        "joinedload(models.User.org)",
    ),
    "no join": (asked(hop("User.org"), joins=False), "selectinload(User.org)"),
    "of RETURNING": (asked(hop("User.org"), kind=LoadKind.RETURNING), "selectinload(User.org)"),
    "of from_statement": (
        asked(hop("User.org", chosen=Strategy.JOINED), kind=LoadKind.FROM_STATEMENT),
        "selectinload(User.org)",
    ),
    "eager by the mapping, in vain": (
        asked(hop("User.org", chosen=Strategy.SUBQUERY)),
        "subqueryload(User.org)",
    ),
    "eager by an option, in vain": (
        asked(hop("User.posts", COLLECTION, chosen=Strategy.JOINED, by_option=True)),
        "selectinload(User.posts)",
    ),
    "two hops, the first by an option": (
        asked(
            hop("User.posts", COLLECTION, chosen=Strategy.SELECTIN, by_option=True), hop("Post.tag")
        ),
        "selectinload(User.posts).joinedload(Post.tag)",
    ),
    "two hops, the first by the mapping": (
        asked(hop("User.posts", COLLECTION, chosen=Strategy.SELECTIN), hop("Post.tag")),
        "defaultload(User.posts).joinedload(Post.tag)",
    ),
    "two hops, the first by contains_eager()": (
        asked(hop("User.org", chosen=Strategy.CONTAINS_EAGER, by_option=True), hop("Org.tag")),
        "contains_eager(User.org).joinedload(Org.tag)",
    ),
    "two hops, the first is lazy": (
        asked(hop("User.org"), hop("Org.tags", COLLECTION)),
        "joinedload(User.org).selectinload(Org.tags)",
    ),
    "more lies ahead": (
        asked(hop("User.org"), ahead=(hop("Org.boss"), hop("User.name", COLUMN))),
        "joinedload(User.org).joinedload(Org.boss)",
    ),
    "a deferred column lies ahead": (
        asked(hop("User.org"), ahead=(hop("Org.text", COLUMN, chosen=Strategy.DEFER),)),
        "joinedload(User.org).undefer(Org.text)",
    ),
    "what lies ahead is eager": (
        asked(hop("User.org"), ahead=(hop("Org.boss", chosen=Strategy.JOINED),)),
        "joinedload(User.org)",
    ),
    "what lies behind an eager one is lazy": (
        asked(hop("User.org"), ahead=(hop("Org.boss", chosen=Strategy.SELECTIN), hop("User.tag"))),
        "joinedload(User.org).selectinload(Org.boss).joinedload(User.tag)",
    ),
    "a column of a subclass": (
        asked(hop("Admin.level", COLUMN, **ADMIN), root="User"),
        "selectin_polymorphic(User, [Admin])",
    ),
    "a reference of a subclass": (
        asked(hop("Admin.office", **ADMIN), root="User"),
        "selectin_polymorphic(User, [Admin]), joinedload(Admin.office)",
    ),
    "a reference of a subclass, further away": (
        asked(
            hop("Post.user", chosen=Strategy.JOINED, by_option=True), hop("Admin.office", **ADMIN)
        ),
        (
            "joinedload(Post.user)"
            ".options(selectin_polymorphic(User, [Admin]), joinedload(Admin.office))"
        ),
    ),
    "a column of a subclass, further away": (
        asked(
            hop("Post.user", chosen=Strategy.JOINED, by_option=True),
            hop("Admin.level", COLUMN, **ADMIN),
        ),
        "joinedload(Post.user).options(selectin_polymorphic(User, [Admin]))",
    ),
    "a tree that ends": (
        asked(
            hop("Node.nodes", COLLECTION, chosen=Strategy.SELECTIN, self_referential=True),
            hop("Node.nodes", COLLECTION, chosen=Strategy.SELECTIN, self_referential=True),
        ),
        "selectinload(Node.nodes, recursion_depth=-1)",
    ),
    "a tree that is lazy": (
        asked(hop("Node.parent", self_referential=True)),
        "joinedload(Node.parent)",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_options(case: str) -> None:
    found, expected = CASES[case]
    assert found.text == expected
    compile(f"f({found.text})", "options", "eval")


@pytest.mark.parametrize("case", CASES)
def test_every_function_that_is_called_is_named_once(case: str) -> None:
    found, expected = CASES[case]
    assert len(found.functions) == len({*found.functions})
    assert all(f"{name}(" in expected for name in found.functions)
    called = expected.replace("(", " ( ").replace(".", " ").replace(",", " ").split()
    names = {name for name, behind in pairwise(called) if behind == "("}
    assert names - {"options"} == {*found.functions}


def test_entities_are_those_beside_the_root() -> None:
    found = asked(
        hop("User.posts", COLLECTION, chosen=Strategy.SELECTIN, by_option=True), hop("Post.tag")
    )
    assert found.entities == (entity("Post"),)
    assert asked(hop("User.org"), root="models.User").entities == ()
    assert asked(hop("Admin.office", **ADMIN), root="User").entities == (entity("Admin"),)


def test_the_last_calls_begin_at_what_is_missing() -> None:
    found = asked(
        hop("User.posts", COLLECTION, chosen=Strategy.SELECTIN, by_option=True),
        hop("Post.tag"),
        ahead=(hop("Tag.boss"),),
    )
    assert found.last == ("joinedload(Post.tag)", "joinedload(Tag.boss)")


@pytest.mark.parametrize("strategy", FUNCTIONS)
def test_every_option_of_a_hop_is_kept(strategy: Strategy) -> None:
    on_the_way = hop("User.org", chosen=strategy, by_option=True)
    expected = FUNCTIONS[strategy] if strategy.is_eager else "joinedload"
    assert function_for(on_the_way, missing=False, joins=True) == expected


def test_every_eager_strategy_has_a_function() -> None:
    assert {strategy for strategy in Strategy if strategy.is_eager} <= {*FUNCTIONS}


def test_what_is_loadable_ends_at_a_column() -> None:
    tag, text = hop("Org.tag"), hop("Tag.text", COLUMN, chosen=Strategy.DEFER)
    assert loadable((tag, text)) == (tag, text)
    assert loadable((tag, hop("Tag.name", COLUMN), tag)) == (tag,)
    assert loadable(()) == ()
