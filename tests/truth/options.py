"""The loader options that a statement can have, by the names that they have in the table."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final

from sqlalchemy import Select
from sqlalchemy.orm import (
    aliased,
    contains_eager,
    defaultload,
    immediateload,
    joinedload,
    lazyload,
    load_only,
    noload,
    raiseload,
    selectinload,
    subqueryload,
)

from tests.truth.kinds import Model

Options = tuple[Any, ...]

JOINED: Final = "contains_eager(outerjoin)"
"""The option for which a SELECT has to join the target."""

OPTIONS: Final[Mapping[str, Callable[[Model], Options]]] = {
    "-": lambda model: (),
    "joinedload": lambda model: (joinedload(model.parent.rel),),
    "joinedload(innerjoin)": lambda model: (joinedload(model.parent.rel, innerjoin=True),),
    "selectinload": lambda model: (selectinload(model.parent.rel),),
    "subqueryload": lambda model: (subqueryload(model.parent.rel),),
    "immediateload": lambda model: (immediateload(model.parent.rel),),
    "lazyload": lambda model: (lazyload(model.parent.rel),),
    "raiseload": lambda model: (raiseload(model.parent.rel),),
    "raiseload(sql_only)": lambda model: (raiseload(model.parent.rel, sql_only=True),),
    "raiseload('*')": lambda model: (raiseload("*"),),
    "noload": lambda model: (noload(model.parent.rel),),
    JOINED: lambda model: (contains_eager(model.parent.rel),),
    "contains_eager(no join in stmt)": lambda model: (contains_eager(model.parent.rel),),
    "defaultload": lambda model: (defaultload(model.parent.rel),),
    "selectinload('*')": lambda model: (selectinload("*"),),
    "joinedload('*')": lambda model: (joinedload("*"),),
    "load_only(name)": lambda model: (_name(model),),
    "load_only(name)+joinedload": lambda model: (_name(model), joinedload(model.parent.rel)),
    "load_only(name)+selectinload": lambda model: (_name(model), selectinload(model.parent.rel)),
    "load_only(name)+subqueryload": lambda model: (_name(model), subqueryload(model.parent.rel)),
    "load_only(name)+immediateload": lambda model: (_name(model), immediateload(model.parent.rel)),
    "selectinload.load_only(T.id)": lambda model: (
        selectinload(model.parent.rel).load_only(model.target.id),
    ),
    "joinedload.load_only(T.id)": lambda model: (
        joinedload(model.parent.rel).load_only(model.target.id),
    ),
}


def options(name: str, model: Model) -> Options:
    """The loader options of that name."""
    if name == JOINED and model.target is model.parent:
        return (contains_eager(model.parent.rel.of_type(_other(model))),)
    return OPTIONS[name](model)


def joined(name: str, statement: Select[Any], model: Model) -> Select[Any]:
    """The statement, with the join that the options of that name need."""
    if name != JOINED:
        return statement
    if model.target is model.parent:
        return statement.outerjoin(model.parent.rel.of_type(_other(model)))
    return statement.outerjoin(model.parent.rel)


@cache
def _other(model: Model) -> Any:
    """A parent as the target of another, one alias for the join and the option."""
    return aliased(model.parent)


def _name(model: Model) -> Any:
    return load_only(model.selected.name)
