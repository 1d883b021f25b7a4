"""Neighbours: projects that use SQLAlchemy, whose tests are run with `pytest --loadwise`.

What it takes to run the tests of a project is said in many ways, so of the few that are looked at
regularly it stands here; of others, the arguments say it.
"""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.host.runs import Suite

ROOT: Final = Path(__file__).parents[2]


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbour:
    """What its tests need beside the project itself, and the options with which pytest runs."""

    needs: Sequence[str] = ()
    options: Sequence[str] = ()


KNOWN: Final[Mapping[str, Neighbour]] = {
    "advanced-alchemy": Neighbour(
        needs=(
            *("--group=test", "--group=litestar", "--group=fastapi", "--group=flask"),
            *("--group=sanic", "--group=sqlite", "--group=duckdb", "--group=postgres"),
        ),
        options=("tests/unit", "-p", "no:sugar"),
    ),
    "fastapi-users-db-sqlalchemy": Neighbour(
        needs=("aiosqlite", "asgi_lifespan", "httpx", "pytest", "pytest-asyncio", "pytest-mock"),
    ),
    "sqladmin": Neighbour(needs=("--group=dev", ".[full]")),
}
"""By the name of the folder."""


def prepared(project: Path, needs: Sequence[str], folder: Path) -> Path:
    """The Python of an environment with a project, what its tests need, and loadwise."""
    environment = folder / "environment"
    python = environment / "bin" / "python"
    if not python.exists():
        subprocess.run(["uv", "venv", "--quiet", str(environment)], check=True)
    install = ["uv", "pip", "install", "--quiet", f"--python={python}"]
    subprocess.run(
        [*install, f"--editable={project}", f"--editable={ROOT}[cli]", *needs],
        check=True,
        cwd=project,
    )
    return python


def suite(project: Path, python: Path, options: Sequence[str], folder: Path) -> Suite:
    """The tests of a project; what is found is written to a folder."""
    return Suite(
        name=project.name,
        folder=project,
        python=(str(python),),
        options=options,
        watched=("--loadwise", f"--loadwise-json={findings_of(project, folder)}"),
    )


def findings_of(project: Path, folder: Path) -> Path:
    """Where the findings of a project are written."""
    return folder / f"{project.name}-findings.json"


def found(suite: Suite, folder: Path) -> tuple[int, str]:
    """How many findings there are, and how many of which rule, in words."""
    written = findings_of(suite.folder, folder).read_text(encoding="utf-8")
    findings = json.loads(written)["findings"]
    counts = Counter(f"{one['level']} {one['rule']}" for one in findings)
    return len(findings), ", ".join(f"{number} {name}" for name, number in sorted(counts.items()))
