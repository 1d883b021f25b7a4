"""Files: the Python files of a project, parsed, with a line for each that cannot be read."""

from __future__ import annotations

import ast
import io
import os
import re
import stat
import tokenize
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Final

from loadwise.core.lines import lines_of
from loadwise.schema.scope import Module, Project

SKIPPED: Final = frozenset(
    {"__pycache__", "node_modules", "site-packages", "dist", "build", "venv", ".venv", "env"}
)
LARGEST: Final = 4_000_000
"""Bytes of a file that is read; what is larger was not written by hand."""


DEEPEST: Final = 1_000
"""Levels of nesting that are read; the interpreter takes a few calls for each."""
MAY_BE_DEEP: Final = re.compile(
    rb"^[ \t]*(?:[-+*/%|&^.]|elif\b|else\b)|[-+*/%|&^\\][ \t]*\r?$|[^\n]{3000}", re.MULTILINE
)
"""What text that is nested so deep has: many such lines, or a long one. Brackets and indents have
limits in Python itself."""
MANY: Final = 300
LONG: Final = 3_000
TOO_DEEP: Final = "it is nested too deep"
AS_IT_IS: Final[Mapping[str, str]] = MappingProxyType({})
"""No text in the place of what a file holds."""


class NoSuchPathError(ValueError):
    """A path that was given does not exist; the message says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """A file that could not be read, and why, in one line; `line` is where, or the first."""

    file: str
    reason: str
    line: int = 1


@dataclass(frozen=True, kw_only=True)
class Tree:
    """What was read: the modules as a project, their texts, and what could not be read."""

    project: Project
    texts: dict[str, str]
    unread: tuple[Unread, ...] = ()

    @cached_property
    def lines(self) -> dict[str, list[str]]:
        """The lines of every file, without their ends, cut where Python cuts them."""
        return {
            file: [line.rstrip("\r\n") for line in lines_of(text)]
            for file, text in self.texts.items()
        }


def read_tree(
    paths: Iterable[str | os.PathLike[str]], root: Path, texts: Mapping[str, str] = AS_IT_IS
) -> Tree:
    """Read the Python files among some paths; files are named relative to `root`.

    `texts` are what some of them would hold, by these names.

    Raises NoSuchPathError for a path that does not exist.
    """
    modules: dict[str, Module] = {}
    aliases: dict[str, str] = {}
    held: dict[str, str] = {}
    unread: list[Unread] = []

    def failed(error: OSError) -> None:
        folder = shown_of(Path(str(error.filename)), root)
        unread.append(Unread(file=folder, reason=error.strerror or str(error)))

    for file in files_of(paths, failed):
        shown = shown_of(file, root)
        read = _parsed(file, texts.get(shown))
        if isinstance(read, str):
            unread.append(Unread(file=shown, reason=read))
            continue
        if isinstance(read, SyntaxError):
            reason, line = f"{read.msg}".partition("\n")[0], read.lineno or 1
            unread.append(Unread(file=shown, reason=reason, line=line))
            continue
        text, tree = read
        name, others = names_of(file, root)
        package = file.name == "__init__.py"
        modules.setdefault(name, Module(name=name, file=shown, tree=tree, is_package=package))
        aliases.update(dict.fromkeys(others, name))
        held[shown] = text
    return Tree(project=Project(modules.values(), aliases), texts=held, unread=tuple(unread))


def files_of(
    paths: Iterable[str | os.PathLike[str]], failed: Callable[[OSError], None] | None = None
) -> Iterator[Path]:
    """The Python files among some paths, in order; links are not followed into folders.

    `failed` is told of folders that cannot be read.
    """
    for path in map(Path, paths):
        if path.is_file():
            yield path
        elif path.is_dir():
            for folder, folders, names in os.walk(path, onerror=failed):
                folders[:] = sorted(
                    one for one in folders if one not in SKIPPED and not one.startswith(".")
                )
                yield from (Path(folder) / name for name in sorted(names) if name.endswith(".py"))
        else:
            raise NoSuchPathError(f"there is no file or folder {path}")


def shown_of(file: Path, root: Path) -> str:
    """What a file is called: its path relative to the root."""
    try:
        shown = os.path.relpath(_real(file.parent) / file.name, _real(root))
    except ValueError:  # another drive
        shown = str(file)
    return shown.replace(os.sep, "/")


def _real(path: Path) -> Path:
    """The path without links; as it is where they lead in a circle."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path.absolute()


def _parsed(file: Path, instead: str | None) -> tuple[str, ast.Module] | SyntaxError | str:
    """The text and the tree of a file, or the reason why there is none.

    `instead` is a text in the place of what it holds.
    """
    data = content_of(file)
    if isinstance(data, str):
        return data
    try:
        if instead is not None:
            data = instead.encode(encoding_of(data))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(data)
        text = data.decode(encoding_of(data))
    except SyntaxError as error:
        return error
    except (RecursionError, MemoryError):
        return TOO_DEEP
    except (ValueError, LookupError) as error:
        return str(error).partition("\n")[0] or type(error).__name__
    return TOO_DEEP if _is_deep(data, tree) else (text, tree)


def encoding_of(data: bytes) -> str:
    """The encoding of a Python file. Raises SyntaxError where it declares one that there is not."""
    return tokenize.detect_encoding(io.BytesIO(data).readline)[0]


def content_of(file: Path) -> bytes | str:
    """What a file holds, or the reason why it is not read."""
    if file.suffix == ".ipynb":
        return "it is a notebook; `jupyter nbconvert --to script` makes Python of it"
    try:
        found = file.stat()
        if not stat.S_ISREG(found.st_mode):
            return "it is no regular file"
        if found.st_size > LARGEST:
            return f"it is larger than {LARGEST // 1_000_000} MB"
        return file.read_bytes()
    except OSError as error:
        return error.strerror or str(error)


def _is_deep(data: bytes, tree: ast.Module) -> bool:
    """Whether the code is nested deeper than is read; walked only where the text may be so."""
    if not any(len(found[0]) >= LONG for found in MAY_BE_DEEP.finditer(data)) and (
        sum(1 for _ in MAY_BE_DEEP.finditer(data)) < MANY
    ):
        return False
    level: list[ast.AST] = [tree]
    for _ in range(DEEPEST):
        level = [child for node in level for child in ast.iter_child_nodes(node)]
        if not level:
            return False
    return True


def names_of(file: Path, root: Path) -> tuple[str, tuple[str, ...]]:
    """The dotted name of a file, by the packages around it, and others that imports may use."""
    parts = [] if file.name == "__init__.py" else [file.stem]
    folder = _real(file).parent
    while (folder / "__init__.py").is_file() and folder.parent != folder:
        parts.insert(0, folder.name)
        folder = folder.parent
    name = ".".join(parts) or folder.name
    try:
        outer = folder.relative_to(_real(root)).parts
    except ValueError:
        outer = ()
    longer = [".".join((*outer[place:], name)) for place in range(len(outer))]
    return (longer[0] if longer else name), (*longer[1:], name)
