"""What `loadwise check` costs on source trees, against `ast.parse` over the same files.

    uv run python benchmarks/check.py PATH [PATH ...]

CPU seconds of one process each: parsing alone, checking with no cache, with one of the same tree,
and after one file has got a comment more. Peak memory is that of the check without a cache.
"""

from __future__ import annotations

import argparse
import ast
import resource
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from loadwise.analyse.files import files_of

COMMAND = "from loadwise.cli import main; main()"


def main() -> None:
    """Print a row for each tree."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("paths", nargs="+", type=Path)
    print("| tree | lines | parse s | cold s | ratio | unchanged s | one edit s | peak MB |")
    print("|---|---|---|---|---|---|---|---|")
    for path in parser.parse_args().paths:
        with tempfile.TemporaryDirectory() as folder:
            print(row(path, Path(folder) / path.resolve().name), flush=True)


def row(path: Path, copy: Path) -> str:
    """The row of one tree, measured on a copy of its Python files."""
    files = list(files_of([path]))
    for file in files:
        target = copy / file.relative_to(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    lines, parsing = parsed(copy)
    cold, peak = checked(copy)
    warm, _ = checked(copy)
    with (copy / files[len(files) // 2].relative_to(path)).open("a", encoding="utf-8") as edited:
        edited.write("\n# one more comment\n")
    edit, _ = checked(copy)
    numbers = f"{parsing:.2f} | {cold:.2f} | {cold / parsing:.1f} | {warm:.2f} | {edit:.2f}"
    return f"| {path.resolve().name} | {lines} | {numbers} | {peak:.0f} |"


def parsed(folder: Path) -> tuple[int, float]:
    """The lines of a tree, and what `ast.parse` takes for them."""
    texts = [file.read_bytes() for file in files_of([folder])]

    def parse() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            for text in texts:
                with suppress(SyntaxError, ValueError):
                    ast.parse(text)

    return sum(text.count(b"\n") for text in texts), timed(parse)


def timed(work: Callable[[], None]) -> float:
    """CPU seconds of this process."""
    start = time.process_time()
    work()
    return time.process_time() - start


def checked(folder: Path) -> tuple[float, float]:
    """CPU seconds and peak megabytes of `loadwise check` in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-c", COMMAND, "check", "--output-format", "json", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    if done.returncode not in {0, 1}:
        sys.exit(done.stderr.decode(errors="replace"))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    # the largest child so far: that of the first check, as the later ones do less
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, (
        after.ru_maxrss / 1024
    )


if __name__ == "__main__":
    main()
