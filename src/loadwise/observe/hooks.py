"""The one door to SQLAlchemy's private names.

Each function here stands for one fact that no public name gives. It says why the fact is needed
and what public thing was tried; `tests/observe/test_hooks.py` probes every one of them on every
supported version of SQLAlchemy, so that a release that moves one fails by its name.
"""

# What is reached through this door has no types; mypy checks what is made of it.
# pyright: reportPrivateUsage=false, reportUnknownMemberType=false
# pyright: reportUnknownArgumentType=false, reportUnknownVariableType=false

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, NamedTuple

import sqlalchemy
from sqlalchemy.engine import Dialect
from sqlalchemy.event import attr as event_module
from sqlalchemy.exc import MissingGreenlet
from sqlalchemy.orm import AppenderQuery, Load, ORMExecuteState, Session, loading
from sqlalchemy.orm import session as session_module
from sqlalchemy.orm.attributes import InstrumentedAttribute
from sqlalchemy.sql.visitors import iterate
from sqlalchemy.util import asbool, concurrency, greenlet_spawn, immutabledict

in_greenlet = concurrency.in_greenlet
"""Whether SQLAlchemy's IO is legal here: inside `greenlet_spawn`.

Not in the documentation of `sqlalchemy.util`. Public things tried: catching MissingGreenlet, which
comes after autoflush and, on 2.1 with aiosqlite, as StatementError (facts C1, C11).
"""

next_run_id = loading._new_runid
"""Draw from the counter that stamps every ORM result.

A number drawn just before a statement runs is lower than that of the objects it loads and higher
than that of all loaded before: so a journal tells which statement loaded an object, without a
touch to the statement. Public thing tried: a UserDefinedOption on each statement, which costs two
to four times as much and is not part of the cache key.
"""

READ: CodeType = InstrumentedAttribute.__get__.__code__
WRITES: frozenset[CodeType] = frozenset(
    {InstrumentedAttribute.__set__.__code__, InstrumentedAttribute.__delete__.__code__}
)
REFRESH: CodeType = Session.refresh.__code__
SPAWN: CodeType = greenlet_spawn.__code__
EXPUNGE_ALL: CodeType = Session.expunge_all.__code__
CLOSE: frozenset[CodeType] = frozenset(
    {Session.close.__code__, Session.reset.__code__, Session.invalidate.__code__}
)
"""Code objects by which frames on the stack are recognised; the functions are public."""


OURS: str = str(Path(__file__).resolve().parents[1]) + os.sep
"""Where the files of loadwise are."""
FOLDER: str = str(Path(sqlalchemy.__file__).parent) + os.sep
DISPATCH: frozenset[CodeType] = frozenset(
    {
        event_module._EmptyListener.__call__.__code__,
        event_module._CompoundListener.__call__.__code__,
        event_module._ClsLevelDispatch.update_subclass.__code__,
    }
)
EXECUTE: CodeType = Session._execute_internal.__code__
"""SQLAlchemy's files, and where it goes through its listeners; `do_orm_execute` has a loop of its
own. No public name tells whether a thread is in one of them.
"""


def calls_listeners(frame: FrameType, called: FrameType | None) -> bool:
    """Whether a frame, with the one that it called, is going through listeners."""
    if frame.f_code is EXECUTE:
        return called is None or not is_sqlalchemy(called)
    return frame.f_code in DISPATCH


def is_sqlalchemy(frame: FrameType, called: FrameType | None = None) -> bool:
    """Whether a frame is one of SQLAlchemy's."""
    return frame.f_code.co_filename.startswith(FOLDER)


_APPENDER: Any = AppenderQuery.__mro__[1]
APPENDER: frozenset[CodeType] = frozenset(
    {
        _APPENDER._iter.__code__,
        _APPENDER.__getitem__.__code__,
        _APPENDER.count.__code__,
        _APPENDER.session.fget.__code__,
    }
)
"""Where the query of a `lazy="dynamic"` relationship runs; `AppenderQuery` itself is public.

The methods are those of its mixin, which has an underscore from 2.1 on, and which a query class of
the application's has, too.
"""


def dynamic_owner(names: dict[str, Any]) -> tuple[object, str]:
    """The object and the attribute that a frame of `APPENDER` queries, from its variables.

    `AppenderQuery.instance` and `.attr` are undocumented. Public thing tried: the statement, which
    has the object's key among its parameters, and not its class.
    """
    query = names["self"]
    return query.instance, query.attr.key


def dynamic_parent(statement: Any) -> tuple[Any, str] | None:
    """The object, as its state, and the dynamic relationship that a statement was made of.

    What `user.posts.filter_by(...)` gives is an ordinary query, which has the criterion that the
    relationship began with: it compares with what a function finds for the object when it is asked
    (`BindParameter.callable`, in whose closure the object's state is). Public things tried: the
    frames, where no frame has the relationship any more; `with_parent()`, which makes the criterion
    and does not take it apart.
    """
    for element in islice(iterate(statement), MOST_ELEMENTS):
        asked = getattr(element, "callable", None)
        names = getattr(getattr(asked, "__code__", None), "co_freevars", ())
        cells: dict[str, Any] = dict(
            zip(names, getattr(asked, "__closure__", None) or (), strict=False)
        )
        if "state" not in cells or "lkv_fixed" not in cells:
            continue
        state: Any = cells["state"].cell_contents
        entities = {found["entity"] for found in statement.column_descriptions}
        fitting = [
            one.key
            for one in state.mapper.relationships
            if one.lazy == "dynamic" and (one.mapper.class_ in entities or entities == {None})
        ]
        return (state, fitting[0]) if len(fitting) == 1 else None
    return None


MOST_ELEMENTS: int = 1000
"""Parts of a statement that are looked at."""


def run_id(state: Any) -> int | None:
    """The number of the result that first loaded an object; None for one never loaded.

    `InstanceState.runid` is undocumented. Public thing tried: the `load` event, at a cost per row.
    """
    return getattr(state, "runid", None)


def result_id(context: Any) -> int | None:
    """The number of the result that a `refresh` event is about; None where there is no result.

    A bulk UPDATE has no context, and who dispatches the event by hand has any object in its place.
    `QueryContext.runid` is undocumented; the event itself is public.
    """
    number = getattr(context, "runid", None)
    return number if isinstance(number, int) else None


LOAD_OPTIONS: str = "_sa_orm_load_options"
"""The execution option that a statement has which loads for an object, or for a key.

The public `is_relationship_load` and `is_column_load` tell more and cost ten times as much, so they
are asked after this.
"""


def refreshed_state(execution: Any) -> Any | None:
    """The object whose columns a statement reloads; None for other statements.

    `ORMExecuteState.is_column_load` is public but names no object, and costs ten times as much as
    the option that `.load_options` reads. Public thing tried: the `instance` in the frame of the
    descriptor, which a `refresh()` does not have.
    """
    options = execution.execution_options.get(LOAD_OPTIONS)
    return options._refresh_state if options is not None else None


def is_user_refresh(execution: Any) -> bool:
    """Whether a statement that reloads columns is `refresh()`, not a read of expired columns.

    Both are `is_column_load`; no public name tells them apart.
    """
    return bool(execution.load_options._is_user_refresh)


def refreshed_names(execution: Any) -> frozenset[str] | None:
    """The attributes that a `refresh()` names; None where it names none, for all columns.

    `_compile_options._only_load_props` of its statement is the one place that has them. Public
    thing tried: the `expire` event that a refresh begins with, which a commit before it hides.
    """
    names = execution.statement._compile_options._only_load_props
    return frozenset(names) if names else None


LEAKED: frozenset[str] = frozenset(
    {"autoflush", "identity_token", "populate_existing", "yield_per"}
)
"""The options that SQLAlchemy reads again for a load that has them from its statement."""


LEAKS_OPTIONS: bool = "_update_execution_options" not in ORMExecuteState.__init__.__code__.co_names
"""Whether this SQLAlchemy hands options on to the loads behind a statement where somebody listens.

The fix began to set `_update_execution_options`, which the class had in its slots before that. No
public name tells, and of 2.0 not every release has it.
"""


def take_back_leaked_options(execution: Any) -> None:
    """Give a load behind a statement the options that it has where nobody listens.

    Until SQLAlchemy fixed it within 2.0 (#13301), a `do_orm_execute` listener was enough, whatever
    it did, for the options of a statement to reach the loads behind it a second time: a stream with
    `yield_per` fails in its selectinload. `sa_top_level_orm_context` is how such a load is told;
    no public name is. Where `LEAKS_OPTIONS` is False there is nothing to take back.
    """
    options = execution.local_execution_options
    if "sa_top_level_orm_context" not in options:
        return
    kept = {name: value for name, value in options.items() if name not in LEAKED}
    execution.local_execution_options = immutabledict(kept)


def result_of_later_listeners(execution: Any, listener: Any) -> Any:
    """What the `do_orm_execute` listeners behind one make of a statement; None if none serves it.

    They are called as SQLAlchemy would call them next, for a listener that raises instead: one may
    have the result in a cache. `ORMExecuteState._events_todo` and `._starting_event_idx` are
    private. Public thing tried: `invoke_statement()`, which goes on to autoflush and IO.
    """
    listeners = execution._events_todo
    if listener not in listeners:
        return None
    for index in range(listeners.index(listener) + 1, len(listeners)):
        execution._starting_event_idx = index
        result = listeners[index](execution)
        if result:
            return result
    return None


def within_refresh() -> bool:
    """Whether `Session.refresh()` is on the stack: it expires what it is about to load."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        if frame.f_code is REFRESH:
            return True
        frame = frame.f_back
    return False


def drops_identity_map() -> bool:
    """Whether `Session.expunge_all()` is what called the caller; a session that goes drops it, too.

    What is called by the garbage collector may have no caller.
    """
    frame = sys._getframe(1).f_back
    return frame is not None and frame.f_code is EXPUNGE_ALL


def within_close() -> bool:
    """Whether `Session.close()`, `reset()` or `invalidate()` is what drops all objects.

    The walk ends where code of somebody else called SQLAlchemy.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_sqlalchemy(frame):
        frame = frame.f_back
    while frame is not None and is_sqlalchemy(frame):
        if frame.f_code in CLOSE:
            return True
        frame = frame.f_back
    return False


def state_of(instance: object) -> Any:
    """SQLAlchemy's state of a mapped object; the public `inspect()` gives the same, slower."""
    return instance._sa_instance_state  # type: ignore[attr-defined]


def is_expired(state: Any) -> bool:
    """Whether an object as a whole is expired, with its primary key.

    `InstanceState.expired` is undocumented. An object that holds its key is not expired as a whole,
    whatever the mark says.
    """
    keys = (state.mapper.get_property_by_column(column).key for column in state.mapper.primary_key)
    return bool(state.expired) and not any(key in state.dict for key in keys)


def expired_names(state: Any) -> frozenset[str]:
    """The attributes of an object that are marked as expired.

    `InstanceState.expired_attributes` is undocumented. Public thing tried: `inspect(obj).unloaded`,
    which does not tell expired from never loaded.
    """
    return frozenset(state.expired_attributes)


def is_modified(state: Any) -> bool:
    """Whether an object has changes that are not flushed.

    `InstanceState.modified` is undocumented. Public thing tried: `Session.dirty`, which walks all
    objects of the session.
    """
    return bool(state.modified)


def identity_map_of(state: Any) -> Any:
    """The weak reference to the identity map that an object is in, or was in at the end.

    A session that is closed drops its map, and its objects keep the reference, by which they can
    be told from those of other sessions; one that was taken out by itself has none. No public name
    has it, and the public event `persistent_to_detached` has its price for each object.
    `InstanceState._instance_dict` is a function of its class where an object is in no map.
    """
    return vars(state).get("_instance_dict")


class PathStep(NamedTuple):
    """One attribute on the way from a statement's root to an object, and the mapper it leads to."""

    key: str
    source: Any
    target: Any


def load_path(state: Any) -> tuple[Any, bool, tuple[PathStep, ...]] | None:
    """The way a statement reached an object: root mapper, whether it is an alias, attributes.

    None for an object that no statement loaded. `InstanceState.load_path` is undocumented, and so
    is the layout of its path: entity, attribute, entity, ... No public name has it.
    """
    registry = getattr(state, "load_path", None)
    elements = tuple(getattr(registry, "path", ()))
    if not elements:
        return None
    steps = tuple(
        PathStep(attribute.key, source.mapper, target.mapper)
        for source, attribute, target in zip(
            elements[::2], elements[1::2], elements[2::2], strict=False
        )
    )
    return elements[0].mapper, bool(elements[0].is_aliased_class), steps


class OptionChoice(NamedTuple):
    """What one loader option says: attribute names from the root (`*` for all), the strategy."""

    names: tuple[str, ...]
    strategy: str


def option_choices(state: Any) -> Iterator[OptionChoice]:
    """What the options of the statement that loaded an object said, in their order.

    `InstanceState.load_options` holds the options; what they say is private to them
    (`Load.context`, `_LoadElement.path` and `.strategy`). No public name has either. A wildcard
    that names no entity, `lazyload("*")`, is not among them.
    """
    return choices_of(getattr(state, "load_options", ()) or ())


def choices_of(options: Any) -> Iterator[OptionChoice]:
    """What loader options say, in their order; see `option_choices`."""
    for option in (one for one in options if isinstance(one, Load)):
        for element in option.context:
            strategy = dict(element.strategy or ())
            chosen = strategy.get("lazy") or _column_choice(strategy)
            if chosen is not None:
                yield OptionChoice(tuple(_names(element.path)), str(chosen))


def contained(statement: Any) -> tuple[tuple[str, ...], ...]:
    """The relationships that `contains_eager()` fills from what a statement joins: their names.

    `Executable._with_options` has the options of a statement, `_LoadElement.local_opts` what tells
    this one from a joinedload. Public thing tried: the objects that come of it, which do not
    remember it.
    """
    options = getattr(statement, "_with_options", ())
    return tuple(
        tuple(_names(element.path))
        for option in options
        if isinstance(option, Load)
        for element in option.context
        if "eager_from_alias" in (element.local_opts or ())
    )


def _column_choice(strategy: dict[str, Any]) -> str | None:
    if "deferred" not in strategy:
        return None
    return "defer" if strategy["deferred"] else "undefer"


def _names(path: Any) -> Iterator[str]:
    elements = getattr(path, "path", path)
    for element in elements:
        if isinstance(element, str):
            if element.startswith(("relationship:", "column:")):
                yield "*"
        elif hasattr(element, "key") and hasattr(element, "parent"):
            yield element.key


def original_error() -> BaseException:
    """The MissingGreenlet that SQLAlchemy itself raises here, in the words of this version.

    `await_` is the name from 2.1 on, `await_only` the one before; neither is documented. No public
    function raises it without a connection.
    """

    async def nothing() -> None:
        return None

    call = getattr(concurrency, "await_", None) or concurrency.await_only
    coroutine = nothing()
    try:
        call(coroutine)
    except MissingGreenlet as error:
        return error.with_traceback(None)
    finally:
        coroutine.close()
    raise AssertionError("called where IO is legal")


def live_sessions() -> list[Session]:
    """Every session that is alive, to take away what was kept in its `info`.

    `session._sessions` is the registry behind the public `close_all_sessions`.
    """
    references = session_module._sessions.valuerefs()  # a copy: other threads open sessions
    return [session for reference in references if (session := reference()) is not None]


def io_outside_greenlet_is_legal(engine: Any) -> bool:
    """Whether an engine was made with `async_fallback=True`, under which lazy loads just work.

    Only in 2.0. The flag is among the arguments that the pool connects with, whether it came by URL
    or by `connect_args`; they live in the closure of its creator. Public thing tried: the URL, in
    which the flag means nothing to aiosqlite.
    """
    creator = getattr(engine.pool, "_creator", None)
    names = getattr(getattr(creator, "__code__", None), "co_freevars", ())
    cells: dict[str, Any] = dict(
        zip(names, getattr(creator, "__closure__", None) or (), strict=False)
    )
    words = cells["cparams"].cell_contents if "cparams" in cells else {}
    return has_async_fallback(words)


def has_async_fallback(words: dict[str, Any]) -> bool:
    """Whether the arguments of a connect say `async_fallback=True`."""
    return bool(asbool(words.get("async_fallback", False)))


def dialects_have_events() -> bool:
    """Whether dialects look for listeners, which is a little slower.

    `Dialect._has_events` is set where somebody listens to the errors or the connects of every
    engine, and `event.remove()` leaves it. No public name has it.
    """
    return bool(Dialect._has_events)


def let_dialects_have_no_events() -> None:
    """Take the mark away again, if nobody listens any more."""
    names = Dialect.dispatch._event_names
    levels = (getattr(Dialect.dispatch, name)._clslevel.values() for name in names)
    if not any(len(listeners) for level in levels for listeners in level):
        Dialect._has_events = False


def snapshot_of_locals_is_kept() -> bool:
    """Whether reading `frame.f_locals` leaves a copy in the frame that keeps objects alive.

    So it is up to Python 3.12; the copy must be cleared. From 3.13 on it is a view (PEP 667).
    """
    return sys.version_info < (3, 13)


def mapped_classes() -> list[type]:
    """Every class that is mapped at the moment.

    `mapperlib._all_registries` is the one list of all registries. Public thing tried: the
    `instrument_class` event, which is silent about what was mapped before. `registry._managers` are
    its classes; the public `registry.mappers` raises as long as there is a class that could not be
    mapped.
    """
    module: Any = sys.modules["sqlalchemy.orm.mapper"]  # in the package, the name is a function
    registries = list(module._all_registries())
    managers = [manager for registry in registries for manager in list(registry._managers)]
    return [manager.class_ for manager in managers if manager.is_mapped]


def instrumented(mapped: type) -> list[str]:
    """The names of the attributes that SQLAlchemy has put on a class.

    The class manager, by which they are found, is public as `inspect(cls).class_manager`, which
    configures all mappers; a watch must not.
    """
    return list(getattr(mapped, "_sa_class_manager", ()))


def set_class(attribute: Any, kind: type) -> None:
    """Make an instrumented attribute one of another kind, in place, whatever it says that it is.

    References to it, in statements and in user code, stay good. Public thing tried:
    `ClassManager.install_descriptor`, which puts a second object beside it.
    """
    vars(object)["__class__"].__set__(attribute, kind)


GET: CodeType = Session.get.__code__
DELETE: CodeType = Session.delete.__code__
MERGE: CodeType = Session._merge.__code__
"""Code objects by which the calls behind a load are recognised. `merge()` recurses by `_merge()`,
whose `state` is the object that is merged; the others are public."""

_STRATEGIES: Any = sys.modules["sqlalchemy.orm.strategies"]
IMMEDIATE: CodeType = (
    getattr(_STRATEGIES, "_ImmediateLoader", None) or _STRATEGIES.ImmediateLoader
)._load_for_path.__code__
"""Where immediate loading loads for one object after the other; from 2.1 on with an underscore.

Public thing tried: `ORMExecuteState.loader_strategy_path`, which such a load has in common with a
lazy one.
"""


def caller_within(*codes: CodeType) -> FrameType | None:
    """The innermost frame of one of some functions of SQLAlchemy that leads here, if one does.

    The walk ends where code of somebody else called SQLAlchemy; `gets` stands in between.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and not is_sqlalchemy(frame):
        frame = frame.f_back
    while frame is not None and frame.f_code.co_filename.startswith((FOLDER, OURS)):
        if frame.f_code in codes:
            return frame
        frame = frame.f_back
    return None


def is_for_an_object(execution: Any) -> bool:
    """Whether a statement may load for an object that is there, or for a key.

    It has `LOAD_OPTIONS` then.
    """
    return LOAD_OPTIONS in execution.execution_options


def has_limit(statement: Any) -> bool:
    """Whether a SELECT says LIMIT.

    `Select._limit_clause` is private. Public thing tried: the text of the statement, which has to
    be compiled for it.
    """
    return getattr(statement, "_limit_clause", None) is not None


def state_if_mapped(value: object) -> Any | None:
    """SQLAlchemy's state of what may be a mapped object; None for anything else.

    The public `inspect(value, raiseerr=False)` knows other things than mapped objects, too.
    """
    return getattr(value, "_sa_instance_state", None)


def mapped_state(instance: object) -> Any | None:
    """SQLAlchemy's state of an object whose class has a mapper; None for any other.

    A class may be instrumented without a mapper, and an object may have been made before that.
    `ClassManager.is_mapped` is undocumented. Public thing tried: `inspect()`, which configures all
    mappers.
    """
    state = state_if_mapped(instance)
    return state if state is not None and state.manager.is_mapped else None


def path_of(state: Any) -> Any:
    """The way a statement reached an object, as a key: the same one for all that came by it.

    `InstanceState.load_path` is undocumented; `load_path()` takes it apart.
    """
    return getattr(state, "load_path", None)


def mapped_below(mapped: type) -> list[type]:
    """A mapped class and its mapped subclasses, without configuring any mapper.

    Of one whose registry has been disposed since, the class alone. Public thing tried:
    `inspect(cls)`, which configures all of them.
    """
    mapper: Any = getattr(mapped, "__mapper__", None)
    return [mapped] if mapper is None else [one.class_ for one in mapper.self_and_descendants]
