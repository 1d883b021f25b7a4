"""Library: the tables and columns that classes of libraries give to those that inherit from them.

They are data, since the source of a library is not read. `nox -s schemas` compares them with live
mappers, on the releases that it pins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from loadwise.core.graph import Column, Generated


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What a class gives: its columns, what each refers to, and the name of its table.

    `named` says that the library makes the table's name from the class's.
    """

    columns: tuple[Column, ...] = ()
    references: tuple[tuple[str, str], ...] = ()
    table: str = ""
    named: bool = False
    base: bool = False


def plain(*names: str, made: Generated = Generated.NO) -> tuple[Column, ...]:
    """Columns of one sort."""
    return tuple(Column(name=name, on_insert=made) for name in names)


def key(made: Generated) -> Column:
    """The primary key `id`."""
    return Column(name="id", primary_key=True, on_insert=made)


AUDIT: Final = (
    Column(name="created_at", on_insert=Generated.PYTHON),
    Column(name="updated_at", on_insert=Generated.PYTHON, on_update=Generated.PYTHON),
)
SENTINEL: Final = Column(name="_sentinel", on_insert=Generated.DATABASE)
"""The column that SQLAlchemy sorts the rows of a bulk insert by."""
KEYS: Final = {
    "BigInt": (key(Generated.DATABASE),),
    "Identity": (key(Generated.DATABASE),),
    **{name: (key(Generated.PYTHON), SENTINEL) for name in ("NanoID", "UUID", "UUIDv6", "UUIDv7")},
}


def advanced_alchemy() -> Iterator[tuple[str, Given]]:
    """The bases and mixins of advanced-alchemy, by their names."""
    yield "AuditColumns", Given(columns=AUDIT)
    yield "SlugKey", Given(columns=plain("slug"))
    yield "DefaultBase", Given(named=True, base=True)
    for name, columns in KEYS.items():
        yield f"{name}PrimaryKey", Given(columns=columns)
        yield f"{name}Base", Given(columns=columns, named=True, base=True)
        yield f"{name}AuditBase", Given(columns=(*columns, *AUDIT), named=True, base=True)


USER: Final = (
    *plain("email", "hashed_password"),
    *plain("is_active", "is_superuser", "is_verified", made=Generated.PYTHON),
)
ACCOUNT: Final = plain(
    *("oauth_name", "access_token", "expires_at", "refresh_token", "account_id", "account_email")
)
TOKEN: Final = (
    Column(name="token", primary_key=True),
    Column(name="created_at", on_insert=Generated.PYTHON),
)
OWNER: Final = (("user_id", "user.id"),)

FASTAPI_USERS: Final = {
    "SQLAlchemyBaseUserTable": Given(columns=USER, table="user"),
    "SQLAlchemyBaseUserTableUUID": Given(columns=(key(Generated.PYTHON), *USER), table="user"),
    "SQLAlchemyBaseOAuthAccountTable": Given(columns=ACCOUNT, table="oauth_account"),
    "SQLAlchemyBaseOAuthAccountTableUUID": Given(
        columns=(key(Generated.PYTHON), *ACCOUNT, *plain("user_id")),
        references=OWNER,
        table="oauth_account",
    ),
    "SQLAlchemyBaseAccessTokenTable": Given(columns=TOKEN, table="accesstoken"),
    "SQLAlchemyBaseAccessTokenTableUUID": Given(
        columns=(*TOKEN, *plain("user_id")), references=OWNER, table="accesstoken"
    ),
}

GIVEN: Final = {
    ("advanced_alchemy", "litestar"): dict(advanced_alchemy()),
    ("fastapi_users_db_sqlalchemy", "fastapi_users"): FASTAPI_USERS,
}


def given_by(qualified: str) -> Given | None:
    """What the class of a dotted name gives; None where nothing is known of it."""
    package, last = qualified.partition(".")[0], qualified.rpartition(".")[2]
    for packages, classes in GIVEN.items():
        if package in packages:
            return classes.get(last)
    return None
