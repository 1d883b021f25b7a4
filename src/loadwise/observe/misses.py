"""Misses: what comes of a read of what is not there, in the place of SQLAlchemy's bare answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import InvalidRequestError
from sqlalchemy.orm.exc import DetachedInstanceError

from loadwise.observe.detached import explained_read
from loadwise.observe.errors import ExplainedError
from loadwise.observe.raising import explain_raise


def missed(attribute: Any, instance: object, read: Callable[[], Any]) -> Any:
    """The value of an attribute that is not there, as `read` gets it from SQLAlchemy."""
    __tracebackhide__ = True
    try:
        return read()
    except DetachedInstanceError as error:
        if isinstance(error, ExplainedError):  # of another object, read on the way
            raise
        explained = explained_read(instance, attribute.key)
        if explained is None:
            raise
    except InvalidRequestError as error:
        explain_raise(instance, attribute.key, error)
        raise
    try:
        raise explained
    finally:  # else the error and this frame hold each other, and the application's objects
        del explained
