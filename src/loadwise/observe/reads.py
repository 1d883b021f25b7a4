"""Reads: attributes of mapped classes, watched while a watch is on.

An instrumented attribute is watched by making it an instance of a subclass, and let go of by making
it what it was. A value that is there is handed over at once, faster than SQLAlchemy does; only a
read of what is not there is looked at, by `missed`.
"""

# What is swapped here has no public type.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy.orm.attributes import InstrumentedAttribute

from loadwise.observe import hooks

MISSING: Final = object()

Miss = Callable[[Any, object, Callable[[], Any]], Any]
"""What is called for a read of what is not there: attribute, object, and the read itself."""


class ObservedAttribute(InstrumentedAttribute[Any]):
    """An instrumented attribute whose reads of what is not there are looked at."""

    __slots__ = ()
    inherit_cache = True

    def __get__(self, instance: Any, owner: Any) -> Any:
        """The value, or the attribute itself where it is asked for on the class."""
        if instance is None:
            return self
        value = instance.__dict__.get(self.key, MISSING)
        if value is not MISSING and self.impl.supports_population:
            return value
        __tracebackhide__ = True
        return _missed[-1](
            self, instance, lambda: InstrumentedAttribute.__get__(self, instance, owner)
        )


_missed: list[Miss] = [lambda attribute, instance, read: read()]
"""What is called for a miss; the last one counts, the first one only reads."""


def observe(missed: Miss, classes: Iterable[type]) -> None:
    """Watch the attributes of mapped classes: have `missed` called for what is not there."""
    _missed.append(missed)
    for mapped in classes:
        for name in hooks.instrumented(mapped):
            watch_attribute(mapped, name)


def release(classes: Iterable[type]) -> None:
    """Let go of the attributes of mapped classes."""
    for mapped in classes:
        for name in hooks.instrumented(mapped):
            attribute = mapped.__dict__.get(name)
            if isinstance(attribute, ObservedAttribute):
                hooks.set_class(attribute, InstrumentedAttribute)
    del _missed[1:]


def watch_attribute(mapped: type, name: str) -> None:
    """Watch one attribute, unless it is one of somebody else's kind."""
    attribute = mapped.__dict__.get(name)
    if type(attribute) is InstrumentedAttribute:
        hooks.set_class(attribute, ObservedAttribute)
