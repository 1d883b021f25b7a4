"""The command line."""

from __future__ import annotations

import io
import sys
from typing import Final

EXTRA: Final = frozenset({"click", "rich"})
"""What the command line needs beside loadwise: the extra `cli`."""


def main() -> None:
    """Run `loadwise`. Without the extra that the command line needs, say so in one line."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character it lacks is no reason to fail
            stream.reconfigure(errors="replace")
    try:
        from loadwise.cli.app import app

        app(prog_name="loadwise")
    except ModuleNotFoundError as error:
        name = (error.name or "").partition(".")[0]
        if name not in EXTRA:
            raise
        print(f'loadwise: this needs {name}: pip install "loadwise[cli]"', file=sys.stderr)
        sys.exit(2)
