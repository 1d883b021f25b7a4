"""Edits of one text: each counts once, in any order, and two of the same place are refused."""

import re
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from loadwise.core.edit import Edit, OverlappingEditsError, apply_edits

chunks = st.lists(st.sampled_from(["a", "b", "ü", "\x0c", "\u2028", "\n", "\r\n"]), max_size=30)
"""What texts are made of; an edit never stands within the end of a line."""


def edit(text: str, start: int, end: int, new: str = "+") -> Edit:
    return Edit(file="f", start=place(text, start), end=place(text, end), text=new)


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset, both from 1."""
    ends = [match.end() for match in re.finditer(r"\r\n|\n", text[:offset])]
    return len(ends) + 1, offset - (ends[-1] if ends else 0) + 1


@st.composite
def edited(draw: st.DrawFn) -> tuple[str, list[Edit], str]:
    """A text, edits of it that do not overlap, and the text that they make."""
    parts = draw(chunks)
    text = "".join(parts)
    offsets = [len("".join(parts[:end])) for end in range(len(parts) + 1)]
    cuts = sorted(draw(st.lists(st.sampled_from(offsets), max_size=6)))
    spans = list(zip(cuts[::2], cuts[1::2], strict=False))
    assume(all(one != other for one, other in pairwise(spans)))
    several = [edit(text, start, end, f"<{i}>") for i, (start, end) in enumerate(spans)]
    made, behind = "", 0
    for i, (start, end) in enumerate(spans):
        made += f"{text[behind:start]}<{i}>"
        behind = end
    return text, several, made + text[behind:]


@given(edited(), st.randoms(use_true_random=False))
def test_edits_apply_in_any_order(case: tuple[str, list[Edit], str], random: Random) -> None:
    text, several, made = case
    random.shuffle(several)
    assert apply_edits(text, tuple(several)) == made


@given(edited())
def test_equal_edits_count_once(case: tuple[str, list[Edit], str]) -> None:
    text, several, made = case
    assert apply_edits(text, (*several, *several)) == made


@given(chunks)
def test_without_edits_a_text_stays_as_it_is(parts: list[str]) -> None:
    assert apply_edits("".join(parts), ()) == "".join(parts)


spans = st.tuples(st.integers(0, 8), st.integers(1, 4)).map(lambda at: (at[0], sum(at)))


@given(spans, spans)
def test_edits_of_the_same_text_are_refused(one: tuple[int, int], other: tuple[int, int]) -> None:
    assume(one[0] < other[1] and other[0] < one[1])
    text = "abcd\nefghijklm"
    several = (edit(text, *one, "x"), edit(text, *other, "y"))
    said = f"^f:{min(several).start[0]}: two edits change the same text$"
    with pytest.raises(OverlappingEditsError, match=said):
        apply_edits(text, several)
    with pytest.raises(OverlappingEditsError):
        apply_edits(text, several[::-1])


@given(spans, st.data())
def test_an_insertion_into_a_text_that_is_replaced_is_refused(
    span: tuple[int, int], data: st.DataObject
) -> None:
    start, end = span
    assume(end - start > 1)
    text = "abcdefghijklm"
    inside = data.draw(st.integers(start + 1, end - 1))
    with pytest.raises(OverlappingEditsError):
        apply_edits(text, (edit(text, start, end), edit(text, inside, inside)))
