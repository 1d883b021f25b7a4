"""Builtin: what Python's own functions give."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.hazards import gone_through
from loadwise.analyse.values import NONE, SOME, UNKNOWN, Above, Const, Items, Many, Value
from loadwise.analyse.world import Mapped, World

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.frame import Frame

SAME: Final = frozenset({"list", "tuple", "set", "sorted", "reversed", "frozenset", "iter"})
SOMETHING: Final = frozenset(
    {"len", "int", "str", "float", "bool", "sum", "round", "abs", "any", "all", "isinstance"}
)
"""Functions that never give None."""


def of_builtin(
    engine: Expressions,
    frame: Frame,
    world: World,
    name: str,
    positional: list[Value],
    node: ast.Call,
) -> Value:
    """What a built-in function gives."""
    if name == "super":
        return _super(frame, world)
    first = positional[0] if positional else UNKNOWN
    if name in SAME and node.args:
        gone_through(engine, frame, world, first, node.args[0])
    if name in SAME:
        return Many(engine.element(first)) if not isinstance(first, Items) else first
    match name:
        case "next" | "min" | "max":
            return engine.element(first)
        case "enumerate":
            return Many(Items((UNKNOWN, engine.element(first))))
        case "zip":
            return Many(Items(tuple(engine.element(one) for one in positional)))
        case "getattr" | "hasattr" if len(positional) > 1 and isinstance(positional[1], Const):
            found = engine.attribute(frame, world, first, str(positional[1].value), node)
            return found if name == "getattr" else UNKNOWN
        case "setattr" if len(positional) > 2:
            key = positional[1]
            name_set = str(key.value) if isinstance(key, Const) else ""
            return _set_any(engine, frame, world, first, name_set, positional[2], node)
        case "map" | "filter" if len(positional) > 1:
            element = engine.element(positional[1])
            result = engine.called(frame, world, first, ([element], {}), node)
            return Many(element if name == "filter" else result)
        case _:
            return SOME if name in SOMETHING else UNKNOWN


def _super(frame: Frame, world: World) -> Value:
    """`super()`, from the first parameter of the method that it stands in."""
    function = frame.function
    if function.owner is None or not function.node.args.args:
        return UNKNOWN
    receiver = world.names.get(function.node.args.args[0].arg, UNKNOWN)
    return Above(function.owner, receiver)


def _set_any(
    engine: Expressions,
    frame: Frame,
    world: World,
    target: Value,
    name: str,
    value: Value,
    node: ast.Call,
) -> Value:
    """`setattr()`: of a name that is not known, some column changes."""
    if name:
        engine.put(frame, world, target, name, value, node)
        return NONE
    for ref in engine.refs(target):
        thing = world.heap.get(ref.id)
        if isinstance(thing, Mapped):
            world.heap[ref.id] = replace(thing, changed=thing.changed | {"?"})
    return NONE
