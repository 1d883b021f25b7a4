"""The benchmarks run, and print every row that the budgets name."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
NUMBER: Final = r"[+-]?\d+\.\d+"
ROW: Final = re.compile(
    rf"(?P<label>\w+: .*?) {{2,}}{NUMBER}(?: +{NUMBER}){{7}}  +(?:-|.*\S +(?:within|over))"
)
WITHIN: Final = [
    "read of a loaded attribute",
    "row loaded",
    "row loaded or met again",
    "row loaded, then a commit",
    "row added and flushed",
]
ROWS: Final = [
    "sync: ORM statement of 1 row",
    "sync: session of one such statement",
    *(f"sync: {row}" for row in WITHIN),
    "aiosqlite: ORM statement of 1 row",
    *(f"aiosqlite: {row}" for row in WITHIN),
]


@pytest.mark.deep
def test_overhead_prints_its_rows() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/overhead.py", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    _, _, *rows, off = done.stdout.splitlines()
    asyncpg = rows.pop()
    labels = [match["label"] if (match := ROW.fullmatch(row)) else row for row in rows]
    assert labels == ROWS
    assert asyncpg.startswith("asyncpg: skipped") or ROW.fullmatch(asyncpg)
    assert re.fullmatch(rf"off: {NUMBER} calls .*, {NUMBER} after .* \+0: within", off)


STRATEGIES: Final = ["selectin", "joined", "subquery", "immediate"]


def test_strategies_prints_and_writes_its_rows(tmp_path: Path) -> None:
    file = tmp_path / "strategies.json"
    done = subprocess.run(
        [sys.executable, "benchmarks/strategies.py", "--quick", f"--json={file}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = [line for line in done.stdout.splitlines() if line.startswith("SQLite")]
    assert [line.partition(":")[2].split()[:2] for line in lines] == [
        [f"{scenario},", strategy] for scenario in ("down", "one", "up") for strategy in STRATEGIES
    ]
    written = json.loads(file.read_text(encoding="utf-8"))
    assert [row["strategy"] for row in written["rows"]][:4] == STRATEGIES
    assert {"date", "python", "sqlalchemy"} < set(written)


def test_suite_prints_a_ratio_for_each_mode() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/suite.py", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    _, *rows = done.stdout.splitlines()
    ratio = re.compile(rf"(\w+) +{NUMBER}  ratio {NUMBER}  noise {NUMBER}.*")
    found = [match[1] if (match := ratio.fullmatch(row)) else row for row in rows]
    assert found == ["vanilla", "explain", "full"]
    assert rows[-1].endswith(("within", "over"))


def test_options_prints_microseconds_a_call() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/options.py", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    _, kept, *others = done.stdout.splitlines()
    assert re.fullmatch(r"options_for\(UserOut, User\) +\d+\.\d+  budget 2  (within|over)", kept)
    assert len(others) == 2
