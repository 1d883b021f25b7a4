"""The file of `--loadwise-json`: where it cannot be written, and what it replaces."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from loadwise.plugin.output import Output
from tests.plugin.inner import Run, make_project, run, run_once
from tests.plugin.suite import READS

VANISHING = """\
import pathlib
import shutil


def test_nothing():
    shutil.rmtree(pathlib.Path(__file__).parents[1] / "results")
"""


@pytest.fixture(scope="module")
def vanished(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """A run that finds nothing, and whose folder of results is not there at its end."""

    def make(folder: Path) -> Run:
        project = make_project(folder / "project", test_it=VANISHING, test_reads=READS)
        (project / "results").mkdir()
        tests = ("tests/test_it.py", "tests/test_reads.py::test_loaded")
        return run(project, "--loadwise-json", "results/found.json", *tests)

    return run_once(tmp_path_factory, "vanished", make)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("folder", "folder is a folder"),
        ("nowhere/found.json", "there is no folder nowhere"),
        ("file/found.json", "there is no folder file"),
        ("new.json", ""),
        ("file", ""),
    ],
)
def test_what_can_be_told_before_the_run(tmp_path: Path, name: str, problem: str) -> None:
    """A folder in the place of the file, and a folder that is not there."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    assert Output(name, tmp_path / name).problem() == problem


def test_a_folder_that_cannot_be_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Said before the run; whoever runs these tests as root may write everywhere."""
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    output = Output("there/found.json", tmp_path / "found.json")
    assert output.problem() == "cannot write in the folder there"


def test_it_is_said_in_one_line(tmp_path: Path) -> None:
    """As pytest says that an option is wrong, and no test runs."""
    project = make_project(tmp_path / "project", test_it=VANISHING)
    done = run(project, "--loadwise-json", "nowhere/found.json", "tests")
    assert done.code == pytest.ExitCode.USAGE_ERROR
    assert done.err.strip() == "ERROR: --loadwise-json: there is no folder nowhere"
    assert "passed" not in done.out


def test_a_folder_that_vanishes_during_the_run(vanished: Run) -> None:
    """The tests have their outcome, the run fails with one line, nothing is left behind."""
    assert "2 passed" in vanished.out
    assert vanished.code == pytest.ExitCode.USAGE_ERROR
    said = [line for line in vanished.out.splitlines() if "--loadwise-json" in line]
    assert said == ["--loadwise-json: cannot write results/found.json: No such file or directory"]
    assert vanished.err == ""
    assert not (Path(vanished.folder) / "results").exists()


def test_nothing_to_tell(vanished: Run) -> None:
    """A run that finds nothing ends with one line about it."""
    said = [line.strip("= ") for line in vanished.out.splitlines() if "loadwise:" in line]
    assert said == ["loadwise: nothing to show"]


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Nothing else is left in the folder, and the file is readable as any new file is."""
    (tmp_path / "usual").touch()
    path = tmp_path / "found.json"
    path.write_text("a longer text than the new one")
    Output("found.json", path).write(b"new\n")
    assert path.read_bytes() == b"new\n"
    assert path.stat().st_mode == (tmp_path / "usual").stat().st_mode
    assert sorted(each.name for each in tmp_path.iterdir()) == ["found.json", "usual"]


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk, for example."""
    path = tmp_path / "found.json"
    path.write_text("old")

    def fail(self: Path, target: Path) -> None:
        raise OSError("no space")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(OSError, match="no space"):
        Output("found.json", path).write(b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_link_stays_a_link(tmp_path: Path) -> None:
    """The file behind it is replaced."""
    (tmp_path / "link").symlink_to(tmp_path / "target")
    Output("link", tmp_path / "link").write(b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "target").read_text() == "new"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_a_pipe_is_written_to(tmp_path: Path) -> None:
    """So is /dev/stdout, or /dev/null: it must not become a file."""
    path = tmp_path / "pipe"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    Output("pipe", path).write(b"new")
    assert os.read(reader, 10) == b"new"
    os.close(reader)
    assert path.is_fifo()
