"""Attributes: what the body of a mapped class says, over all the classes that it inherits from."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from loadwise.schema.classes import Classes, ClassSource, assigned, returned
from loadwise.schema.inlining import for_class
from loadwise.schema.scope import Defined, Outside, Project, bring, top_level

DECLARED: Final = frozenset({"declared_attr", "declared_attr.cascading", "declared_attr.directive"})


TABLE: Final = "__tablename__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """One attribute: the class that defines it, its annotation, its value, and its decorators.

    Of a `declared_attr`, the value is what the function returns.
    """

    owner: ClassSource
    name: str
    annotation: ast.expr | None = None
    value: ast.expr | None = None
    decorators: tuple[str, ...] = ()

    @property
    def is_method(self) -> bool:
        """Whether it is a function or property, and no declaration."""
        return self.value is None and self.annotation is None


def definitions(
    classes: Classes, one: ClassSource, *, without: ClassSource | None = None
) -> dict[str, Definition]:
    """The attributes of a class by name, the nearest definition of each, in order of definition.

    `without` is a class whose attributes, and those of what it inherits from, are not its own.
    """
    hidden: set[ClassSource] = set(classes.sources(without)) if without is not None else set()
    found: dict[str, Definition] = {}
    for source in reversed([one for one in classes.sources(one) if one not in hidden]):
        for definition in (*_of_body(source), *_added(classes, source)):
            found.pop(definition.name, None)
            found[definition.name] = definition
    return {name: _for_class(classes, one, found[name]) for name in found}


def said_of(classes: Classes, one: ClassSource, name: str) -> tuple[ClassSource, ast.expr] | None:
    """What a class, or the nearest that it inherits from, assigns to a name or returns for it."""
    for source in classes.sources(one):
        node = assigned(source.node, name)
        if node is not None:
            return source, for_class(node, _class_attributes(classes, one))
    return None


def _for_class(classes: Classes, one: ClassSource, definition: Definition) -> Definition:
    """A declared attribute as the class gets it, with the class itself for `cls`.

    In a plain body, the name of the table may stand in a value.
    """
    value = definition.value
    if value is None:
        return definition
    if definition.decorators:
        return replace(definition, value=for_class(value, _class_attributes(classes, one)))
    table = assigned(definition.owner.node, TABLE)
    if table is None or not any(isinstance(n, ast.Name) and n.id == TABLE for n in ast.walk(value)):
        return definition
    return replace(definition, value=for_class(value, {TABLE: table}))


def _class_attributes(classes: Classes, one: ClassSource) -> dict[str, ast.expr]:
    """The class itself, its name, and the constants that its body, or one above, holds."""
    itself = ast.Name(id=one.node.name, ctx=ast.Load())
    bring(itself, one.module)
    found: dict[str, ast.expr] = {}
    for source in reversed([*classes.sources(one)]):
        for definition in _of_body(source):
            if isinstance(definition.value, ast.Constant) and not definition.decorators:
                found[f"cls.{definition.name}"] = definition.value
    return {"cls": itself, **found, "cls.__name__": ast.Constant(value=one.node.name)}


def _added(classes: Classes, source: ClassSource) -> Iterator[Definition]:
    for name, value in classes.added.get(source.qualified, ()):
        yield Definition(owner=source, name=name, value=value)


def _of_body(source: ClassSource) -> Iterator[Definition]:
    properties: dict[str, tuple[str, ...]] = {}
    for statement in top_level(source.node.body):
        match statement:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                yield Definition(owner=source, name=name, annotation=annotation, value=value)
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield Definition(owner=source, name=name, value=value)
            case ast.FunctionDef(name=name):
                definition = _of_function(source, statement, properties)
                properties[name] = definition.decorators
                yield definition
            case _:
                pass


def _of_function(
    source: ClassSource, function: ast.FunctionDef, before: Mapping[str, tuple[str, ...]]
) -> Definition:
    """A method; where it goes on with an earlier one (`@name.setter`), it is decorated as that."""
    names = tuple(_decorator(one) for one in function.decorator_list)
    names += tuple(one for name in names for one in before.get(name.partition(".")[0], ()))
    declared = any(name.rpartition("orm.")[2] in DECLARED for name in names)
    return Definition(
        owner=source,
        name=function.name,
        annotation=function.returns if declared else None,
        value=_declared(function) if declared else None,
        decorators=names,
    )


def _declared(function: ast.FunctionDef) -> ast.expr | None:
    """What a declared attribute returns, with `cls` for the class, whatever it is called."""
    value, first = returned(function), next(iter(function.args.args), None)
    if value is None or first is None or first.arg == "cls":
        return value
    return for_class(value, {first.arg: ast.Name(id="cls", ctx=ast.Load())})


def _decorator(node: ast.expr) -> str:
    return ast.unparse(node.func if isinstance(node, ast.Call) else node)


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """What an annotation says: its wrapper, the classes that it names, whether it holds several.

    `extra` are the further arguments of `Annotated[…]`, which may hold a `mapped_column()`.
    """

    wrapper: str = ""
    names: tuple[ast.expr, ...] = ()
    collection: bool = False
    extra: tuple[ast.expr, ...] = ()


COLLECTIONS: Final = frozenset(
    {"list", "List", "set", "Set", "dict", "Dict", "Sequence", "MutableSequence", "Collection"}
    | {"Iterable", "tuple", "Tuple", "MutableSet", "MutableMapping", "Mapping", "FrozenSet"}
)
"""Types that hold several."""


def annotation_of(project: Project, definition: Definition) -> Annotation:
    """What the annotation of a definition says, its aliases and quoted parts followed."""
    if definition.annotation is None:
        return Annotation()
    return _read(project, definition.owner, definition.annotation, 0)


def _read(project: Project, owner: ClassSource, node: ast.expr, depth: int) -> Annotation:
    if depth > 12:
        return Annotation()
    match node:
        case ast.Constant(value=str(text)):
            try:
                inner = ast.parse(text, mode="eval").body
            except SyntaxError:
                return Annotation()
            return _read(project, owner, inner, depth + 1)
        case ast.BinOp(left=left, op=ast.BitOr(), right=right):
            return _joined([_read(project, owner, one, depth + 1) for one in (left, right)])
        case ast.Constant(value=None):
            return Annotation()
        case ast.Subscript(value=outer, slice=inside):
            return _subscript(project, owner, outer, inside, depth)
        case ast.Name() | ast.Attribute():
            return _name(project, owner, node, depth)
        case _:
            return Annotation()


def _subscript(
    project: Project, owner: ClassSource, outer: ast.expr, inside: ast.expr, depth: int
) -> Annotation:
    last = ast.unparse(outer).rpartition(".")[2]
    parts = list(inside.elts) if isinstance(inside, ast.Tuple) else [inside]
    if last == "Annotated":
        first = _read(project, owner, parts[0], depth + 1)
        return Annotation(
            wrapper=first.wrapper,
            names=first.names,
            collection=first.collection,
            extra=(*first.extra, *parts[1:]),
        )
    inner = _joined([_read(project, owner, part, depth + 1) for part in parts])
    if last in {"Optional", "Union"}:
        return inner
    if last in {"Mapped", "DynamicMapped", "WriteOnlyMapped", "ClassVar", "AssociationProxy"}:
        collection = inner.collection or last in {"DynamicMapped", "WriteOnlyMapped"}
        return Annotation(wrapper=last, names=inner.names, collection=collection, extra=inner.extra)
    return Annotation(
        wrapper=inner.wrapper,
        names=inner.names,
        collection=last in COLLECTIONS,
        extra=inner.extra,
    )


def _name(project: Project, owner: ClassSource, node: ast.expr, depth: int) -> Annotation:
    """A name: an alias of a longer annotation is followed, a class stands for itself."""
    symbol = project.resolve(owner.module, node)
    if isinstance(symbol, Defined) and isinstance(symbol.node, ast.Subscript | ast.BinOp):
        bring(symbol.node, symbol.module)
        return _read(project, owner, symbol.node, depth + 1)
    outside = symbol.qualified if isinstance(symbol, Outside) else ""
    if outside in {"builtins.None", "typing.Any"}:
        return Annotation()
    return Annotation(names=(node,))


def _joined(parts: list[Annotation]) -> Annotation:
    return Annotation(
        wrapper=next((part.wrapper for part in parts if part.wrapper), ""),
        names=tuple(name for part in parts for name in part.names),
        collection=any(part.collection for part in parts),
        extra=tuple(one for part in parts for one in part.extra),
    )
