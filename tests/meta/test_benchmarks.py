"""The benchmarks run, and print every row that the budgets name."""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROW = re.compile(r"^(?P<label>\D.*?)\s{2,}(?:\d+\.\d{3}\s+){4}[+-]\d+\.\d{3}\s+\d+\.\d\d\s")


def test_overhead_prints_its_rows() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/overhead.py", "--quick"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    labels = [match["label"] for line in lines if (match := ROW.match(line))]
    assert labels[:7] == [
        "ORM statement, sync SQLite, 1 row",
        "read of a loaded attribute",
        "row loaded",
        "row met again",
        "row loaded and expired by a commit",
        "row added and flushed",
        "ORM statement, aiosqlite, 1 row",
    ]
    assert lines[-1].startswith("ORM statement, asyncpg, 1 row")
