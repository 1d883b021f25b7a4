"""Loader options, written twice: for SQLAlchemy and for the model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Load

from loadwise.core.path import Path, Step
from loadwise.core.statement import Option, load_only
from loadwise.core.strategy import Strategy

REAL: Final = {
    Strategy.SELECT: "lazyload",
    Strategy.JOINED: "joinedload",
    Strategy.SELECTIN: "selectinload",
    Strategy.SUBQUERY: "subqueryload",
    Strategy.IMMEDIATE: "immediateload",
    Strategy.RAISE: "raiseload",
    Strategy.RAISE_ON_SQL: "raiseload",
}
"""The functions that SQLAlchemy has for the strategies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chain:
    """A chain of loader options: `steps` name relationships and strategies from the root down.

    A step without a strategy is `defaultload()`. What `ends` says is for the entity at the end:
    `load_only`, `defer`, `defer_raise`, `undefer` with the columns of `names`, or a wildcard
    (`*` for relationships, `*columns` for columns) with the strategy `wild`. The first step
    may be of a subclass: `ASub.r1`.
    """

    steps: tuple[tuple[str, Strategy | None], ...] = ()
    ends: str = ""
    names: tuple[str, ...] = ()
    wild: Strategy | None = None


def real(chain: Chain, entity: str, classes: Mapping[str, Any]) -> Any:
    """The chain as SQLAlchemy has it."""
    cls = classes[entity]
    if not chain.steps and chain.ends == "*":
        return getattr(Load(cls), REAL[chain.wild or Strategy.SELECT])("*", **_words(chain.wild))
    start, _, _ = chain.steps[0][0].rpartition(".") if chain.steps else ("", "", "")
    option: Any = Load(classes[start] if start else cls)
    for name, strategy in chain.steps:
        owner, _, key = name.rpartition(".")
        attribute = getattr(classes[owner] if owner else cls, key)
        if strategy is None:
            option = option.defaultload(attribute)
        else:
            option = getattr(option, REAL[strategy])(attribute, **_words(strategy))
        cls = attribute.property.mapper.class_
    return _end(option, chain, cls)


def _words(strategy: Strategy | None) -> dict[str, Any]:
    return {"sql_only": True} if strategy is Strategy.RAISE_ON_SQL else {}


def _end(option: Any, chain: Chain, cls: Any) -> Any:
    columns = [getattr(cls, name) for name in chain.names]
    if chain.ends == "load_only":
        return option.load_only(*columns)
    for column in columns:
        if chain.ends == "undefer":
            option = option.undefer(column)
        else:
            option = option.defer(column, raiseload=chain.ends == "defer_raise")
    if chain.ends == "*":
        return getattr(option, REAL[chain.wild or Strategy.SELECT])("*", **_words(chain.wild))
    if chain.ends == "*columns":
        return option.undefer("*") if chain.wild is Strategy.UNDEFER else option.defer("*")
    return option


def modelled(chain: Chain, entity: str) -> tuple[Option, ...]:
    """The chain as the model has it."""
    found: list[Option] = []
    path = Path((Step(entity),))
    for name, strategy in chain.steps:
        owner, _, key = name.rpartition(".")
        if owner:
            path = Path((*path.steps[:-1], Step(path.steps[-1].name, owner)))
        path = path / key
        if strategy is not None:
            found.append(Option(path=path, strategy=strategy))
    if chain.ends == "load_only":
        found += load_only(path, *chain.names)
    elif chain.ends in ENDS:
        found += [Option(path=path / name, strategy=ENDS[chain.ends]) for name in chain.names]
    elif chain.ends and chain.wild is not None:
        found.append(Option(path=path, strategy=chain.wild, every=True))
    return tuple(found)


ENDS: Final = {
    "defer": Strategy.DEFER,
    "defer_raise": Strategy.DEFER_RAISE,
    "undefer": Strategy.UNDEFER,
}


def shown(chain: Chain) -> str:
    """The chain for a reader."""
    parts = [f"{REAL[how] if how else 'defaultload'}({name})" for name, how in chain.steps]
    if chain.ends:
        wild = f" {chain.wild}" if chain.wild else ""
        parts.append(f"{chain.ends}({', '.join(chain.names)}{wild})")
    return ".".join(parts)
