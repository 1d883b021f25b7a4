"""What is planned for a gap: which cures, in which order, how sure, and what the source becomes."""

from __future__ import annotations

from typing import Any, Final

import pytest

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.edit import Applicability, Fix
from loadwise.core.have import Have
from loadwise.core.need import Need, Touched
from loadwise.core.origin import EntityName, Handle, Hop, LoadKind, Origin, Shape
from loadwise.core.path import Path
from loadwise.core.site import Site, Sites
from loadwise.core.source import Source
from loadwise.core.strategy import Strategy
from loadwise.core.tree import Missing, Tree
from loadwise.core.use import Subject, Use
from loadwise.fix.planner import CURED_BY_REFRESH, MOST, Planner
from tests.fix.editing import FILE, applied, place, text

SAFE, UNSAFE, DISPLAY = Applicability.SAFE, Applicability.UNSAFE, Applicability.DISPLAY


def entity(name: str) -> EntityName:
    return EntityName(module="app", name=name)


def hop(path: str, shape: Shape = Shape.REFERENCE, **words: Any) -> Hop:
    """A hop by its path, as in `User.org`."""
    owner, _, name = path.partition(".")
    return Hop(**{"owner": entity(owner), "name": name, "shape": shape, **words})


ORG: Final = hop("User.org")
POSTS: Final = hop("User.posts", Shape.COLLECTION)
NAME: Final = hop("User.name", Shape.COLUMN)


def cure(
    written: str,
    *hops: Hop,
    cause: CauseKind = CauseKind.NEVER_LOADED,
    at: str = "session.",
    read: str = "",
    session: str = "session",
    site: bool = True,
    **words: Any,
) -> tuple[Fix, ...]:
    """The cures for a user of a source.

    `at` is where the load begins, `read` a part of the line that touches `user`, for a handle.
    """
    root = words.pop("root", hops[0].owner)
    load = Site(file=FILE, line=place(written, at)[0], column=place(written, at)[1])
    if read:
        line = place(written, read)[0]
        words["handle"] = Handle(file=FILE, line=line, instance="user", session=session)
    origin = Origin(**{"kind": LoadKind.SELECT, "root": root, "hops": hops, **words})
    path = Path.parse("User") / hops[-1].name
    use = Use(
        subject=Subject(entity="app.User", instance="User 1"),
        have=Have.known(Tree()),
        need=Need.of(Touched(path=path)),
        sites=Sites(load=load if site else None),
        origin=origin,
    )
    sources = {FILE: Source.parse(written)}
    return Planner(sources.get).cure(use, Missing(path), Cause(kind=cause, site=load))


def first(written: str, *hops: Hop, **words: Any) -> tuple[Applicability, str]:
    """How sure the first cure is, and the source after it; the code to type if it has no edits."""
    fix = cure(text(written), *hops, **words)[0]
    edited = applied(text(written), fix.edits) if fix.edits else fix.text
    return fix.applicability, edited


# --- load it with the object --------------------------------------------------------------------

LOADED: Final[dict[str, tuple[Any, ...]]] = {
    "inline": (
        """
        from app import User
        from sqlalchemy import select

        async def show(session):
            return (await session.scalars(select(User))).one()
        """,
        (ORG,),
        {},
        SAFE,
        """
        from app import User
        from sqlalchemy import select
        from sqlalchemy.orm import joinedload

        async def show(session):
            return (await session.scalars(select(User).options(joinedload(User.org)))).one()
        """,
    ),
    "a root by another name": (
        """
        import app as models

        async def show(session):
            return (await session.scalars(select(models.User))).one()
        """,
        (ORG,),
        {},
        SAFE,
        """
        import app as models
        from sqlalchemy.orm import joinedload

        async def show(session):
            return (await session.scalars(select(models.User).options(@models))).one()
        """.replace("@models", "joinedload(models.User.org)"),
    ),
    "what the chain names is imported": (
        """
        from app import User
        from sqlalchemy.orm import selectinload

        async def show(session):
            return await session.get(User, 1)
        """,
        (hop("User.posts", Shape.COLLECTION, chosen=Strategy.SELECTIN), hop("Post.tag")),
        {"kind": LoadKind.GET},
        SAFE,
        """
        from app import Post, User
        from sqlalchemy.orm import defaultload, joinedload, selectinload

        async def show(session):
            return await session.get(User, 1, options=[@chain])
        """.replace("@chain", "defaultload(User.posts).joinedload(Post.tag)"),
    ),
    "an option that forbids it": (
        """
        from sqlalchemy.orm import joinedload

        async def show(session):
            return await session.scalars(select(User).options(lazyload(User.org)))
        """,
        (hop("User.org", by_option=True),),
        {},
        SAFE,
        """
        from sqlalchemy.orm import joinedload

        async def show(session):
            return await session.scalars(select(User).options(joinedload(User.org)))
        """,
    ),
    "an option that leads to it": (
        """
        from sqlalchemy.orm import joinedload
        from app import Post, User

        async def show(session):
            return await session.scalars(select(Post).options(joinedload(Post.user)))
        """,
        (hop("Post.user", chosen=Strategy.JOINED, by_option=True), ORG),
        {},
        SAFE,
        """
        from sqlalchemy.orm import joinedload
        from app import Post, User

        async def show(session):
            return await session.scalars(select(Post).options(@chain))
        """.replace("@chain", "joinedload(Post.user).joinedload(User.org)"),
    ),
    "no join under FOR UPDATE": (
        """
        from sqlalchemy.orm import selectinload

        async def show(session):
            return await session.scalars(select(User).with_for_update())
        """,
        (ORG,),
        {},
        SAFE,
        """
        from sqlalchemy.orm import selectinload

        async def show(session):
            return await session.scalars(select(User).with_for_update().options(@option))
        """.replace("@option", "selectinload(User.org)"),
    ),
    "an alias with a name": (
        """
        from sqlalchemy.orm import joinedload

        async def show(session):
            boss = aliased(User)
            return await session.scalars(select(boss))
        """,
        (ORG,),
        {"root_is_alias": True},
        SAFE,
        """
        from sqlalchemy.orm import joinedload

        async def show(session):
            boss = aliased(User)
            return await session.scalars(select(boss).options(joinedload(boss.org)))
        """,
    ),
    "a statement that is built elsewhere": (
        """
        from app import User
        from sqlalchemy.orm import joinedload

        async def show(session):
            return await session.scalars(build())
        """,
        (ORG,),
        {},
        UNSAFE,
        """
        from app import User
        from sqlalchemy.orm import joinedload

        async def show(session):
            return await session.scalars(build().options(joinedload(User.org)))
        """,
    ),
    "an option that leads to it, and on already": (
        """
        from sqlalchemy.orm import joinedload
        from app import Post, User

        async def show(session):
            return await session.get(Post, 1, options=[joinedload(Post.user).joinedload(User.x)])
        """,
        (hop("Post.user", chosen=Strategy.JOINED, by_option=True), ORG),
        {},
        SAFE,
        """
        from sqlalchemy.orm import joinedload
        from app import Post, User

        async def show(session):
            return await session.get(Post, 1, options=[@old, @new])
        """.replace("@old", "joinedload(Post.user).joinedload(User.x)").replace(
            "@new", "joinedload(Post.user).joinedload(User.org)"
        ),
    ),
    "a root that has to be imported": (
        """
        from sqlalchemy.orm import joinedload

        async def show(session):
            return await session.scalars(build())
        """,
        (ORG,),
        {},
        UNSAFE,
        """
        from sqlalchemy.orm import joinedload
        from app import User

        async def show(session):
            return await session.scalars(build().options(joinedload(User.org)))
        """,
    ),
}


@pytest.mark.parametrize("case", LOADED)
def test_load_it_with_the_object(case: str) -> None:
    before, hops, words, applicability, after = LOADED[case]
    found = first(before, *hops, **words)
    assert found == (applicability, text(after))


TOLD: Final[dict[str, tuple[str, tuple[Hop, ...], dict[str, Any], str]]] = {
    "a statement that is a parameter": (
        "async def show(session, statement):\n    await session.scalars(statement)\n",
        (ORG,),
        {},
        ".options(joinedload(User.org))",
    ),
    "an alias without a name": (
        "async def show(session):\n    await session.scalars(select(aliased(User)))\n",
        (ORG,),
        {"root_is_alias": True},
        ".options(joinedload(<the alias of User>.org))",
    ),
    "a select of something else": (
        "async def show(session):\n    await session.scalars(select(Post))\n",
        (ORG,),
        {},
        ".options(joinedload(User.org))",
    ),
    "no call at the place": (
        "async def show(session):\n    session.x\n",
        (ORG,),
        {},
        ".options(joinedload(User.org))",
    ),
    "no place": (
        "async def show(session):\n    await session.scalars(select(User))\n",
        (ORG,),
        {"site": False},
        ".options(joinedload(User.org))",
    ),
    "an option that says more than another one could": (
        """
        async def show(session):
            option = joinedload(Post.user.and_(User.id > 1)).joinedload(User.x)
            await session.scalars(select(Post).options(option))
        """,
        (hop("Post.user", chosen=Strategy.JOINED, by_option=True), ORG),
        {},
        ".options(joinedload(Post.user).joinedload(User.org))",
    ),
    "a name that Python cannot write": (
        "async def show(session):\n    await session.scalars(select(User))\n",
        (hop("Odd name.org"),),
        {},
        ".options(joinedload(Odd name.org))",
    ),
}


@pytest.mark.parametrize("case", TOLD)
def test_what_to_load_is_told_where_the_source_does_not_show(case: str) -> None:
    written, hops, words, expected = TOLD[case]
    assert first(written, *hops, **words) == (DISPLAY, expected)


def test_a_file_that_is_not_there_is_told() -> None:
    use = Use(
        subject=Subject(entity="app.User"),
        have=Have.known(Tree()),
        need=Need.of(),
        sites=Sites(load=Site(file="gone.py", line=1)),
        origin=Origin(kind=LoadKind.SELECT, root=entity("User"), hops=(ORG,)),
    )
    fixes = Planner(lambda file: None).cure(
        use, Missing(Path()), Cause(kind=CauseKind.NEVER_LOADED)
    )
    assert [fix.applicability for fix in fixes] == [DISPLAY, DISPLAY]


def test_nothing_is_planned_without_an_origin() -> None:
    use = Use(subject=Subject(entity="app.User"), have=Have.known(Tree()), need=Need.of())
    assert (
        Planner(lambda file: None).cure(use, Missing(Path()), Cause(kind=CauseKind.UNKNOWN)) == ()
    )


# --- the order, and the others ------------------------------------------------------------------

SHOW: Final = """
async def show(session):
    user = (await session.scalars(select(User))).one()
    return user.org
"""


def kinds(fixes: tuple[Fix, ...]) -> list[tuple[str, str]]:
    return [(fix.text, str(fix.applicability)) for fix in fixes]


def test_load_it_where_it_is_needed_or_always() -> None:
    fixes = cure(text(SHOW), ORG, read="user.org")
    assert kinds(fixes)[1:] == [
        ('await session.refresh(user, ["org"])', "unsafe"),
        ('User.org = relationship(..., lazy="selectin")', "display"),
    ]
    assert applied(text(SHOW), fixes[1].edits) == text(
        """
        async def show(session):
            user = (await session.scalars(select(User))).one()
            await session.refresh(user, ["org"])
            return user.org
        """
    )


def test_load_it_where_it_is_needed_by_awaitable_attrs() -> None:
    fixes = cure(text(SHOW), ORG, read="user.org", awaitable=True)
    assert kinds(fixes)[1] == ("await user.awaitable_attrs.org", "display")


def test_no_refresh_where_the_expression_goes_on() -> None:
    fixes = cure(text(SHOW), ORG, read="user.org", ahead=(hop("Org.boss"),))
    assert not any("refresh" in fix.text for fix in fixes)


def test_a_column_is_not_mapped_otherwise() -> None:
    deferred = hop("User.text", Shape.COLUMN, chosen=Strategy.DEFER)
    assert kinds(cure(text(SHOW), deferred)) == [
        ("select(User).options(undefer(User.text))", "safe")
    ]


def test_no_more_than_the_most() -> None:
    for cause in CauseKind:
        assert len(cure(text(SHOW), POSTS, cause=cause, read="user.org")) <= MOST


# --- refresh it ---------------------------------------------------------------------------------

COMMIT: Final = """
async def show(session, user):
    await session.commit()
    return user.name
"""


@pytest.mark.parametrize("cause", sorted(CURED_BY_REFRESH))
def test_what_was_taken_away_is_refreshed(cause: CauseKind) -> None:
    assert first(COMMIT, NAME, cause=cause, read="user.name") == (
        SAFE,
        text(
            """
            async def show(session, user):
                await session.commit()
                await session.refresh(user, ["name"])
                return user.name
            """
        ),
    )


def test_all_columns_that_are_gone_are_refreshed_at_once() -> None:
    words: dict[str, Any] = {"cause": CauseKind.EXPIRED_BY_COMMIT, "read": "user.name"}
    assert "refresh(user)\n" in first(COMMIT, NAME, expired=True, **words)[1]
    assert 'refresh(user, ["org"])' in first(COMMIT, ORG, expired=True, **words)[1]


def test_a_session_is_called_as_the_code_calls_it() -> None:
    words: dict[str, Any] = {"cause": CauseKind.EXPIRED_BY_COMMIT, "read": "user.name"}
    edited = first(COMMIT, NAME, session="self.session", **words)[1]
    assert 'await self.session.refresh(user, ["name"])' in edited


def test_a_refresh_is_told_where_no_name_is_known() -> None:
    cause = CauseKind.EXPIRED_BY_COMMIT
    assert first(COMMIT, NAME, cause=cause) == (
        DISPLAY,
        'await <the session>.refresh(<the User 1>, ["name"])',
    )
    assert first(COMMIT, NAME, cause=cause, read="user.name", session="") == (
        DISPLAY,
        'await <the session>.refresh(user, ["name"])',
    )


def test_a_refresh_is_told_where_no_line_can_stand() -> None:
    written = (
        "async def show(session, user):\n    while user.name:\n        await session.commit()\n"
    )
    fix = cure(written, NAME, cause=CauseKind.EXPIRED_BY_COMMIT, read="user.name")[0]
    assert (fix.applicability, fix.text) == (DISPLAY, 'await session.refresh(user, ["name"])')
    assert fix.site == Site(file=FILE, line=2)


def test_no_refresh_is_offered_where_no_line_can_stand() -> None:
    written = (
        "async def show(session, user):\n    await session.x()\n    while user.org:\n        pass\n"
    )
    assert not any("refresh" in fix.text for fix in cure(written, ORG, read="user.org"))


def test_a_refresh_is_told_where_the_file_is_not_there() -> None:
    use = Use(
        subject=Subject(entity="app.User"),
        have=Have.known(Tree()),
        need=Need.of(),
        origin=Origin(
            kind=LoadKind.SELECT,
            root=entity("User"),
            hops=(NAME,),
            handle=Handle(file="gone.py", line=3, instance="user", session="session"),
        ),
    )
    cause = Cause(kind=CauseKind.EXPIRED_BY_COMMIT)
    fix = Planner(lambda file: None).cure(use, Missing(Path()), cause)[0]
    assert (fix.applicability, fix.text) == (DISPLAY, 'await session.refresh(user, ["name"])')
    assert fix.site == Site(file="gone.py", line=3)


def test_alternatives_to_a_refresh() -> None:
    made = hop("User.at", Shape.COLUMN, generated=True)
    found = {
        cause: [fix.text for fix in cure(text(COMMIT), which, cause=cause, read="user.name")[1:]]
        for cause, which in (
            (CauseKind.EXPIRED_BY_COMMIT, NAME),
            (CauseKind.EXPIRED_BY_FLUSH, made),
            (CauseKind.EXPIRED_BY_ROLLBACK, NAME),
            (CauseKind.EXPIRED_EXPLICITLY, NAME),
        )
    }
    assert found == {
        CauseKind.EXPIRED_BY_COMMIT: ["async_sessionmaker(..., expire_on_commit=False)"],
        CauseKind.EXPIRED_BY_FLUSH: ['__mapper_args__ = {"eager_defaults": True}'],
        CauseKind.EXPIRED_BY_ROLLBACK: ["name = user.name  # before the rollback"],
        CauseKind.EXPIRED_EXPLICITLY: [],
    }


def test_no_eager_defaults_for_a_column_that_the_database_does_not_make() -> None:
    fixes = cure(text(COMMIT), NAME, cause=CauseKind.EXPIRED_BY_FLUSH)
    assert len(fixes) == 1


# --- construct it -------------------------------------------------------------------------------

ADD: Final = """
async def show(session):
    user = User(id=1)
    session.add(user)
    user.posts.append(Post())
"""
NEW: Final[dict[str, Any]] = {"cause": CauseKind.NEW_OBJECT, "kind": LoadKind.ADD}


def test_a_new_collection_starts_empty() -> None:
    assert first(ADD, POSTS, **NEW) == (
        SAFE,
        text(
            """
            async def show(session):
                user = User(id=1, posts=[])
                session.add(user)
                user.posts.append(Post())
            """
        ),
    )


def test_a_new_collection_is_told_where_the_construction_is_not_to_be_seen() -> None:
    written = "async def show(session, user):\n    session.add(user)\n    user.posts\n"
    assert first(written, POSTS, **NEW) == (DISPLAY, "User(..., posts=[])")


@pytest.mark.parametrize("which", [ORG, NAME])
def test_what_is_no_collection_of_a_new_object_is_refreshed(which: Hop) -> None:
    fixes = cure(text(ADD), which, read="user.posts", **NEW)
    assert kinds(fixes) == [(f'await session.refresh(user, ["{which.name}"])', "safe")]


# --- what holds for all -------------------------------------------------------------------------


def test_every_fix_says_what_it_does_and_where() -> None:
    sources = (SHOW, COMMIT, ADD)
    for written, read in zip(sources, ("user.org", "user.name", "user.posts"), strict=True):
        for cause in CauseKind:
            for which in (ORG, POSTS, NAME):
                fixes = cure(text(written), which, cause=cause, read=read)
                for fix in fixes:
                    assert fix.title
                    assert fix.text
                    assert "\n" not in fix.text
                    assert not fix.edits or fix.site is not None
                    assert bool(fix.edits) is (fix.applicability is not DISPLAY)
                assert len({fix.text for fix in fixes}) == len(fixes)


def test_a_plan_is_the_same_each_time() -> None:
    assert cure(text(SHOW), ORG, read="user.org") == cure(text(SHOW), ORG, read="user.org")
