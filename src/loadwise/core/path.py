"""Path: a walk from an entity along its attributes, written `User.orders.items`."""

from __future__ import annotations

import re
from dataclasses import dataclass

STEP = re.compile(r"(?P<name>[^\W\d]\w*)(?:\[(?P<of_type>[^\W\d]\w*)\])?")


class NotationError(ValueError):
    """The text is not a path or a tree; the message says where and what was expected."""


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One attribute of a walk, narrowed to a subclass where `of_type` names one: `staff[Manager]`.

    The first step of a walk is the entity itself, so that one notation serves paths and trees.
    """

    name: str
    of_type: str = ""

    def __post_init__(self) -> None:
        if not STEP.fullmatch(str(self)):
            raise NotationError(f"{str(self)!r} is not a name, or a name with [Subclass] behind it")

    def __str__(self) -> str:
        return f"{self.name}[{self.of_type}]" if self.of_type else self.name


@dataclass(frozen=True, slots=True, order=True)
class Path:
    """Steps from an entity (the first step) to an attribute (the last one)."""

    steps: tuple[Step, ...] = ()

    @classmethod
    def parse(cls, text: str) -> Path:
        """The path that `text` writes; `parse(str(path)) == path`.

        >>> Path.parse("User.orders.items").name
        'items'
        """
        if not text:
            return cls()
        steps: list[Step] = []
        for part in text.split("."):
            match = STEP.fullmatch(part)
            if match is None:
                raise NotationError(f"{text!r}: {part!r} is not an attribute")
            steps.append(Step(match["name"], match["of_type"] or ""))
        return cls(tuple(steps))

    def __truediv__(self, step: Step | str) -> Path:
        return Path((*self.steps, Step(step) if isinstance(step, str) else step))

    def __str__(self) -> str:
        return ".".join(map(str, self.steps))

    def __bool__(self) -> bool:
        return bool(self.steps)

    @property
    def root(self) -> str:
        """The entity that the walk starts from; empty for the empty path."""
        return self.steps[0].name if self.steps else ""

    @property
    def name(self) -> str:
        """The attribute that the walk ends at; empty for the empty path."""
        return self.steps[-1].name if self.steps else ""

    @property
    def parent(self) -> Path:
        """The walk without its last step; the empty path is its own parent."""
        return Path(self.steps[:-1])

    @property
    def below_root(self) -> str:
        """The walk as seen from its entity: `orders.items` of `User.orders.items`."""
        return ".".join(map(str, self.steps[1:]))
