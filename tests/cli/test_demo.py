"""`loadwise demo`, run once; what it prints is what a new user sees first."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import pytest

from loadwise.cli import demo
from loadwise.cli.demo import DemoError
from loadwise.cli.terminal import Terminal
from loadwise.core.edit import Applicability, Edit, Fix
from tests.cli.command import loadwise, without
from tests.plugin.test_about import finding
from tests.shared import once

FINDINGS = {
    "app/api.py:41": "`User.organization` is not loaded here",
    "app/service.py:18": "`User.name` is not loaded here",
    "app/service.py:25": "`Organization.users` is changed here and is not loaded",
    "tests/test_article.py:15": "`User.organization` is not loaded here, and works by luck",
    "tests/test_article.py:23": "`User.organization` is not loaded here",
}
CURES = {
    "app/repository.py:22": "session.get(User, user_id, options=[joinedload(User.organization)])",
    "app/service.py:18": "await session.refresh(user)",
    "app/repository.py:33": (
        "session.get_one(Organization, organization_id, options=[selectinload(Organization.users)])"
    ),
    "app/repository.py:27": (
        "select(User).where(User.email == email).options(joinedload(User.organization))"
    ),
}


@dataclass(frozen=True)
class Shown:
    """What came of the demo; `left` are the files that it left where it was run."""

    code: int
    out: str
    err: str
    left: list[str]


def run_demo(folder: Path) -> dict[str, Any]:
    """Run it beside a file of pytest's, with settings of the caller's that would spoil pytest's."""
    (folder / "temporary").mkdir()
    (folder / "conftest.py").write_text("raise RuntimeError('not this one')\n")
    env = {
        "TMPDIR": str(folder / "temporary"),
        "TEMP": str(folder / "temporary"),
        "PYTEST_ADDOPTS": "--no-such-option",
        "PYTEST_PLUGINS": "no_such_plugin",
        "COLUMNS": "200",
    }
    done = loadwise("demo", env=env, cwd=folder)
    left = sorted(str(each.relative_to(folder)) for each in folder.rglob("*"))
    return asdict(Shown(done.returncode, done.stdout, done.stderr, left))


@pytest.fixture(scope="module")
def done(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The demo, run once."""
    return Shown(**once(tmp_path_factory, "demo", run_demo))


def test_it_succeeds(done: Shown) -> None:
    """Nothing but what it has to say."""
    assert done.err == ""
    assert done.code == 0


def test_it_leaves_nothing_behind(done: Shown) -> None:
    """Neither in the temporary folder nor where it was run."""
    assert done.left == ["conftest.py", "temporary"]


def test_it_explains_every_finding(done: Shown) -> None:
    """Before it pastes any cure: where, what, and each in full."""
    before, _, _ = done.out.partition("\n2. ")
    for place, fact in FINDINGS.items():
        assert re.search(
            rf"^{re.escape(place)}:\d+  LW\d+ [a-z-]+\s+{re.escape(fact)}$", before, re.MULTILINE
        )
    assert before.count("  docs  loadwise explain ") == len(FINDINGS)
    assert before.rstrip().endswith("\n4 failed, 4 passed")


def test_all_passes_in_the_end(done: Shown) -> None:
    """The same tests, and nothing is found."""
    _, _, after = done.out.partition("\n3. ")
    assert "\n8 passed, nothing was read that was not loaded\n" in after


def test_it_says_what_to_do_next(done: Shown) -> None:
    """In a test run, in an application, and where to read more."""
    _, _, after = done.out.partition("\nNext\n")
    for code in ("pytest --loadwise", "loadwise.watch()", "loadwise explain lazy-read"):
        assert f"\n{code} " in after


def test_what_it_pastes_is_what_it_printed(done: Shown) -> None:
    """Each first cure is a line of the change, and there is no other."""
    before, _, rest = done.out.partition("\n2. ")
    change, _, _ = rest.partition("\n3. ")
    added = [line[1:] for line in change.splitlines() if re.match(r"\+(?!\+\+)", line)]
    for place, code in CURES.items():
        assert re.search(rf"^  fix   {re.escape(place)}  ", before, re.MULTILINE)
        assert code in before
        assert sum(code in line for line in added) == 1
    assert len(added) == len(CURES)


def test_it_fits_a_terminal_of_80_columns(done: Shown) -> None:
    """All but code, which is to be copied; in a log, whatever the log's width."""
    before, _, rest = done.out.partition("\n2. ")
    _, _, after = rest.partition("\n3. ")
    too_long = [line for line in (before + after).splitlines() if len(line) > 80]
    code = {f"        {text}" for text in CURES.values()}
    assert set(too_long) <= code


def test_a_log_is_plain(done: Shown) -> None:
    """No escape codes, no tabs, no trailing blanks but those of a diff's context."""
    assert "\x1b" not in done.out
    assert "\t" not in done.out
    assert not re.search(r"\S[ ]+$", done.out, re.MULTILINE)


def test_what_is_missing_is_named() -> None:
    """One line with the command that installs it; nothing is run."""
    done = loadwise("demo", before=without(["fastapi", "pytest_asyncio"]))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == (
        "loadwise: the demo needs pytest-asyncio, fastapi: pip install pytest-asyncio fastapi\n"
    )


def test_tests_that_do_not_run(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Said in one line, which is pytest's own about the error."""
    monkeypatch.setattr(demo, "OPTIONS", ("--no-such-option",))
    said = r"^the service's tests did not run: .*error: unrecognized arguments: --no-such-option"
    with pytest.raises(DemoError, match=said) as caught:
        demo.test(tmp_path)
    assert "\n" not in str(caught.value)


def test_without_the_service(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An installation that lacks it."""
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "a" / "b" / "c" / "demo.py"))
    with pytest.raises(DemoError, match="is not part of this installation"):
        demo.source()


def test_the_service_of_an_installed_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """It lies beside the module there."""
    (tmp_path / "cli" / "article").mkdir(parents=True)
    monkeypatch.setattr(demo, "__file__", str(tmp_path / "cli" / "demo.py"))
    assert demo.source() == tmp_path / "cli" / "article"


def test_cures_that_do_not_cure(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The demo does not claim what did not happen."""
    results = iter([((finding(),), "1 failed"), ((finding(),), "1 failed")])
    monkeypatch.setattr(demo, "test", lambda project: next(results))
    with pytest.raises(DemoError, match="the cures did not cure everything: 1 failed"):
        demo.show(Terminal("never"), tmp_path)


def test_the_first_cure_that_can_be_pasted() -> None:
    """One that can only be read is passed over; without any, nothing is changed."""
    edit = Edit(file="a.py", start=(1, 1), end=(1, 2), text="b")
    shown = Fix(title="", applicability=Applicability.DISPLAY, text="")
    safe = Fix(title="", applicability=Applicability.SAFE, text="", edits=(edit,))
    assert demo.first_cure(finding(fixes=(shown, safe))) == (edit,)
    assert demo.first_cure(finding(fixes=(shown,))) == ()


def test_pasting(tmp_path: Path) -> None:
    """Only the files that are edited are written, and the change is shown with its surroundings."""
    (tmp_path / "a.py").write_text("one\ntwo\nthree\nfour\n")
    (tmp_path / "b.py").write_text("five\n")
    edits = [
        Edit(file="a.py", start=(2, 1), end=(2, 4), text="2"),
        Edit(file="a.py", start=(2, 1), end=(2, 4), text="2"),
    ]
    assert list(demo.paste(tmp_path, edits)) == [
        *("--- a/a.py", "+++ b/a.py", "@@ -1,3 +1,3 @@"),
        *(" one", "-two", "+2", " three"),
    ]
    assert (tmp_path / "a.py").read_text() == "one\n2\nthree\nfour\n"
