"""The fixes of many findings become one change of each file: said once, or refused."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.edit import Applicability, Edit, Fix, insertion
from loadwise.core.finding import Finding, Level
from loadwise.core.site import Site
from loadwise.fix.inserted import together
from loadwise.fix.merge import (
    CHANGED,
    IN_THE_WAY,
    NO_PYTHON,
    Cure,
    Merged,
    UnfitError,
    cure_of,
    merge,
)
from loadwise.fix.option import ConflictError
from tests.fix.editing import FILE, place, text

# --- codes for one place

TOGETHER: Final[dict[str, tuple[list[str], str]]] = {
    "siblings of one statement": (
        [".options(joinedload(A.b))", ".options(selectinload(A.cs))"],
        ".options(joinedload(A.b), selectinload(A.cs))",
    ),
    "what is nested goes on from what is there": (
        [".options(selectinload(A.bs))", ".options(selectinload(A.bs).selectinload(B.cs))"],
        ".options(selectinload(A.bs).selectinload(B.cs))",
    ),
    "two below one": (
        [".options(selectinload(A.b).joinedload(B.c))", ".options(selectinload(A.b).undefer(B.d))"],
        ".options(selectinload(A.b).options(joinedload(B.c), undefer(B.d)))",
    ),
    "there is one strategy for one path": (
        [".options(selectinload(A.b))", ".options(joinedload(A.b).joinedload(B.c))"],
        ".options(selectinload(A.b).joinedload(B.c))",
    ),
    "the subclass that has it stands beside it": (
        [
            ".options(selectinload(A.b).options(selectin_polymorphic(B, [C]), undefer(C.d)))",
            ".options(selectinload(A.b).options(selectin_polymorphic(B, [C]), undefer(C.e)))",
        ],
        (
            ".options(selectinload(A.b).options(selectin_polymorphic(B, [C]),"
            " undefer(C.d), undefer(C.e)))"
        ),
    ),
    "behind an option that is there": (
        [".joinedload(B.c)", ".selectinload(B.ds)"],
        ".options(joinedload(B.c), selectinload(B.ds))",
    ),
    "deeper behind an option that is there": (
        [".joinedload(B.c)", ".joinedload(B.c).joinedload(C.d)"],
        ".joinedload(B.c).joinedload(C.d)",
    ),
    "options of a get": (
        [", options=[joinedload(A.b)]", ", options=[joinedload(A.b).joinedload(B.c)]"],
        ", options=[joinedload(A.b).joinedload(B.c)]",
    ),
    "more options of a list": (
        [", joinedload(A.b)", ", selectinload(A.cs)"],
        ", joinedload(A.b), selectinload(A.cs)",
    ),
    "an option that goes on, and one more": (
        [", selectinload(A.cs)", ".joinedload(B.c)"],
        ".joinedload(B.c), selectinload(A.cs)",
    ),
    "options in a name": (
        ["[*given, joinedload(A.b)]", "[*given, joinedload(A.c)]"],
        "[*given, joinedload(A.b), joinedload(A.c)]",
    ),
    "keywords": ([", posts=[]", ", tags=set()"], ", posts=[], tags=set()"),
    "the first keywords": (["posts=[]", "tags=set()"], "posts=[], tags=set()"),
    "imported names": ([", undefer", ", joinedload, undefer"], ", joinedload, undefer"),
    "imported names ahead of others": (
        ["joinedload,\n    ", "defer,\n    joinedload,\n    "],
        "defer,\n    joinedload,\n    ",
    ),
    "a line for each call": (
        ["\n    .options(joinedload(A.b))", "\n    .options(joinedload(A.c))"],
        "\n    .options(joinedload(A.b), joinedload(A.c))",
    ),
    "a line for each option": (
        [",\n    joinedload(A.b)", ",\n    joinedload(A.c)"],
        ",\n    joinedload(A.b),\n    joinedload(A.c)",
    ),
    "lines of imports": (
        ["from orm import b\n", "from app import B, A\n", "from orm import a\n"],
        "from app import A, B\nfrom orm import a, b\n",
    ),
    "refreshes of one object": (
        ['await s.refresh(u, ["a"])\n', "await s.refresh(u)\n", 'await s.refresh(u, ["b"])\n'],
        'await s.refresh(u)\nawait s.refresh(u, ["a", "b"])\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", TOGETHER)
def test_together(case: str) -> None:
    texts, expected = TOGETHER[case]
    assert together(texts) == expected
    assert together([*texts, *texts]) == expected
    if case != "an option that goes on, and one more":
        assert together([expected, *texts]) == expected


@pytest.mark.parametrize(
    "texts", [[", a=1", ", a=2"], [".options(x)", ".options(1)"], ["x +", "y"], ["[a]", "b"]]
)
def test_what_cannot_be_put_together(texts: list[str]) -> None:
    with pytest.raises(ConflictError):
        together(texts)


CHAINS: Final = st.lists(
    st.sampled_from(["joinedload(A.b)", "selectinload(A.cs)", "joinedload(B.c)", "undefer(B.d)"]),
    min_size=1,
    max_size=4,
).map(".".join)


@given(st.lists(CHAINS, min_size=1, max_size=4))
def test_it_does_not_matter_how_it_is_bracketed(chains: list[str]) -> None:
    texts = [f".options({chain})" for chain in chains]
    whole = together(texts)
    for cut in range(len(texts)):
        first = together(texts[:cut]) if cut else ""
        assert together([one for one in (first, *texts[cut:]) if one]) == whole or len(texts) == 1


# --- fixes of findings

SOURCE: Final = text(
    """
    from sqlalchemy import select
    from app import User

    async def show(session):
        user = (await session.scalars(select(User))).one()
        await session.commit()
        if user.name:
            print(user.name)
    """
)
LOAD: Final = Site(file=FILE, line=5, code="    user = (await session.scalars(select(User))).one()")


def behind(written: str, part: str, code: str) -> Edit:
    """The edit that puts code behind a part of a source."""
    line, column = place(written, part)
    return insertion(FILE, line, column + len(part), code)


def cure(*edits: Edit, name: str = "org", level: Level = Level.ERROR, **words: Any) -> Cure:
    """A cure of a gap of a user."""
    fix = Fix(
        title="load it", applicability=Applicability.SAFE, text=edits[0].text.strip(), edits=edits
    )
    finding = Finding(
        rule="lazy-read",
        code="LW101",
        level=level,
        message="",
        attribute=f"User.{name}",
        entity="app.User",
        instance="User 1",
        path=f"User.{name}",
        fixes=(fix,),
        **{"load": LOAD, **words},
    )
    return Cure(finding=finding, fix=fix)


def option(chain: str, **words: Any) -> Cure:
    """A cure that gives the statement one more option, with the import that it needs."""
    imported = insertion(FILE, 3, 1, f"from sqlalchemy.orm import {chain.partition('(')[0]}\n")
    return cure(behind(SOURCE, "select(User)", f".options({chain})"), imported, **words)


def merged(cures: Iterable[Cure], written: str = SOURCE) -> Merged:
    return merge(cures, {FILE: written}.__getitem__)


def test_the_gaps_of_one_statement_are_one_option_call_and_one_import() -> None:
    cures = [
        option("selectinload(User.posts)", name="posts"),
        option("joinedload(User.org).joinedload(Org.boss)"),
        option("joinedload(User.org)", level=Level.NOTE),
    ]
    done = merged(cures)
    assert set(map(id, done.applied)) == set(map(id, cures))
    assert done.refused == ()
    assert done.after[FILE] == SOURCE.replace(
        "select(User)",
        "select(User).options(joinedload(User.org).joinedload(Org.boss), selectinload(User.posts))",
    ).replace(
        "from app import User\n",
        "from app import User\nfrom sqlalchemy.orm import joinedload, selectinload\n",
    )
    assert merged(reversed(cures)).after == done.after


def test_what_weighs_more_is_not_overruled() -> None:
    line, column = place(SOURCE, "select(User)")
    rename = [
        cure(Edit(file=FILE, start=(line, column), end=(line, column + 12), text=new), level=level)
        for new, level in (("other(User)", Level.WARNING), ("one(User)", Level.ERROR))
    ]
    done = merged(rename)
    assert "one(User)" in done.after[FILE]
    assert [(one.cure, one.file, one.reason) for one in done.refused] == [
        (rename[0], FILE, IN_THE_WAY)
    ]


REFUSED: Final[dict[str, tuple[Cure, str]]] = {
    "no Python any more": (cure(behind(SOURCE, "select(User)", ")")), NO_PYTHON),
    "a keyword twice": (
        cure(behind(SOURCE, "select(User", ", a=1, a=2")),
        NO_PYTHON,
    ),
    "behind the end": (cure(insertion(FILE, 90, 1, "x")), CHANGED),
    "other code where it was loaded": (
        option("joinedload(User.org)", load=Site(file=FILE, line=5, code="    pass")),
        CHANGED,
    ),
    "other code where it was read": (
        option("joinedload(User.org)", read=Site(file=FILE, line=6, code="user.org")),
        CHANGED,
    ),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_does_not_fit_is_refused(case: str) -> None:
    wrong, reason = REFUSED[case]
    fine = option("selectinload(User.posts)", name="posts", level=Level.NOTE)
    done = merged([wrong, fine])
    assert [one.reason for one in done.refused] == [reason]
    assert done.applied == (fine,)
    assert "posts" in done.after[FILE]


def test_a_file_that_is_not_fit_is_refused_once_for_each_cure() -> None:
    def unfit(file: str) -> str:
        raise UnfitError("it is read-only")

    done = merge([option("joinedload(User.org)"), option("joinedload(User.boss)")], unfit)
    assert [one.reason for one in done.refused] == ["it is read-only"] * 2
    assert (done.before, done.after, done.applied) == ({}, {}, ())


def test_a_cure_of_two_files_is_applied_to_both_or_to_none() -> None:
    both = cure(insertion("a.py", 1, 1, "x = 1\n"), insertion("b.py", 1, 1, "y = 1\n"))
    done = merge([both], {"a.py": "pass\n", "b.py": "not Python at all\n"}.__getitem__)
    assert (done.after, [one.file for one in done.refused]) == ({}, ["b.py"])


def test_one_refresh_is_enough_for_the_reads_behind_it() -> None:
    site = Site(file=FILE, line=6)
    cause = Cause(kind=CauseKind.EXPIRED_BY_COMMIT, site=site)
    code = "await session.refresh(user)"
    first, second = (
        cure(insertion(FILE, line, 1, f"{indent}{code}\n"), name="name", cause=cause)
        for line, indent in ((7, "    "), (8, "        "))
    )
    assert merged([first, second]).after[FILE].count(code) == 1
    other = Cause(kind=CauseKind.EXPIRED_BY_COMMIT, site=Site(file=FILE, line=5))
    apart = cure(*second.fix.edits, name="name", cause=other)
    assert merged([first, apart]).after[FILE].count(code) == 2


def test_what_may_be_applied() -> None:
    finding = option("joinedload(User.org)").finding
    shown, safe = Fix(title="", applicability=Applicability.DISPLAY, text="x"), finding.fixes[0]
    unsafe = Fix(title="", applicability=Applicability.UNSAFE, text="y", edits=safe.edits)

    def chosen(*fixes: Fix, asked: bool) -> Fix | None:
        one = Finding(
            **{**{name: getattr(finding, name) for name in finding.__slots__}, "fixes": fixes}
        )
        found = cure_of(one, unsafe=asked)
        return found.fix if found else None

    assert chosen(shown, unsafe, safe, asked=False) is safe
    assert chosen(shown, unsafe, safe, asked=True) is unsafe
    assert chosen(shown, unsafe, asked=False) is None
    assert chosen(shown, asked=True) is None
