"""A pasted traceback is read back, in the forms in which people paste them."""

from __future__ import annotations

import json
import textwrap

import pytest

from loadwise.core.trace import Frame, Trace, traces_of

PYTHON = """\
Traceback (most recent call last):
  File "/srv/app/api.py", line 42, in show
    return user.team.name
           ^^^^^^^^^
  File "/srv/venv/lib/python3.12/site-packages/sqlalchemy/orm/attributes.py", line 566, in __get__
    return self.impl.get(state, dict_)
           ^^^^^^^^^^^^^^^^^^^^^^^^^^^
sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called
"""
SHOW = Frame(
    file="/srv/app/api.py",
    line=42,
    function="show",
    code="return user.team.name",
    marked="user.team",
)


def first(text: str) -> Frame:
    """The first frame of a text."""
    return traces_of(text)[0].frames[0]


def test_the_form_of_python() -> None:
    (found,) = traces_of(PYTHON)
    assert found.frames[0] == SHOW
    assert [frame.function for frame in found.frames] == ["show", "__get__"]
    assert (
        found.said.strip() == "sqlalchemy.exc.MissingGreenlet: greenlet_spawn has not been called"
    )


@pytest.mark.parametrize("before", ["web_1  | ", "2026-11-24 10:00:00 ERROR ", "    ", "  | "])
def test_something_before_every_line(before: str) -> None:
    assert first(textwrap.indent(PYTHON, before)) == SHOW


def test_colours_and_the_ends_of_lines_of_windows() -> None:
    coloured = PYTHON.replace("/srv/app/api.py", "\x1b[35m/srv/app/api.py\x1b[0m")
    assert first(coloured.replace("\n", "\r\n")) == SHOW


@pytest.mark.parametrize("times", [1, 2])
def test_one_line_of_json(times: int) -> None:
    text = PYTHON
    for _ in range(times):
        text = json.dumps({"exc_info": text})[1:-1]
    assert first(text).line == 42


def test_python_3_10_marks_nothing() -> None:
    lines = [line for line in PYTHON.splitlines() if "^" not in line]
    assert first("\n".join(lines)).marked == ""
    assert first("\n".join(lines)).code == SHOW.code


def test_lines_that_are_left_out() -> None:
    text = """\
  File "a.py", line 1, in f
    return g(
           ~^
    ...<11 lines>...
    )
    ^
  [Previous line repeated 3 more times]
  File "b.py", line 2
    x
Error
"""
    (found,) = traces_of(text)
    assert [(frame.file, frame.marked) for frame in found.frames] == [("a.py", "g("), ("b.py", "")]
    assert "Error" in found.said


def test_a_frame_at_the_end_and_one_without_code() -> None:
    text = '  File "a.py", line 1, in f\n  File "<string>", line 2, in <module>'
    (found,) = traces_of(text)
    assert [(frame.file, frame.function, frame.code) for frame in found.frames] == [
        ("a.py", "f", ""),
        ("<string>", "<module>", ""),
    ]


def test_exceptions_that_are_chained() -> None:
    middle = "\nThe above exception was the direct cause of the following exception:\n\n"
    found = traces_of(f"{PYTHON}{middle}{PYTHON.replace('MissingGreenlet', 'Other')}")
    assert [len(one.frames) for one in found] == [2, 2]
    assert "MissingGreenlet" in found[0].said
    assert "Other" in found[1].said


@pytest.mark.parametrize(
    "text",
    [
        "app/api.py:42: in show\n    return user.team.name\n           ^^^^^^^^^\n",
        "│ /app/api.py:42 in show                                  │\n│   41 │   x │\n",
        "File ~/app/api.py:42, in show(user_id)\n---> 42 return user.team.name\n",
    ],
    ids=["pytest", "rich", "ipython"],
)
def test_other_forms(text: str) -> None:
    found = first(text)
    assert (found.file.rpartition("/")[2], found.line, found.function) == ("api.py", 42, "show")


def test_the_last_line_of_pytest() -> None:
    assert first("app/api.py:42: MissingGreenlet\n") == Frame(file="app/api.py", line=42)
    assert first("app/api.py:42: \n") == Frame(file="app/api.py", line=42)


def test_what_is_no_traceback() -> None:
    assert traces_of("") == traces_of("it fails\nsomewhere") == ()
    assert Trace() == Trace(frames=(), said="")
