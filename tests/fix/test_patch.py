"""A patch is what `git apply` takes, and files are written whole, changed as it says."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from loadwise.fix.files import Files, digest
from loadwise.fix.merge import CHANGED, UnfitError
from loadwise.fix.patch import patch

FORMS: Final[dict[str, tuple[bytes, bytes]]] = {
    "plain": (b"a = 1\nb = 2\n", b"a = 1\nc = 3\nb = 2\n"),
    "no line end": (b"a = 1\nb = 2", b"a = 1\nb = 3"),
    "a line end more": (b"a = 1", b"import b\na = 1\n"),
    "crlf": (b"a = 1\r\nb = 2\r\n", b"a = 1\r\nb = 3\r\n"),
    "mark": (b"\xef\xbb\xbfa = 1\n", b"\xef\xbb\xbfimport b\na = 1\n"),
    "latin": (
        "# coding: latin-1\na = 'é'\n".encode("latin-1"),
        "# coding: latin-1\nb = 1\na = 'é'\n".encode("latin-1"),
    ),
    "form feed": (b"a = 1\n\x0cb = '\x1c\xc2\x85'\n", b"a = 2\n\x0cb = '\x1c\xc2\x85'\n"),
    "tabs": (b"if a:\n\tb = 1\n", b"if a:\n\tc = 1\n\tb = 1\n"),
    "the first line": (b"a\n", b"b\na\n"),
}  # fmt: skip


def decoded(data: bytes) -> str:
    """The text of a file, as a fix sees it."""
    return data.decode("latin-1" if b"latin-1" in data else "utf-8-sig")


def apply(folder: Path, change: bytes) -> None:
    """Let git apply a patch, in a folder that need not be a repository."""
    done = subprocess.run(
        ["git", "apply", "-"], cwd=folder, input=change, capture_output=True, check=False
    )
    assert done.returncode == 0, (done.stderr, change)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["app.py", "a b/ü.py"])
def test_git_applies_it_and_so_do_we(form: str, name: str, tmp_path: Path) -> None:
    before, after = FORMS[form]
    by_git, by_us = tmp_path / "git" / name, tmp_path / "us" / name
    for file in (by_git, by_us):
        file.parent.mkdir(parents=True)
        file.write_bytes(before)
        file.chmod(0o750)
    files = Files(tmp_path / "us")
    apply(tmp_path / "git", files.patch({name: decoded(before)}, {name: decoded(after)}))
    files.write(name, decoded(before), decoded(after))
    assert by_git.read_bytes() == by_us.read_bytes() == after
    assert by_us.stat().st_mode & 0o777 == 0o750
    assert [one.name for one in by_us.parent.iterdir()] == [by_us.name]


LINES: Final = st.lists(st.sampled_from(["a", "b", "c", "", "\x0c", "x\r"]), max_size=9)


@settings(max_examples=15, deadline=None)
@given(before=LINES, after=LINES, ends=st.tuples(st.booleans(), st.booleans()))
def test_git_applies_any_change(
    before: list[str],
    after: list[str],
    ends: tuple[bool, bool],
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    old, new = (
        "\n".join(lines) + ("\n" if end and lines else "")
        for lines, end in zip((before, after), ends, strict=True)
    )
    if old == new or not old or not new:  # nothing to do, or a file that comes or goes
        return
    folder = tmp_path_factory.mktemp("any")
    (folder / "x.py").write_bytes(old.encode())
    apply(folder, patch("x.py", old, new).encode())
    assert (folder / "x.py").read_bytes() == new.encode()


def test_names_that_git_quotes() -> None:
    assert patch('a"b\\\t.py', "a\n", "b\n").startswith('--- "a/a\\"b\\\\\\011.py"\n')
    assert patch("a.py", "a\n", "a\n") == ""


def problem(files: Files, file: str) -> str:
    """Why a file cannot be changed."""
    with pytest.raises(UnfitError) as caught:
        files.text(file)
    return str(caught.value)


def test_files_that_cannot_be_changed(tmp_path: Path) -> None:
    root = tmp_path / "project"
    (root / "site-packages").mkdir(parents=True)
    for name in ("read_only.py", "site-packages/x.py", "../outside.py", "changed.py"):
        (root / name).write_bytes(b"a = 1\n")
    (root / "read_only.py").chmod(0o444)
    (root / "broken.py").write_bytes(b"a = '\xe9'\n")
    (root / "link.py").symlink_to(tmp_path / "outside.py")
    (root / "folder.py").mkdir()
    files = Files(root, {"changed.py": digest(b"a = 2\n")})
    assert problem(files, "read_only.py") == "it is read-only"
    assert problem(files, "site-packages/x.py") == "it is not the project's own"
    assert problem(files, "changed.py") == CHANGED
    assert problem(files, "broken.py") == "its encoding is not the one that it declares"
    assert problem(files, "none.py") == "No such file or directory"
    assert problem(files, "folder.py") == "Is a directory"
    for outside in ("../outside.py", "link.py", str(tmp_path / "outside.py")):
        assert problem(files, outside) == "it is outside of the project"


def test_a_file_is_written_whole_or_not_at_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "a.py"
    file.write_bytes(b"# coding: ascii\n")
    files = Files(tmp_path)
    assert files.problem_of_writing("a.py", "other\n", "x\n") == CHANGED
    declared = "# coding: ascii\n"
    assert "ascii" in files.problem_of_writing("a.py", declared, f"{declared}é\n")

    def fails(self: Path, target: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fails)
    said = files.problem_of_writing("a.py", declared, f"{declared}x = 1\n")
    assert said == "cannot write it: No space left on device"
    assert file.read_bytes() == b"# coding: ascii\n"
    assert list(tmp_path.iterdir()) == [file]
