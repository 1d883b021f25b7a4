"""Brackets: an item that is put in and taken out again leaves the text as it was."""

from __future__ import annotations

import ast

import pytest

from loadwise.fix.brackets import Brackets, changed

TEXTS = [
    "f()",
    "f(\n)",
    "f(  # why\n)",
    'f("X")',
    'f( "X" )',
    'f("X",)',
    'f("é",)',
    'f("X",\n  y=1)',
    'f("X",  # why\n)',
    'f(\n    "X",\n)',
    'f(\n    "X"\n)',
    'f(\n    "X",  # why\n)',
    'f(\n    "X"  # why\n)',
    'f(\n    "X",\n    # end\n)',
    'f(\n    "X"\n    # end\n)',
    'f(\n    "X"\n    ,\n)',
    "f(\n    y=(\n      1\n    ),\n    # end\n)",
    'f(\r\n\t"X",\r\n)',
    'f(\n    "X", y=1,\n)',
    'f(a, b=lambda: (1, 2), c={"x": [1, 2]})',
    'f(\n    a,  # x\n    b="""\n  z""",\n)',
]


@pytest.mark.parametrize("text", TEXTS)
def test_in_and_out_again(text: str) -> None:
    more = changed(text, Brackets.read(text, 1, len(text)).added("lazy=1"))
    call = ast.parse(more).body[0].value  # type: ignore[attr-defined]
    assert call.keywords[-1].arg == "lazy"
    assert more.count("#") == text.count("#")
    brackets = Brackets.read(more, 1, len(more))
    assert changed(more, brackets.removed(len(brackets.items) - 1)) == text


@pytest.mark.parametrize(
    ("text", "number", "expected"),
    [
        ("f(a, b)", 0, "f(b)"),
        ("f(a, b)", 1, "f(a)"),
        ("f(\n    a,\n)", 0, "f()"),
        ("f(\n    a,\n    b,\n    c,\n)", 1, "f(\n    a,\n    c,\n)"),
        ("f(\n    a,  # why\n    b,\n)", 0, "f(\n    # why\n    b,\n)"),
        ("f(\n    a,\n    b,  # why\n)", 1, "f(\n    a,  # why\n)"),
    ],
)
def test_one_that_was_there(text: str, number: int, expected: str) -> None:
    assert changed(text, Brackets.read(text, 1, len(text)).removed(number)) == expected


def test_what_is_not_python() -> None:
    with pytest.raises(ValueError, match="EOF"):
        Brackets.read("f('''", 1, 5)
