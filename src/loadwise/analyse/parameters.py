"""Parameters: what the parameters of a function are, given or not: by default, by annotation."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.statements import MAKERS, SESSIONS
from loadwise.analyse.values import (
    NONE,
    UNKNOWN,
    Class,
    Const,
    Entries,
    Foreign,
    Function,
    Items,
    Maker,
    Many,
    Value,
)
from loadwise.analyse.world import Instance, Mapped, Session, World
from loadwise.core.state import Life
from loadwise.schema.attributes import Annotation, Definition, annotation_of
from loadwise.schema.classes import ClassSource
from loadwise.schema.scope import Defined, Outside

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions

SESSION_NAMES: Final = frozenset({"session", "db", "db_session", "async_session", "sess"})


def bind(
    engine: Expressions,
    world: World,
    function: Function,
    positional: list[Value],
    words: dict[str, Value],
) -> dict[str, Value]:
    """The parameters of a function: as given, else the default, else as annotated."""
    spec = function.node.args
    names = [*spec.posonlyargs, *spec.args]
    every = [*names, *spec.kwonlyargs]
    found = {one.arg: words[one.arg] for one in every if one.arg in words}
    found.update({one.arg: value for one, value in zip(names, positional, strict=False)})
    if spec.vararg is not None:
        found[spec.vararg.arg] = Items(tuple(positional[len(names) :]))
    known = {parameter.arg for parameter in every}
    if spec.kwarg is not None:
        rest = tuple((key, value) for key, value in words.items() if key not in known)
        found[spec.kwarg.arg] = Entries(rest)
    for parameter in every:
        if parameter.arg not in found or found[parameter.arg] == UNKNOWN:
            default = default_of(engine, world, function, parameter.arg)
            if default == UNKNOWN or (default == NONE and parameter.arg in found):
                default = annotated(engine, world, function, parameter)
            found[parameter.arg] = default
    return found


def default_of(engine: Expressions, world: World, function: Function, name: str) -> Value:
    """The default of a parameter: a constant, or what `Depends()` gives."""
    spec = function.node.args
    names = [*spec.posonlyargs, *spec.args]
    node: ast.expr | None = None
    for parameter, default in zip(reversed(names), reversed(spec.defaults), strict=False):
        if parameter.arg == name:
            node = default
    for parameter, keyword in zip(spec.kwonlyargs, spec.kw_defaults, strict=True):
        if parameter.arg == name:
            node = keyword
    match node:
        case None:
            return UNKNOWN
        case ast.Constant(value=value):
            return Const(value)
        case ast.Call(func=called, args=arguments) if _is_dependency(called):
            given = arguments[0] if arguments else None
            return _dependency(engine, world, function, given)
        case _:
            return UNKNOWN


def _is_dependency(node: ast.expr) -> bool:
    return ast.unparse(node).rpartition(".")[2] in {"Depends", "Security"}


def _dependency(
    engine: Expressions, world: World, function: Function, node: ast.expr | None
) -> Value:
    if node is None:
        return UNKNOWN
    symbol = engine.project.resolve(function.module, node)
    if isinstance(symbol, Defined):
        return depended(engine, world, engine.defined(symbol))
    return depended(engine, world, Foreign(symbol.qualified)) if symbol is not None else UNKNOWN


def depended(engine: Expressions, world: World, provider: Value) -> Value:
    """What a dependency gives: what its function returns or yields, or an object of its class."""
    match provider:
        case Function() if id(provider.node) not in engine.running:
            bound = _bound(engine, world, provider, [])
            return engine.run(provider, bound, world, depth=1, greenlet=False)
        case Class():
            return object_of(engine, world, provider)
        case _:
            return UNKNOWN


def object_of(engine: Expressions, world: World, kind: Class) -> Value:
    """An object of a class that a framework makes, with what its `__init__` is given."""
    made = engine.new(world, Instance(kind.source.qualified))
    initial = engine.of_class(kind, "__init__")
    if isinstance(initial, Function) and id(initial.node) not in engine.running:
        bound = _bound(engine, world, initial, [made])
        engine.run(replace(initial, bound=made), bound, world, depth=2, greenlet=False)
    return made


def _bound(
    engine: Expressions, world: World, function: Function, given: list[Value]
) -> dict[str, Value]:
    """What a framework binds; what needs itself to be made (a tree's node its parent) is not."""
    engine.running.append(id(function.node))
    try:
        return bind(engine, world, function, given, {})
    finally:
        engine.running.pop()


def annotated(engine: Expressions, world: World, function: Function, parameter: ast.arg) -> Value:
    """What a parameter is by its annotation; a session also by its name."""
    if parameter.annotation is None:
        if parameter.arg in SESSION_NAMES:
            return _session(
                engine, world, synchronous=not isinstance(function.node, ast.AsyncFunctionDef)
            )
        return UNKNOWN
    owner = function.owner or ClassSource(
        module=function.module,
        node=ast.ClassDef(name="", bases=[], keywords=[], body=[], decorator_list=[]),
        bases=(),
    )
    several = _of_tuple(parameter.annotation)
    if several:
        parts = [Definition(owner=owner, name="", annotation=one) for one in several]
        found_parts = [annotation_of(engine.project, one) for one in parts]
        return Items(tuple(_of_annotation(engine, world, owner, one) for one in found_parts))
    definition = Definition(owner=owner, name=parameter.arg, annotation=parameter.annotation)
    found = annotation_of(engine.project, definition)
    for extra in found.extra:
        if isinstance(extra, ast.Call) and _is_dependency(extra.func):
            given = _dependency(engine, world, function, extra.args[0] if extra.args else None)
            if given != UNKNOWN:
                return given
    return _of_annotation(engine, world, owner, found)


def _of_tuple(node: ast.expr) -> list[ast.expr]:
    """The parts of `tuple[A, B]`; none of another annotation, or of `tuple[A, ...]`."""
    match node:
        case ast.Subscript(value=ast.Name(id="tuple" | "Tuple"), slice=ast.Tuple(elts=parts)):
            endless = any(isinstance(one, ast.Constant) and one.value is ... for one in parts)
            return [] if endless else parts
        case _:
            return []


def _of_annotation(
    engine: Expressions, world: World, owner: ClassSource, found: Annotation
) -> Value:
    for node in found.names:
        symbol = engine.project.resolve(owner.module, node)
        if isinstance(symbol, Outside):
            if symbol.qualified in SESSIONS:
                return _session(engine, world, synchronous=SESSIONS[symbol.qualified])
            if symbol.qualified in MAKERS:
                return Maker(MAKERS[symbol.qualified], engine.expires)
            continue
        source = engine.classes.of(symbol)
        if source is None:
            continue
        outsides = {
            one.qualified for one in engine.classes.order(source) if isinstance(one, Outside)
        }
        for session in outsides & set(SESSIONS):
            return _session(engine, world, synchronous=SESSIONS[session])
        value = engine.class_value(source)
        made: Value
        if value.entity:
            state = engine.blank(value.entity, Life.PERSISTENT)
            made = engine.new(world, Mapped(entity=value.entity, state=state, known=False))
        elif found.collection:
            made = UNKNOWN
        else:
            made = object_of(engine, world, value) if len(engine.running) < 4 else UNKNOWN
        return Many(made) if found.collection else made
    return UNKNOWN


def _session(engine: Expressions, world: World, *, synchronous: bool) -> Value:
    return engine.new(world, Session(expires=engine.expires, synchronous=synchronous))
