"""Options: a statement with `options_for()` is the one with options written by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple, TypedDict

import msgspec
import pytest
from pydantic import (
    AliasPath,
    BaseModel,
    ConfigDict,
    Field,
    RootModel,
    TypeAdapter,
    computed_field,
    field_validator,
)
from sqlalchemy import event, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased, joinedload, selectin_polymorphic, selectinload, undefer

from loadwise import SchemaError, options_for, reads
from tests.response.models import (
    Employee,
    Engineer,
    Manager,
    Node,
    Order,
    Organization,
    User,
    opened,
)


class Out(BaseModel):
    """What is read of objects."""

    model_config = ConfigDict(from_attributes=True)


class OrganizationOut(Out):
    name: str
    about: str


class ItemOut(Out):
    product: str


class OrderOut(Out):
    id: int
    items: list[ItemOut]
    tag_names: list[str]


class UserOut(Out):
    id: int
    title: str
    label: str
    organization: OrganizationOut | None
    orders: list[OrderOut]
    followed: bool = False


class Summary(Out):
    """Aliases, paths, and fields that name what they are made from."""

    model_config = ConfigDict(from_attributes=True, populate_by_name=True)
    name: str = Field(alias="userName")
    place: str | None = Field(validation_alias=AliasPath("organization", "name"), default=None)
    number_of_orders: Annotated[int, reads("orders")]
    products: Annotated[list[str], reads("orders.items")]

    @field_validator("products", mode="before")
    @classmethod
    def _products(cls, value: Any) -> Any:
        return value

    @computed_field
    def shout(self) -> Annotated[str, reads()]:
        """Made of another field."""
        return self.name.upper()


class NodeOut(Out):
    id: int
    note: str
    owner: UserName
    children: list[NodeOut]


class UserName(Out):
    name: str


class Up(Out):
    id: int
    parent: Up | None


class ManagerOut(Out):
    kind: Literal["manager"]
    budget: int
    office: OrganizationName


class OrganizationName(Out):
    name: str


class EngineerOut(Out):
    kind: Literal["engineer"]
    language: str | None


Staff = RootModel[list[Annotated[ManagerOut | EngineerOut, Field(discriminator="kind")]]]


class Sold(Out):
    seller: ManagerOut | None


class Buyer(Out):
    orders: list[Sold]


@dataclass
class OrderData:
    id: int
    user: UserData


@dataclass
class UserData:
    name: str
    organization: OrganizationData | None = None


@dataclass
class OrganizationData:
    name: str


class OrderStruct(msgspec.Struct, rename="camel"):
    id: int
    tag_names: list[str]


class UserStruct(msgspec.Struct):
    name: str
    orders: list[OrderStruct]
    recent: list[OrderStruct]


class OrderDict(TypedDict):
    total: int
    user: UserName


def converted(schema: Any) -> Callable[[Any], Any]:
    return lambda found: msgspec.convert(found, list[schema], from_attributes=True)


def model(schema: Any) -> Callable[[Any], Any]:
    adapter = TypeAdapter(list[schema])
    return lambda found: adapter.dump_python(adapter.validate_python(found, from_attributes=True))


class Shape(NamedTuple):
    schema: Any
    entity: Any
    options: tuple[Any, ...]
    read: Callable[[Any], Any]


def items() -> Any:
    return selectinload(Order.items)


SHAPES = {
    "flat": Shape(UserName, User, (), model(UserName)),
    "nested": Shape(
        UserOut,
        User,
        (
            joinedload(User.organization).undefer(Organization.about),
            selectinload(User.orders).options(items(), selectinload(Order.tags)),
        ),
        model(UserOut),
    ),
    "list of optional": Shape(
        list[UserOut | None],
        User,
        (
            joinedload(User.organization).options(undefer(Organization.about)),
            selectinload(User.orders).options(items(), selectinload(Order.tags)),
        ),
        model(UserOut),
    ),
    "aliases and inputs": Shape(
        Summary,
        User,
        (joinedload(User.organization), selectinload(User.orders).options(items())),
        lambda found: [
            (one.organization and one.organization.name, len(one.orders), one.orders[0].items)
            for one in found
        ],
    ),
    "tree down": Shape(
        NodeOut,
        Node,
        (
            undefer(Node.note),
            joinedload(Node.owner),
            selectinload(Node.children, recursion_depth=100).options(
                undefer(Node.note), joinedload(Node.owner)
            ),
        ),
        model(NodeOut),
    ),
    "tree up": Shape(Up, Node, (selectinload(Node.parent, recursion_depth=100),), model(Up)),
    "union of subclasses": Shape(
        Staff,
        Employee,
        (selectin_polymorphic(Employee, [Manager, Engineer]), joinedload(Manager.office)),
        lambda found: Staff.model_validate(found).model_dump(),
    ),
    "subclass below": Shape(
        Buyer,
        User,
        (
            selectinload(User.orders)
            .joinedload(Order.seller)
            .options(
                selectin_polymorphic(Employee, [Manager]),
                joinedload(Manager.office),
            ),
        ),
        model(Buyer),
    ),
    "dataclass": Shape(
        OrderData,
        Order,
        (joinedload(Order.user).joinedload(User.organization),),
        converted(OrderData),
    ),
    "struct": Shape(
        UserStruct,
        User,
        (
            selectinload(User.orders).selectinload(Order.tags),
            selectinload(User.recent).selectinload(Order.tags),
        ),
        lambda found: [[list(order.tag_names) for order in one.recent] for one in found],
    ),
    "typed dict": Shape(
        OrderDict,
        Order,
        (joinedload(Order.user),),
        lambda found: [OrderDict(total=one.total, user=one.user.name) for one in found],
    ),
}


async def run(shape: Shape, options: tuple[Any, ...]) -> tuple[list[Any], Any]:
    """The statements that a select with some options makes, and what is read of its objects."""
    statements: list[Any] = []
    async with opened() as engine, AsyncSession(engine) as session:
        event.listen(
            engine.sync_engine,
            "before_cursor_execute",
            lambda *seen: statements.append((seen[2], seen[3])),
        )
        query = select(shape.entity).order_by(shape.entity.id).options(*options)
        found = list((await session.scalars(query)).unique())
        loaded = len(statements)
        read = shape.read(found)
        assert len(statements) == loaded
        return statements, read


@pytest.mark.parametrize("name", SHAPES)
@pytest.mark.asyncio
async def test_the_options_are_those_written_by_hand(name: str) -> None:
    shape = SHAPES[name]
    made = options_for(shape.schema, shape.entity)
    statements, read = await run(shape, made)
    by_hand, expected = await run(shape, shape.options)
    assert statements == by_hand
    assert repr(read) == repr(expected) or name == "aliases and inputs"
    assert options_for(shape.schema, shape.entity) is made


@pytest.mark.parametrize(("strategy", "statements"), [("selectin", 6), ("subquery", 6)])
@pytest.mark.asyncio
async def test_one_strategy_for_all(strategy: Any, statements: int) -> None:
    shape = SHAPES["nested"]
    seen, _ = await run(shape, options_for(UserOut, User, strategy=strategy))
    assert len(seen) == statements
    assert not any("LEFT OUTER JOIN" in text for text, _ in seen)


@pytest.mark.asyncio
async def test_joined_is_one_statement() -> None:
    shape = Shape(OrderData, Order, (), converted(OrderData))
    seen, _ = await run(shape, options_for(OrderData, Order, strategy="joined"))
    assert len(seen) == 1


@pytest.mark.asyncio
async def test_an_alias_of_the_entity() -> None:
    other = aliased(Order)
    async with opened() as engine, AsyncSession(engine) as session:
        query = select(other).options(*options_for(OrderDict, other))
        assert [one.user.name for one in await session.scalars(query)] == ["Ann", "Ann", "Bob"]


@pytest.mark.asyncio
async def test_a_get_takes_them() -> None:
    async with opened() as engine, AsyncSession(engine) as session:
        user = await session.get_one(User, 1, options=options_for(UserOut, User))
        assert [order.id for order in UserOut.model_validate(user).orders] == [1, 2]


class Lacking(Out):
    orders: list[LackingOrder]


class LackingOrder(Out):
    totl: int


class Round(Out):
    orders: list[RoundOrder]


class RoundOrder(Out):
    user: Round


class Both(Out):
    parent: Both | None
    children: list[Both]


class Query(Out):
    events: list[OrderOut]


class Made(Out):
    number_of_orders: int


class Hybrid(Out):
    first_order: OrderOut | None


class Unknown(Out):
    later: Later  # type: ignore[name-defined]  # noqa: F821


class Several(Out):
    orders: list[OrderOut]
    recent: list[OrderOut]


FAILING: list[tuple[Any, Any, str]] = [
    (Lacking, User, "LackingOrder.totl reads Order.totl, which Order does not have: did you mean "),
    (Lacking, User, "(reached by Lacking.orders)"),
    (Round, User, "RoundOrder.user leads back to Round, and no option goes round without end"),
    (Both, Node, "Both.children parent and children both lead back to Both"),
    (Query, User, "Query.events reads User.events, which is a query (lazy='dynamic')"),
    (Made, User, 'reads User.orders: name what it reads: Annotated[..., loadwise.reads("orders")]'),
    (Hybrid, User, "Hybrid.first_order is made by User.first_order, which reads User.orders"),
    (Unknown, User, "Unknown.later names 'Later', which is not defined"),
    (int, User, "int is no pydantic model, dataclass, msgspec Struct or TypedDict"),
    (UserOut, int, "int is no mapped class"),
    (UserOut, User(), "is no mapped class"),
]


@pytest.mark.parametrize(("schema", "entity", "text"), FAILING)
def test_what_cannot_be_loaded_is_one_clear_line(schema: Any, entity: Any, text: str) -> None:
    with pytest.raises(SchemaError) as caught:
        options_for(schema, entity)
    assert text in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_error_has_the_names() -> None:
    with pytest.raises(SchemaError) as caught:
        options_for(Lacking, User)
    error = caught.value
    assert (error.schema, error.field, error.entity) == ("LackingOrder", "totl", "Order")


def test_collections_are_not_joined_side_by_side() -> None:
    with pytest.raises(SchemaError, match=r"would join Order\.items and Order\.tags"):
        options_for(Several, User, strategy="joined")
    with pytest.raises(ValueError, match="there is no strategy 'lazy'"):
        options_for(Several, User, strategy="lazy")  # type: ignore[arg-type]


def test_reads_takes_paths() -> None:
    with pytest.raises(ValueError, match="not a path of attributes"):
        reads("")
    with pytest.raises(ValueError, match="not an attribute"):
        reads("orders items")
