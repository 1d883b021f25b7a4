"""Reads: attributes of mapped classes, watched while a watch is on.

An instrumented attribute is watched by making it one of another kind, and let go of by making it
what it was. A value that is there is handed over at once, faster than SQLAlchemy does; only a read
of what is not there is looked at, by `missed`.

The kinds are no subclasses of `InstrumentedAttribute` but siblings, which say that they are of it,
as mocks do. For `A.x == B.y` Python asks B.y first where its class is a subclass of that of A.x,
and the SQL would say `b.y = a.x`.
"""

# What is swapped here has no public type.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownLambdaType=false
# pyright: reportIncompatibleVariableOverride=false, reportIncompatibleMethodOverride=false

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any, Final

from sqlalchemy.orm.attributes import InstrumentedAttribute, QueryableAttribute

from loadwise.observe import hooks

MISSING: Final = object()

AS_EVER: Any = property(lambda self: InstrumentedAttribute)
"""What an attribute says that it is, to `isinstance()` and to the cache of statements."""
_get: Any = InstrumentedAttribute.__get__
_set: Any = InstrumentedAttribute.__set__
_delete: Any = InstrumentedAttribute.__delete__

Miss = Callable[[Any, object, Callable[[], Any]], Any]
"""What is called for a read of what is not there: attribute, object, and the read itself."""


def _shown(self: Any) -> str:
    """An attribute as it is shown without a watch: it stands in messages of SQLAlchemy."""
    kind = InstrumentedAttribute
    return f"<{kind.__module__}.{kind.__qualname__} object at {id(self):#x}>"


class ObservedAttribute(QueryableAttribute[Any]):
    # An instrumented attribute whose reads of what is not there are looked at. It has no docstring:
    # the one of an attribute is that of its column.

    __slots__ = ()
    __class__ = AS_EVER
    __doc__ = vars(InstrumentedAttribute)["__doc__"]
    __repr__ = _shown
    __set__ = _set
    __delete__ = _delete
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
    return _missed[-1](attribute, instance, lambda: _get(attribute, instance, owner))


class ArmedAttribute(QueryableAttribute[Any]):
    # An attribute of which it matters whether it is touched: something loads it, unread so far.

    __slots__ = ()
    __class__ = AS_EVER
    __doc__ = vars(InstrumentedAttribute)["__doc__"]
    __repr__ = _shown
    inherit_cache = True

    def __get__(self, instance: Any, owner: Any) -> Any:
        """The value, after its use is told."""
        if instance is not None:
            _used[-1](self.key, instance)
        __tracebackhide__ = True
        return _read(self, instance, owner)

    def __set__(self, instance: Any, value: Any) -> None:
        """Set it: that uses what is loaded, too, for what it replaces."""
        _used[-1](self.key, instance)
        _set(self, instance, value)

    def __delete__(self, instance: Any) -> None:
        """Delete it, likewise."""
        _used[-1](self.key, instance)
        _delete(self, instance)


_read: Callable[[Any, Any, Any], Any] = ObservedAttribute.__get__
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
            if isinstance(attribute, (ObservedAttribute, ArmedAttribute)):
                hooks.set_class(attribute, InstrumentedAttribute)
    del _missed[1:]
    _armed.clear()


def watch_attribute(mapped: type, name: str) -> None:
    """Watch one attribute, unless it is one of somebody else's kind."""
    attribute = mapped.__dict__.get(name)
    if type(attribute) is InstrumentedAttribute:
        hooks.set_class(attribute, ObservedAttribute)
