"""One suite, run plainly and by two workers of pytest-xdist: what its tests show, and the end."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from loadwise.core.wire import decode, encode
from loadwise.report.json import Document, dumps, loads
from tests.plugin.inner import Run, line_of, run, run_once
from tests.plugin.schema import violations
from tests.plugin.suite import HAS_GROUPS, HAS_SUBTESTS, PLUGINS, make_suite

READ = line_of("return user.organization")
LOAD = line_of("return await session.get(User, 100)")
CURE = "session.get(User, 100, options=[joinedload(User.organization)])"
FACT = "LW101 `User.organization` is not loaded here"


@dataclass(frozen=True)
class Outcome:
    """A run of the suite, and the files that it wrote."""

    run: Run

    @property
    def json(self) -> str:
        """The JSON."""
        return self.run.read("found.json")

    @property
    def document(self) -> Document:
        """The JSON, read."""
        return loads(self.json)

    def case(self, name: str) -> ET.Element:
        """A test in JUnit's XML."""
        cases = ET.fromstring(self.run.read("junit.xml")).iter("testcase")
        return next(case for case in cases if case.get("name") == name)


def run_suite(folder: Path, *arguments: str, plugins: tuple[str, ...]) -> Run:
    """Run the suite; the flag stands before the path, as people type it."""
    suite = make_suite(folder / "project")
    files = ("--loadwise-json=found.json", "--junitxml=junit.xml")
    return run(suite, "--loadwise", "tests/", *files, *arguments, plugins=plugins)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The suite in one process."""
    make = partial(run_suite, plugins=PLUGINS)
    return Outcome(run_once(tmp_path_factory, "plain", make))


@pytest.fixture(scope="module")
def spread(tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """The suite in two workers."""

    def make(folder: Path) -> Run:
        return run_suite(folder, "-n2", plugins=(*PLUGINS, "xdist.plugin"))

    return Outcome(run_once(tmp_path_factory, "spread", make))


@pytest.fixture(scope="module", params=["plain", "spread"])
def either(request: pytest.FixtureRequest) -> Outcome:
    """The suite in one process, and in two."""
    found: Outcome = request.getfixturevalue(request.param)
    return found


def assert_explained(shown: str) -> None:
    """The explanation is there: fact, both ends, cure, how to get the traceback; and it alone."""
    assert f"shop.py:{READ}:" in shown
    assert "LW101 lazy-read" in shown
    assert "`User.organization` is not loaded here" in shown
    assert f"  {READ} |     return user.organization\n" in shown
    assert f"  {LOAD} |     return await session.get(User, 100)\n" in shown
    assert CURE in shown
    assert shown.rstrip().endswith("for the traceback: pytest --loadwise --tb=long")
    assert "sqlalchemy/orm" not in shown


def test_what_fails_fails(either: Outcome) -> None:
    """The outcomes are those that the tests have without loadwise."""
    failed = 5 + HAS_GROUPS + 2 * HAS_SUBTESTS
    assert f"{failed} failed, 3 passed, 1 xfailed, 2 errors" in either.run.out
    assert either.run.code == pytest.ExitCode.TESTS_FAILED


@pytest.mark.parametrize(
    "heading",
    [
        "test_first",
        "test_second",
        "ERROR at setup of test_set_up",
        "ERROR at teardown of test_torn_down",
        "TestCase.test_unittest",
        "test_anyio",
    ],
)
def test_the_explanation_stands_in_the_place_of_the_traceback(
    either: Outcome, heading: str
) -> None:
    """In tests and fixtures of pytest-asyncio, of anyio's plugin, of unittest."""
    assert_explained(either.run.failure(heading))


@pytest.mark.skipif(not HAS_SUBTESTS, reason="pytest has subtests from 9.0 on")
def test_a_subtest_is_explained(either: Outcome) -> None:
    """A subtest's report is a copy that has lost what it shows."""
    assert_explained(either.run.failure("test_subtests [part]"))
    assert FACT[:20] in either.run.summary("SUBFAILED")


@pytest.mark.skipif(not HAS_GROUPS, reason="asyncio has task groups from Python 3.11 on")
def test_a_task_group_is_looked_into(either: Outcome) -> None:
    """The error of a task is explained, and the group is named."""
    shown = either.run.failure("test_group")
    assert "`User.organization` is not loaded here" in shown
    assert "\nthe test saw ExceptionGroup: unhandled errors in a TaskGroup (1 sub-" in shown


def test_another_failure_keeps_its_traceback(either: Outcome) -> None:
    """The findings of the test stand below it."""
    traceback, heading, findings = either.run.failure("test_unrelated").partition("- loadwise -")
    assert heading
    assert "assert 'one' == 'another'" in traceback
    assert f"shop.py:{READ}:" in findings
    assert CURE in findings


def test_the_short_summary_names_the_attribute(either: Outcome) -> None:
    """As far as 80 columns go; those that are not about loading say what they always said."""
    assert "test_first - LW101 `User.organization` is" in either.run.summary("::test_first")
    assert "LW101 `User.organization`" in either.run.summary("::test_set_up")
    assert "AssertionError" in either.run.summary("::test_unrelated")


def test_junit_holds_the_explanation(either: Outcome) -> None:
    """The fact as the message, the explanation as the text; also where a fixture failed."""
    failure = either.case("test_first").find("failure")
    assert failure is not None
    assert failure.get("message") == FACT
    assert CURE in (failure.text or "")
    error = either.case("test_set_up").find("error")
    assert error is not None
    assert FACT in (error.get("message") or "")


def test_the_end_lists_each_root_once(either: Outcome) -> None:
    """Where it is read, why, the cure, how often it was seen, and in which tests."""
    listed = either.run.section("loadwise:")
    assert listed.count(f"shop.py:{READ}:") == 1
    seen = listed.partition(f"shop.py:{READ}:")[2]
    times = 9 + HAS_SUBTESTS + HAS_GROUPS + 1
    others = 1 + HAS_GROUPS
    assert [line[:8].strip() for line in seen.splitlines()[1 : others + 8]] == [
        *("also", "")[:others],
        *("why", "", "fix", "", "seen", "test", ""),
    ]
    assert f"  fix   shop.py:{LOAD}  [safe]\n        {CURE}\n" in seen
    assert f"  seen  {times} times in {times - 1} tests\n" in seen
    assert "  test  tests/test_fixtures.py::test_set_up\n" in seen
    assert f"        and {times - 3} more tests\n" in seen


def test_the_end_says_how_many(either: Outcome) -> None:
    """Findings, tests that had one, and roots."""
    findings = either.document.findings
    tests = {test for finding in findings for test in finding.evidence.tests}
    said = f"= loadwise: {len(findings)} findings in {len(tests)} tests, 1 root cause ="
    assert said in either.run.out


def test_the_end_says_what_to_do(either: Outcome) -> None:
    """The last words of the section."""
    assert either.run.section("loadwise:").rstrip().split("\n")[-3:] == [
        "next  paste what is marked [safe], and run again",
        "      --loadwise-mode=fail makes tests with an error or a warning fail",
        "      why, and what to do: loadwise explain lazy-read",
    ]


def test_what_a_test_expects_is_listed(either: Outcome) -> None:
    """`pytest.raises(MissingGreenlet)` holds: the test passes, and the finding is kept."""
    found = [
        finding
        for finding in either.document.findings
        if "tests/test_reads.py::test_caught" in finding.evidence.tests
    ]
    assert [finding.evidence.observed for finding in found] == [1]
    assert "test_caught" not in either.run.section("short test summary info")


def test_the_json_is_the_contract(plain: Outcome) -> None:
    """It is as its schema says, as `loadwise schema` prints it."""
    printed = subprocess.run(
        [sys.executable, "-c", "from loadwise.cli import main; main()", "schema"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert list(violations(json.loads(plain.json), json.loads(printed))) == []


def test_the_json_comes_back(plain: Outcome) -> None:
    """Read and written again, it is the same record and the same bytes."""
    document = plain.document
    assert decode(Document, encode(document)) == document
    assert dumps(document) == plain.json


def test_the_json_says_what_was_found(plain: Outcome) -> None:
    """Field by field, of the finding that most tests have."""
    most = max(plain.document.findings, key=lambda finding: finding.evidence.observed)
    assert (most.rule, most.code, most.attribute) == ("lazy-read", "LW101", "User.organization")
    assert (most.entity, most.instance) == ("shop.User", "User 100")
    assert most.read is not None
    assert (most.read.file, most.read.line) == ("shop.py", READ)
    assert most.read.function.endswith("organization_of")
    assert most.load is not None
    assert (most.load.file, most.load.line) == ("shop.py", LOAD)
    assert str(most.cause.kind) == "never-loaded"
    assert most.gap == "organization"
    assert most.fixes[0].text == CURE
    assert {edit.file for edit in most.fixes[0].edits} == {"shop.py"}


def test_paths_are_relative_and_posix(plain: Outcome) -> None:
    """No path leads out of the project or into this machine."""
    files = {value for key, value in leaves(json.loads(plain.json)) if key == "file"}
    assert files
    assert all(
        not Path(file).is_absolute() and ".." not in file and "\\" not in file for file in files
    )


def leaves(data: Any, key: str = "") -> list[tuple[str, Any]]:
    """The values of a JSON document that hold no others, with the keys they stand under."""
    if isinstance(data, dict):
        return [leaf for name, value in data.items() for leaf in leaves(value, name)]
    if isinstance(data, list):
        return [leaf for value in data for leaf in leaves(value, key)]
    return [(key, data)]


def test_two_runs_write_the_same_bytes(plain: Outcome, spread: Outcome) -> None:
    """Also where the second one ran in two processes, in another order."""
    assert spread.json == plain.json
    assert spread.run.section("loadwise:") == plain.run.section("loadwise:")
