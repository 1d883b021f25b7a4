"""Need: what code touches of an object."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from loadwise.core.path import Path
from loadwise.core.site import Site
from loadwise.core.tree import Tree


class Touch(str, Enum):
    """What code does to an attribute."""

    READ = "read"
    WRITE = "write"
    ITERATE = "iterate"
    SERIALISE = "serialise"
    ESCAPE = "escape"

    def __str__(self) -> str:
        return self.value


MUTATORS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "update"}
)
"""Methods of collections that change them: a call of one is a write."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touched:
    """One attribute that is touched: how, and where."""

    path: Path
    touch: Touch = Touch.READ
    site: Site | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What is touched on every run (`must`), what may be touched (`may`), and each touch.

    `*` in `may` says that the object escapes to code that cannot be seen. Always `must <= may`.
    """

    must: Tree
    may: Tree
    touched: tuple[Touched, ...] = ()

    def __post_init__(self) -> None:
        if not self.must <= self.may:
            raise ValueError("what is touched for certain may be touched: must <= may")

    @classmethod
    def of(cls, *touched: Touched) -> Need:
        """The need of code that makes just these touches, for certain."""
        tree = Tree()
        for one in touched:
            tree |= Tree.along(one.path)
        return cls(must=tree, may=tree, touched=touched)

    def touch(self, path: Path) -> Touch:
        """What is done to a path: the first touch of it, or of what lies below it."""
        for one in self.touched:
            if one.path.steps[: len(path.steps)] == path.steps:
                return one.touch if one.path == path else Touch.READ
        return Touch.READ

    def __str__(self) -> str:
        return str(self.may)
