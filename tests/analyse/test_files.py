"""What cannot be read is one line, and the rest is analysed: never a traceback, never a hang."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest

from loadwise.analyse.check import check
from loadwise.analyse.checked import Checked
from loadwise.analyse.files import NoSuchPathError, read_tree
from tests.analyse.test_cases import MODELS

GOOD: Final = (
    MODELS.replace("{prop}", "")
    + """
async def f(session: AsyncSession):
    a = (await session.execute(select(A))).scalar_one()
    return a.b
"""
)
DEEP: Final = 5_000


def checked(folder: Path, name: str, data: bytes) -> Checked:
    """The findings about a folder with a good file and one more."""
    (folder / "good.py").write_text(GOOD, encoding="utf-8")
    (folder / name).write_bytes(data)
    return check([folder], folder)


UNREADABLE: Final[dict[str, tuple[bytes, str]]] = {
    "syntax": (b"x = 1\ndef f(:\n", "invalid syntax"),
    "python_2": (b"print 'x'\n", "Missing parentheses in call to 'print'"),
    "python_2_except": (b"try:\n    x\nexcept E, e:\n    pass\n", "exception types must be"),
    "latin": (b"x = '\xe9'\n", "codec can't decode byte 0xe9"),
    "no_such_encoding": (b"# -*- coding: nosuch -*-\nx = 1\n", "unknown encoding: nosuch"),
    "utf16": ("x = 1\n".encode("utf-16"), ""),
    "null": (b"x = 1\x00\n", "null bytes"),
    "brackets": (b"x = " + b"(" * DEEP + b"1" + b")" * DEEP, "too many nested parentheses"),
    "indents": (
        b"".join(b" " * level + b"if x:\n" for level in range(200)) + b" " * 200 + b"x",
        "too many levels of indentation",
    ),
    "attributes": (b"x = a" + b".b" * DEEP, "it is nested too deep"),
    "calls": (b"x = a" + b"()" * DEEP, "it is nested too deep"),
    "sum": (b"x = " + b"+".join([b"1"] * DEEP), "it is nested too deep"),
    "sum_of_lines": (b"x = (1\n" + b"    + 1\n" * DEEP + b")", "it is nested too deep"),
    "unary": (b"x = " + b"-" * DEEP + b"1", "it is nested too deep"),
    "branches": (b"if a:\n  x\n" + b"elif a:\n  x\n" * DEEP, "it is nested too deep"),
    "generated": (b"x = [\n" + b"    1234567890,\n" * 700_000 + b"]\n", "it is larger than 4 MB"),
}


@pytest.mark.parametrize("name", UNREADABLE)
def test_a_file_that_cannot_be_read(tmp_path: Path, name: str) -> None:
    data, reason = UNREADABLE[name]
    start = time.process_time()
    found = checked(tmp_path, "bad.py", data)
    assert time.process_time() - start < 20
    assert [one.file for one in found.unread] == ["bad.py"]
    assert reason in found.unread[0].reason
    assert "\n" not in found.unread[0].reason
    assert [one.attribute for one in found.findings] == ["A.b"]


def test_the_line_of_a_syntax_error(tmp_path: Path) -> None:
    assert checked(tmp_path, "bad.py", b"x = 1\ndef f(:\n").unread[0].line == 2


READABLE: Final[dict[str, bytes]] = {
    "empty": b"",
    "declared_encoding": "# -*- coding: latin-1 -*-\nx = 'é'\n".encode("latin-1"),
    "mark": b"\xef\xbb\xbfx = 1\n",
    "ends_of_lines": b"x = 1\r\ny = 2\rz = 3\x0c\n",
    "half_as_deep": b"x = a" + b".b" * 300,
    "recursion": b"def a(x):\n    return b([x])\ndef b(x):\n    return a((x,))\na(1)\n",
    "recursion_of_one": b"def a(x):\n    return a(a(a(x)))\n",
    "a_long_chain": b"".join(
        b"def f%d(x):\n    return f%d(x)\n" % (n, n + 1) for n in range(3_000)
    ),
    "a_huge_union": b"def f(x):\n    y = None\n"
    + b"".join(b"    if x == %d: y = '%d'\n" % (n, n) for n in range(2_000))
    + b"    return y\n",
    "what_needs_itself_to_be_made": b"class N:\n    def __init__(self, above: N): ...\n"
    b"def f(n: N): ...\ndef g(x=Depends(g)): ...\ndef h(x=Depends(i)): ...\n"
    b"def i(x=Depends(h)): ...\n",
    "classes_in_a_circle": b"class A(B): ...\nclass B(A): ...\nclass C(C): ...\n",
    "imports_in_a_circle": b"from bad import *\nfrom bad import x as y, y as x\n",
    "many_ways": b"def f(x):\n" + b"    if x: x = [x]\n    else: x = {1: x}\n" * 300,
    "no_code": b"# nothing\n",
}


@pytest.mark.parametrize("name", READABLE)
def test_a_file_that_is_only_strange(tmp_path: Path, name: str) -> None:
    start = time.process_time()
    found = checked(tmp_path, "bad.py", READABLE[name])
    assert time.process_time() - start < 20
    assert found.unread == ()
    assert [one.attribute for one in found.findings] == ["A.b"]


def test_links_in_a_circle_and_to_nowhere(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "up").symlink_to("..")
    (tmp_path / "itself.py").symlink_to("itself.py")
    (tmp_path / "nowhere.py").symlink_to("gone.py")
    found = checked(tmp_path, "folder.txt", b"")
    assert [one.file for one in found.unread] == ["itself.py", "nowhere.py"]
    assert len(found.findings) == 1


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes in folders")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.py")
    found = checked(tmp_path, "folder.txt", b"")
    assert [(one.file, one.reason) for one in found.unread] == [
        ("pipe.py", "it is no regular file")
    ]


def test_a_notebook_by_its_name_and_among_others(tmp_path: Path) -> None:
    notebook = tmp_path / "a.ipynb"
    assert checked(tmp_path, notebook.name, b'{"cells": []}').unread == ()
    (found,) = check([notebook], tmp_path).unread
    assert found.reason.startswith("it is a notebook; ")


def refusing(name: str) -> Callable[..., bytes]:
    """What reads a file as if its owner had forbidden it."""
    read = Path.read_bytes

    def refuse(file: Path) -> bytes:
        if file.name == name:
            raise PermissionError(13, "Permission denied", str(file))
        return read(file)

    return refuse


def test_a_file_that_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "read_bytes", refusing("bad.py"))
    found = checked(tmp_path, "bad.py", b"x = 1\n")
    assert [(one.file, one.reason) for one in found.unread] == [("bad.py", "Permission denied")]
    assert len(found.findings) == 1


def test_a_folder_that_is_forbidden(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "inner").mkdir()
    walk = os.walk

    def refused(top: Path, onerror: Callable[[OSError], None]) -> object:
        onerror(PermissionError(13, "Permission denied", str(tmp_path / "inner")))
        return walk(top, onerror=onerror)

    monkeypatch.setattr(os, "walk", refused)
    found = checked(tmp_path, "folder.txt", b"")
    assert [(one.file, one.reason) for one in found.unread] == [("inner", "Permission denied")]


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(NoSuchPathError, match="there is no file or folder"):
        read_tree([tmp_path / "gone"], tmp_path)


def test_folders_that_are_not_the_project_s(tmp_path: Path) -> None:
    for name in (".venv", "node_modules", "__pycache__", ".git"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "bad.py").write_bytes(b"def f(:\n")
    assert checked(tmp_path, "folder.txt", b"").unread == ()
