"""Columns: what a mapper's columns are like, and who makes their values."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import sqlalchemy
from sqlalchemy.orm import ColumnProperty, Mapper

from loadwise.core.graph import Column, Generated


def columns_of(mapper: Mapper[Any]) -> Iterator[Column]:
    """The columns of a mapper, and its `column_property()` expressions, in its order.

    What has no attribute of its own is left out: a discriminator that is an expression.
    """
    keys = {mapper.get_property_by_column(column).key for column in mapper.primary_key}
    attributes = set(mapper.all_orm_descriptors.keys())
    for found in mapper.column_attrs:
        if found.key in attributes and found.key.isidentifier():
            yield _column(mapper, found, primary_key=found.key in keys)


def _column(mapper: Mapper[Any], found: ColumnProperty[Any], *, primary_key: bool) -> Column:
    expression = found.columns[0]
    table = expression if isinstance(expression, sqlalchemy.Column) else None
    # a subclass's own column of that name is written together with the one it is named after
    discriminator = any(column is mapper.polymorphic_on for column in found.columns)
    made = _on_insert(mapper, table) if table is not None else Generated.NO
    return Column(
        name=found.key,
        primary_key=primary_key,
        discriminator=discriminator,
        deferred=bool(found.deferred),
        raises=bool(found.raiseload),
        group=found.group or "",
        on_insert=Generated.PYTHON if discriminator and table is not None else made,
        on_update=_on_update(mapper, table) if table is not None else Generated.NO,
        computed=table is None or table.computed is not None,
    )


def _on_insert(mapper: Mapper[Any], column: sqlalchemy.Column[Any]) -> Generated:
    if column is mapper.version_id_col:
        return _version(mapper)
    return _generated(column.default, column.server_default)


def _on_update(mapper: Mapper[Any], column: sqlalchemy.Column[Any]) -> Generated:
    if column is mapper.version_id_col:
        return _version(mapper)
    return _generated(column.onupdate, column.server_onupdate)


def _version(mapper: Mapper[Any]) -> Generated:
    return Generated.DATABASE if mapper.version_id_generator is False else Generated.PYTHON


def _generated(default: Any, server: Any) -> Generated:
    """A default in Python goes before one in the database; a SQL expression is the database's."""
    if default is None:
        return Generated.NO if server is None else Generated.DATABASE
    in_python = default.is_scalar or default.is_callable
    return Generated.PYTHON if in_python else Generated.DATABASE
