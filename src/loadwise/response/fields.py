"""Fields: what a schema reads of an object, field by field. Neither pydantic nor msgspec is
imported: where a class of theirs is given, they are there.
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, get_args, get_origin, get_type_hints

from loadwise.response.annotation import (
    Annotation,
    Names,
    annotation_of,
    is_pydantic,
    is_struct,
    is_typed_dict,
    name_of,
    names_for,
)
from loadwise.response.error import SchemaError

Way = tuple[str, ...]
"""Attributes one behind the other."""
LEFT_OUT: Final = "NotRequired"


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A field: the ways by which it reads the object, and the schemas that it reads the end by.

    Of several ways, the first that the object has is taken; `every` says that it reads them all.
    A field that is not `required` is left out where the object has none of them. `named` says that
    the ways are those that `reads()` named.
    """

    name: str
    ways: tuple[Way, ...]
    schemas: tuple[Any, ...] = ()
    literals: tuple[Any, ...] = ()
    required: bool = True
    every: bool = False
    named: bool = False


def fields_of(schema: Any) -> tuple[Field, ...]:
    """The fields of a schema, in its order. Raises SchemaError where it names what is not there."""
    origin = get_origin(schema)
    form = schema if origin is None else origin
    names = names_for(form, get_args(schema))
    if is_pydantic(form):
        return tuple(_of_pydantic(form, names))
    if is_struct(form):
        return tuple(_of_struct(form, names))
    hints = _hints(form)
    if is_typed_dict(form):
        return tuple(_of_typed_dict(form, hints, names))
    return tuple(_of_dataclass(form, hints, names))


def _field(
    schema: Any, name: str, said: Annotation, ways: tuple[Way, ...], *, required: bool
) -> Field:
    if said.forward:
        cure = " (model_rebuild() completes a model)" if is_pydantic(schema) else ""
        text = f"{name_of(schema)}.{name} names {said.forward!r}, which is not defined{cure}"
        raise SchemaError(text, schema=name_of(schema), field=name)
    named = said.reads is not None
    return Field(
        name=name,
        ways=said.reads.paths if said.reads is not None else ways,
        schemas=said.schemas,
        literals=said.literals,
        required=required or named,
        every=named,
        named=named,
    )


def _hints(form: Any) -> dict[str, Any]:
    try:
        return get_type_hints(form, include_extras=True)
    except NameError as error:
        text = f"{name_of(form)} names {error.name!r}, which is not defined in {form.__module__}"
        raise SchemaError(text, schema=name_of(form)) from None


def _of_dataclass(form: Any, hints: dict[str, Any], names: Names) -> Iterator[Field]:
    missing = dataclasses.MISSING
    for one in dataclasses.fields(form):
        if not one.init:
            continue
        said = annotation_of(hints[one.name], names=names)
        required = one.default is missing and one.default_factory is missing
        yield _field(form, one.name, said, ((one.name,),), required=required)


def _of_typed_dict(form: Any, hints: dict[str, Any], names: Names) -> Iterator[Field]:
    for name, hint in hints.items():
        required = name in form.__required_keys__ and LEFT_OUT not in str(get_origin(hint))
        said = annotation_of(hint, names=names)
        yield _field(form, name, said, ((name,),), required=required)


def _of_struct(form: Any, names: Names) -> Iterator[Field]:
    """msgspec reads an attribute by the name of the field, or by the one that it encodes."""
    for one in sys.modules["msgspec"].structs.fields(form):
        said = annotation_of(one.type, names=names)
        ways = tuple(dict.fromkeys(((one.name,), (one.encode_name,))))
        yield _field(form, one.name, said, ways, required=one.required)


def _of_pydantic(form: Any, names: Names) -> Iterator[Field]:
    """pydantic reads by the alias of a field; a computed field reads what it names, if it does."""
    is_model = hasattr(form, "model_fields")
    if is_model and not form.__pydantic_complete__:
        form.model_rebuild(raise_errors=False)
    config = form.model_config if is_model else getattr(form, "__pydantic_config__", {})
    found = form.model_fields if is_model else form.__pydantic_fields__
    for name, one in found.items():
        said = annotation_of(one.annotation, names=names, extra=one.metadata)
        ways = tuple(dict.fromkeys(_aliased(name, one.validation_alias, config)))
        yield _field(form, name, said, ways, required=one.is_required())
    decorated = getattr(form, "__pydantic_decorators__", None)
    for name, one in getattr(decorated, "computed_fields", {}).items():
        said = annotation_of(_returned(one))
        if said.reads is not None:
            yield _field(form, name, said, (), required=True)


def _returned(decorator: Any) -> Any:
    """The type of a computed field, as it is annotated."""
    function = getattr(decorator.info.wrapped_property, "fget", None)
    function = function or getattr(decorator.info.wrapped_property, "func", None)
    try:
        return get_type_hints(function, include_extras=True).get("return")
    except (NameError, TypeError):
        return decorator.info.return_type


def _aliased(name: str, alias: Any, config: Any) -> Iterator[Way]:
    """The ways of a field: its aliases first, and its name where they do not replace it."""
    by_alias = alias is not None and config.get("validate_by_alias", True)
    if by_alias:
        for choice in getattr(alias, "choices", [alias]):
            path = getattr(choice, "path", [choice])
            yield tuple(part for part in path if isinstance(part, str))
    if not by_alias or config.get("populate_by_name") or config.get("validate_by_name"):
        yield (name,)
