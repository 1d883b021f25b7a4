"""Source declared: the relationships that a class declares in the source, and their targets."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from loadwise.schema.attributes import Annotation, Definition, annotation_of
from loadwise.schema.calls import Call, call_of, called_lambda, is_true, items_of
from loadwise.schema.scope import dotted_name
from loadwise.schema.source_references import Tables
from loadwise.schema.source_tables import Mapped

MAKERS: Final = frozenset({"relationship", "relation", "Relationship", "dynamic_loader"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """A relationship as it is declared: where, its call, and what its annotation says."""

    owner: Mapped
    name: str
    target: Mapped
    call: Call
    annotation: Annotation
    definition: Definition


def declared(
    tables: Tables, owner: Mapped, *, without: Mapped | None = None
) -> Iterator[Declared | str]:
    """The relationships that a class declares; a text where one points to what is not there.

    `without` is the mapped class that it inherits from, whose own it does not declare again.
    """
    project = tables.classes.project
    above: Mapping[str, Definition] = without.definitions if without is not None else {}
    for name, definition in owner.definitions.items():
        if name in above and above[name].owner == definition.owner:
            continue
        call = call_of(project, definition.owner, definition.value)
        if call is None or call.function not in MAKERS:
            continue
        annotation = annotation_of(project, definition)
        call = _of_sqlmodel(tables, definition, call)
        target = _target(tables, definition, call, annotation)
        if target is None:
            yield f"{owner.source.qualified}.{name} points to a class that was not found"
        else:
            yield Declared(
                owner=owner,
                name=name,
                target=target,
                call=call,
                annotation=annotation,
                definition=definition,
            )


def _of_sqlmodel(tables: Tables, definition: Definition, call: Call) -> Call:
    """SQLModel's `Relationship()` in the words of SQLAlchemy's."""
    if call.function != "Relationship":
        return call
    project = tables.classes.project
    inner = call_of(project, definition.owner, call.word("sa_relationship"))
    if inner is not None:
        return inner
    words = {**call.words, **items_of(call.word("sa_relationship_kwargs"))}
    arguments = call.word("sa_relationship_args")
    if is_true(project, definition.owner.module, words.get("cascade_delete")):
        words.setdefault("cascade", ast.Constant(value="all, delete-orphan"))
    if "link_model" in words:
        words["secondary"] = words["link_model"]
    parts = tuple(arguments.elts) if isinstance(arguments, ast.List | ast.Tuple) else ()
    return Call(function="relationship", arguments=parts, words=words)


def _target(
    tables: Tables, definition: Definition, call: Call, annotation: Annotation
) -> Mapped | None:
    """The class that it points to: its first argument, or what its annotation names."""
    given = call.arguments[0] if call.arguments else call.word("argument")
    nodes = [called_lambda(given)] if given is not None else list(annotation.names)
    for node in nodes:
        if node is None:
            continue
        name = node.value if isinstance(node, ast.Constant) else node
        if isinstance(name, ast.expr) and not dotted_name(name):
            continue
        if isinstance(name, str | ast.expr) and name:
            found = tables.named(definition.owner, name)
            if found is not None:
                return found
    return None
