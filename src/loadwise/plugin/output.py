"""Output: a file that is written at the end of a run: the findings, or a patch."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Output:
    """A file that is written at the end of a run, and the option that names it."""

    name: str
    """The path as it was given."""
    path: Path
    option: str = "--loadwise-json"

    def problem(self) -> str:
        """Why it cannot be written, as far as can be told before the run; empty if it can."""
        if self.path.is_dir():
            return f"{self.name} is a folder"
        if not self.path.parent.is_dir():
            return f"there is no folder {Path(self.name).parent}"
        if not os.access(self.path.parent, os.W_OK):
            return f"cannot write in the folder {Path(self.name).parent}"
        return ""

    def write(self, data: bytes) -> None:
        """Write it in one step: whoever reads it sees the old file or the new one, whole."""
        path = self.path.resolve()
        if path.exists() and not path.is_file():  # a device or a pipe is written to, not replaced
            path.write_bytes(data)
            return
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(data)
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
