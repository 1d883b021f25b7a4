"""What the source shows of a call that loads: its statement, and how its root is called there."""

from __future__ import annotations

from typing import Final

import pytest

from loadwise.fix.loading import loading_at
from tests.fix.editing import FILE, loading, place, source, text

ROOTS: Final[dict[str, tuple[str, str]]] = {
    "select": ("await session.scalars(select(User))", "User"),
    "of a module": ("await session.scalars(select(models.User))", "models.User"),
    "imported under another name": (
        "from app import User as Person\nawait session.scalars(select(Person))",
        "Person",
    ),
    "chained": ("await session.scalars(sa.select(User).where(User.id > 1).limit(1))", "User"),
    "one of two": ("await session.execute(select(Post, User))", "User"),
    "not among them": ("await session.scalars(select(Post))", ""),
    "a column": ("await session.scalars(select(User.id))", ""),
    "no select": ("await session.scalars(build())", ""),
    "get": ("await session.get(User, 1)", "User"),
    "get by keyword": ("await session.get(entity=User, ident=1)", "User"),
    "get of something else": ("await session.get(kind, 1)", ""),
    "merge of what is built": ("await session.merge(User(id=1))", "User"),
    "merge of a parameter": (
        "async def save(session, user: models.User):\n    await session.merge(user)",
        "models.User",
    ),
    "merge of a parameter without a kind": (
        "async def save(session, user):\n    await session.merge(user)",
        "",
    ),
    "merge of something": ("await session.merge(user)", ""),
    "variable": (
        """
        async def show(session):
            statement = select(models.User)
            await session.scalars(statement)
        """,
        "models.User",
    ),
    "variable that goes on where it is executed": (
        """
        async def show(session):
            statement = select(User)
            statement = statement.limit(1)
            await session.scalars(statement.options(joinedload(User.org)))
        """,
        "User",
    ),
    "the last of several": (
        """
        async def show(session):
            statement = select(Post)
            statement = select(User)
            await session.scalars(statement)
        """,
        "User",
    ),
    "what comes later does not count": (
        """
        async def show(session):
            statement = select(User)
            await session.scalars(statement)
            statement = select(Post)
        """,
        "User",
    ),
    "the same in both branches": (
        """
        async def show(session, old):
            if old:
                statement = select(User).where(User.id < 9)
            else:
                statement = select(User)
            await session.scalars(statement)
        """,
        "User",
    ),
    "not the same in both branches": (
        """
        async def show(session, old):
            if old:
                statement = select(User)
            else:
                statement = select(models.User)
            await session.scalars(statement)
        """,
        "",
    ),
    "variable of another function": (
        """
        async def show(session):
            await session.scalars(statement)

        def other():
            statement = select(User)
        """,
        "",
    ),
}


@pytest.mark.parametrize("case", ROOTS)
def test_how_the_root_is_called(case: str) -> None:
    written, root = ROOTS[case]
    assert loading(text(written)).root("User", aliased=False) == root


@pytest.mark.parametrize(
    ("written", "root"),
    [
        ("await session.scalars(select(boss))", "boss"),
        ("await session.scalars(select(boss, User))", ""),
        ("await session.scalars(select(aliased(User)))", ""),
        ("await session.scalars(select(User))", "User"),
    ],
)
def test_how_an_alias_is_called(written: str, root: str) -> None:
    assert loading(written).root("User", aliased=True) == root


@pytest.mark.parametrize(
    ("written", "sensitive"),
    [
        ("await session.scalars(select(User))", False),
        ("await session.scalars(select(User).with_for_update())", True),
        ("await session.scalars(select(User).distinct())", True),
        ("await session.execute(select(User).group_by(User.id))", True),
        ("await session.get(User, 1, with_for_update=True)", True),
        ("await session.scalars(select(User).where(User.distinct_id == 1))", False),
    ],
)
def test_whether_a_join_could_be_an_error(written: str, sensitive: bool) -> None:
    assert loading(written).is_sensitive_to_joins is sensitive


def test_a_join_could_be_an_error_of_a_variable() -> None:
    written = (
        "async def show(session):\n"
        "    statement = select(User)\n"
        "    statement = statement.with_for_update()\n"
        "    await session.scalars(statement)\n"
    )
    assert loading(written).is_sensitive_to_joins


@pytest.mark.parametrize(
    ("method", "takes"), [("scalars", True), ("get", True), ("merge", True), ("refresh", False)]
)
def test_what_takes_options(method: str, takes: bool) -> None:
    assert loading(f"await session.{method}(User)").takes_options is takes


def test_the_call_is_the_one_at_the_place() -> None:
    written = "x = await session.get(User, 1), await other.get(Post, 2)\n"
    for part, root in (("session.", "User"), ("other.", "Post")):
        assert loading(written, part).root(root, aliased=False) == root


def test_a_call_of_a_synchronous_function_is_one_that_loads() -> None:
    written = "def show(session):\n    return session.scalars(select(User)).one()\n"
    assert loading(written).root("User", aliased=False) == "User"


@pytest.mark.parametrize("written", ["session.x\n", "session.commit()\n", "await session\n"])
def test_no_call_that_loads(written: str) -> None:
    assert loading_at(source(written), FILE, *place(written, "session")) is None
