"""Cache: what `check` found in a tree, kept until a file of the tree changes.

It lies in `.loadwise_cache` beside the code, one file for each set of paths that was asked for. It
is JSON, so that reading one that somebody else wrote runs nothing.
"""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final, cast

import loadwise
from loadwise.analyse.checked import Checked
from loadwise.analyse.files import content_of, files_of, names_of, shown_of
from loadwise.core.wire import WireError, decode, encode

FOLDER: Final = ".loadwise_cache"
FILES: Final = {
    ".gitignore": "*\n",
    "CACHEDIR.TAG": "Signature: 8a477f597d28d172789f06886806bc55\n# made by loadwise\n",
}
"""What else is in the folder: version control and backups leave it out."""


class BrokenCacheError(ValueError):
    """A cache cannot be read; the message says which, and what is done."""


def key_of(paths: Iterable[str], root: Path) -> str:
    """What the findings about some paths depend on: files, loadwise itself, and the Python."""
    hashed = blake2b(digest_size=16)

    def add(*parts: bytes) -> None:
        for part in parts:
            hashed.update(len(part).to_bytes(8, "little") + part)

    add(platform.python_version().encode(), _own().encode())
    folders: set[Path] = set()
    for file in files_of(paths):
        if file.parent not in folders:  # how modules are called hangs on the packages around them
            folders.add(file.parent)
            add(repr(names_of(file, root)).encode())
        content = content_of(file)
        add(shown_of(file, root).encode(), content if isinstance(content, bytes) else b"")
    return hashed.hexdigest()


def _own() -> str:
    """What tells one loadwise from another, an edited one too."""
    hashed = blake2b(digest_size=16)
    for file in sorted(Path(loadwise.__file__).parent.rglob("*.py")):
        hashed.update(file.read_bytes())
    return hashed.hexdigest()


def place_of(paths: Iterable[str], root: Path) -> Path:
    """Where the findings about some paths are kept."""
    named = "\0".join(os.path.relpath(path, root) for path in paths)
    return root / FOLDER / f"check-{blake2b(named.encode(), digest_size=8).hexdigest()}.json"


def load(place: Path, key: str) -> Checked | None:
    """What was found under a key; None where nothing was kept. Raises BrokenCacheError."""
    try:
        data: Any = json.loads(place.read_text(encoding="utf-8"))
        kept = cast("dict[str, Any]", data)
        return decode(Checked, kept["checked"]) if kept["key"] == key else None
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, ValueError, KeyError, TypeError, RecursionError, WireError):
        shown = f"{FOLDER}/{place.name}"
        raise BrokenCacheError(f"{shown} cannot be read, and is written anew") from None


def save(place: Path, key: str, checked: Checked) -> None:
    """Keep what was found; where nothing can be written, nothing is kept."""
    kept = {name: value for name, value in encode(checked).items() if name != "texts"}
    text = json.dumps({"key": key, "checked": kept}, ensure_ascii=False)
    with suppress(OSError):
        if not place.parent.is_dir():
            place.parent.mkdir()
            for name, content in FILES.items():
                (place.parent / name).write_text(content, encoding="utf-8")
        half = place.with_suffix(f".{os.getpid()}")
        half.write_text(text, encoding="utf-8")
        half.replace(place)
