"""Program: a small program of a user's, and what it says at its head and behind its lines.

A program is a file, or a package with a `main.py`, written as users write: models on a `Base`,
`rows()`, which makes what the database holds, and `async def main(...)`, which is given what its
parameters name: a `session` with the defaults, `sessions` to open some, or the `engine`. Comments
at the head say what is expected, a comment behind a line marks it:

    # rule: lazy-read
    # attribute: Order.customer
    # instance: Order 1
    # cause: never-loaded
    # cure: safe: select(Order).options(joinedload(Order.customer))
    ...
        order = (await session.scalars(select(Order))).first()  # load
        print(order.customer.name)  # read

The programs in `programs/` fail, those in `near_misses/` are left alone. Those in `needless/` work,
and the mode "full" has something to say of them; of those in `idle/` it has not. They share the
models of `shop.py`.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

KEYS: Final = {
    "rule": "the name of the rule",
    "attribute": "what is missing",
    "instance": "the object that it is missing of",
    "cause": "the kind of the cause",
    "cure": "how far the first cure can be trusted, and its code, white space apart",
    "blurred": "the first cure where columns are not known, on Python 3.10; as else",
    "adds": "how many statements the cure adds to those that had run when the read failed; 0",
    "rounds": "how many cures it takes, one after the other, until nothing is found; 1",
    "raises": "the error that loadwise raises; LazyReadError",
    "error": "what a serialiser makes of the error, where one is in between",
    "marked": "what is marked in the line of the read, but on 3.10; the name of the attribute",
    "beside": "the rule of another finding, which is told first, where nothing is raised",
    "says": "the message, where nothing is raised",
    "saves": "how many statements the cure saves, where nothing is raised; 0",
    "needs": "`columns`, which Python knows from 3.11 on",
    "made": "what the file is made with: `crlf` or `tabs`",
}
WRITING: Final = (".begin", ".commit(", ".flush(", "insert(", "update(", "text(")
HEAD: Final = re.compile(r"# (?P<key>[a-z]+):(?: (?P<value>.*))?")
MORE: Final = re.compile(r"#   (?P<value>.*)")
MARK: Final = re.compile(r"[^#].*# (?P<marks>(?:read|load|cause)(?:, (?:read|load|cause))*)$")


class Line(NamedTuple):
    """A line of a program, its file relative to the folder that the program lies in."""

    file: str
    number: int
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A program in its folder, and what its head says."""

    folder: Path
    name: str
    head: Mapping[str, str]

    @property
    def path(self) -> Path:
        """The file, or the folder of the package."""
        package = self.folder / self.name
        return package if package.is_dir() else package.with_suffix(".py")

    @property
    def module(self) -> str:
        """The name of the module that has `main`."""
        return f"{self.name}.main" if self.path.is_dir() else self.name

    @property
    def cure(self) -> str:
        """How far the first cure can be trusted, and its code."""
        blurred = sys.version_info < (3, 11) and "blurred" in self.head
        return self.head["blurred" if blurred else "cure"]

    @property
    def writes(self) -> bool:
        """Whether it does what databases differ in: writes, or hands SQL on as it is."""
        texts = map(read, _files(self.path))
        return any(word in text for text in texts for word in WRITING)

    def marks(self) -> dict[str, Line]:
        """The lines that are marked."""
        found: dict[str, Line] = {}
        for path in _files(self.path):
            for number, code in enumerate(read(path).splitlines(), start=1):
                if match := MARK.match(code):
                    shown = path.relative_to(self.folder).as_posix()
                    for mark in match["marks"].split(", "):
                        assert mark not in found, f"{shown}:{number}: a second {mark!r}"
                        found[mark] = Line(shown, number, code)
        return found

    def copy(self, folder: Path) -> Program:
        """The program once more, in a new folder."""
        folder.mkdir(parents=True, exist_ok=True)
        if self.path.is_dir():
            shutil.copytree(self.path, folder / self.name)
        else:
            shutil.copy(self.path, folder)
        return Program(folder=folder, name=self.name, head=self.head)

    def make(self, folder: Path) -> Program:
        """A copy, with the tabs or the ends of lines that the head asks for."""
        made = self.copy(folder)
        for path in _files(made.path):
            text = read(path)
            if self.head.get("made") == "tabs":
                text = text.replace("    ", "\t")
            if self.head.get("made") == "crlf":
                text = text.replace("\n", "\r\n")
            write(path, text)
        return made


def programs(folder: Path) -> list[Program]:
    """The programs in a folder, by name."""
    names = {path.stem for path in folder.glob("*.py")}
    names |= {path.parent.name for path in folder.glob("*/main.py")}
    return [_program(folder, name) for name in sorted(names)]


def _program(folder: Path, name: str) -> Program:
    found = Program(folder=folder, name=name, head={})
    first = found.path / "main.py" if found.path.is_dir() else found.path
    head = dict(_head(read(first)))
    assert head.keys() <= KEYS.keys(), f"{name}: {head.keys() - KEYS.keys()}"
    return Program(folder=folder, name=name, head=head)


def _head(text: str) -> Iterator[tuple[str, str]]:
    key, value = "", ""
    for line in text.splitlines():
        if found := HEAD.fullmatch(line):
            if key:
                yield key, value
            key, value = found["key"], found["value"] or ""
        elif found := MORE.fullmatch(line):
            value = f"{value} {found['value'].strip()}"
        else:
            break
    if key:
        yield key, value


def _files(path: Path) -> list[Path]:
    """The files of a program; a template is one, too."""
    if not path.is_dir():
        return [path]
    return sorted(one for one in path.iterdir() if one.suffix in {".py", ".txt"})


def read(path: Path) -> str:
    """The text of a file as it is, with its ends of lines."""
    return path.read_bytes().decode()


def write(path: Path, text: str) -> None:
    """Write a text as it is, with its ends of lines."""
    path.write_bytes(text.encode())
