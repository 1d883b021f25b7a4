"""The guides to the command line: every command in them runs, and prints what they say."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from loadwise.cli.app import check, explain, fix, set_lazy
from loadwise.rules import RULES
from tests.cli.command import START, clean

ROOT: Final = Path(__file__).parents[2]
GUIDES: Final = ROOT / "docs" / "guides"
NAMES: Final = ("check", "explain", "fix", "set-lazy")


def text_of(name: str) -> str:
    """The text of a guide."""
    return (GUIDES / f"{name}.md").read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    """The blocks of a language in a guide."""
    form = rf"^```{language}\n(.*?)^```$"
    return re.findall(form, text_of(name), re.DOTALL | re.MULTILINE)


def commands(name: str) -> Iterator[tuple[str, str]]:
    """Each command of a guide, and what it prints there; `...` stands for anything."""
    for block in blocks(name, "console"):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, printed = part.partition("\n")
            yield command, printed


@pytest.mark.parametrize("name", NAMES)
def test_the_commands_print_what_the_guide_says(name: str, tmp_path: Path) -> None:
    project = tmp_path / "article"
    ignored = shutil.ignore_patterns("__pycache__", ".*")
    shutil.copytree(ROOT / "examples" / "article", project, ignore=ignored)
    for text in blocks(name, "pytb"):
        (project / "traceback.txt").write_text(text, encoding="utf-8")
    seen = 0
    for command, printed in commands(name):
        program, *arguments = shlex.split(command)
        assert program in {"loadwise", "python"}
        start = ["-c", START] if program == "loadwise" else []
        done = subprocess.run(
            [sys.executable, *start, *arguments],
            cwd=project,
            env=clean(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert re.fullmatch(pattern(printed), done.stdout + done.stderr), (command, done)
        seen += 1
    assert seen >= 4


def pattern(printed: str) -> str:
    """What matches a text in which `...` stands for anything."""
    return "(?s)" + ".*".join(re.escape(part) for part in printed.split("..."))


def test_every_option_of_check_is_named() -> None:
    options = [name for one in check.params for name in one.opts if name.startswith("--")]
    assert [name for name in options if f"`{name}" not in text_of("check")] == []
    formats = ("full", "concise", "json")
    assert all(f"--output-format {form}" in text_of("check") for form in formats)


def test_every_option_of_explain_is_named() -> None:
    options = [name for one in explain.params for name in one.opts if name.startswith("--")]
    assert [name for name in options if name not in text_of("explain")] == []


def test_every_option_of_fix_is_named() -> None:
    options = [name for one in fix.params for name in one.opts if name.startswith("--")]
    assert [name for name in options if f"`{name}" not in text_of("fix")] == []


def test_every_option_of_set_lazy_is_named() -> None:
    options = [name for one in set_lazy.params for name in one.opts if name.startswith("--")]
    assert [name for name in options if f"`{name}" not in text_of("set-lazy")] == []


def test_the_rules_of_the_table_are_there() -> None:
    link = re.compile(r"^\| \[([a-z-]+)\]\(\.\./rules/([a-z-]+)\.md\)", re.MULTILINE)
    named = link.findall(text_of("check"))
    assert len(named) == 16
    assert {name for name, _ in named} <= {rule.name for rule in RULES}
    assert all(name == file for name, file in named)
