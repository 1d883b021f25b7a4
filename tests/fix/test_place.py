"""Edits in the source: each case is a source, and the source as it must be afterwards."""

from __future__ import annotations

from typing import Final

import pytest

from loadwise.fix.chain import Options
from loadwise.fix.place import (
    Placed,
    add_keyword,
    add_options,
    can_repeat_option,
    extend_option,
    insert_before,
    remove_option,
    replace_option,
)
from tests.fix.editing import FILE, applied, loading, place, source, text

OPTION: Final = "joinedload(User.org)"


def given_options(written: str) -> tuple[Placed, str]:
    """What a source becomes with one option more."""
    placed = add_options(loading(written), [OPTION], sure=True)
    assert placed is not None
    return placed, applied(written, placed.edits)


# --- .options() of a statement ------------------------------------------------------------------

STATEMENTS: Final = {
    "inline": (
        "await session.scalars(select(User))",
        "await session.scalars(select(User).options(joinedload(User.org)))",
    ),
    "inline, with more behind": (
        "x = (await session.scalars(select(User).where(User.id == 1))).one()",
        (
            "x = (await session.scalars(select(User).where(User.id == 1)"
            ".options(joinedload(User.org)))).one()"
        ),
    ),
    "inline, with parameters": (
        'await session.execute(select(User), {"id": 1})',
        'await session.execute(select(User).options(joinedload(User.org)), {"id": 1})',
    ),
    "inline, trailing comma": (
        "await session.scalars(select(User),)",
        "await session.scalars(select(User).options(joinedload(User.org)),)",
    ),
    "inline, in brackets": (
        "await session.scalars((select(User)))",
        "await session.scalars((select(User).options(joinedload(User.org))))",
    ),
    "by keyword": (
        "await session.scalars(statement=select(User))",
        "await session.scalars(statement=select(User).options(joinedload(User.org)))",
    ),
    "streamed": (
        "x = await session.stream(select(User))",
        "x = await session.stream(select(User).options(joinedload(User.org)))",
    ),
    "several lines": (
        """
        x = await session.scalars(
            select(User)
            .where(User.id == 1)  # the first
            .order_by(User.id)
        )
        """,
        """
        x = await session.scalars(
            select(User)
            .where(User.id == 1)  # the first
            .order_by(User.id)
            .options(joinedload(User.org))
        )
        """,
    ),
    "several lines, comment behind": (
        """
        x = await session.scalars(
            select(User),  # all of them
        )
        """,
        """
        x = await session.scalars(
            select(User).options(joinedload(User.org)),  # all of them
        )
        """,
    ),
    "not ASCII": (
        'await session.scalars(select(User).where(User.name == "J\u00fcrgen \U0001f600"))',
        (
            'await session.scalars(select(User).where(User.name == "J\u00fcrgen \U0001f600")'
            ".options(joinedload(User.org)))"
        ),
    ),
    "not ASCII before": (
        '"\u00e4\u20ac\U0001f600", await session.scalars(select(User))',
        (
            '"\u00e4\u20ac\U0001f600", await session.scalars(select(User)'
            ".options(joinedload(User.org)))"
        ),
    ),
    "variable": (
        """
        async def show(session):
            statement = select(User).where(User.id == 1)
            return await session.scalars(statement)
        """,
        """
        async def show(session):
            statement = select(User).where(User.id == 1).options(joinedload(User.org))
            return await session.scalars(statement)
        """,
    ),
    "annotated variable": (
        """
        async def show(session):
            statement: Select[User] = select(User)
            return await session.scalars(statement)
        """,
        """
        async def show(session):
            statement: Select[User] = select(User).options(joinedload(User.org))
            return await session.scalars(statement)
        """,
    ),
    "variable, several lines": (
        """
        async def show(session):
            statement = (
                select(User)
                .order_by(User.id)
            )
            return await session.scalars(statement)
        """,
        """
        async def show(session):
            statement = (
                select(User)
                .order_by(User.id)
                .options(joinedload(User.org))
            )
            return await session.scalars(statement)
        """,
    ),
    "step by step": (
        """
        async def show(session, name):
            statement = select(User)
            if name:
                statement = statement.where(User.name == name)
            return await session.scalars(statement)
        """,
        """
        async def show(session, name):
            statement = select(User)
            if name:
                statement = statement.where(User.name == name)
            return await session.scalars(statement.options(joinedload(User.org)))
        """,
    ),
    "one or the other": (
        """
        async def show(session, old):
            if old:
                statement = select(User).where(User.id < 9)
            else:
                statement = select(User)
            return await session.scalars(statement)
        """,
        """
        async def show(session, old):
            if old:
                statement = select(User).where(User.id < 9)
            else:
                statement = select(User)
            return await session.scalars(statement.options(joinedload(User.org)))
        """,
    ),
    "variable of the module": (
        """
        ALL = select(User)

        async def show(session):
            return await session.scalars(ALL)
        """,
        """
        ALL = select(User)

        async def show(session):
            return await session.scalars(ALL.options(joinedload(User.org)))
        """,
    ),
    "variable, not a select": (
        """
        async def show(session):
            statement = build(User)
            return await session.scalars(statement)
        """,
        """
        async def show(session):
            statement = build(User)
            return await session.scalars(statement.options(joinedload(User.org)))
        """,
    ),
    "attribute": (
        "await session.scalars(self.statement)",
        "await session.scalars(self.statement.options(joinedload(User.org)))",
    ),
    "call": (
        "await session.scalars(build(1))",
        "await session.scalars(build(1).options(joinedload(User.org)))",
    ),
    "tabs": (
        "async def show(session):\n\tif 1:\n\t\tawait session.scalars(select(User))\n",
        (
            "async def show(session):\n\tif 1:\n"
            "\t\tawait session.scalars(select(User).options(joinedload(User.org)))\n"
        ),
    ),
    "Windows": (
        "x = 1\r\nawait session.scalars(\r\n    select(User)\r\n)\r\n",
        (
            "x = 1\r\nawait session.scalars(\r\n"
            "    select(User).options(joinedload(User.org))\r\n)\r\n"
        ),
    ),
    "form feed": (
        'x = "\x0b\x85\u2028"\n\x0c\nawait session.scalars(select(User))\n',
        (
            'x = "\x0b\x85\u2028"\n\x0c\nawait session.scalars(select(User)'
            ".options(joinedload(User.org)))\n"
        ),
    ),
}


@pytest.mark.parametrize("case", STATEMENTS)
def test_options_of_a_statement(case: str) -> None:
    before, after = map(text, STATEMENTS[case])
    assert given_options(before)[1] == after


@pytest.mark.parametrize(
    "written",
    [
        "async def show(session, statement):\n    await session.scalars(statement)\n",
        "async def show(session, *, statement):\n    await session.scalars(statement)\n",
        "async def show(session, statement, /):\n    await session.scalars(statement)\n",
        "await session.scalars(select(User) if x else select(Org))",
        "await session.scalars(all_of[User])",
        "await session.scalars(*statements)",
        "await session.scalars()",
        "await session.refresh(user)",
        "await load(session.sync)",
    ],
)
def test_options_where_no_statement_is_to_be_seen(written: str) -> None:
    part = "session.sync" if "session.sync" in written else "session."
    found = loading(written, "load(" if part == "session.sync" else part)
    assert add_options(found, [OPTION], sure=True) is None


def test_several_options_stand_side_by_side() -> None:
    written = "await session.scalars(select(User))"
    placed = add_options(loading(written), ["a(U.b)", "c(U.d)"], sure=False)
    assert placed is not None
    assert not placed.sure
    assert (
        applied(written, placed.edits)
        == "await session.scalars(select(User).options(a(U.b), c(U.d)))"
    )


def test_what_is_shown_of_a_statement_is_the_whole_where_it_is_one_line() -> None:
    placed, _ = given_options("x = await session.scalars(select(User))")
    assert (placed.text, placed.line) == ("select(User).options(joinedload(User.org))", 1)
    placed, _ = given_options("x = await session.scalars(select(User)\n.where(1))")
    assert (placed.text, placed.line) == (".options(joinedload(User.org))", 2)


# --- options= of get and merge ------------------------------------------------------------------

CALLS: Final = {
    "none yet": (
        "await session.get(User, 1)",
        "await session.get(User, 1, options=[joinedload(User.org)])",
    ),
    "get_one": (
        "await session.get_one(User, 1)",
        "await session.get_one(User, 1, options=[joinedload(User.org)])",
    ),
    "merge": (
        "await session.merge(user)",
        "await session.merge(user, options=[joinedload(User.org)])",
    ),
    "no argument at all": (
        "await session.get()",
        "await session.get(options=[joinedload(User.org)])",
    ),
    "trailing comma": (
        "await session.get(User, 1,)",
        "await session.get(User, 1, options=[joinedload(User.org)],)",
    ),
    "keywords": (
        "await session.get(entity=User, ident=1)",
        "await session.get(entity=User, ident=1, options=[joinedload(User.org)])",
    ),
    "more keywords": (
        "await session.get(User, 1, **words)",
        "await session.get(User, 1, **words, options=[joinedload(User.org)])",
    ),
    "starred": (
        "await session.get(*key)",
        "await session.get(*key, options=[joinedload(User.org)])",
    ),
    "last argument in brackets": (
        "await session.get(User, (1))",
        "await session.get(User, (1), options=[joinedload(User.org)])",
    ),
    "last argument in brackets, trailing comma": (
        "await session.get(User, ( (1) ) , )",
        "await session.get(User, ( (1) ), options=[joinedload(User.org)] , )",
    ),
    "a tuple": (
        "await session.get(User, (1, 2))",
        "await session.get(User, (1, 2), options=[joinedload(User.org)])",
    ),
    "several lines": (
        """
        x = await session.get(
            User,
            1,  # the (first)
        )
        """,
        """
        x = await session.get(
            User,
            1,
            options=[joinedload(User.org)],  # the (first)
        )
        """,
    ),
    "several lines, in brackets": (
        """
        x = await session.get(
            User,
            (
                1
            ),
        )
        """,
        """
        x = await session.get(
            User,
            (
                1
            ),
            options=[joinedload(User.org)],
        )
        """,
    ),
    "a list": (
        "await session.get(User, 1, options=[a(User.b)])",
        "await session.get(User, 1, options=[a(User.b), joinedload(User.org)])",
    ),
    "a list, trailing comma": (
        "await session.get(User, 1, options=[a(User.b),])",
        "await session.get(User, 1, options=[a(User.b), joinedload(User.org),])",
    ),
    "a list, the last in brackets": (
        "await session.get(User, 1, options=[(a(User.b))])",
        "await session.get(User, 1, options=[(a(User.b)), joinedload(User.org)])",
    ),
    "a list, several lines": (
        """
        x = await session.get(
            User,
            1,
            options=[
                a(User.b),  # (b)
            ],
        )
        """,
        """
        x = await session.get(
            User,
            1,
            options=[
                a(User.b),
                joinedload(User.org),  # (b)
            ],
        )
        """,
    ),
    "an empty list": (
        "await session.get(User, 1, options=[])",
        "await session.get(User, 1, options=[*[], joinedload(User.org)])",
    ),
    "options in a tuple": (
        "await session.get(User, 1, options=(a(User.b), c(User.d)))",
        "await session.get(User, 1, options=(a(User.b), c(User.d), joinedload(User.org)))",
    ),
    "a tuple of one": (
        "await session.get(User, 1, options=(a(User.b),))",
        "await session.get(User, 1, options=(a(User.b), joinedload(User.org),))",
    ),
    "a variable": (
        "await session.get(User, 1, options=some)",
        "await session.get(User, 1, options=[*some, joinedload(User.org)])",
    ),
    "not ASCII": (
        'await session.get(User, "J\u00fcrgen \U0001f600")',
        'await session.get(User, "J\u00fcrgen \U0001f600", options=[joinedload(User.org)])',
    ),
}


@pytest.mark.parametrize("case", CALLS)
def test_options_of_a_call(case: str) -> None:
    before, after = map(text, CALLS[case])
    assert given_options(before)[1] == after


def test_what_is_shown_of_a_call() -> None:
    shown = "session.get(User, 1, options=[joinedload(User.org)])"
    assert given_options("x = await session.get(User, 1)")[0].text == shown
    assert given_options("x = await session.get(\n    User,\n    1\n)")[0].text == (
        "session.get( User, 1, options=[joinedload(User.org)] )"
    )
    assert given_options("x = await session.get(\n    User,  # a user\n    1\n)")[0].text == (
        "options=[joinedload(User.org)]"
    )


@pytest.mark.parametrize("method", ["get", "merge"])
def test_what_is_shown_keeps_the_strings(method: str) -> None:
    placed, _ = given_options(f'x = await session.{method}(User, "two  blanks")')
    assert '"two  blanks"' in placed.text


# --- options that are there ---------------------------------------------------------------------


def asked(*last: str, narrow: str = "") -> Options:
    """What to go on with, from a missing attribute."""
    return Options(texts=(), last=last, functions=(), entities=(), narrow=narrow)


REPLACED: Final = {
    "plain": (
        "await session.scalars(select(User).options(lazyload(User.org)))",
        ("joinedload(User.org)",),
        "await session.scalars(select(User).options(joinedload(User.org)))",
    ),
    "of a module": (
        "await session.scalars(select(User).options(orm.lazyload(User.org)))",
        ("joinedload(User.org)",),
        "await session.scalars(select(User).options(orm.joinedload(User.org)))",
    ),
    "in a chain": (
        "await session.scalars(select(Post).options(joinedload(Post.user).lazyload(User.org)))",
        ("joinedload(User.org)",),
        "await session.scalars(select(Post).options(joinedload(Post.user).joinedload(User.org)))",
    ),
    "and further": (
        "await session.scalars(select(User).options(lazyload(User.org)))",
        ("joinedload(User.org)", "joinedload(Org.boss)"),
        "await session.scalars(select(User).options(joinedload(User.org).joinedload(Org.boss)))",
    ),
    "in a variable": (
        """
        async def show(session):
            statement = select(User).options(
                lazyload(User.org),  # not needed
            )
            return await session.scalars(statement)
        """,
        ("selectinload(User.org)",),
        """
        async def show(session):
            statement = select(User).options(
                selectinload(User.org),  # not needed
            )
            return await session.scalars(statement)
        """,
    ),
}


@pytest.mark.parametrize("case", REPLACED)
def test_an_option_is_replaced(case: str) -> None:
    before, new, after = REPLACED[case]
    placed = replace_option(loading(text(before)), "org", "lazyload", new)
    assert placed is not None
    assert applied(text(before), placed.edits) == text(after)


@pytest.mark.parametrize(
    "written",
    [
        "await session.scalars(select(User))",
        "await session.scalars(select(User).options(lazyload(User.other)))",
        "await session.scalars(select(User).options(ll(User.org)))",
        "await session.scalars(select(U).options(lazyload(U.org), lazyload(V.org)))",
        "await session.scalars(select(U).options(lazyload(U.org, sql_only=True)))",
    ],
)
def test_no_option_is_replaced_where_it_is_not_just_one(written: str) -> None:
    assert replace_option(loading(written), "org", "lazyload", ("joinedload(U.org)",)) is None


def test_no_option_is_replaced_and_gone_on_from_where_it_goes_on_already() -> None:
    written = "await session.scalars(select(U).options(lazyload(U.org).joinedload(Org.x)))"
    new = ("joinedload(U.org)", "joinedload(Org.boss)")
    assert replace_option(loading(written), "org", "lazyload", new) is None


EXTENDED: Final = {
    "plain": (
        "await session.scalars(select(Post).options(joinedload(Post.user)))",
        asked("joinedload(User.org)"),
        "await session.scalars(select(Post).options(joinedload(Post.user).joinedload(User.org)))",
    ),
    "two further": (
        "await session.scalars(select(Post).options(joinedload(Post.user)))",
        asked("joinedload(User.org)", "undefer(Org.text)"),
        (
            "await session.scalars(select(Post).options("
            "joinedload(Post.user).joinedload(User.org).undefer(Org.text)))"
        ),
    ),
    "in a get": (
        "await session.get(Post, 1, options=[joinedload(Post.user),])",
        asked("joinedload(User.org)"),
        "await session.get(Post, 1, options=[joinedload(Post.user).joinedload(User.org),])",
    ),
    "several lines": (
        """
        x = await session.scalars(
            select(Post).options(
                joinedload(
                    Post.user,
                ),
            )
        )
        """,
        asked("joinedload(User.org)"),
        """
        x = await session.scalars(
            select(Post).options(
                joinedload(
                    Post.user,
                ).joinedload(User.org),
            )
        )
        """,
    ),
    "to a subclass": (
        "await session.scalars(select(Post).options(joinedload(Post.user)))",
        asked("undefer(Admin.x)", narrow="selectin_polymorphic(User, [Admin])"),
        (
            "await session.scalars(select(Post).options(joinedload(Post.user)"
            ".options(selectin_polymorphic(User, [Admin]), undefer(Admin.x))))"
        ),
    ),
    "from a narrowed one": (
        "await session.scalars(select(Post).options(joinedload(Post.user.of_type(Admin))))",
        asked("joinedload(User.org)"),
        (
            "await session.scalars(select(Post).options("
            "joinedload(Post.user.of_type(Admin)).joinedload(Admin.org)))"
        ),
    ),
}


@pytest.mark.parametrize("case", EXTENDED)
def test_an_option_is_extended(case: str) -> None:
    before, more, after = EXTENDED[case]
    placed = extend_option(loading(text(before)), "user", "joinedload", more)
    assert placed is not None
    assert applied(text(before), placed.edits) == text(after)


@pytest.mark.parametrize(
    "written",
    [
        "await session.scalars(select(Post))",
        "await session.scalars(select(Post).options(selectinload(Post.user)))",
        "await session.scalars(select(Post).options(joinedload(Post.user).joinedload(User.x)))",
        "await session.scalars(select(P).options(joinedload(P.user), joinedload(Q.user)))",
    ],
)
def test_no_option_is_extended_where_it_is_not_just_one(written: str) -> None:
    more = asked("joinedload(User.org)")
    assert extend_option(loading(written), "user", "joinedload", more) is None


@pytest.mark.parametrize(
    ("option", "repeatable"),
    [
        ("joinedload(Post.user)", True),
        ("joinedload(Post.user, innerjoin=True)", False),
        ("joinedload(Post.user.of_type(Admin))", False),
        ("joinedload(Post.user.and_(User.id > 1))", False),
        ("selectinload(Post.user)", None),
        ("joinedload(Post.other)", None),
    ],
)
def test_whether_an_option_can_be_said_again(option: str, repeatable: bool | None) -> None:
    written = f"await session.scalars(select(Post).options({option}))"
    assert can_repeat_option(loading(written), "user", "joinedload") is repeatable


# --- one keyword more ---------------------------------------------------------------------------

BUILT: Final = {
    "where it is added": (
        "session.add(User(id=1))",
        "session.add(User(id=1, posts=[]))",
    ),
    "without arguments": (
        "session.add(User())",
        "session.add(User(posts=[]))",
    ),
    "of a module": (
        "session.add(models.User(1))",
        "session.add(models.User(1, posts=[]))",
    ),
    "before": (
        """
        async def show(session):
            user = User(id=1)
            session.add(user)
        """,
        """
        async def show(session):
            user = User(id=1, posts=[])
            session.add(user)
        """,
    ),
    "before, several lines": (
        """
        async def show(session):
            user = User(
                id=1,
                org=Org(2),  # (2)
            )
            session.add(user)
        """,
        """
        async def show(session):
            user = User(
                id=1,
                org=Org(2),
                posts=[],  # (2)
            )
            session.add(user)
        """,
    ),
    "among others": (
        """
        async def show(session):
            other = User(id=0)
            user = User(id=1)
            session.add_all([user, Org(2)])
        """,
        """
        async def show(session):
            other = User(id=0)
            user = User(id=1, posts=[])
            session.add_all([user, Org(2)])
        """,
    ),
    "in the module": (
        "user = User(id=1)\nsession.add(user)\n",
        "user = User(id=1, posts=[])\nsession.add(user)\n",
    ),
}


@pytest.mark.parametrize("case", BUILT)
def test_a_keyword_at_the_construction(case: str) -> None:
    before, after = map(text, BUILT[case])
    line, _ = place(before, "session.add")
    placed = add_keyword(source(before), FILE, line, "User", "posts=[]")
    assert placed is not None
    assert applied(before, placed.edits) == after


@pytest.mark.parametrize(
    "written",
    [
        "session.add(user)",
        "session.add(make_user())",
        "session.add_all([User(id=1), User(id=2)])",
        "user = User(id=1)\nuser = User(id=2)\nsession.add(user)",
        "user, other = User(id=1), User(id=2)\nsession.add(user)",
        "session.add(user)\nuser = User(id=1)",
        "",
    ],
)
def test_no_keyword_where_the_construction_is_not_to_be_seen(written: str) -> None:
    line = place(written, "session.add")[0] if written else 1
    assert add_keyword(source(written), FILE, line, "User", "posts=[]") is None


# --- a line before ------------------------------------------------------------------------------

CODE: Final = "await session.refresh(user)"

BEFORE: Final = {
    "plain": (
        """
        async def show(user):
            return user.org
        """,
        """
        async def show(user):
            await session.refresh(user)
            return user.org
        """,
    ),
    "in a block": (
        """
        async def show(user):
            if user:
                # a comment
                print(user.org)
        """,
        """
        async def show(user):
            if user:
                # a comment
                await session.refresh(user)
                print(user.org)
        """,
    ),
    "several lines": (
        """
        async def show(user):
            print(
                1,
                user.org,
            )
        """,
        """
        async def show(user):
            await session.refresh(user)
            print(
                1,
                user.org,
            )
        """,
    ),
    "continued": (
        "async def show(user):\n    x = 1 + \\\n        user.org\n",
        (
            "async def show(user):\n    await session.refresh(user)\n"
            "    x = 1 + \\\n        user.org\n"
        ),
    ),
    "in a string": (
        'async def show(user):\n    x = f"""\n    {user.org}\n    """\n',
        (
            "async def show(user):\n    await session.refresh(user)\n"
            '    x = f"""\n    {user.org}\n    """\n'
        ),
    ),
    "the condition of an if": (
        """
        async def show(user):
            if user.org:
                pass
            elif user:
                pass
        """,
        """
        async def show(user):
            await session.refresh(user)
            if user.org:
                pass
            elif user:
                pass
        """,
    ),
    "under else": (
        """
        async def show(user):
            if not user:
                pass
            else:
                print(user.org)
        """,
        """
        async def show(user):
            if not user:
                pass
            else:
                await session.refresh(user)
                print(user.org)
        """,
    ),
    "the head of a for": (
        """
        async def show(user):
            for one in user.orgs:
                pass
        """,
        """
        async def show(user):
            await session.refresh(user)
            for one in user.orgs:
                pass
        """,
    ),
    "the body of a while": (
        """
        async def show(user):
            while user:
                print(user.org)
        """,
        """
        async def show(user):
            while user:
                await session.refresh(user)
                print(user.org)
        """,
    ),
    "the head of a with": (
        """
        async def show(user):
            async with use(user.org) as x:
                pass
        """,
        """
        async def show(user):
            await session.refresh(user)
            async with use(user.org) as x:
                pass
        """,
    ),
    "try and except": (
        """
        async def show(user):
            try:
                pass
            except Error:
                print(user.org)
        """,
        """
        async def show(user):
            try:
                pass
            except Error:
                await session.refresh(user)
                print(user.org)
        """,
    ),
    "the head of a match": (
        """
        async def show(user):
            match user.org:
                case 1:
                    pass
        """,
        """
        async def show(user):
            await session.refresh(user)
            match user.org:
                case 1:
                    pass
        """,
    ),
    "the body of a case": (
        """
        async def show(user):
            match user:
                case 1:
                    print(user.org)
        """,
        """
        async def show(user):
            match user:
                case 1:
                    await session.refresh(user)
                    print(user.org)
        """,
    ),
    "the first of two statements": (
        "async def show(user):\n    print(user.org); x = 1\n",
        "async def show(user):\n    await session.refresh(user)\n    print(user.org); x = 1\n",
    ),
    "the second of two statements": (
        "async def show(user):\n    x = 1; print(user.org)\n",
        "async def show(user):\n    await session.refresh(user)\n    x = 1; print(user.org)\n",
    ),
    "in a comprehension": (
        "async def show(user):\n    return [one for one in user.orgs]\n",
        (
            "async def show(user):\n    await session.refresh(user)\n"
            "    return [one for one in user.orgs]\n"
        ),
    ),
    "tabs": (
        "async def show(user):\n\tif 1:\n\t\tprint(user.org)\n",
        "async def show(user):\n\tif 1:\n\t\tawait session.refresh(user)\n\t\tprint(user.org)\n",
    ),
    "Windows": (
        "async def show(user):\r\n    print(user.org)\r\n",
        "async def show(user):\r\n    await session.refresh(user)\r\n    print(user.org)\r\n",
    ),
    "the last line has no end": (
        "async def show(user):\n    print(user.org)",
        "async def show(user):\n    await session.refresh(user)\n    print(user.org)",
    ),
    "form feed": (
        "x = 1\n\x0c\nasync def show(user):\n    print(user.org)\n",
        (
            "x = 1\n\x0c\nasync def show(user):\n    await session.refresh(user)\n"
            "    print(user.org)\n"
        ),
    ),
    "not ASCII": (
        'async def show(user):\n    print("\u00e4\u20ac\U0001f600", user.org)\n',
        (
            "async def show(user):\n    await session.refresh(user)\n"
            '    print("\u00e4\u20ac\U0001f600", user.org)\n'
        ),
    ),
    "in the module": (
        "print(user.org)\n",
        "await session.refresh(user)\nprint(user.org)\n",
    ),
    "in the second elif": (
        """
        async def show(user):
            if 1:
                pass
            elif 2:
                pass
            elif user.org:
                pass
        """,
        """
        async def show(user):
            await session.refresh(user)
            if 1:
                pass
            elif 2:
                pass
            elif user.org:
                pass
        """,
    ),
    "in a method with a decorator": (
        """
        class View:
            @cached
            async def show(self, user):
                return user.org
        """,
        """
        class View:
            @cached
            async def show(self, user):
                await session.refresh(user)
                return user.org
        """,
    ),
}


@pytest.mark.parametrize("case", BEFORE)
def test_a_line_before(case: str) -> None:
    before, after = map(text, BEFORE[case])
    line, _ = place(before, "user.org")
    placed = insert_before(source(before), FILE, line, CODE, "user")
    assert placed is not None
    assert placed.text == CODE
    assert applied(before, placed.edits) == after


NOWHERE: Final = {
    "while": "async def show(user):\n    while user.org:\n        pass\n",
    "if on one line": "async def show(user):\n    if user: print(user.org)\n",
    "else on one line": "async def show(user):\n    if 1: pass\n    else: print(user.org)\n",
    "try on one line": "async def show(user):\n    try: print(user.org)\n    finally: pass\n",
    "case on one line": "async def show(user):\n    match 1:\n        case 1: print(user.org)\n",
    "for that binds it": "async def show(users):\n    for user in users: print(user.org)\n",
    "bound by the statement": "async def show():\n    user = f(); print(user.org)\n",
    "bound by an if before": (
        "async def show():\n    if user := f(): pass\n    elif user.org:\n        pass\n"
    ),
    "bound by a walrus": "async def show():\n    print((user := f()).org, user.org)\n",
    "bound by a comprehension": "async def show(x):\n    return [user.org for user in x]\n",
    "decorator": "@show(user.org)\nasync def other():\n    pass\n",
    "default": "async def other(x=user.org):\n    pass\n",
    "base class": "class Other(user.org):\n    pass\n",
    "function on one line": "async def show(user): return user.org\n",
}


@pytest.mark.parametrize("case", NOWHERE)
def test_no_line_where_none_can_stand(case: str) -> None:
    written = NOWHERE[case]
    line, _ = place(written, "user.org")
    assert insert_before(source(written), FILE, line, CODE, "user") is None


def test_no_line_outside_the_file() -> None:
    assert insert_before(source("x = 1\n"), FILE, 9, CODE, "user") is None


# --- no option ----------------------------------------------------------------------------------

REMOVED: Final = {
    "the only one": (
        "await session.exec(select(User).options(selectinload(User.posts)))",
        "await session.exec(select(User))",
        "select(User)",
    ),
    "the only one, with more behind": (
        "await session.exec(select(User).options(selectinload(User.posts)).limit(1))",
        "await session.exec(select(User).limit(1))",
        "select(User)",
    ),
    "the first of two": (
        "await session.exec(select(User).options(selectinload(User.posts), joinedload(User.org)))",
        "await session.exec(select(User).options(joinedload(User.org)))",
        "select(User).options(joinedload(User.org))",
    ),
    "the last of two": (
        "await session.exec(select(User).options(joinedload(User.org), selectinload(User.posts)))",
        "await session.exec(select(User).options(joinedload(User.org)))",
        "select(User).options(joinedload(User.org))",
    ),
    "with all that goes on from it": (
        "await session.exec(select(User).options(selectinload(User.posts).joinedload(Post.tag)))",
        "await session.exec(select(User))",
        "select(User)",
    ),
    "behind another one": (
        "await session.exec(select(User).options(joinedload(User.org).selectinload(Org.posts)))",
        "await session.exec(select(User).options(joinedload(User.org)))",
        "joinedload(User.org)",
    ),
    "on lines of their own": (
        "await session.exec(select(User)\n    .options(\n        selectinload(User.posts),\n    ))",
        "await session.exec(select(User))",
        "select(User)",
    ),
}


@pytest.mark.parametrize("case", REMOVED)
def test_an_option_is_removed(case: str) -> None:
    written, expected, shown = REMOVED[case]
    placed = remove_option(loading(written), "posts", "selectinload")
    assert placed is not None
    assert placed.text == shown
    assert applied(written, placed.edits) == expected
    assert remove_option(loading(expected), "posts", "selectinload") is None


@pytest.mark.parametrize(
    "written",
    [
        "await session.exec(select(User))",
        "await session.exec((select(User)).options(selectinload(User.posts)))",
        "await session.exec(select(User).options((selectinload(User.posts)), joinedload(User.o)))",
        "await session.exec(select(User)  # all\n    .options(selectinload(User.posts)))",
        "await session.exec(select(User).options(*common, **more))",
        "await session.get(User, 1, options=[selectinload(User.posts)])",
        "await session.exec(select(User).with_options(selectinload(User.posts)))",
        "await session.exec(select(User).options(selectinload(User.posts, Post.tags)))",
    ],
)
def test_no_option_is_removed_where_that_is_not_just_it(written: str) -> None:
    assert remove_option(loading(written), "posts", "selectinload") is None
