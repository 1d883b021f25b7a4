"""Findings survive the wire, add up in any order, and keep their fingerprint when lines move."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadwise.core.edit import Edit, OverlappingEditsError, apply_edits
from loadwise.core.finding import Finding, fingerprint
from loadwise.core.tally import tally
from loadwise.core.text import WIDTH, concise, full
from loadwise.core.wire import decode, encode
from loadwise.report.json import Document, document, dumps, json_schema, loads
from tests.laws.strategies import findings


@given(findings)
def test_a_finding_survives_json(finding: Finding) -> None:
    assert decode(Finding, json.loads(json.dumps(encode(finding)))) == finding


@given(st.lists(findings, max_size=4))
def test_a_document_survives_json(several: list[Finding]) -> None:
    written = document(several)
    assert loads(dumps(written)) == written
    assert dumps(loads(dumps(written))) == dumps(written)


@given(st.lists(findings, max_size=3))
def test_every_document_is_valid_by_the_schema(several: list[Finding]) -> None:
    schema = json_schema()
    assert list(faults(encode(document(several)), schema, schema)) == []


@given(findings)
def test_the_schema_misses_no_key(finding: Finding) -> None:
    schema = json_schema()
    written = encode(document([finding]))
    del written["findings"][0]["rule"]
    assert list(faults(written, schema, schema)) == ["the key rule is missing"]


def faults(value: Any, schema: dict[str, Any], root: dict[str, Any]) -> list[str]:
    """What is wrong with a value by the part of JSON Schema that the generated one uses."""
    if "$ref" in schema:
        return faults(value, root["$defs"][schema["$ref"].rpartition("/")[2]], root)
    if "anyOf" in schema:
        tried = [faults(value, one, root) for one in schema["anyOf"]]
        return [] if [] in tried else tried[0]
    if "enum" in schema:
        return [] if value in schema["enum"] else [f"{value!r} is not in the enumeration"]
    kind: dict[str, type] = {
        "object": dict,
        "array": list,
        "string": str,
        "boolean": bool,
        "integer": int,
    }
    if schema["type"] == "null":
        return [] if value is None else [f"{value!r} is not null"]
    if not is_just(value, kind[schema["type"]]):
        return [f"{value!r} is not of type {schema['type']}"]
    found: list[str] = []
    for key in schema.get("required", ()):
        found += [] if key in value else [f"the key {key} is missing"]
    for key, one in schema.get("properties", {}).items():
        found += faults(value[key], one, root) if key in value else []
    if schema["type"] == "array":
        items = schema.get("prefixItems") or [schema["items"]] * len(value)
        for item, one in zip(value, items, strict=True):
            found += faults(item, one, root)
    return found


def is_just(value: Any, kind: type) -> bool:
    """Whether a value is of a kind itself: a truth value is no integer."""
    return type(value) is kind


@given(st.lists(findings, max_size=5), st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_matter(several: list[Finding], random: Any) -> None:
    shuffled = list(several)
    random.shuffle(shuffled)
    assert strip(tally(shuffled)) == strip(tally(several))


def strip(several: tuple[Finding, ...]) -> list[Any]:
    """What adding up settles; of equal findings the first in order is kept as it is."""
    return [(f.rule, f.path, f.read, f.load, f.evidence, f.fingerprint) for f in several]


@given(st.lists(findings, max_size=5))
def test_adding_up_twice_is_adding_up_once(several: list[Finding]) -> None:
    assert tally(tally(several)) == tally(several)


@given(st.lists(findings, max_size=5))
def test_adding_up_loses_no_observation_and_no_test(several: list[Finding]) -> None:
    added = tally(several)
    assert sum(f.evidence.observed for f in added) == sum(f.evidence.observed for f in several)
    tests = {test for finding in several for test in finding.evidence.tests}
    assert {test for finding in added for test in finding.evidence.tests} == tests


@given(st.lists(findings, max_size=5))
def test_no_two_findings_of_a_document_share_a_fingerprint(several: list[Finding]) -> None:
    written: Document = document(several)
    prints = [finding.fingerprint for finding in written.findings]
    assert len(set(prints)) == len(prints)


@given(findings, st.integers(1, 900))
def test_a_fingerprint_survives_moving_lines(finding: Finding, line: int) -> None:
    moved = replace(
        finding,
        read=replace(finding.read, line=line) if finding.read else None,
        load=replace(finding.load, line=line + 7) if finding.load else None,
    )
    assert fingerprint(moved) == fingerprint(finding)
    assert fingerprint(finding, 1) != fingerprint(finding)


@given(findings)
def test_the_explanation_begins_with_the_line_that_says_it_all(finding: Finding) -> None:
    assert full(finding).splitlines()[:1] == concise(finding).splitlines()[:1]
    assert finding.message in concise(finding)


@given(findings)
def test_an_explanation_is_no_wider_than_it_has_to_be(finding: Finding) -> None:
    free = replace(finding, message="", fixes=())
    assert all(len(line) <= WIDTH for line in full(free).splitlines())


texts = st.text(st.sampled_from("ab\n\x0cü"), min_size=1, max_size=30)


@given(texts, st.data())
def test_edits_apply_in_any_order(text: str, data: st.DataObject) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(0, len(text)), min_size=2, max_size=6)))
    several = [
        Edit(file="f", start=place(text, start), end=place(text, end), text="+")
        for start, end in zip(cuts[::2], cuts[1::2], strict=False)
    ]
    expected = text
    for start, end in reversed(list(zip(cuts[::2], cuts[1::2], strict=False))):
        expected = f"{expected[:start]}+{expected[end:]}"
    assert apply_edits(text, tuple(several)) == expected
    assert apply_edits(text, (*reversed(several), *several)) == expected


def place(text: str, offset: int) -> tuple[int, int]:
    """The line and column of an offset, both from 1."""
    before = text[:offset]
    return before.count("\n") + 1, offset - (before.rfind("\n") + 1) + 1


@given(st.integers(1, 5), st.integers(1, 3))
def test_edits_that_overlap_are_refused(start: int, more: int) -> None:
    first = Edit(file="f", start=(1, start), end=(1, start + more), text="x")
    second = Edit(file="f", start=(1, start), end=(1, start + more), text="y")
    with pytest.raises(OverlappingEditsError, match=r"^f:1: two edits change the same text$"):
        apply_edits("abcdefghij", (first, second))
