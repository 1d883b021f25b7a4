"""Calls: what a call does, by what is called: a function of the project, a class, the library."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    Either,
    Entries,
    Foreign,
    Function,
    Items,
    Maker,
    Many,
    Method,
    Ref,
    Rows,
    Value,
    either,
)
from loadwise.analyse.world import Instance, Mapped, Session, World, meet
from loadwise.core.need import Touch
from loadwise.schema.attributes import definitions

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.interpreter import Frame

MUTATORS: Final = frozenset(
    {"add", "append", "clear", "discard", "extend", "insert", "pop", "remove", "update"}
)
SAME: Final = frozenset({"list", "tuple", "set", "sorted", "reversed", "frozenset", "iter"})
Arguments = tuple[list[Value], dict[str, Value]]


def call(engine: Expressions, frame: Frame, world: World, node: ast.Call) -> Value:
    """The value of a call."""
    callee = _callee(engine, frame, world, node)
    positional: list[Value] = []
    for argument in node.args:
        found = engine.value(frame, world, argument)
        if isinstance(argument, ast.Starred) and isinstance(found, Items):
            positional += found.elements
        else:
            positional.append(found)
    words: dict[str, Value] = {}
    for word in node.keywords:
        found = engine.value(frame, world, word.value)
        if word.arg is not None:
            words[word.arg] = found
        elif isinstance(found, Entries):
            words.update({str(key): value for key, value in found.entries})
    return called(engine, frame, world, callee, (positional, words), node)


def _callee(engine: Expressions, frame: Frame, world: World, node: ast.Call) -> Value:
    """What is called; the collection that a mutating method changes is written to."""
    function = node.func
    if isinstance(function, ast.Attribute) and function.attr in MUTATORS:
        inner = function.value
        if isinstance(inner, ast.Attribute):
            base = engine.value(frame, world, inner.value)
            owner = engine.attribute(frame, world, base, inner.attr, inner, Touch.WRITE)
            return engine.attribute(frame, world, owner, function.attr, function)
    return engine.value(frame, world, function)


def called(
    engine: Expressions,
    frame: Frame,
    world: World,
    callee: Value,
    arguments: Arguments,
    node: ast.Call,
) -> Value:
    """What a call of some value gives."""
    from loadwise.analyse.schemas import validator_call
    from loadwise.analyse.sessions import session_call
    from loadwise.analyse.statements import foreign_call, method_call

    positional, words = arguments
    match callee:
        case Function():
            return run_function(engine, frame, world, callee, positional, words)
        case Class():
            return _constructed(engine, frame, world, callee, arguments, node)
        case Foreign(name=name):
            return foreign_call(engine, frame, world, name, arguments, node)
        case Maker(synchronous=synchronous, expires=expires):
            return engine.new(world, Session(expires=expires, synchronous=synchronous))
        case Method(owner=Maker() as maker, name="begin"):
            made = engine.new(world, Session(expires=maker.expires, synchronous=maker.synchronous))
            return Method(made, "begin-session")
        case Method(owner=Ref(id=key), name=name) if isinstance(world.heap.get(key), Session):
            return session_call(engine, frame, world, key, name, arguments, node)
        case Method(owner=Class() as owner, name=name):
            return validator_call(engine, frame, world, owner, name, positional, node)
        case Method():
            return method_call(engine, frame, world, callee, arguments, node)
        case Either(options=options):
            return _each(engine, frame, world, options, arguments, node)
        case _:
            _escape(engine, world, arguments)
            return UNKNOWN


def _each(
    engine: Expressions,
    frame: Frame,
    world: World,
    options: tuple[Value, ...],
    arguments: Arguments,
    node: ast.Call,
) -> Value:
    """A call of one of several: each on a world of its own."""
    found, ends = [], []
    for option in options:
        if option == NONE:
            continue
        one = world.copy()
        found.append(called(engine, frame, one, option, arguments, node))
        ends.append(one)
    met = meet(ends)
    if met is not None:
        world.heap = met.heap
    return either(found) if found else UNKNOWN


def _escape(engine: Expressions, world: World, arguments: Arguments) -> None:
    """What is not known may do anything to objects that it is given together with a session."""
    given = [*arguments[0], *arguments[1].values()]
    refs = [ref for one in given for ref in engine.refs(one)]
    things = {ref.id: world.heap.get(ref.id) for ref in refs}
    if not any(isinstance(thing, Session) for thing in things.values()):
        return
    for key, thing in things.items():
        if isinstance(thing, Mapped):
            world.heap[key] = replace(thing, known=False)


def run_function(
    engine: Expressions,
    frame: Frame,
    world: World,
    function: Function,
    positional: list[Value],
    words: dict[str, Value],
) -> Value:
    """Run a function of the project with the values that it is given."""
    bound = [function.bound] if function.bound is not None else []
    arguments = bind(engine, world, function, [*bound, *positional], words)
    return engine.run(function, arguments, world, depth=frame.depth + 1, greenlet=frame.greenlet)


def bind(
    engine: Expressions,
    world: World,
    function: Function,
    positional: list[Value],
    words: dict[str, Value],
) -> dict[str, Value]:
    """The parameters of a function by name: what is given, else its default, else its annotation."""
    from loadwise.analyse.entries import annotated, default_of

    spec = function.node.args
    names = [*spec.posonlyargs, *spec.args]
    found: dict[str, Value] = {}
    for place, parameter in enumerate(names):
        if place < len(positional):
            found[parameter.arg] = positional[place]
        elif parameter.arg in words:
            found[parameter.arg] = words[parameter.arg]
    for parameter in spec.kwonlyargs:
        if parameter.arg in words:
            found[parameter.arg] = words[parameter.arg]
    if spec.vararg is not None:
        found[spec.vararg.arg] = Items(tuple(positional[len(names) :]))
    known = {parameter.arg for parameter in (*names, *spec.kwonlyargs)}
    if spec.kwarg is not None:
        rest = tuple((key, value) for key, value in words.items() if key not in known)
        found[spec.kwarg.arg] = Entries(rest)
    for parameter in (*names, *spec.kwonlyargs):
        if parameter.arg not in found or found[parameter.arg] == UNKNOWN:
            default = default_of(engine, world, function, parameter.arg)
            if default == UNKNOWN or (default == NONE and parameter.arg in found):
                default = annotated(engine, world, function, parameter)
            found[parameter.arg] = default
    return found


def _constructed(
    engine: Expressions,
    frame: Frame,
    world: World,
    callee: Class,
    arguments: Arguments,
    node: ast.Call,
) -> Value:
    """A new object: of a mapped class, of one with an `__init__`, or of one with fields."""
    positional, words = arguments
    if callee.entity:
        names = frozenset(words) & engine.graph[callee.entity].names
        site = engine.places.site(frame.function.module, node, frame.name)
        made = engine.made(world, callee.entity, names, site)
        for name in names:
            if engine.graph[callee.entity].relationship(name) is not None:
                thing = world.heap[made.id]
                if isinstance(thing, Mapped):
                    world.heap[made.id] = replace(
                        thing, related={**dict(thing.related), name: words[name]}
                    )
        return made
    made = engine.new(world, Instance(callee.source.qualified))
    initial = engine.of_class(callee, "__init__")
    if isinstance(initial, Function):
        run_function(engine, frame, world, replace(initial, bound=made), positional, words)
        return made
    instance = Instance(callee.source.qualified)
    fields = [
        name
        for name, one in definitions(engine.classes, callee.source).items()
        if one.annotation is not None
    ]
    for name, value in (*zip(fields, positional, strict=False), *words.items()):
        instance = instance.put(name, value)
    world.heap[made.id] = instance
    return made


def of_builtin(
    engine: Expressions,
    frame: Frame,
    world: World,
    name: str,
    positional: list[Value],
    node: ast.Call,
) -> Value:
    """What a built-in function gives."""
    first = positional[0] if positional else UNKNOWN
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
            result = called(engine, frame, world, first, ([element], {}), node)
            return Many(element if name == "filter" else result)
        case _:
            return UNKNOWN


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


_ = Rows
