"""Files: the Python files of a project, parsed, with a line for each that cannot be read."""

from __future__ import annotations

import ast
import os
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from loadwise.schema.scope import Module, Project

SKIPPED: Final = frozenset(
    {"__pycache__", "node_modules", "site-packages", "dist", "build", "venv", ".venv", "env"}
)
LARGEST: Final = 4_000_000
"""Bytes of a file that is read; what is larger was not written by hand."""


class NoSuchPathError(ValueError):
    """A path that was given does not exist; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file that could not be read, and why, in one line."""

    file: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tree:
    """What was read: the modules as a project, their lines of text, and what could not be read."""

    project: Project
    lines: dict[str, list[str]]
    unread: tuple[Unread, ...] = ()


def read_tree(paths: Iterable[str | os.PathLike[str]], root: Path) -> Tree:
    """Read the Python files among some paths; files are named relative to `root`.

    Raises NoSuchPathError for a path that does not exist.
    """
    modules: dict[str, Module] = {}
    aliases: dict[str, str] = {}
    lines: dict[str, list[str]] = {}
    unread: list[Unread] = []
    for file in files_of(paths):
        shown = _shown(file, root)
        read = _parsed(file)
        if isinstance(read, str):
            unread.append(Unread(file=shown, reason=read))
            continue
        text, tree = read
        name, others = names_of(file, root)
        package = file.name == "__init__.py"
        modules.setdefault(name, Module(name=name, file=shown, tree=tree, is_package=package))
        aliases.update(dict.fromkeys(others, name))
        lines[shown] = text.splitlines()
    return Tree(project=Project(modules.values(), aliases), lines=lines, unread=tuple(unread))


def files_of(paths: Iterable[str | os.PathLike[str]]) -> Iterator[Path]:
    """The Python files among some paths, in order; links are not followed into folders."""
    for path in map(Path, paths):
        if path.is_file():
            yield path
        elif path.is_dir():
            for folder, folders, names in os.walk(path):
                folders[:] = sorted(
                    one for one in folders if one not in SKIPPED and not one.startswith(".")
                )
                yield from (Path(folder) / name for name in sorted(names) if name.endswith(".py"))
        else:
            raise NoSuchPathError(f"there is no file or folder {path}")


def _shown(file: Path, root: Path) -> str:
    try:
        shown = os.path.relpath(file.resolve(), root.resolve())
    except ValueError:  # another drive
        shown = str(file)
    return shown.replace(os.sep, "/")


def _parsed(file: Path) -> tuple[str, ast.Module] | str:
    """The text and the tree of a file, or the reason why there is none."""
    try:
        if file.stat().st_size > LARGEST:
            return f"it is larger than {LARGEST // 1_000_000} MB"
        data = file.read_bytes()
    except OSError as error:
        return error.strerror or str(error)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return data.decode("utf-8-sig"), ast.parse(data)
    except SyntaxError as error:
        return f"line {error.lineno}: {error.msg}"
    except (ValueError, RecursionError, MemoryError) as error:
        return str(error).partition("\n")[0] or type(error).__name__


def names_of(file: Path, root: Path) -> tuple[str, tuple[str, ...]]:
    """The dotted name of a file, by the packages around it, and others that imports may use."""
    parts = [] if file.name == "__init__.py" else [file.stem]
    folder = file.resolve().parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        parts.insert(0, folder.name)
        folder = folder.parent
    name = ".".join(parts) or folder.name
    try:
        outer = folder.relative_to(root.resolve()).parts
    except ValueError:
        outer = ()
    longer = [".".join((*outer[place:], name)) for place in range(len(outer))]
    return (longer[0] if longer else name), (*longer[1:], name)
