"""The JSON document: the contract of version 1, and what cannot be read."""

import json
from dataclasses import replace
from importlib import metadata
from typing import Any

import pytest

from loadwise.core.finding import Evidence, Finding
from loadwise.core.site import Site
from loadwise.core.wire import WireError
from loadwise.report.json import Coverage, document, dumps, json_schema, loads

CONTRACT = r"""
{"version": 1, "tool": {"name": "loadwise", "version": "0.1.0"},
 "coverage": {"reads": 1302, "resolved": 1240},
 "findings": [{
   "rule": "lazy-read", "code": "LW101", "level": "error",
   "message": "`User.organization` is not loaded here",
   "attribute": "User.organization", "entity": "app.models.User", "instance": "User 100",
   "path": "User.organization",
   "read":  {"file": "app/api.py", "line": 42, "column": 25, "function": "app.api.show"},
   "load":  {"file": "app/repo.py", "line": 17, "column": 18, "function": "app.repo.get_user"},
   "cause": {"kind": "never-loaded", "site": null, "text": "the statement does not ask for it"},
   "have": "User{id name organization_id}", "need": "User{organization{name}}",
   "gap": "organization",
   "fixes": [{"title": "load it with the object", "applicability": "safe",
              "text": "session.get(User, user_id, options=[joinedload(User.organization)])",
              "edits": [{"file": "app/repo.py", "start": [17, 18], "end": [17, 44],
                         "text": "…"}]}],
   "evidence": {"predicted": false, "observed": 37, "tests": ["tests/test_api.py::test_show"]},
   "fingerprint": "1:…"}]}
"""
"""The example by which the format was agreed on."""
FINDING: Finding = loads(CONTRACT).findings[0]


def test_the_example_of_the_contract_is_read() -> None:
    assert FINDING.read == Site(file="app/api.py", line=42, column=25, function="app.api.show")
    assert FINDING.fixes[0].edits[0].end == (17, 44)
    assert FINDING.evidence == Evidence(observed=37, tests=("tests/test_api.py::test_show",))


def test_all_that_the_contract_names_is_written() -> None:
    contract = json.loads(CONTRACT)
    written = json.loads(dumps(loads(CONTRACT)))
    assert common(written, contract) == contract


def common(written: Any, contract: Any) -> Any:
    """Of what is written, what the contract names, too."""
    if isinstance(contract, dict):
        return {key: common(written[key], contract[key]) for key in contract}
    if isinstance(contract, list):
        return [common(one, other) for one, other in zip(written, contract, strict=True)]
    return written


def test_a_document_says_who_wrote_it() -> None:
    written = json.loads(dumps(document([], Coverage(reads=3, resolved=2))))
    assert written == {
        "version": 1,
        "tool": {"name": "loadwise", "version": metadata.version("loadwise")},
        "coverage": {"reads": 3, "resolved": 2},
        "findings": [],
        "originals": [],
    }


def test_equal_findings_are_added_up_and_all_are_sorted_by_their_lines() -> None:
    later = replace(FINDING, read=Site(file="app/api.py", line=100))
    written = document([later, FINDING, FINDING])
    assert [(f.read and f.read.line, f.evidence.observed) for f in written.findings] == [
        (42, 74),
        (100, 37),
    ]


def test_the_text_is_indented_and_keeps_the_letters_of_all_languages() -> None:
    text = dumps(loads(CONTRACT))
    assert '\n      "rule": "lazy-read",\n' in text
    assert '"text": "…"' in text
    assert text.endswith("\n}\n")


def test_the_schema_is_of_this_version() -> None:
    described = json_schema()
    assert described["title"] == "loadwise findings, version 1"
    assert described["$ref"] == "#/$defs/Document"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "^not JSON: "),
        ("{", "^not JSON: "),
        ("[" * 100_000, "^not JSON: "),
        ("[]", r"^\$\.version: expected 1, not None"),
        ('{"version": 2}', r"^\$\.version: expected 1, not 2: another version wrote it$"),
        ('{"version": true}', r"^\$\.version: expected an integer$"),
        ('{"version": 1}', r"^\$: the key 'tool' is missing$"),
        (CONTRACT.replace('"line": 42', '"line": "42"'), r"^\$\.findings\[0\]\.read\.line: "),
        (CONTRACT.replace('"safe"', '"sure"'), r"^\$\.findings\[0\]\.fixes\[0\]\.applicability: "),
    ],
)
def test_what_is_no_document_is_refused_with_the_place(text: str, said: str) -> None:
    with pytest.raises(WireError, match=said):
        loads(text)
