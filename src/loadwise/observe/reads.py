"""Reads: attributes of mapped classes, watched while a watch is on.

An instrumented attribute is watched by making it an instance of a subclass, and let go of by making
it what it was. A value that is there is handed over at once, faster than SQLAlchemy does; only a
read of what is not there is looked at, by `missed`.
"""

# What is swapped here has no public type.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportIncompatibleVariableOverride=false

from __future__ import annotations

from collections import Counter
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
        try:
            value = instance.__dict__[self.key]
        except KeyError:
            value = MISSING
        # a dynamic relationship that was changed has True there, and is no value
        if value is not MISSING and (value is not True or self.impl.supports_population):
            return value
        __tracebackhide__ = True
        return _miss(self, instance, owner)


def _miss(attribute: Any, instance: object, owner: Any) -> Any:
    """A read of what is not there; apart, as a closure would make every read slower."""
    __tracebackhide__ = True
    return _missed[-1](
        attribute, instance, lambda: InstrumentedAttribute.__get__(attribute, instance, owner)
    )


class ArmedAttribute(ObservedAttribute):
    """An attribute of which it matters whether it is touched: something loads it, unread so far."""

    __slots__ = ()
    inherit_cache = True

    def __get__(self, instance: Any, owner: Any) -> Any:
        """The value, after its use is told."""
        if instance is not None:
            _used[-1](self.key, instance)
        __tracebackhide__ = True
        return ObservedAttribute.__get__(self, instance, owner)

    def __set__(self, instance: Any, value: Any) -> None:
        """Set it: that uses what is loaded, too, for what it replaces."""
        _used[-1](self.key, instance)
        InstrumentedAttribute.__set__(self, instance, value)

    def __delete__(self, instance: Any) -> None:
        """Delete it, likewise."""
        _used[-1](self.key, instance)
        InstrumentedAttribute.__delete__(self, instance)


_used: list[Callable[[str, object], None]] = [lambda name, instance: None]
"""What is told of a use; the last one counts."""
_armed: Counter[tuple[type, str]] = Counter()
"""How many wait for a use of an attribute."""


def arm(classes: Iterable[type], name: str) -> None:
    """Have uses of an attribute told, on a class and its subclasses, until it is disarmed."""
    for mapped in classes:
        _armed[mapped, name] += 1
        attribute = mapped.__dict__.get(name)
        if type(attribute) is ObservedAttribute:
            hooks.set_class(attribute, ArmedAttribute)


def disarm(classes: Iterable[type], name: str) -> None:
    """One who waited for uses of an attribute waits no longer."""
    for mapped in classes:
        _armed[mapped, name] -= 1
        attribute = mapped.__dict__.get(name)
        if _armed[mapped, name] > 0:
            continue
        del _armed[mapped, name]
        if type(attribute) is ArmedAttribute:
            hooks.set_class(attribute, ObservedAttribute)


def tell(missed: Miss, used: Callable[[str, object], None]) -> None:
    """Have a miss looked at by another function from now on, and a use told."""
    _missed.append(missed)
    _used.append(used)


def tell_no_more(missed: Miss) -> None:
    """Have misses looked at as before, and tell of no use."""
    if missed in _missed:
        _missed.remove(missed)
    del _used[1:]


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
    _armed.clear()


def watch_attribute(mapped: type, name: str) -> None:
    """Watch one attribute, unless it is one of somebody else's kind."""
    attribute = mapped.__dict__.get(name)
    if type(attribute) is InstrumentedAttribute:
        hooks.set_class(attribute, ObservedAttribute)
