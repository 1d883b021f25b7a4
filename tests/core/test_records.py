"""Habits of the kernel: records are frozen and slotted, enumerations write their value."""

import importlib
import inspect
import pkgutil
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import pytest

import loadwise.core
from loadwise.core.edit import Applicability, Edit, Fix
from loadwise.core.finding import Finding
from loadwise.core.have import Have
from loadwise.core.need import Need
from loadwise.core.path import Path, Step
from loadwise.core.tree import Missing, Tree
from loadwise.core.use import Use

MODULES = [
    importlib.import_module(f"loadwise.core.{module.name}")
    for module in pkgutil.iter_modules(loadwise.core.__path__)
]


def defined(kind: Any) -> list[type]:
    """The classes that the kernel defines of a kind."""
    return [
        one
        for module in MODULES
        for _, one in inspect.getmembers(module, inspect.isclass)
        if one.__module__ == module.__name__ and kind(one)
    ]


RECORDS = pytest.mark.parametrize("record", defined(is_dataclass), ids=lambda one: one.__name__)


@RECORDS
def test_a_record_is_frozen(record: Any) -> None:
    assert record.__dataclass_params__.frozen


@RECORDS
def test_a_record_is_slotted(record: Any) -> None:
    assert set(vars(record)["__slots__"]) == {field.name for field in fields(record)}
    assert "__dict__" not in dir(record)


@RECORDS
def test_a_record_is_made_by_keyword_unless_its_notation_says_it_all(record: Any) -> None:
    written = {Step, Path, Tree, Missing}
    assert all(field.kw_only != (record in written) for field in fields(record))


@RECORDS
def test_a_record_is_small_and_inherits_from_nothing(record: Any) -> None:
    # "about seven" is the habit; the contract of the JSON decides how many a finding has, and a use
    # is all that an engine has to say
    assert sum(one.init for one in fields(record)) <= 10 or record in {Finding, Use}
    assert record.__bases__ == (object,)


def test_the_records_of_the_kernel_are_met() -> None:
    assert {Path, Tree, Have, Need, Use, Finding, Edit, Fix} <= set(defined(is_dataclass))


ENUMERATIONS: list[Any] = defined(lambda kind: issubclass(kind, Enum))


@pytest.mark.parametrize("member", [member for kind in ENUMERATIONS for member in kind])
def test_an_enumeration_writes_its_value(member: Enum) -> None:
    assert str(member) == member.value


def test_a_fix_without_edits_can_only_be_displayed() -> None:
    with pytest.raises(ValueError, match="can only be displayed"):
        Fix(title="a title", applicability=Applicability.SAFE, text="some code")
