"""Need: what a schema reads, by the names of its fields and by what they are read by."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Any, Generic, TypedDict, TypeVar

import msgspec
import pytest
from pydantic import AliasChoices, AliasPath, BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from typing_extensions import NotRequired

from loadwise import SchemaError, need_of, reads
from loadwise.core.need import Touch
from tests.cli.command import loadwise

T = TypeVar("T")


class Plain(BaseModel):
    id: int
    name: str = ""


class Aliased(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel)
    first_name: str
    by_path: int = Field(validation_alias=AliasPath("orders", 0, "total"))
    either: int = Field(validation_alias=AliasChoices("one", AliasPath("two", "id")))


class Page(BaseModel, Generic[T]):
    items: list[T]


@dataclass
class Box(Generic[T]):
    content: T | None
    size: int = 0
    made: int = field(init=False, default=0)


class Renamed(msgspec.Struct, rename="camel"):
    first_name: str


class Partly(TypedDict):
    id: int
    extra: NotRequired[dict[str, Plain]]


class Cat(BaseModel):
    name: str
    lives: int


class Dog(BaseModel):
    name: str
    tricks: list[str]


class Owner(BaseModel):
    pet: Cat | Dog
    count: Annotated[int, reads("pets.toys", "visits")] = 0


class Tree(BaseModel):
    children: list[Tree]


@pytest.mark.parametrize(
    ("schema", "must", "may"),
    [
        (Plain, "Plain{id}", "Plain{id name}"),
        (list[Plain] | None, "Plain{id}", "Plain{id name}"),
        (
            Aliased,
            "Aliased{firstName orders{total}}",
            "Aliased{firstName one orders{total} two{id}}",
        ),
        (Page[Plain], "Page_Plain{items{id}}", "Page_Plain{items{id name}}"),
        (Box[Plain], "Box_Plain{content{id}}", "Box_Plain{content{id name} size}"),
        (Renamed, "Renamed", "Renamed{firstName first_name}"),
        (Partly, "Partly{id}", "Partly{extra{id name} id}"),
        (
            Owner,
            "Owner{pet{name} pets{toys} visits}",
            "Owner{pet{lives name tricks} pets{toys} visits}",
        ),
        (Tree, "Tree{children}", "Tree{children{*}}"),
    ],
)
def test_what_a_schema_reads(schema: Any, must: str, may: str) -> None:
    need = need_of(schema)
    assert (str(need.must), str(need.may)) == (must, may)
    assert {one.touch for one in need.touched} == {Touch.SERIALISE}


def test_what_is_no_schema() -> None:
    with pytest.raises(SchemaError, match=r"dict.*, and names none"):
        need_of(dict[str, int])


def test_neither_pydantic_nor_msgspec_is_imported() -> None:
    code = """\
import sys
import loadwise
assert not {"sqlalchemy", "dataclasses"} & set(sys.modules)
from dataclasses import dataclass
@dataclass
class Out:
    id: int
assert str(loadwise.need_of(Out)) == "Out{id}"
loadwise.options_for
assert not {"pydantic", "msgspec"} & set(sys.modules)
"""
    assert loadwise("--version", before=code).returncode == 0
