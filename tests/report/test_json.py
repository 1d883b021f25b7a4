"""The JSON document: its version, and what cannot be read."""

import json
from importlib import metadata

import pytest

from loadwise.core.wire import WireError
from loadwise.report.json import Coverage, document, dumps, loads


def test_a_document_says_who_wrote_it() -> None:
    written = json.loads(dumps(document([], Coverage(reads=3, resolved=2))))
    assert written == {
        "version": 1,
        "tool": {"name": "loadwise", "version": metadata.version("loadwise")},
        "coverage": {"reads": 3, "resolved": 2},
        "findings": [],
    }


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "^not JSON: "),
        ("[]", r"^\$\.version: expected 1, not None"),
        ('{"version": 2}', r"^\$\.version: expected 1, not 2: another version wrote it$"),
        ('{"version": 1}', r"^\$: the key 'tool' is missing$"),
    ],
)
def test_what_is_no_document_is_refused(text: str, said: str) -> None:
    with pytest.raises(WireError, match=said):
        loads(text)
