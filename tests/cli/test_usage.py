"""A wrong command line gets one line: what is wrong, and where the options are listed."""

from __future__ import annotations

import pytest

from tests.cli.command import loadwise


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("check", "--tier", "foo"), "'foo' is not one of 'sure', 'path', 'callee-may', 'held'"),
        (("check", "--foo"), "'--foo' (loadwise check --help)"),
        (("frobnicate",), "no such command 'frobnicate' (loadwise --help)"),
        (("--color", "x", "rules"), "'x' is not one of 'auto', 'always', 'never'"),
    ],
)
def test_a_wrong_command_line(arguments: tuple[str, ...], said: str) -> None:
    done = loadwise(*arguments)
    assert done.returncode == 2
    assert not done.stdout
    (line,) = done.stderr.splitlines()
    assert line.startswith("loadwise: ")
    assert said in line
