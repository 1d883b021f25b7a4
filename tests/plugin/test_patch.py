"""`--loadwise-patch`: what was found in a run is cured by the patch that it ends with."""

from __future__ import annotations

import subprocess
from pathlib import Path

from loadwise.core.edit import Applicability, Fix, insertion
from loadwise.core.finding import Finding, Level
from loadwise.plugin.output import Output
from loadwise.plugin.patching import Patch, patch_of
from tests.plugin.inner import make_project, run
from tests.plugin.suite import READS

FIRST = "tests/test_reads.py::test_first"


def test_the_patch_of_a_run_cures_it(tmp_path: Path) -> None:
    """Called in a folder below pytest's root, the command names that."""
    project = make_project(tmp_path / "project", test_reads=READS)
    (project / "results").mkdir()
    done = run(project / "results", "--rootdir=..", "--loadwise-patch", "fix.patch", f"../{FIRST}")
    assert done.code == 1, done.err
    command = "git -C .. apply results/fix.patch"
    assert f"\nobserved 1 gap; this patch cures 1: {command}\n" in done.out
    subprocess.run(command.split(), cwd=project / "results", check=True)
    assert "get(User, 100, options=[joinedload(" in (project / "shop.py").read_text()
    again = run(project, "--loadwise-patch", "fix.patch", FIRST)
    assert again.code == 0, again.out
    assert "\nobserved no gaps; the patch is empty\n" in again.out
    assert (project / "fix.patch").read_bytes() == b""


def finding(name: str, fix: Fix, gap: str = "org") -> Finding:
    """A finding with one fix."""
    return Finding(
        rule="lazy-read",
        code="LW101",
        level=Level.ERROR,
        message="",
        attribute=name,
        entity="User",
        instance="",
        path=name,
        gap=gap,
        fixes=(fix,),
    )


def test_what_is_observed_and_what_is_cured(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("a = 1\n")
    safe, gone = (
        Fix(title="", applicability=Applicability.SAFE, text="x", edits=(edit,))
        for edit in (insertion("a.py", 1, 1, "b = 2\n"), insertion("gone.py", 1, 1, "b = 2\n"))
    )
    shown = Fix(title="", applicability=Applicability.DISPLAY, text="x")
    findings = [
        finding("A.a", safe),
        finding("A.b", gone),
        finding("A.c", shown),
        finding("A.d", safe, gap=""),
    ]
    patch = patch_of(findings, tmp_path)
    assert (patch.observed, patch.cured) == (3, 1)
    assert patch.data.count(b"+b = 2\n") == 1
    output = Output("p", tmp_path / "p")
    assert (
        patch.told(output, tmp_path, tmp_path) == "observed 3 gaps; this patch cures 1: git apply p"
    )
    nothing = Patch(data=b"", observed=2, cured=0).told(output, tmp_path, tmp_path)
    assert (
        nothing == "observed 2 gaps; none has a fix that can be applied unseen, the patch is empty"
    )
