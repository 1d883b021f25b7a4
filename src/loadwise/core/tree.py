"""Tree: attributes under attributes, written `User{id name organization{name}}`.

Plan, have and need are trees; the difference of two is not a tree but a frontier: the
minimal missing paths, each with what is wanted below it. Trees form a distributive lattice
under `|`, `&` and `<=`, with `NOTHING` at the bottom and `EVERYTHING` (written `*`: what cannot
be seen) at the top. `tests/laws/test_tree.py` states the laws.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from typing import Final

from loadwise.core.path import STEP, NotationError, Path, Step

MAX_DEPTH: Final = 100
"""How deep `parse` follows nested braces: far beyond any real model, far below the stack."""


@dataclass(frozen=True, slots=True)
class Tree:
    """Attributes, each with the tree below it; the children of the outermost tree are entities.

    Children are kept sorted, so that equal trees compare, hash and print alike.
    """

    children: tuple[tuple[Step, Tree], ...] = ()
    everything: bool = False

    def __post_init__(self) -> None:
        if self.everything and self.children:
            raise ValueError("a tree of everything has no children: they are all in it")
        ordered = tuple(sorted(self.children, key=lambda child: child[0]))
        if any(one[0] == other[0] for one, other in pairwise(ordered)):
            raise ValueError("an attribute stands twice in one tree")
        object.__setattr__(self, "children", ordered)

    @classmethod
    def of(cls, children: Mapping[Step, Tree]) -> Tree:
        """The tree with just these children."""
        return cls(tuple(children.items()))

    @classmethod
    def along(cls, path: Path, below: Tree | None = None) -> Tree:
        """The tree that holds one path, with `below` (nothing, if left out) at its end.

        >>> str(Tree.along(Path.parse("User.orders"), parse("id total")))
        'User{orders{id total}}'
        """
        tree = NOTHING if below is None else below
        for step in reversed(path.steps):
            tree = cls(((step, tree),))
        return tree

    @classmethod
    def of_paths(cls, paths: Iterable[Path]) -> Tree:
        """The smallest tree that holds some paths.

        >>> str(Tree.of_paths([Path.parse("User.id"), Path.parse("User.orders.total")]))
        'User{id orders{total}}'
        """
        below: dict[Step, list[Path]] = {}
        for path in paths:
            if path:
                below.setdefault(path.steps[0], []).append(Path(path.steps[1:]))
        return cls.of({step: cls.of_paths(rest) for step, rest in below.items()})

    def child(self, step: Step) -> Tree | None:
        """The tree below an attribute; None where the attribute is not in this tree."""
        if self.everything:
            return self
        return dict(self.children).get(step)

    def at(self, path: Path) -> Tree | None:
        """The tree at the end of a path; None where the path leaves this tree."""
        tree: Tree | None = self
        for step in path.steps:
            if tree is None:
                return None
            tree = tree.child(step)
        return tree

    def __contains__(self, path: Path) -> bool:
        return self.at(path) is not None

    def __bool__(self) -> bool:
        return self.everything or bool(self.children)

    def __or__(self, other: Tree) -> Tree:
        if self.everything or other.everything:
            return EVERYTHING
        merged = dict(self.children)
        for step, tree in other.children:
            merged[step] = merged[step] | tree if step in merged else tree
        return Tree.of(merged)

    def __and__(self, other: Tree) -> Tree:
        if self.everything:
            return other
        if other.everything:
            return self
        theirs = dict(other.children)
        return Tree.of(
            {step: tree & theirs[step] for step, tree in self.children if step in theirs}
        )

    def __le__(self, other: Tree) -> bool:
        if other.everything:
            return True
        if self.everything:
            return False
        theirs = dict(other.children)
        return all(step in theirs and tree <= theirs[step] for step, tree in self.children)

    def paths(self) -> Iterator[Path]:
        """Every path in the tree, parents before children; what `*` hides has none."""
        for step, tree in self.children:
            yield Path((step,))
            for path in tree.paths():
                yield Path((step, *path.steps))

    def __str__(self) -> str:
        if self.everything:
            return "*"
        return " ".join(f"{step}{{{tree}}}" if tree else str(step) for step, tree in self.children)


NOTHING: Final = Tree()
EVERYTHING: Final = Tree(everything=True)


@dataclass(frozen=True, slots=True)
class Missing:
    """One place on a frontier: a path that is not there, and what is wanted below it."""

    path: Path
    wanted: Tree = NOTHING


def gap(need: Tree, have: Tree) -> tuple[Missing, ...]:
    """What `have` lacks of `need`: the minimal missing paths, in order. Empty if it lacks nothing.

    >>> [str(m.path) for m in gap(parse("User{id orders{items}}"), parse("User{id name}"))]
    ['User.orders']
    """
    return tuple(_missing(need, have, Path()))


def _missing(need: Tree, have: Tree, at: Path) -> Iterator[Missing]:
    if have.everything:
        return
    if need.everything:
        yield Missing(at, EVERYTHING)
        return
    held = dict(have.children)
    for step, wanted in need.children:
        if step in held:
            yield from _missing(wanted, held[step], at / step)
        else:
            yield Missing(at / step, wanted)


def graft(have: Tree, frontier: Iterable[Missing]) -> Tree:
    """`have` with every missing path of a frontier put in, each with what is wanted below it."""
    return reduce(Tree.__or__, (Tree.along(m.path, m.wanted) for m in frontier), have)


def parse(text: str) -> Tree:
    """The tree that `text` writes; `parse(str(tree)) == tree`. Raises NotationError.

    >>> parse("User{name id}") == parse("User{id name}")
    True
    """
    tree, end = _parse(text, 0, depth=0)
    if end != len(text):
        raise NotationError(f"{text!r}: unexpected {text[end]!r} at {end + 1}")
    return tree


def _parse(text: str, at: int, *, depth: int) -> tuple[Tree, int]:
    """The tree that starts at `at`, and the place behind it."""
    if depth > MAX_DEPTH:
        raise NotationError(f"more than {MAX_DEPTH} braces inside each other")
    children: dict[Step, Tree] = {}
    everything = False
    while at < len(text) and text[at] != "}":
        if text[at].isspace():
            at += 1
        elif text[at] == "*":
            everything, at = True, at + 1
        elif match := STEP.match(text, at):
            step, at, below = Step(match["name"], match["of_type"] or ""), match.end(), NOTHING
            if text[at : at + 1] == "{":
                below, at = _parse(text, at + 1, depth=depth + 1)
                if text[at : at + 1] != "}":
                    raise NotationError(f"{text!r}: a brace is not closed")
                at += 1
            children[step] = children.get(step, NOTHING) | below
        else:
            raise NotationError(f"{text!r}: unexpected {text[at]!r} at {at + 1}")
    return (EVERYTHING if everything else Tree.of(children)), at
