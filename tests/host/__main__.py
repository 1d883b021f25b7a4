"""`python -m tests.host`: the suite of SQLAlchemy, or of a neighbour, without a watch and with one.

It prints how many tests were compared and which differ, and ends with 1 where any does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.host import neighbours, sqlalchemy_suite
from tests.host.outcomes import Comparison
from tests.host.runs import CutShortError, both


def main() -> int:
    """Run what the arguments ask for."""
    parser = argparse.ArgumentParser(prog="python -m tests.host", description=__doc__)
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("sqlalchemy", help="the suite of the installed SQLAlchemy")
    command.add_argument("--part", choices=sqlalchemy_suite.CHOICES, default="ci")
    command.add_argument("--mode", choices=("explain", "full"), default="full")
    command.add_argument("--folder", type=Path, default=scratch(), help="for what is downloaded")
    command.set_defaults(run=of_sqlalchemy)
    command = commands.add_parser("neighbour", help="the suite of a project that uses SQLAlchemy")
    command.add_argument("project", type=Path, help="a checkout of it")
    command.add_argument("--needs", action="append", help="for `uv pip install`; can be repeated")
    command.add_argument("--folder", type=Path, help="for the environment and the logs")
    command.add_argument("options", nargs="*", help="options of pytest, behind --")
    command.set_defaults(run=of_neighbour)
    arguments = parser.parse_args()
    try:
        return 0 if arguments.run(arguments) else 1
    except CutShortError as error:
        say(str(error))
        return 1


def scratch() -> Path:
    """A folder for what is brought here and can be brought again."""
    return Path(tempfile.gettempdir()) / "loadwise-host"


def of_sqlalchemy(arguments: argparse.Namespace) -> bool:
    """Whether the tests of SQLAlchemy agree."""
    folder = arguments.folder.resolve()
    sources = sqlalchemy_suite.fetched(folder)
    agree = True
    for part in sqlalchemy_suite.CHOICES[arguments.part]:
        suite = sqlalchemy_suite.suite(part, arguments.mode, sources)
        without, watched = both(suite, folder)
        compared = Comparison(
            name=suite.name,
            without=without,
            watched=watched,
            expected=sqlalchemy_suite.EXPECTED,
            forgiven=tuple(sqlalchemy_suite.EXPECTED_FAULTS),
        )
        say(*compared.lines())
        agree &= compared.agrees()
    return agree


def of_neighbour(arguments: argparse.Namespace) -> bool:
    """Whether the tests of a neighbour agree."""
    project = arguments.project.resolve()
    folder = (arguments.folder or scratch() / project.name).resolve()
    known = neighbours.KNOWN.get(project.name, neighbours.Neighbour())
    python = neighbours.prepared(project, arguments.needs or known.needs, folder)
    options = arguments.options or known.options
    suite = neighbours.suite(project, python, options, folder)
    without, watched = both(suite, folder)
    findings, said = neighbours.found(suite, folder)
    watched = replace(watched, findings=findings)
    compared = Comparison(name=suite.name, without=without, watched=watched)
    say(*compared.lines(), f"  findings: {said}; what pytest said is in {folder}")
    return compared.agrees()


def say(*lines: str) -> None:
    """Print, at once: a run takes its time."""
    sys.stdout.write("".join(f"{line}\n" for line in lines))
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
