"""The roots of what `loadwise check` finds in some trees, and how many there are in 10,000 lines.

    uv run python benchmarks/precision.py TREE…

A root is where a cure goes: the place that took values away, or where nothing did, the place that
loaded an object with the attribute that is missing. Prints the counts of each tree, and a row for
each `sure` root; docs/concepts/precision.md has them with their verdicts.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

from loadwise.analyse.check import check
from loadwise.core.finding import Finding, Level
from loadwise.core.site import Site

Root = tuple[str, str]


def root_of(finding: Finding) -> Root:
    """The place of a finding's cause, or that of its load with the attribute."""
    if finding.cause.site is not None:
        return _place(finding.cause.site), ""
    return _place(finding.load or finding.read), finding.attribute


def roots(findings: Iterable[Finding], *levels: Level) -> dict[Root, list[Finding]]:
    """The findings of some levels, by their roots, in the order of files and lines."""
    found: dict[Root, list[Finding]] = {}
    for one in findings:
        if one.level in levels:
            found.setdefault(root_of(one), []).append(one)
    return dict(sorted(found.items(), key=lambda item: _order(item[0])))


def _place(site: Site | None) -> str:
    return f"{site.file}:{site.line}" if site is not None else "-"


def _order(root: Root) -> tuple[str, int, str]:
    file, _, line = root[0].rpartition(":")
    return file, int(line) if line.isdigit() else 0, root[1]


def _row(root: Root, findings: list[Finding]) -> str:
    rules = ", ".join(sorted({one.rule for one in findings}))
    attributes = ", ".join(sorted({f"`{one.attribute}`" for one in findings}))
    return f"| `{root[0]}` | {attributes} | {rules} |"


def main(trees: list[str]) -> int:
    """Print the roots of each tree."""
    for tree in map(Path, trees):
        findings = check([tree], tree).findings
        lines = sum(
            len(file.read_bytes().splitlines()) for file in tree.rglob("*.py") if file.is_file()
        )
        sure = roots(findings, Level.ERROR)
        shown = roots(findings, Level.ERROR, Level.WARNING)
        print(f"{tree}: {lines:,} lines, {len(sure)} sure, {len(shown)} sure or path,", end=" ")
        print(f"{len(shown) / max(lines, 1) * 10_000:.1f} in 10,000 lines")
        for root, several in sure.items():
            print(_row(root, several))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
