"""`loadwise rules`, `explain`, `schema`, `--version`: what is printed, and what of bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from importlib import resources
from importlib.metadata import version

import pytest
from click.testing import CliRunner, Result

from loadwise.cli.app import app
from loadwise.report.json import json_schema
from loadwise.report.loading import page as loading
from loadwise.rules import RULES, page
from tests.cli.command import START, clean, loadwise, without

ESCAPE = "\x1b["


def invoke(*arguments: str, **env: str | None) -> Result:
    """Run a command in this process; its output is no terminal."""
    unset: dict[str, str | None] = {"NO_COLOR": None, "FORCE_COLOR": None}
    return CliRunner().invoke(app, arguments, env={**unset, **env})


def test_version() -> None:
    """The name and the version, for bug reports."""
    assert invoke("--version").output == f"loadwise {version('loadwise')}\n"


def test_rules() -> None:
    """One line a rule, by their codes."""
    lines = invoke("rules").output.splitlines()
    assert [line.split()[:2] for line in lines] == [[f"LW{r.code}", r.name] for r in RULES]
    assert [line.split(maxsplit=2)[2] for line in lines] == [rule.summary for rule in RULES]


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_explain_prints_the_page(rule: object) -> None:
    """Byte for byte where it is not a terminal; by name or code, as people type them."""
    found = next(each for each in RULES if each is rule)
    names = (found.name, found.name.upper(), found.name.replace("-", "_"), f"LW{found.code}")
    for name in (*names, f"lw{found.code}"):
        done = invoke("explain", name)
        assert (done.exit_code, done.stdout_bytes) == (0, page(found).encode())


@pytest.mark.parametrize("name", sorted(loading.topics()))
def test_explain_prints_what_is_loaded_when(name: str) -> None:
    """The short form, and the part of each strategy, as people type them."""
    text = loading.topics()[name]()
    typed = (name, name.upper(), name.replace("_", "-"), name.replace("=", '="') + '"')
    for topic in typed:
        done = invoke("explain", topic)
        assert (done.exit_code, done.stdout_bytes) == (0, text.encode())


@pytest.mark.parametrize(
    ("topic", "said"),
    [
        ("lazi-reed", "there is no topic 'lazi-reed': did you mean lazy-read, lazy-write or "),
        ("LW999", "there is no topic 'LW999': did you mean "),
        ("nonsense", "there is no topic 'nonsense': did you mean unset-read?"),
        ("lazy=imediate", "there is no topic 'lazy=imediate': did you mean lazy=immediate, "),
        ("loadin", "there is no topic 'loadin': did you mean loading, "),
        ("§", "there is no topic '§': `loadwise explain --help` lists them"),
        ("", "there is no topic '': `loadwise explain --help` lists them"),
    ],
)
def test_explain_nonsense(topic: str, said: str) -> None:
    """One line on standard error, with the nearest names; exit code 2."""
    done = invoke("explain", topic)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert done.stderr.startswith(f"loadwise: {said}")
    assert done.stderr.count("\n") == 1


def test_schema_is_the_shipped_file() -> None:
    """It is made from the records; `loadwise schema > FILE` makes the file anew."""
    file = resources.files("loadwise.report").joinpath("findings.schema.json")
    printed = invoke("schema").stdout_bytes
    assert json.loads(printed) == json_schema()
    assert file.read_bytes() == printed, (
        "stale: uv run loadwise schema > src/loadwise/report/findings.schema.json"
    )


@pytest.mark.parametrize(
    ("arguments", "env", "coloured"),
    [
        pytest.param((), {}, False, id="plain"),
        pytest.param((), {"FORCE_COLOR": "1"}, True, id="FORCE_COLOR"),
        pytest.param((), {"FORCE_COLOR": ""}, False, id="FORCE_COLOR is empty"),
        pytest.param(("--color", "always"), {}, True, id="always"),
        pytest.param(("--color", "always"), {"NO_COLOR": "1"}, True, id="the option goes first"),
        pytest.param(("--color", "never"), {"FORCE_COLOR": "1"}, False, id="never"),
        pytest.param((), {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False, id="NO_COLOR"),
    ],
)
def test_colour_where_it_is_asked_for(
    arguments: tuple[str, ...], env: dict[str, str], coloured: bool
) -> None:
    """Without a terminal: not unless forced."""
    done = invoke(*arguments, "explain", "lazy-read", **env)
    assert (ESCAPE in done.output) is coloured


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("env", "coloured"),
    [
        pytest.param({"TERM": "xterm"}, True, id="xterm"),
        pytest.param({"TERM": "dumb"}, False, id="dumb"),
        pytest.param({"TERM": "xterm", "NO_COLOR": "1"}, False, id="NO_COLOR"),
    ],
)
def test_colour_on_a_terminal(env: dict[str, str], coloured: bool) -> None:
    """On a terminal: unless it cannot, or it is not wanted."""
    assert (ESCAPE in on_terminal("explain", "lazy-read", env=env)) is coloured


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_long_lines_are_folded_on_a_terminal() -> None:
    """A summary goes on behind its rule's name, and is whole."""
    lines = on_terminal("rules", env={"TERM": "dumb"}).splitlines()
    assert len(lines) > len(RULES)
    assert all(len(line) <= 80 for line in lines)
    text = " ".join(" ".join(lines).split())
    assert all(rule.summary in text for rule in RULES)


def on_terminal(*arguments: str, env: dict[str, str]) -> str:
    """What a command prints on a terminal of 80 columns."""
    import fcntl
    import pty
    import struct
    import termios

    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("4H", 24, 80, 0, 0))
    command = [sys.executable, "-c", START, *arguments]
    with subprocess.Popen(command, env=clean(env), stdout=follower):
        os.close(follower)
        shown = b""
        try:
            while part := os.read(leader, 4096):
                shown += part
        except OSError:  # how Linux says that nobody writes any more
            pass
    os.close(leader)
    return shown.decode()


@pytest.mark.parametrize("name", ["click", "rich"])
def test_without_the_extra(name: str) -> None:
    """One line that says what to install."""
    done = loadwise("--color=always", "explain", "lazy-read", before=without([name]))
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr == f'loadwise: this needs {name}: pip install "loadwise[cli]"\n'


def test_another_missing_module_is_no_matter_of_the_extra() -> None:
    """A broken installation is not put down to the extra."""
    done = loadwise("schema", before=without(["json"]))
    assert "ModuleNotFoundError: No module named 'json" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs a shell")
@pytest.mark.parametrize("arguments", ["explain lazy-read", "--color=always explain lazy-read"])
def test_a_broken_pipe_is_silent(arguments: str) -> None:
    """`loadwise explain lazy-read | head -1`, where the reader has gone already."""
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, "-c", START, *arguments.split()]
    done = subprocess.run(command, env=clean(), stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert done.stderr == b""


def test_characters_that_the_output_lacks() -> None:
    """A Latin-1 log gets a question mark for each, and the rest of the page."""
    done = loadwise("--help", before=TELL_ODDLY, env={"PYTHONIOENCODING": "latin-1"})
    assert (done.returncode, done.stderr) == (0, "")
    assert "Oh? la la" in done.stdout


TELL_ODDLY = """\
import loadwise.cli.app
loadwise.cli.app.app.help = "Oh\u2026 la la"
"""
