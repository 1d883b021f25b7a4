"""`loadwise explain` with a traceback: from a file, from the standard input, and bad input."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

from tests.cli.command import START, clean, loadwise

ROOT: Final = Path(__file__).parents[2]
ARTICLE: Final = ROOT / "examples" / "article"
TRACEBACKS: Final = ROOT / "tests" / "analyse" / "tracebacks"
COLUMN: Final = TRACEBACKS / "py310-sa2.0.30.reads_column.txt"
RESPONSE: Final = TRACEBACKS / "py312-sa2.0.44.endpoint.txt"


def given(text: bytes, *arguments: str, cwd: Path = ARTICLE) -> subprocess.CompletedProcess[bytes]:
    """Run `loadwise explain` with a text on its standard input."""
    return subprocess.run(
        [sys.executable, "-c", START, "explain", *arguments],
        input=text,
        env=clean(),
        cwd=cwd,
        capture_output=True,
        check=False,
    )


def refused(done: subprocess.CompletedProcess[bytes]) -> str:
    """The one line with which a command refuses its input."""
    assert done.returncode == 2
    assert done.stdout == b""
    (line,) = done.stderr.decode().splitlines()
    return line


def test_a_file_and_the_standard_input_say_the_same() -> None:
    piped = given(COLUMN.read_bytes())
    named = loadwise("explain", str(COLUMN), cwd=ARTICLE)
    assert (piped.returncode, named.returncode) == (0, 0)
    assert piped.stdout.decode() == named.stdout
    assert named.stdout.startswith("app/service.py:18:52  LW103 expired-read  `User.name` is not")
    assert "app/repository.py\n  27 |" in named.stdout
    assert "await session.refresh(user)" in named.stdout


def test_the_source_may_be_elsewhere(tmp_path: Path) -> None:
    done = loadwise("explain", str(COLUMN), "--source", str(ARTICLE), cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.startswith("app/service.py:18:52  LW103")


def test_a_response_that_names_no_line() -> None:
    done = given(RESPONSE.read_bytes())
    assert done.returncode == 0
    assert done.stdout.decode().startswith("the traceback names no line of this source; ")
    assert "`User.organization` is not loaded here" in done.stdout.decode()


def test_a_line_without_a_finding_exits_with_1(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "\n\ndef told(user):\n    return user.team\n", encoding="utf-8"
    )
    text = b"""\
  File "/srv/app.py", line 2, in told
    return user.team
           ^^^^^^^^^
sqlalchemy.exc.MissingGreenlet: x
"""
    done = given(text, cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.decode().splitlines()[:2] == [
        "app.py:4  the traceback has line 2: the file has changed since",
        "app.py:4:12  `.team` is read and is not loaded",
    ]


@pytest.mark.parametrize("text", [b"", b"\n"])
def test_an_empty_input(text: bytes) -> None:
    assert (
        refused(given(text))
        == "loadwise: what was given is empty: paste a traceback, with its `File` lines"
    )


@pytest.mark.parametrize("text", [b"hello", b"\xff\xfe\x00", b"\x00" * 100, b"\xe9" * 10])
def test_what_is_no_traceback(text: bytes) -> None:
    line = refused(given(text))
    assert line.startswith("loadwise: there is no traceback in what was given: paste it whole")


def test_a_text_of_windows() -> None:
    assert given(COLUMN.read_text(encoding="utf-8").encode("utf-16")).returncode == 0


def test_a_traceback_about_something_else() -> None:
    text = (
        COLUMN.read_bytes().replace(b"MissingGreenlet", b"Other").replace(b"greenlet_spawn", b"x")
    )
    line = "loadwise: the traceback is not about an attribute that was not loaded"
    assert refused(given(text)) == line


def test_a_source_that_is_not_that_of_the_traceback(tmp_path: Path) -> None:
    line = refused(given(COLUMN.read_bytes(), cwd=tmp_path))
    assert line.startswith("loadwise: no line of the traceback is in a file below ")
    assert line.endswith(": it names /srv/article/app/service.py")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (("nowhere.txt",), "loadwise: there is no file nowhere.txt"),
        (("logs/nowhere",), "loadwise: there is no file logs/nowhere"),
        (("lazy-red",), "loadwise: there is no topic 'lazy-red': did you mean "),
        (("-", "--source", "nowhere"), "loadwise: there is no folder nowhere"),
    ],
)
def test_names_of_nothing(arguments: tuple[str, ...], line: str) -> None:
    assert refused(given(COLUMN.read_bytes(), *arguments)).startswith(line)


def test_a_topic_goes_before_a_file_of_its_name(tmp_path: Path) -> None:
    (tmp_path / "loading").write_text("no traceback", encoding="utf-8")
    assert loadwise("explain", "loading", cwd=tmp_path).returncode == 0


def test_the_answer_is_in_the_source_and_nothing_of_it_is_run(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text(
        "raise SystemExit('it was imported')\ndef told(user):\n    return user.team\n",
        encoding="utf-8",
    )
    text = b'  File "/srv/app.py", line 3, in told\n    return user.team\nMissingGreenlet\n'
    assert given(text, cwd=tmp_path).returncode == 1
