"""Have: what an object holds at one moment, and why it lacks what it lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from loadwise.core.cause import UNKNOWN, Cause
from loadwise.core.path import Path
from loadwise.core.tree import NOTHING, Tree


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """An attribute that is not held, and why."""

    path: Path
    cause: Cause


@dataclass(frozen=True, slots=True, kw_only=True)
class Have:
    """What is held for certain (`must`), what may be held (`may`), and what was lost.

    Knowledge is three-valued: an attribute in `must` is held, one outside `may` is not, and one
    between the two may be. Always `must <= may`.
    """

    must: Tree
    may: Tree
    lost: tuple[Loss, ...] = ()

    def __post_init__(self) -> None:
        if not self.must <= self.may:
            raise ValueError("what is held for certain may be held: must <= may")

    @classmethod
    def known(cls, tree: Tree, lost: Iterable[Loss] = ()) -> Have:
        """What is held where nothing is in doubt."""
        return cls(must=tree, may=tree, lost=tuple(lost))

    def why(self, path: Path) -> Cause:
        """Why a path is not held: its own cause, or that of the nearest attribute above it."""
        causes = {loss.path: loss.cause for loss in self.lost}
        while path and path not in causes:
            path = path.parent
        return causes.get(path, UNKNOWN)

    def __str__(self) -> str:
        """The notation of trees, with `?` before what may be held and `-` before what was lost."""
        lost = NOTHING
        for loss in self.lost:
            lost |= Tree.along(loss.path)
        return _marked(self.must, self.may, lost)


def _marked(must: Tree, may: Tree, lost: Tree) -> str:
    if must.everything:
        return "*"
    if may.everything:
        return f"{must} ?*".lstrip()
    words: list[str] = []
    for step, _ in (may | lost).children:
        held, maybe = must.child(step), may.child(step)
        if maybe is None:
            words.append(f"-{step}")
            continue
        inner = _marked(held or NOTHING, maybe, lost.child(step) or NOTHING)
        words.append(("?" if held is None else "") + (f"{step}{{{inner}}}" if inner else f"{step}"))
    return " ".join(words)
