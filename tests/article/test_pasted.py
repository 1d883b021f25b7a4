"""The article's bugs without loadwise: their plain tracebacks give the same answer as `watch()`."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from loadwise.analyse.check import check
from loadwise.analyse.pasted import explained
from loadwise.core.finding import Finding
from loadwise.core.site import Site
from loadwise.core.wire import decode
from tests.article.bugs import ARTICLE

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def bugs() -> Mapping[str, Mapping[str, Any]]:
    """Each bug of the service: its plain traceback, and what `watch()` finds."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.article.bugs"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    found: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return found


def place(site: Site | None) -> tuple[str, int] | None:
    """The file and the line of a site."""
    return None if site is None else (site.file, site.line)


def answer(finding: Finding) -> tuple[object, ...]:
    """What a person is told: which rule and attribute, both ends, why, and the first safe cure."""
    safe = next((fix.text for fix in finding.fixes if str(fix.applicability) == "safe"), "")
    return (
        finding.rule,
        finding.attribute,
        finding.entity,
        place(finding.load),
        finding.cause.kind,
        place(finding.cause.site),
        safe,
    )


@pytest.mark.parametrize("bug", ["rename", "add", "show"])
def test_the_plain_traceback_gives_the_same_answer(
    bugs: Mapping[str, Mapping[str, Any]], bug: str
) -> None:
    watched = decode(Finding, bugs[bug]["finding"])
    (found,) = explained(bugs[bug]["plain"], ARTICLE)
    assert [answer(one) for one in found.findings] == [answer(watched)]
    read = found.findings[0].read
    assert read is not None
    if bug == "show":  # where FastAPI reads it, `watch()` has no line of the application
        assert place(read) == ("app/api.py", 41)
    else:
        assert place(read) == place(watched.read)


def test_all_of_them_are_found_in_the_source_with_both_ends() -> None:
    found = check([ARTICLE / "app"], ARTICLE).findings
    assert [(one.attribute, one.read is not None, one.load is not None) for one in found] == [
        ("User.organization", True, True),
        ("User.name", True, True),
        ("Organization.users", True, True),
    ]
    assert [one.code for one in found] == ["LW101", "LW103", "LW108"]
