"""SQLAlchemy's own tests, from the source distribution of the installed version.

They hold their fixtures to it that no listener stays, that connections and objects are free when
nobody has them, and that classes are as they were before they were mapped: what a watch must not
touch. They run on aiosqlite, where every test, of synchronous code too, goes through a greenlet, so
that each session is one that a watch follows.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final

from tests.host.runs import Suite

EVERY: Final = 5
"""The sample has one test in so many, in the order of their names."""

PARTS: Final[Mapping[str, tuple[str, ...]]] = {
    "asyncio": ("test/ext/asyncio",),
    "orm": ("test/orm", "test/ext", "--ignore=test/ext/asyncio", "--ignore=test/ext/mypy"),
    "sample": (
        f"--every={EVERY}",
        "test/orm/test_attributes.py",
        "test/orm/test_expire.py",
        "test/orm/test_instrumentation.py",
        "test/orm/test_lazy_relations.py",
        "test/orm/test_session.py",
        "test/orm/test_transaction.py",
    ),
}
"""What is run of the suite; the sample is taken from the files on what a watch listens to.

The rest of the suite has nothing to do with the ORM, or, as `test/aaa_profiling`, counts the calls
of functions and so measures whatever listens; `test/ext/mypy` runs no program.
"""

CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    **{part: (part,) for part in PARTS},
    "all": ("asyncio", "orm"),
    "ci": ("asyncio", "sample"),
}
"""The parts that can be asked for together."""

EXPECTED: Final[Mapping[str, str]] = {
    "test/orm/test_events.py::DeferredMapperEventsTest"
    "::test_deferred_instrument_event_subclass_no_propagate": (
        "as it dispatches `attribute_instrument` with 5 for a class, which SQLAlchemy itself "
        "refuses where anybody listens to all classes"
    ),
}
"""Tests that assert the very thing that a watch does by design, each with the reason."""

EXPECTED_FAULTS: Final[Mapping[str, str]] = {
    "on_load failed (TypeError: 'Mock' object": "a test dispatches the event with mocks",
    **{
        f"{name} failed (TypeError: {name}() missing": "a test dispatches it without arguments"
        for name in ("on_instrument", "on_flush", "on_deletes")
    },
}
"""How the faults begin of which a watch tells where a test dispatches an event by hand; why."""


def suite(part: str, mode: str, sources: Path) -> Suite:
    """A part of the suite, to be run in the folder of the sources."""
    return Suite(
        name=f"sqlalchemy-{version('sqlalchemy')}-{part}-{mode}",
        folder=sources,
        copy=sources.with_name(f"{sources.name}-watched"),
        # -s: else the tests import the SQLAlchemy beside them, which nobody has compiled
        python=(sys.executable, "-s"),
        options=(
            *("-o", "addopts=", "--strict-markers", "-q", "--tb=short", "-p", "no:xdist"),
            "--db=aiosqlite",
            *PARTS[part],
        ),
        watched=(f"--watch={mode}",),
    )


def fetched(folder: Path) -> Path:
    """The sources of the installed version, downloaded into a folder once, with a copy beside it.

    pip asks the sources for their metadata; without the C extensions that takes a moment.
    """
    sources = folder / f"sqlalchemy-{version('sqlalchemy')}"
    if sources.is_dir():
        return sources
    folder.mkdir(parents=True, exist_ok=True)
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
            *("--no-deps", "--no-build-isolation", "--no-binary=sqlalchemy"),
            *(f"--dest={folder}", f"sqlalchemy=={version('sqlalchemy')}"),
        ],
        check=True,
        env={**os.environ, "DISABLE_SQLALCHEMY_CEXT": "1"},
    )
    archive = next(folder.glob(f"[Ss]*-{version('sqlalchemy')}.tar.gz"))
    with tempfile.TemporaryDirectory(dir=folder) as unpacked:
        with tarfile.open(archive) as files:
            files.extractall(unpacked, filter="data")
        found = next(Path(unpacked).iterdir())
        for name in NOT_NEEDED:
            shutil.rmtree(found / name, ignore_errors=True)
        shutil.copytree(found, sources.with_name(f"{sources.name}-watched"))
        found.replace(sources)
    archive.unlink()
    return sources


NOT_NEEDED: Final = ("doc", "examples", "tools")
"""Folders of the distribution that its tests do without."""
