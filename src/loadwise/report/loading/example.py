"""Example: the mapping that the page speaks of, as source to read and as the graph to compute with.

The tests run the source, and compare what SQLAlchemy does with what the graph says.
"""

from __future__ import annotations

from typing import Final

from loadwise.core.graph import Column, Direction, Entity, Generated, Graph, Join, Relationship
from loadwise.core.strategy import Strategy

SOURCE: Final = """\
class Base(AsyncAttrs, DeclarativeBase):
    pass


class Organization(Base):
    __tablename__ = "organizations"

    id: Mapped[int] = mapped_column(primary_key=True)


class Order(Base):
    __tablename__ = "orders"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Address(Base):
    __tablename__ = "addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class Invoice(Base):
    __tablename__ = "invoices"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("users.id"))


class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    bio: Mapped[Optional[str]] = mapped_column(deferred=True)
    created: Mapped[datetime] = mapped_column(server_default=func.now())
    updated: Mapped[Optional[datetime]] = mapped_column(onupdate=func.now())
    organization_id: Mapped[int] = mapped_column(ForeignKey("organizations.id"))

    organization: Mapped[Organization] = relationship()
    orders: Mapped[list[Order]] = relationship()
    addresses: Mapped[list[Address]] = relationship(lazy="selectin")
    invoices: Mapped[list[Invoice]] = relationship(lazy="raise")
"""

_ID: Final = Column(name="id", primary_key=True)


def _collection(name: str, target: str, lazy: Strategy) -> Relationship:
    return Relationship(
        name=name,
        target=target,
        direction=Direction.ONE_TO_MANY,
        uselist=True,
        lazy=lazy,
        join=Join(local=("id",)),
    )


_USER: Final = Entity(
    name="User",
    columns=(
        _ID,
        Column(name="name"),
        Column(name="bio", deferred=True),
        Column(name="created", on_insert=Generated.DATABASE),
        Column(name="updated", on_update=Generated.DATABASE),
        Column(name="organization_id"),
    ),
    relationships=(
        Relationship(
            name="organization",
            target="Organization",
            join=Join(local=("organization_id",), get=("organization_id",)),
        ),
        _collection("orders", "Order", Strategy.SELECT),
        _collection("addresses", "Address", Strategy.SELECTIN),
        _collection("invoices", "Invoice", Strategy.RAISE),
    ),
)

GRAPH: Final = Graph(
    entities=(
        _USER,
        Entity(name="Organization", columns=(_ID,)),
        *(
            Entity(name=name, columns=(_ID, Column(name="user_id")))
            for name in ("Order", "Address", "Invoice")
        ),
    )
)
"""What `SOURCE` maps."""
