"""There is one list of causes, for every engine, every format and every page."""

from __future__ import annotations

import re
from pathlib import Path

from loadwise.core.cause import UNKNOWN, WORDS, CauseKind, because

SOURCES = Path(__file__).parents[2] / "src"


def test_no_other_module_spells_a_cause() -> None:
    spelled = re.compile("|".join(f'"{kind}"' for kind in CauseKind if "-" in kind.value))
    found = {
        path.name
        for path in SOURCES.rglob("*.py")
        if spelled.search(path.read_text(encoding="utf-8"))
    }
    assert found == {"cause.py"}


def test_the_words_of_a_cause_are_said_once() -> None:
    for words in WORDS.values():
        holders = [
            path
            for path in SOURCES.rglob("*.py")
            if f'"{words}"' in path.read_text(encoding="utf-8")
        ]
        assert len(holders) == 1, words


def test_a_cause_is_said_in_its_words() -> None:
    for kind, words in WORDS.items():
        assert because(kind).text == words
    assert UNKNOWN.kind is CauseKind.UNKNOWN
