"""Habits of the kernel: records are frozen and slotted, enumerations write their value."""

import importlib
import inspect
import pkgutil
from dataclasses import is_dataclass
from enum import Enum
from typing import Any

import pytest

import loadwise.core
from loadwise.core.edit import Applicability, Fix

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


@pytest.mark.parametrize("record", defined(is_dataclass), ids=lambda record: record.__name__)
def test_a_record_is_frozen_and_slotted(record: Any) -> None:
    assert record.__dataclass_params__.frozen
    assert "__dict__" not in dir(record)


ENUMERATIONS: list[Any] = defined(lambda kind: issubclass(kind, Enum))


@pytest.mark.parametrize("member", [member for kind in ENUMERATIONS for member in kind])
def test_an_enumeration_writes_its_value(member: Enum) -> None:
    assert str(member) == member.value


def test_a_fix_without_edits_can_only_be_displayed() -> None:
    with pytest.raises(ValueError, match="can only be displayed"):
        Fix(title="a title", applicability=Applicability.SAFE, text="some code")
