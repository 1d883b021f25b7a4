"""Names: which mappers a graph is made from, and what each of them is called there."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from sqlalchemy import inspect
from sqlalchemy.orm import Mapper, registry

Names = Mapping[Mapper[Any], str]
"""What each mapper is called."""


def mappers_of(source: Any) -> tuple[Mapper[Any], ...]:
    """The mappers of a registry, of a base, or of mapped classes or mappers, in order of name."""
    found: set[Mapper[Any]]
    if isinstance(source, registry):
        found = set(source.mappers)
    elif (base := _registry_of_base(source)) is not None:
        found = set(base.mappers)
    elif isinstance(source, Iterable) and not isinstance(source, type):
        found = {inspect(one) for one in cast("Iterable[type]", source)}
    else:
        found = {inspect(source)}
    return tuple(sorted(found, key=_qualified))


def _registry_of_base(source: Any) -> registry | None:
    """The registry of a class that others are mapped by, and that is not mapped itself."""
    if not isinstance(source, type) or inspect(source, raiseerr=False) is not None:
        return None
    return getattr(source, "registry", None)


def names_of(source: Any) -> Names:
    """What the mappers of a source are called, and those that they point to or inherit from.

    By the name of the class; where two have the same, by a name that begins with the module, as in
    `shop_models_Order`, so that it can stand in a path.
    """
    mappers = dict.fromkeys(_reached(mappers_of(source)))
    simple = Counter(mapper.class_.__name__ for mapper in mappers)
    names: dict[Mapper[Any], str] = {}
    taken: set[str] = set()
    for mapper in sorted(mappers, key=_qualified):
        name = mapper.class_.__name__
        if simple[name] > 1:
            name = _unlike(re.sub(r"\W+", "_", _qualified(mapper)), taken)
        taken.add(name)
        names[mapper] = name
    return names


def _reached(mappers: Iterable[Mapper[Any]]) -> Iterator[Mapper[Any]]:
    for mapper in mappers:
        yield from mapper.iterate_to_root()
        yield from (relationship.mapper for relationship in mapper.relationships)


def _qualified(mapper: Mapper[Any]) -> str:
    name = mapper.class_.__qualname__.replace("<locals>.", "")
    return f"{mapper.class_.__module__}.{name}"


def _unlike(name: str, taken: set[str]) -> str:
    """The name, with a number behind it where classes made by one function have the same."""
    if name not in taken:
        return name
    number = next(number for number in range(2, len(taken) + 3) if f"{name}_{number}" not in taken)
    return f"{name}_{number}"
