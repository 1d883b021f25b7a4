"""Runs: a suite is run twice, without a watch and with one, and compared."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.host.outcomes import Outcomes, read

PLUGIN: Final = Path(__file__).parent / "plugin"
CLOSING: Final = 25
"""Lines of the output of a run that is cut short, which are shown."""
PATIENCE: Final = 3 * 60 * 60
"""Seconds until a run counts as one that will not end."""
ENDED: Final = (0, 1)
"""Exit codes of pytest with which a run went through to its end: tests may fail, in both runs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """A suite of somebody else: the folder it runs in, and how pytest is called there.

    `watched` are the options that only the run with a watch has. Where that run has a copy of its
    own, the two go side by side; in one folder they could meet in a file, so they take turns.
    """

    name: str
    folder: Path
    copy: Path | None = None
    options: Sequence[str]
    watched: Sequence[str]
    python: Sequence[str] = (sys.executable,)


class CutShortError(Exception):
    """A run did not go through to its end, so that there is nothing to compare."""


def both(suite: Suite, logs: Path) -> tuple[Outcomes, Outcomes]:
    """What comes of a suite without a watch, and with one; what pytest says goes to `logs`."""
    logs.mkdir(parents=True, exist_ok=True)
    runs = {"without": (suite.folder, ()), "watched": (suite.copy or suite.folder, suite.watched)}
    started: dict[str, subprocess.Popen[bytes]] = {}
    for name, (folder, options) in runs.items():
        started[name] = start(suite, folder, options, logs / f"{suite.name}-{name}")
        if suite.copy is None:
            started[name].wait(PATIENCE)
    codes = {name: run.wait(PATIENCE) for name, run in started.items()}
    for name, code in codes.items():
        if code not in ENDED:
            log = logs / f"{suite.name}-{name}.txt"
            end = "\n".join(log.read_text(encoding="utf-8").splitlines()[-CLOSING:])
            raise CutShortError(f"{suite.name}, {name}: pytest ended with {code}\n{end}")
    without, watched = (read(logs / f"{suite.name}-{name}.json") for name in runs)
    return without, watched


def start(suite: Suite, folder: Path, options: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
    """Start one run, which writes its outcomes and its output beside each other."""
    outcomes = log.with_name(f"{log.name}.json")
    outcomes.unlink(missing_ok=True)
    command = [
        *suite.python,
        *("-m", "pytest", "-p", "loadwise_outcomes", f"--outcomes={outcomes}"),
        *("-p", "no:cacheprovider", *suite.options, *options),
    ]
    with log.with_name(f"{log.name}.txt").open("wb") as output:
        return subprocess.Popen(
            command,
            cwd=folder,
            env=environment(os.environ),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )


def environment(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of a run: the plugin on its path, and sets in the same order in both."""
    return {
        **{name: value for name, value in own.items() if not name.startswith("PYTEST_")},
        "PYTHONPATH": str(PLUGIN),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
