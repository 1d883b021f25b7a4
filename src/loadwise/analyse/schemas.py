"""Schemas: what pydantic and FastAPI read of an object that they are given."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Final

from loadwise.analyse.values import UNKNOWN, Class, Value
from loadwise.analyse.world import Mapped, World
from loadwise.core.need import Touch
from loadwise.schema.attributes import Annotation, Definition, annotation_of, definitions
from loadwise.schema.calls import call_of, text_of
from loadwise.schema.classes import ClassSource
from loadwise.schema.scope import Outside

if TYPE_CHECKING:
    from loadwise.analyse.expressions import Expressions
    from loadwise.analyse.frame import Frame

VALIDATORS: Final = frozenset({"model_validate", "from_orm", "parse_obj"})
ROUTES: Final = frozenset({"get", "post", "put", "patch", "delete", "api_route", "head", "options"})
DEEPEST: Final = 6


def is_schema(engine: Expressions, source: ClassSource) -> bool:
    """Whether a class is a pydantic model, and no table."""
    if source.qualified in engine.schema.entities:
        return False
    outsides = [one for one in engine.classes.order(source) if isinstance(one, Outside)]
    return any(
        one.qualified.startswith(("pydantic.", "sqlmodel.", "pydantic_settings."))
        for one in outsides
    )


def validated(
    engine: Expressions,
    frame: Frame,
    world: World,
    schema: ClassSource,
    value: Value,
    node: ast.expr | ast.stmt,
    depth: int = 0,
) -> None:
    """Note what a schema reads of a mapped object, field by field."""
    if depth > DEEPEST:
        return
    place = node.value if isinstance(node, ast.Return) and node.value is not None else node
    for ref in engine.refs(value):
        thing = world.heap.get(ref.id)
        if not isinstance(thing, Mapped):
            continue
        entity = engine.graph[thing.entity]
        for name, definition in definitions(engine.classes, schema).items():
            if definition.annotation is None or name.startswith("_"):
                continue
            read = _read_name(engine, definition, name)
            if read not in entity.names:
                continue
            engine.touch(frame, world, ref.id, read, place, Touch.SERIALISE)  # type: ignore[arg-type]
            if entity.relationship(read) is not None:
                inner = _schema_of(engine, annotation_of(engine.project, definition), definition)
                related = engine.related(world, ref.id, read)
                if inner is not None:
                    validated(engine, frame, world, inner, related, node, depth + 1)


def _read_name(engine: Expressions, definition: Definition, name: str) -> str:
    """The attribute that a field reads: its alias, where it has one."""
    call = call_of(engine.project, definition.owner, definition.value)
    if call is None or call.function != "Field":
        return name
    alias = call.word("validation_alias", "alias")
    return text_of(engine.project, definition.owner.module, alias) or name


def _schema_of(
    engine: Expressions, annotation: Annotation, definition: Definition
) -> ClassSource | None:
    """The schema that an annotation names."""
    for node in annotation.names:
        symbol = engine.project.resolve(definition.owner.module, node)
        found = engine.classes.of(symbol)
        if found is not None and is_schema(engine, found):
            return found
    return None


def serialised(
    engine: Expressions, frame: Frame, world: World, node: ast.Return, value: Value
) -> None:
    """What FastAPI reads of what a route returns: its `response_model`, else its annotation."""
    function = frame.function.node
    if frame.depth > 0 or isinstance(function, ast.Lambda):
        return
    schema = response_schema(engine, frame, function)
    if schema is not None:
        validated(engine, frame, world, schema, value, node)


def response_schema(
    engine: Expressions, frame: Frame, function: ast.FunctionDef | ast.AsyncFunctionDef
) -> ClassSource | None:
    """The schema that a route answers with."""
    module, owner = frame.function.module, frame.function.owner
    for decorator in function.decorator_list:
        if not isinstance(decorator, ast.Call) or not isinstance(decorator.func, ast.Attribute):
            continue
        if decorator.func.attr not in ROUTES:
            continue
        model = next(
            (word.value for word in decorator.keywords if word.arg == "response_model"), None
        )
        if isinstance(model, ast.Constant) and model.value is None:
            return None
        annotation = model if model is not None else function.returns
        if annotation is None:
            return None
        holder = owner or ClassSource(
            module=module,
            node=ast.ClassDef(name="", bases=[], keywords=[], body=[], decorator_list=[]),
            bases=(),
        )
        definition = Definition(owner=holder, name="", annotation=annotation)
        return _schema_of(engine, annotation_of(engine.project, definition), definition)
    return None


def validator_call(
    engine: Expressions,
    frame: Frame,
    world: World,
    owner: Class,
    name: str,
    positional: list[Value],
    node: ast.Call,
) -> Value:
    """`Schema.model_validate(obj)`."""
    if positional and name in VALIDATORS:
        validated(engine, frame, world, owner.source, positional[0], node)
    return UNKNOWN
