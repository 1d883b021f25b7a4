"""Files: the sources of a project as they lie on disk, read and written in one step each."""

from __future__ import annotations

import hashlib
import io
import os
import shutil
import stat
import tokenize
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from loadwise.core.lines import lines_of
from loadwise.fix.merge import CHANGED, UnfitError
from loadwise.fix.patch import patch

NOT_OURS: Final = frozenset(
    {"__pycache__", "node_modules", "site-packages", "venv", ".venv", "env"}
)
"""Folders that hold the code of others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OnDisk:
    """A file as it lies on disk: where, its bytes, and what text they are in which encoding."""

    path: Path
    data: bytes
    text: str
    encoding: str


@dataclass(frozen=True, slots=True)
class Files:
    """The files below a root, by the names that findings show.

    `digests` are the SHA-256 of files when something was found in them.
    """

    root: Path
    digests: Mapping[str, str] = field(default_factory=dict[str, str])

    def text(self, file: str) -> str:
        """What a file holds. Raises UnfitError where it cannot be changed."""
        return self.read(file).text

    def read(self, file: str) -> OnDisk:
        """A file that can be changed. Raises UnfitError."""
        path = self._path(file)
        try:
            data = path.read_bytes()
            found = path.stat()
        except OSError as error:
            raise UnfitError(error.strerror or str(error)) from None
        if not stat.S_ISREG(found.st_mode):
            raise UnfitError("it is no regular file")
        if not found.st_mode & 0o222 or not os.access(path, os.W_OK):
            raise UnfitError("it is read-only")
        if self.digests.get(file, "") not in {"", digest(data)}:
            raise UnfitError(CHANGED)
        try:
            encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
            text = data.decode(encoding)
        except (SyntaxError, ValueError, LookupError):
            raise UnfitError("its encoding is not the one that it declares") from None
        return OnDisk(path=path, data=data, text=text, encoding=encoding)

    def _path(self, file: str) -> Path:
        try:
            root = self.root.resolve()
            path = (root / file).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise UnfitError(str(error)) from None
        if not path.is_relative_to(root):
            raise UnfitError("it is outside of the project")
        if not NOT_OURS.isdisjoint(path.relative_to(root).parts):
            raise UnfitError("it is not the project's own")
        return path

    def problem_of_writing(self, file: str, before: str, after: str) -> str:
        """Change a file, as `write` does; why it could not be changed, empty where it was."""
        try:
            self.write(file, before, after)
        except UnfitError as error:
            return str(error)
        return ""

    def write(self, file: str, before: str, after: str) -> None:
        """Change a file from one text to another in one step, with its mode and encoding.

        Raises UnfitError where it holds anything else by now, or cannot be written.
        """
        found = self.read(file)
        if found.text != before:
            raise UnfitError(CHANGED)
        temporary = found.path.with_name(f".{found.path.name}.{os.getpid()}")
        try:
            temporary.write_bytes(after.encode(found.encoding))
            shutil.copymode(found.path, temporary)
            temporary.replace(found.path)
        except OSError as error:
            raise UnfitError(f"cannot write it: {error.strerror or error}") from None
        except UnicodeError:
            raise UnfitError(f"the fix cannot be written in {found.encoding}") from None
        finally:
            temporary.unlink(missing_ok=True)

    def patch(self, before: Mapping[str, str], after: Mapping[str, str]) -> bytes:
        """The change of some files as a patch, byte by byte as they are encoded."""
        return b"".join(self._patch(file, before[file], after[file]) for file in sorted(after))

    def _patch(self, file: str, before: str, after: str) -> bytes:
        encoding = self.read(file).encoding
        if encoding == "utf-8-sig":
            before, after, encoding = f"{BOM}{before}", f"{BOM}{after}", "utf-8"
        lines = lines_of(patch(file, before, after))
        names = os.fsencode("".join(lines[:2]))
        return names + "".join(lines[2:]).encode(encoding, errors="replace")


BOM: Final = "\ufeff"


def digest(data: bytes) -> str:
    """What tells one state of a file from another."""
    return hashlib.sha256(data).hexdigest()
