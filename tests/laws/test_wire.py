"""Records survive JSON; the schema and the reader agree on what is a document."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadwise.core.edit import Edit
from loadwise.core.finding import Finding
from loadwise.core.wire import WireError, decode, encode
from loadwise.report.json import Document, document, dumps, json_schema, loads
from tests.laws.schema import faults
from tests.laws.strategies import edits, findings

SCHEMA = json_schema()
documents = st.lists(findings, max_size=2).map(document)
scalars = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
junk = st.recursive(
    scalars,
    lambda below: (
        st.lists(below, max_size=2) | st.dictionaries(st.text(max_size=4), below, max_size=2)
    ),
    max_leaves=4,
)

Place = tuple[str | int, ...]


def through_json(record: Any) -> Any:
    return decode(type(record), json.loads(json.dumps(encode(record))))


@given(findings)
def test_a_finding_survives_json(finding: Finding) -> None:
    assert through_json(finding) == finding


@given(edits)
def test_an_edit_survives_json(edit: Edit) -> None:
    assert through_json(edit) == edit


@given(documents)
def test_a_document_survives_json(written: Document) -> None:
    assert through_json(written) == written


@given(documents)
def test_a_document_that_is_read_is_written_again_byte_for_byte(written: Document) -> None:
    assert loads(dumps(written)) == written
    assert dumps(loads(dumps(written))) == dumps(written)


@given(documents)
def test_every_document_is_valid_by_the_schema(written: Document) -> None:
    assert list(faults(encode(written), SCHEMA, SCHEMA)) == []


@given(documents, st.data())
def test_the_schema_misses_no_key_of_any_record(written: Document, data: st.DataObject) -> None:
    data_of = encode(written)
    records = [place for place in places(data_of) if isinstance(at(data_of, place), dict)]
    record = at(data_of, data.draw(st.sampled_from(records)))
    key = data.draw(st.sampled_from(sorted(record)))
    del record[key]
    assert f"the key {key} is missing" in faults(data_of, SCHEMA, SCHEMA)


@given(documents, junk, st.data())
def test_what_is_of_another_type_is_refused_by_the_schema_where_the_reader_refuses_it(
    written: Document, wrong: Any, data: st.DataObject
) -> None:
    spoilt = put(encode(written), data.draw(st.sampled_from(list(places(encode(written))))), wrong)
    said = list(faults(spoilt, SCHEMA, SCHEMA))
    # the writer writes every key, and the reader gives one that is missing its default
    missing = [one for one in said if one.endswith("is missing")]
    refused = refusal(spoilt)
    if said != missing:
        assert refused
    # that is between two fields, which a schema made from the fields does not say
    if refused and not refused.endswith("a fix without edits can only be displayed"):
        assert said


@given(documents, st.text(min_size=1), junk, st.data())
def test_a_key_that_a_later_version_adds_is_passed_over(
    written: Document, name: str, added: Any, data: st.DataObject
) -> None:
    encoded = encode(written)
    records = [place for place in places(encoded) if isinstance(at(encoded, place), dict)]
    at(encoded, data.draw(st.sampled_from(records))).setdefault(f"later {name}", added)
    assert list(faults(encoded, SCHEMA, SCHEMA)) == []
    assert decode(Document, encoded) == written


@given(junk)
def test_what_is_no_document_is_refused(data: Any) -> None:
    assert refusal(data).startswith("$")


@given(st.text() | junk.map(json.dumps))
def test_a_text_that_is_no_document_is_refused(text: str) -> None:
    with pytest.raises(WireError):
        loads(text)


def refusal(data: Any) -> str:
    """What the reader says to data that it refuses; nothing where it takes it."""
    try:
        decode(Document, data)
    except WireError as error:
        return str(error)
    return ""


def places(data: Any, here: Place = ()) -> Iterator[Place]:
    """Every place in JSON data, as the keys and indices that lead to it."""
    yield here
    keys = data if isinstance(data, dict) else range(len(data)) if isinstance(data, list) else ()
    for key in keys:
        yield from places(data[key], (*here, key))


def at(data: Any, place: Place) -> Any:
    for key in place:
        data = data[key]
    return data


def put(data: Any, place: Place, value: Any) -> Any:
    """The data with another value at a place."""
    if not place:
        return value
    changed = copy.deepcopy(data)
    at(changed, place[:-1])[place[-1]] = value
    return changed
