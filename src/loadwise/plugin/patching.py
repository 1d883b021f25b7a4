"""Patching: the safe fixes of what a run found, as a patch, and the line that says so."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from loadwise.core.finding import Finding
from loadwise.fix.files import Files
from loadwise.fix.merge import cure_of, merge
from loadwise.plugin.output import Output
from loadwise.report.listing import count


@dataclass(frozen=True, slots=True, kw_only=True)
class Patch:
    """A patch, how many gaps were observed, and how many of them it cures."""

    data: bytes
    observed: int
    cured: int

    def told(self, output: Output, root: Path, here: Path) -> str:
        """What to do with it, where `here` is the folder that pytest was called in."""
        if not self.observed:
            return "observed no gaps; the patch is empty"
        observed = f"observed {count(self.observed, 'gap')}"
        if not self.data:
            return f"{observed}; none has a fix that can be applied unseen, the patch is empty"
        command = f"git apply {output.name}"
        if root != here:
            folder, file = os.path.relpath(root, here), os.path.relpath(output.path, root)
            command = f"git -C {folder} apply {file}"
        return f"{observed}; this patch cures {self.cured}: {command}"


def patch_of(findings: Iterable[Finding], root: Path) -> Patch:
    """The patch of findings about files below a root; only what is missing somewhere is a gap."""
    gaps = [finding for finding in findings if finding.gap]
    files = Files(root)
    cures = [cure for finding in gaps if (cure := cure_of(finding, unsafe=False)) is not None]
    merged = merge(cures, files.text)
    data = files.patch(merged.before, merged.after)
    return Patch(data=data, observed=len(gaps), cured=len(merged.applied))
