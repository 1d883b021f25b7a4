"""Places in a source: lines and columns count from 1, in characters."""

import ast
import textwrap
import warnings
from typing import Literal

import pytest

from loadwise.core.lines import lines_of
from loadwise.core.source import Source, Span


def source(text: str) -> Source:
    parsed = Source.parse(textwrap.dedent(text).lstrip("\n"))
    assert parsed is not None
    return parsed


@pytest.mark.parametrize("text", ["def", "x = \0", "print 'Python 2'"])
def test_what_this_python_cannot_parse_is_none(text: str) -> None:
    assert Source.parse(text) is None


@pytest.mark.parametrize("action", ["error", "always"])
def test_a_text_that_python_warns_of_is_parsed_without_a_word(
    action: Literal["error", "always"], recwarn: pytest.WarningsRecorder
) -> None:
    warnings.simplefilter(action)
    filters = list(warnings.filters)
    assert Source.parse('pattern = "\\d"\n') is not None
    assert recwarn.list == []
    assert warnings.filters == filters


def test_filters_that_another_thread_takes_away_meanwhile_stay_away(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    vanilla = ast.parse

    def parse(text: str, name: str) -> ast.Module:
        warnings.resetwarnings()
        return vanilla(text, name)

    monkeypatch.setattr(ast, "parse", parse)
    with warnings.catch_warnings():
        assert Source.parse("x = 1\n") is not None
        assert warnings.filters == []


def test_lines_end_where_python_ends_them() -> None:
    text = "a\r\nb\x0cc\rd\u2028e\n\nf"
    assert lines_of(text) == ["a\r\n", "b\x0cc\r", "d\u2028e\n", "\n", "f"]


def test_a_line_outside_the_file_is_empty() -> None:
    parsed = source("x = 1\n")
    assert (parsed.line(1), parsed.line(0), parsed.line(9)) == ("x = 1", "", "")


def test_columns_are_characters_where_ast_counts_bytes() -> None:
    parsed = source("größe = straße.name\n")
    (attribute,) = parsed.nodes(ast.Attribute)
    assert parsed.span(attribute) == Span(1, 9, 1, 20)
    assert parsed.segment(attribute) == "straße.name"
    assert parsed.expressions_at(Span(1, 9, 1, 20)) == [attribute]
    assert parsed.expressions_at(Span(7, 1, 7, 2)) == []


def test_a_segment_may_span_lines() -> None:
    parsed = source(
        """
        x = f(
            1,
        ).y
        """
    )
    (attribute,) = parsed.nodes(ast.Attribute)
    assert parsed.segment(attribute) == "f(\n    1,\n).y"


AWAITS = """
async def show(session):
    user = (await session.scalars(select(User))).one()
    return await outer(
        await inner(user)
    )
"""


def test_the_awaited_call_is_found_by_its_place() -> None:
    parsed = source(AWAITS)
    found = parsed.awaited_call(2, 19)
    assert found is not None
    assert parsed.segment(found) == "session.scalars(select(User))"


def test_without_a_column_the_call_that_starts_on_the_line_goes_first() -> None:
    parsed = source(AWAITS)
    calls = [parsed.awaited_call(line) for line in (3, 4, 5)]
    names = [parsed.segment(call).partition("(")[0] if call else "" for call in calls]
    assert names == ["outer", "inner", "outer"]


def test_of_two_awaited_calls_on_a_line_none_is_guessed() -> None:
    parsed = source("async def f():\n    return [await a(), await b()]\n")
    assert parsed.awaited_call(2) is None
    found = parsed.awaited_call(2, 30)
    assert found is not None
    assert parsed.segment(found) == "b()"


def test_no_call_is_awaited_where_there_is_none() -> None:
    assert source(AWAITS).awaited_call(1) is None
    assert source(AWAITS).awaited_call(2, 1) is None


BLOCKS = """
@decorator
def outer():
    try:
        x = 1
    except ValueError:
        y = (
            2
        )
    match x:
        case 1:
            z = 3
        case _:
            pass
    with a as b: w = 4
    return lambda: x
"""


@pytest.mark.parametrize(
    ("line", "found"),
    [
        (1, None),
        (4, "x = 1"),
        (7, "y = (\n            2\n        )"),
        (9, "match x:"),
        (11, "z = 3"),
        (13, "pass"),
        (14, "w = 4"),
        (99, None),
    ],
)
def test_the_innermost_statement_on_a_line(line: int, found: str | None) -> None:
    parsed = source(BLOCKS)
    statement = parsed.statement_on(line)
    text = parsed.segment(statement) if statement else None
    assert text == found if found is None else str(text).startswith(found)


def test_a_node_knows_what_is_around_it() -> None:
    parsed = source(BLOCKS)
    name = next(node for node in parsed.nodes(ast.Name) if node.id == "x" and node.lineno == 15)
    statement = parsed.statement(name)
    assert isinstance(statement, ast.Return)
    assert parsed.statement(statement) is statement
    inner = parsed.function(name)
    assert isinstance(inner, ast.Lambda)
    assert isinstance(parsed.function(inner), ast.FunctionDef)
    assert parsed.function(parsed.tree.body[0]) is None
    assert parsed.statement(parsed.tree) is None
