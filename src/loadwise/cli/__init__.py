"""The command line."""

from __future__ import annotations

import sys


def main() -> None:
    """Run `loadwise`. Without the extra that the command line needs, say so in one line."""
    try:
        from loadwise.cli.app import app
    except ModuleNotFoundError as error:
        if error.name not in {"click", "rich"}:
            raise
        sys.exit(f'loadwise: the command line needs {error.name}: pip install "loadwise[cli]"')
    app()
