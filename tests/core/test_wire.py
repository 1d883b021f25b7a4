"""The wire refuses what is not a record, with the place; it passes over what it does not know."""

import json
from typing import Any

import pytest

from loadwise.core.cause import Cause
from loadwise.core.edit import Edit, Fix
from loadwise.core.finding import Evidence
from loadwise.core.site import Site
from loadwise.core.wire import WireError, decode, encode, schema

SITE = {"file": "app.py", "line": 3, "column": 1, "function": "f", "end_column": 2, "code": "x"}
EDIT = {"file": "app.py", "start": [1, 2], "end": [1, 3], "text": "x"}


def test_a_missing_key_takes_its_default() -> None:
    assert decode(Site, {"file": "app.py", "line": 3}) == Site(file="app.py", line=3)


def test_an_unknown_key_is_passed_over() -> None:
    assert decode(Site, {**SITE, "later": [1]}) == decode(Site, SITE)


@pytest.mark.parametrize(
    ("record", "data", "said"),
    [
        (Site, [], r"^\$: expected an object$"),
        (Site, {"line": 3}, r"^\$: the key 'file' is missing$"),
        (Site, {**SITE, "line": "3"}, r"^\$\.line: expected an integer$"),
        (Site, {**SITE, "line": True}, r"^\$\.line: expected an integer$"),
        (Site, {**SITE, "file": 1}, r"^\$\.file: expected a string$"),
        (Edit, {**EDIT, "start": "1:2"}, r"^\$\.start: expected an array$"),
        (Edit, {**EDIT, "end": [1]}, r"^\$\.end: expected 2 items, not 1$"),
        (Edit, {**EDIT, "end": [1, None]}, r"^\$\.end\[1\]: expected an integer$"),
        (Evidence, {"tests": [1]}, r"^\$\.tests\[0\]: expected a string$"),
        (Evidence, {"predicted": "yes"}, r"^\$\.predicted: expected a boolean$"),
    ],
)
def test_what_is_no_record_is_refused_with_the_place(record: type, data: Any, said: str) -> None:
    with pytest.raises(WireError, match=said):
        decode(record, data)


@pytest.mark.parametrize("wrong", ["bad luck", "NEVER_LOADED", None, 3, ["unknown"], {}])
def test_a_word_that_an_enumeration_lacks_is_refused_with_those_it_has(wrong: Any) -> None:
    with pytest.raises(WireError, match=r"^\$\.kind: expected one of never-loaded, .*, unknown$"):
        decode(Cause, {"kind": wrong})


def test_a_record_that_contradicts_itself_is_refused() -> None:
    with pytest.raises(WireError, match=r"^\$: a fix without edits can only be displayed$"):
        decode(Fix, {"title": "t", "applicability": "safe", "text": "x"})


def test_a_pair_is_an_array_of_two() -> None:
    edit = decode(Edit, EDIT)
    assert edit.start == (1, 2)
    assert json.loads(json.dumps(encode(edit))) == EDIT


def test_the_schema_describes_every_record_that_is_reached() -> None:
    described = schema(Edit, "an edit")
    assert described["$ref"] == "#/$defs/Edit"
    start = described["$defs"]["Edit"]["properties"]["start"]
    assert start == {
        "type": "array",
        "prefixItems": [{"type": "integer"}, {"type": "integer"}],
        "minItems": 2,
        "maxItems": 2,
    }
    assert schema(Cause, "a cause")["$defs"].keys() == {"Cause", "Site"}


def test_a_record_is_described_by_the_first_line_of_its_docstring() -> None:
    described = schema(Site, "a place")["$defs"]["Site"]
    assert described["description"] == (Site.__doc__ or "").splitlines()[0]
    assert described["required"] == list(described["properties"]) == list(SITE)
