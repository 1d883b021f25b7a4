"""Option: loader options as a tree, so that several chains become one that says each thing once."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final

NARROWING: Final = "selectin_polymorphic"
"""The option that stands beside others; as a method of one it takes other arguments."""
NOTHING: Final = "_"
"""A name in the place of what stands before a piece of code."""


class ConflictError(ValueError):
    """Two codes that cannot be put together to one; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """A loader option: its function, its arguments, and the options below it.

    One without a function is the root, below which are the options of a statement.
    """

    function: str = ""
    arguments: str = ""
    below: tuple[Option, ...] = ()

    def merge(self, other: Option) -> Option:
        """Both; where they are about one attribute, the function of the first is kept."""
        below = list(self.below)
        for one in other.below:
            place = next((i for i, own in enumerate(below) if own.is_about_the_same(one)), None)
            if place is None:
                below.append(one)
            else:
                below[place] = below[place].merge(one)
        return replace(self, below=tuple(below))

    def is_about_the_same(self, other: Option) -> bool:
        """Whether both are about one attribute, for which there may be one strategy only."""
        narrows = NARROWING in {self.function, other.function}
        return self.arguments == other.arguments and (
            not narrows or self.function == other.function
        )

    def __str__(self) -> str:
        return f"{self.function}({self.arguments}){self.tail}"

    @property
    def tail(self) -> str:
        """What stands behind it: `.joinedload(...)`, or `.options(...)` where it is several."""
        if not self.below:
            return ""
        if len(self.below) == 1 and self.below[0].function != NARROWING:
            return f".{self.below[0]}"
        return f".options({self.listed})"

    @property
    def listed(self) -> str:
        """What is below it, with commas."""
        return ", ".join(map(str, self.below))


def options_of(nodes: Iterable[ast.expr]) -> Option:
    """The options that expressions write, below one root. Raises ConflictError for what is none."""
    root = Option()
    for node in nodes:
        root = root.merge(_chain(node, ()))
    return root


def _chain(node: ast.expr, below: tuple[Option, ...]) -> Option:
    """A chain of options, from its root; `below` is what goes on behind the node."""
    match node:
        case ast.Name(id=name) if name == NOTHING:
            return Option(below=below)
        case ast.Call(func=ast.Attribute(value=inner, attr="options"), args=given, keywords=[]):
            return _chain(inner, (*options_of(given).below, *below))
        case ast.Call(func=ast.Attribute(value=inner, attr=name)) if not _is_module(inner):
            return _chain(inner, (Option(function=name, arguments=_given(node), below=below),))
        case ast.Call(func=ast.Attribute() | ast.Name() as called):
            function = ast.unparse(called)
            return Option(below=(Option(function=function, arguments=_given(node), below=below),))
        case _:
            raise ConflictError("this is no loader option")


def _is_module(node: ast.expr) -> bool:
    """Whether a function is called by its module: `orm.joinedload(...)`."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return isinstance(node, ast.Name) and node.id != NOTHING


def _given(call: ast.Call) -> str:
    return ", ".join([*map(ast.unparse, call.args), *map(ast.unparse, call.keywords)])
