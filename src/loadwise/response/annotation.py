"""Annotation: what a type says: the schemas in it, its literals, and what it is made from."""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, is_dataclass
from typing import (
    Annotated,
    Any,
    Final,
    ForwardRef,
    Literal,
    NewType,
    TypeVar,
    get_args,
    get_origin,
)

from loadwise.response.reads import Reads

Names = Mapping[Any, Any]
"""What type variables, and names in quotes, stand for."""
NONE: Final[Names] = {}
DEEPEST: Final = 50
"""Types inside each other that are followed; an alias may name itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """The schemas that a type names, the values of its `Literal`s, and its `reads()`.

    `forward` is a name that nothing has defined.
    """

    schemas: tuple[Any, ...] = ()
    literals: tuple[Any, ...] = ()
    reads: Reads | None = None
    forward: str = ""


def annotation_of(form: Any, *, names: Names = NONE, extra: Any = ()) -> Annotation:
    """What a type says; `extra` are further arguments of its `Annotated`."""
    parts = [*_parts(form, names, 0)]
    found = [*extra, *(value for kind, value in parts if kind == "extra")]
    return Annotation(
        schemas=tuple(dict.fromkeys(value for kind, value in parts if kind == "schema")),
        literals=tuple(value for kind, value in parts if kind == "literal"),
        reads=next((one for one in found if isinstance(one, Reads)), None),
        forward=next((value for kind, value in parts if kind == "forward"), ""),
    )


def names_for(schema: Any, arguments: tuple[Any, ...] = ()) -> Names:
    """What names stand for in a schema: those of its module, its own, its type variables."""
    module = sys.modules.get(schema.__module__)
    variables = zip(getattr(schema, "__parameters__", ()), arguments, strict=False)
    return {**(vars(module) if module else {}), schema.__name__: schema, **dict(variables)}


def _parts(form: Any, names: Names, depth: int) -> Iterator[tuple[str, Any]]:
    """The parts of a type that matter here, each with its kind."""
    inner = _meant(form, names)
    if depth > DEEPEST:
        return
    if inner is not None:
        yield from _parts(inner[0], names, depth + 1)
        return
    origin, arguments = get_origin(form), get_args(form)
    if isinstance(form, str | ForwardRef):
        yield "forward", form if isinstance(form, str) else form.__forward_arg__
    elif origin is Literal:
        yield from (("literal", one) for one in arguments)
    elif origin is Annotated:
        yield from (("extra", one) for one in arguments[1:])
        yield from _parts(arguments[0], names, depth + 1)
    elif is_schema(origin if origin is not None else form):
        bound = tuple(names.get(one, one) for one in arguments)
        yield "schema", origin[bound] if origin is not None else form
    elif isinstance(form, list):  # the parameters of a Callable
        return
    elif origin is not type:
        for one in arguments:
            yield from _parts(one, names, depth + 1)


def _meant(form: Any, names: Names) -> tuple[Any] | None:
    """What a name, a type variable, an alias, a new type or a root model stands for."""
    if isinstance(form, str | ForwardRef):
        text = form if isinstance(form, str) else form.__forward_arg__
        try:
            return (eval(text, {"__builtins__": vars(builtins)}, names),)
        except Exception:
            return None
    if isinstance(form, TypeVar):
        return (names.get(form, form.__bound__),)
    if isinstance(form, NewType):
        return (form.__supertype__,)
    if hasattr(form, "__value__") and type(form).__name__ == "TypeAliasType":
        return (form.__value__,)
    if _is_model(form) and issubclass(form, sys.modules["pydantic"].RootModel):
        return (form.model_fields["root"].annotation,)
    return None


def is_schema(form: Any) -> bool:
    """Whether it is a class with fields that name attributes: one of the four kinds."""
    return _is_model(form) or is_plain(form) or is_typed_dict(form) or is_struct(form)


def _is_model(form: Any) -> bool:
    pydantic = sys.modules.get("pydantic")
    return isinstance(form, type) and pydantic is not None and issubclass(form, pydantic.BaseModel)


def is_pydantic(form: Any) -> bool:
    """Whether pydantic knows its fields: a model, or one of pydantic's dataclasses."""
    return _is_model(form) or (is_plain(form) and hasattr(form, "__pydantic_fields__"))


def is_plain(form: Any) -> bool:
    """Whether it is a dataclass, and no mapped one."""
    return isinstance(form, type) and is_dataclass(form) and not hasattr(form, "__mapper__")


def is_typed_dict(form: Any) -> bool:
    """Whether it is a TypedDict, of `typing` or of `typing_extensions`."""
    keys: Any = getattr(form, "__required_keys__", None)
    return isinstance(form, type) and keys is not None and issubclass(form, dict)


def is_struct(form: Any) -> bool:
    """Whether it is a Struct of msgspec."""
    msgspec = sys.modules.get("msgspec")
    return isinstance(form, type) and msgspec is not None and issubclass(form, msgspec.Struct)


def name_of(form: Any) -> str:
    """What a schema or a type is called in a text."""
    if isinstance(form, type) and not get_args(form):
        return form.__name__
    origin, arguments = get_origin(form), get_args(form)
    if isinstance(origin, type) and arguments:
        return f"{origin.__name__}[{', '.join(map(name_of, arguments))}]"
    return str(form).replace("typing.", "")
