"""Calls: what a call does, by what is called: a function of the project, a class, the library."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from loadwise.analyse.builtin import of_builtin
from loadwise.analyse.parameters import bind, depended, object_of
from loadwise.analyse.schemas import validator_call
from loadwise.analyse.sessions import session_call, synchronous_call
from loadwise.analyse.statements import MAKERS, SESSIONS, maker_of, method_call, statement_of
from loadwise.analyse.tasks import TOGETHER, awaited, pending, run_together
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
    Method,
    Ref,
    Synchronous,
    Value,
    either,
)
from loadwise.analyse.world import Instance, Mapped, Session, World, meet
from loadwise.core.need import MUTATORS, Touch
from loadwise.core.site import Site
from loadwise.schema.attributes import definitions

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.frame import Frame

SAFE_WRAPPERS: Final = frozenset({"wait_for", "shield", "create_task", "ensure_future", "deepcopy"})
"""Functions that give what they are given first."""
TRANSPARENT: Final = frozenset(
    {"asynccontextmanager", "contextmanager", "lru_cache", "cache", "wraps", "partial"}
)
"""Functions that give a function that does what the one they are given does."""
FEW_METHODS: Final = 4
Arguments = tuple[list[Value], dict[str, Value]]


def call(engine: Expressions, frame: Frame, world: World, node: ast.Call) -> Value:
    """The value of a call; of a coroutine that is not awaited here, what it will give."""
    waits = engine.awaiting is node
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
    if _name(node) in TOGETHER:
        run_together(engine, frame, positional, node)
    if _name(node) not in SAFE_WRAPPERS:
        positional = [awaited(one) for one in positional]
    first, last = len(engine.used), engine.last
    found = called(engine, frame, world, callee, (positional, words), node)
    return found if waits else pending(engine, world, callee, found, first, last)


def _name(node: ast.Call) -> str:
    """The last name of what is called."""
    return str(getattr(node.func, "attr", None) or getattr(node.func, "id", ""))


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
    positional, words = arguments
    match callee:
        case Function():
            return run_function(engine, frame, world, callee, positional, words)
        case Class():
            return _constructed(engine, frame, world, callee, arguments, node)
        case Foreign(name=name):
            return _foreign(engine, frame, world, name, arguments, node)
        case Maker(synchronous=synchronous, expires=expires):
            return engine.new(world, Session(expires=expires, synchronous=synchronous))
        case Method():
            return _method(engine, frame, world, callee, arguments, node)
        case Either(options=options):
            return _each(engine, frame, world, options, arguments, node)
        case _:
            return _by_name(engine, frame, world, arguments, node)


def _method(
    engine: Expressions,
    frame: Frame,
    world: World,
    callee: Method,
    arguments: Arguments,
    node: ast.Call,
) -> Value:
    """What a method gives that is not the project's."""
    name = callee.name
    match callee.owner:
        case Maker(synchronous=synchronous, expires=expires) if name == "begin":
            made = engine.new(world, Session(expires=expires, synchronous=synchronous))
            return Method(made, "begin-session")
        case Ref(id=key) if isinstance(world.heap.get(key), Session):
            return session_call(engine, frame, world, key, name, arguments, node)
        case Synchronous() as owner:
            return synchronous_call(engine, frame, world, owner, name, arguments, node)
        case Class() as owner:
            return validator_call(engine, frame, world, owner, name, arguments[0], node)
        case _:
            return method_call(engine, frame, world, callee, arguments, node)


def _by_name(
    engine: Expressions, frame: Frame, world: World, arguments: Arguments, node: ast.Call
) -> Value:
    """A method of a receiver that is not known, given a mapped object: those of that name are run.

    Where the project has many of that name, none is meant more than another.
    """
    given = [*arguments[0], *arguments[1].values()]
    things = [world.heap.get(ref.id) for one in given for ref in engine.refs(one)]
    if isinstance(node.func, ast.Attribute) and any(isinstance(one, Mapped) for one in things):
        methods = engine.methods.get(node.func.attr, [])
        if 0 < len(methods) <= FEW_METHODS:
            found: list[Value] = []
            ends: list[World] = []
            for method in methods:
                one = world.copy()
                owner = engine.class_value(method.owner) if method.owner is not None else None
                if owner is None or owner.entity:
                    continue
                bound = replace(method, bound=object_of(engine, one, owner))
                found.append(run_function(engine, frame, one, bound, *arguments))
                ends.append(one)
            met = meet(ends)
            if met is not None:
                world.heap = met.heap
                return either(found)
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
    found: list[Value] = []
    ends: list[World] = []
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


def _foreign(
    engine: Expressions,
    frame: Frame,
    world: World,
    name: str,
    arguments: Arguments,
    node: ast.Call,
) -> Value:
    """What a call of something outside the project gives."""
    positional, words = arguments
    last = name.rpartition(".")[2]
    if name.startswith("builtins."):
        return of_builtin(engine, frame, world, last, positional, node)
    if name in SESSIONS:
        said = words.get("expire_on_commit")
        expires = engine.expires if said is None else said != Const(False)
        return engine.new(world, Session(expires=expires, synchronous=SESSIONS[name]))
    if name in MAKERS:
        return maker_of(name, words)
    if name.startswith(("sqlalchemy.", "sqlmodel.")):
        return statement_of(name, positional, words)
    if last in {"Depends", "Security"}:
        return depended(engine, world, positional[0] if positional else UNKNOWN)
    handed = _handed_on(engine, last, positional)
    if handed is None:
        _escape(engine, world, arguments)
    return handed or UNKNOWN


def _handed_on(engine: Expressions, last: str, positional: list[Value]) -> Value | None:
    """What a function gives that only hands on what it is given; None for any other."""
    if last == "gather":
        return Items(tuple(positional))
    match positional:
        case [first, *_] if last in SAFE_WRAPPERS:
            return first
        case [*_, final] if last == "cast":
            return final
        case [Const(value=str() as module)] if last == "import_module":
            return engine.outer(module)
        case [Function() as first, *_]:
            return first if last in TRANSPARENT else UNKNOWN
        case _:
            return None


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
    if getattr(function.node, "name", "") in engine.doubled:
        return UNKNOWN
    bound = [function.bound] if function.bound is not None else []
    arguments = bind(engine, world, function, [*bound, *positional], words)
    return engine.run(function, arguments, world, depth=frame.depth + 1, greenlet=frame.greenlet)


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
        site = engine.places.site(frame.function.module, node, frame.name)
        return _mapped(engine, world, callee.entity, words, site)
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


def _mapped(
    engine: Expressions, world: World, entity: str, words: dict[str, Value], site: Site
) -> Value:
    """A new object of a mapped class; where somebody listens, nothing is known of it."""
    names = frozenset(words) & engine.names(entity)
    made = engine.made(world, entity, names, site)
    thing = world.heap[made.id]
    if isinstance(thing, Mapped):
        row = [engine.pointer(world, entity, name, words[name]) for name in sorted(names)]
        related = {name: words[name] for name in names if engine.relationship(entity, name)}
        world.heap[made.id] = replace(
            thing,
            row=tuple(one for one in row if one),
            related=related,
            known=not engine.is_heard(entity, names),
        )
    return made
