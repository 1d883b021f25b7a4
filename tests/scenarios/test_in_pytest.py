"""The programs as tests of a suite that `pytest --loadwise` runs: the same is found of each."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from loadwise.rules import RULES
from tests.plugin.inner import INI, SCOPE, run
from tests.scenarios.harness import KNOWS_COLUMNS
from tests.scenarios.program import Program, programs

HERE: Final = Path(__file__).parent
FOLDERS: Final = ("programs", "near_misses", "needless", "idle")
SUITE: Final = """\
from pathlib import Path

import pytest

from tests.databases import AIOSQLITE
from tests.scenarios.harness import run
from tests.scenarios.program import programs

FOLDERS = [Path(__file__).parent / name for name in ("programs", "near_misses", "needless", "idle")]
PROGRAMS = [program for folder in FOLDERS for program in programs(folder)]


@pytest.mark.asyncio
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda one: f"{one.folder.name}-{one.name}")
async def test_program(program):
    await run(program, AIOSQLITE, watched=False)
"""
"""One test a program; that one raises is what it is for, and fails no test."""
APART: Final = {"vars_of_the_object"}
"""A program that hands out the dictionary of any object: beside it nothing is waste."""

LUCKY: Final = {"article", "null_foreign_key", "target_in_session"}
"""Programs that the mode "explain" says nothing of, or something else, and that work by luck."""

CODES: Final = {rule.name: rule.code for rule in RULES}

Found = dict[str, Any]


def test_each_program_is_told_of_in_a_suite(tmp_path: Path) -> None:
    """By rule, attribute, cause, and lines; and of no other is anything."""
    made = list(_made(tmp_path))
    (tmp_path / "pytest.ini").write_text(INI + SCOPE, encoding="utf-8")
    (tmp_path / "test_suite.py").write_text(SUITE, encoding="utf-8")
    done = run(
        tmp_path,
        *("--loadwise", "--loadwise-json=found.json", "-q", "test_suite.py"),
        env={"PYTHONPATH": str(HERE.parents[1])},
    )
    assert done.code == 0, done.out[-4000:] + done.err
    found = _by_program(json.loads(done.read("found.json"))["findings"])
    wrong = [
        f"{one.folder.name}/{one.name}: {what}"
        for one in made
        for what in _wrong(one, found[one.folder.name, one.name])
    ]
    assert not wrong, "\n".join(wrong)
    by_hand = [one.name for one in made if _is_gap_or_repeat(one) and not _pasteable(one, found)]
    assert len(by_hand) <= 0.1 * sum(map(_is_gap_or_repeat, made)), by_hand


def _is_gap_or_repeat(program: Program) -> bool:
    """Whether a program shows something that is missing, or loaded for one after the other."""
    return CODES.get(program.head.get("rule", ""), 0) // 100 in {1, 2}


def _pasteable(program: Program, found: dict[tuple[str, str], list[Found]]) -> bool:
    """Whether one of the cures can be applied; the programs of test_scenarios.py apply them all."""
    return any(
        fix["applicability"] != "display"
        for one in found[program.folder.name, program.name]
        if one["rule"] == program.head["rule"]
        for fix in one["fixes"]
    )


def _made(folder: Path) -> Iterator[Program]:
    """The programs, in the folder of the suite."""
    for name in FOLDERS:
        (folder / name).mkdir()
        for one in programs(HERE / name):
            if one.name not in APART and (KNOWS_COLUMNS or "needs" not in one.head):
                yield one.make(folder / name)


def _by_program(findings: list[Found]) -> dict[tuple[str, str], list[Found]]:
    """The findings, by the folder and the name of the program that their sites lie in."""
    found = defaultdict[tuple[str, str], list[Found]](list)
    for finding in findings:
        sites = [finding["read"], finding["load"], finding["cause"]["site"]]
        for file in {site["file"] for site in sites if site is not None}:
            folder, _, rest = file.partition("/")
            found[folder, rest.partition("/")[0].removesuffix(".py")].append(finding)
    return found


def _wrong(program: Program, found: list[Found]) -> Iterator[str]:
    """What is not as the program says."""
    head, marks = program.head, program.marks()
    expected = [one for one in found if one["rule"] == head.get("rule")]
    for one in found:
        lucky = one["rule"] == "masked-read" and program.name in LUCKY
        if one not in expected and not lucky and one["rule"] != head.get("beside"):
            yield f"unexpected {one['rule']} {one['attribute']} {one['read']} {one['load']}"
    if "rule" not in head:
        return
    if not expected:
        yield "nothing is found"
        return
    first = expected[0]
    sites = {"read": first["read"], "load": first["load"], "cause": first["cause"]["site"]}
    said: dict[str, object] = {mark: site and site["line"] for mark, site in sites.items()}
    wanted: dict[str, object] = {
        mark: marks[mark].number if mark in marks else None for mark in sites
    }
    said |= {"attribute": first["attribute"], "cause": first["cause"]["kind"]}
    wanted |= {name: head.get(name, said[name]) for name in ("attribute", "cause")}
    for key, value in said.items():
        if value != wanted[key]:
            yield f"{key}: {value!r}, expected {wanted[key]!r}"
