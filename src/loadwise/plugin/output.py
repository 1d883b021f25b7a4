"""Output: the file that the findings of a run are written to."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Output:
    """The file that the findings are written to."""

    name: str
    """The path as it was given."""
    path: Path

    def problem(self) -> str:
        """Why it cannot be written, as far as can be told before the run; empty if it can."""
        if self.path.is_dir():
            return f"{self.name} is a folder"
        if not self.path.parent.is_dir():
            return f"there is no folder {Path(self.name).parent}"
        if not os.access(self.path.parent, os.W_OK):
            return f"cannot write in the folder {Path(self.name).parent}"
        return ""

    def write(self, text: str) -> None:
        """Write it in one step: whoever reads it sees the old file or the new one, whole."""
        path = self.path.resolve()
        if path.exists() and not path.is_file():  # a device or a pipe is written to, not replaced
            path.write_text(text, encoding="utf-8")
            return
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_text(text, encoding="utf-8", newline="\n")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)
