"""Recorder: what a watch in the mode "full" sees beside the errors, until it is asked for it.

It looks at each read of what is not there and at each statement, and makes uses of what does no
harm this time: masked reads at once, repeats and waste when a stretch of the run, or the run, ends.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from typing import Any, Final
from weakref import WeakKeyDictionary

from sqlalchemy.orm import Mapper, ORMExecuteState, Session

from loadwise.core.cause import Cause, CauseKind, immediately
from loadwise.core.finding import Finding
from loadwise.core.have import Have, Loss
from loadwise.core.judge import judge
from loadwise.core.need import Need, Touched
from loadwise.core.origin import LoadKind, Origin
from loadwise.core.path import Path, Step
from loadwise.core.site import Sites
from loadwise.core.tree import NOTHING
from loadwise.core.use import Subject, Use, Via
from loadwise.fix.planner import Planner
from loadwise.observe import hooks, sites
from loadwise.observe.cause import cause_of
from loadwise.observe.detached import journal_of_detached
from loadwise.observe.eager import EagerLoads
from loadwise.observe.errors import ExplainedError
from loadwise.observe.explain import use_of
from loadwise.observe.faults import fault, shielded
from loadwise.observe.gather import entity_name, gather
from loadwise.observe.journal import Entry, Journal, Kind, journal_of
from loadwise.observe.listening import Listener
from loadwise.observe.luck import blank_use, foreign_key_is_set, lucky_use
from loadwise.observe.misses import missed
from loadwise.observe.reading import Reader, find_reader
from loadwise.observe.repeats import Load, Repeats, add, callers, wants_use
from loadwise.observe.sites import Mark, Project, capture
from loadwise.observe.swallowed import Swallowed
from loadwise.observe.vain import Asked
from loadwise.rules import RULES

MOST: Final = 10_000
"""Places remembered of which a masked read has been told."""


class Recorder:
    """What one watch has seen; `tell` is given each finding."""

    def __init__(self, project: Project, tell: Callable[[Finding], None]) -> None:
        self.project = project
        self.repeats = Repeats()
        self.asked = Asked(project)
        self.eager = EagerLoads(project, self.asked)
        self.swallowed = Swallowed(project)
        self._tell = tell
        self._lucky: set[tuple[str, str, Mark | None, Mark | None]] = set()

    def settle(self) -> None:
        """A stretch of the run is over: what was seen in it counts."""
        self._judge(self.repeats.take())
        self._judge(self.swallowed.take())
        self._lucky.clear()
        self.eager.settle()
        self.asked.settle()

    def failed(self, state: Any, name: str) -> None:
        """A read of an object has raised: what its session loaded for later is not read any more.

        That it was not says nothing.
        """
        session = state.session
        journal = journal_of(session) if session is not None else journal_of_detached(state)
        if journal is not None:
            self.eager.forgive({entry.mark for entry in journal.entries})
            load = load_of(state, journal)
            self.asked.told(load.mark if load is not None else None, name)

    def discard(self) -> None:
        """A stretch is over that went wrong.

        That something was not read in it says nothing, and what was swallowed in it was the least.
        """
        self.eager.discard()
        self.asked.discard()
        self.swallowed.discard()
        self.settle()

    def finish(self) -> None:
        """The run is over."""
        self.settle()
        self._judge(self.eager.take())
        self._judge(self.asked.take())

    def lucky(self, state: Any, name: str, value: Any, journal: Journal) -> None:
        """Tell of a read that needed no IO, once for each place and each load."""
        load = load_of(state, journal)
        if load is None:
            return
        told = (state.mapper.class_.__qualname__, name, capture(), load.mark)
        if told in self._lucky or len(self._lucky) >= MOST:
            return
        self._lucky.add(told)
        self.asked.told(load.mark, name)
        use = lucky_use(state, name, value, journal, self.project)
        self._judge([use] if use is not None else [])

    def blank(self, state: Any, name: str) -> None:
        """Tell of a read that nothing was loaded for, though there is something, once a place."""
        if not foreign_key_is_set(state, name):
            return
        told = (state.mapper.class_.__qualname__, name, capture(), None)
        if told in self._lucky or len(self._lucky) >= MOST:
            return
        self._lucky.add(told)
        self._judge([blank_use(state, name, self.project)])

    def _judge(self, uses: Iterable[Use]) -> None:
        for finding in judge(uses, rules=RULES, cure=Planner(self.project.source).cure):
            self._tell(finding)


recorders: Final[list[Recorder]] = []
"""Those of the watches that are on in the mode "full"."""

_numbers = count(1)
_number_of: WeakKeyDictionary[Journal, int] = WeakKeyDictionary()


def number_of(journal: Journal) -> int:
    """A number that is this session's alone; below zero, as those of statements are above."""
    found = _number_of.get(journal)
    if found is None:
        found = _number_of[journal] = -next(_numbers)
    return found


def load_of(state: Any, journal: Journal) -> Entry | None:
    """The statement that loaded an object: all that one execution loads is a cohort."""
    return next((one for one in journal.history(state) if one.kind is Kind.LOAD), None)


class Glance:
    """A read of what is not there, while it is under way; `asked` counts its statements."""

    __slots__ = ("asked", "journal", "load", "name", "noted", "outer", "state")

    def __init__(self, state: Any, name: str, journal: Journal) -> None:
        self.state = state
        self.name = name
        self.journal = journal
        self.asked = 0
        self.load: Load | None = None
        self.noted: list[Any] = []
        self.outer: Glance | None = None


_under_way: Final[dict[int, Glance]] = {}
"""The read that is under way in a session, by its journal: a session does one thing at a time."""


def look(attribute: Any, instance: object, read: Callable[[], Any]) -> Any:
    """The value of an attribute that is not there, and what it took to get it."""
    __tracebackhide__ = True
    glance = _begun(attribute, instance)
    try:
        value = missed(attribute, instance, read)
    except Exception:
        _failed(instance, attribute.key)
        raise
    finally:
        if glance is not None:
            _ended(glance)
    if glance is not None:
        _seen(glance, value)
    return value


def _failed(instance: object, name: str) -> None:
    """A read has raised."""
    try:
        state = hooks.mapped_state(instance)
        for recorder in tuple(recorders) if state is not None else ():
            recorder.failed(state, name)
    except Exception as error:
        fault("look", error)


def _begun(attribute: Any, instance: object) -> Glance | None:
    try:
        state = hooks.mapped_state(instance)
        if state is None:
            return None
        session = state.session
        journal = journal_of(session) if session is not None else None
        if journal is None or state.key is None:
            if state.key is None and (journal is not None or session is None):
                _blank(state, attribute.key)
            return None
        glance = Glance(state, attribute.key, journal)
        if hooks.in_greenlet():
            _prepare(glance)
        glance.outer = _under_way.get(id(journal))
        _under_way[id(journal)] = glance
        return glance
    except Exception as error:
        fault("look", error)
        return None


def _blank(state: Any, name: str) -> None:
    """A new object is read, for which nothing is loaded."""
    for recorder in tuple(recorders):
        recorder.blank(state, name)


def _ended(glance: Glance) -> None:
    if glance.outer is None:
        _under_way.pop(id(glance.journal), None)
    else:
        _under_way[id(glance.journal)] = glance.outer


def _prepare(glance: Glance) -> None:
    """Know what a read belongs to, and describe the object while it is as it is."""
    state, journal = glance.state, glance.journal
    load = load_of(state, journal)
    if load is None or glance.name not in state.mapper.attrs:
        return
    via = Via.AWAITABLE if _is_awaited() else Via.READ
    glance.load = Load(via, load.id, _entity(state), glance.name, callers())
    for recorder in tuple(recorders):
        one = recorder.repeats.of(glance.load)
        if wants_use(one, state.key):
            one.use = described(state, glance.name, journal, recorder.project)
        glance.noted.append(one)


def _is_awaited() -> bool:
    """Whether the attribute is read by nobody but `greenlet_spawn`, as `awaitable_attrs` does."""
    for frame in sites.frames():
        if sites.whose(frame.f_code.co_filename) is not sites.INTERNAL:
            return False
        if frame.f_code.co_name == "greenlet_spawn" and hooks.is_sqlalchemy(frame):
            return True
    return False


def _entity(state: Any) -> str:
    mapped = state.mapper.class_
    return f"{mapped.__module__}.{mapped.__qualname__}"


def _seen(glance: Glance, value: Any) -> None:
    try:
        state, name = glance.state, glance.name
        if glance.load is not None:
            for one in glance.noted:
                add(one, state.key, glance.asked)
        if glance.asked or name not in state.mapper.relationships:
            return
        for recorder in tuple(recorders):
            recorder.eager.served(value)
        single = value is None or hooks.state_if_mapped(value) is not None
        if single and not hooks.in_greenlet() and _must_be_awaited(state.session, state.mapper):
            for recorder in tuple(recorders):
                recorder.lucky(state, name, value, glance.journal)
    except Exception as error:
        fault("look", error)


def _must_be_awaited(session: Session, mapper: Any) -> bool:
    """Whether a load of an object is illegal in plain code.

    A `get_bind()` of the application's own is not called, it may do anything; what is in a journal
    was loaded where IO is legal.
    """
    if type(session).get_bind is not Session.get_bind:
        return True
    bind = session.get_bind(mapper)
    return bind.dialect.is_async and not hooks.io_outside_greenlet_is_legal(bind.engine)


def described(
    state: Any, name: str, journal: Journal, project: Project, reader: Reader | None = None
) -> Use:
    """The use that a load for one object is."""
    facts = gather(state, name, reader or find_reader(), journal, project)
    facts = replace(facts, attribute=replace(facts.attribute, target=None))  # it is loaded anyway
    return replace(use_of(facts, cause_of(facts)), key=key_of(state.mapper))


def key_of(mapper: Any) -> tuple[str, ...]:
    """The attributes of a class's primary key."""
    return tuple(mapper.get_property_by_column(column).key for column in mapper.primary_key)


@shielded
def on_statement(execution: ORMExecuteState) -> None:
    """See what a statement loads for, where IO is legal."""
    journal = journal_of(execution.session)
    if journal is None:
        return
    glance = _under_way.get(id(journal))
    if glance is not None:
        glance.asked += 1
    last = journal.last()
    if last is not None:
        _note_shape(execution.statement, last)
    seldom = hooks.is_for_an_object(execution) and hooks.in_greenlet()
    if not seldom or not execution.is_select:
        return
    if execution.is_relationship_load:
        _on_relationship(execution, journal)
    elif execution.is_column_load:
        _on_refresh(execution, journal)
    elif execution.parameters and hooks.caller_within(hooks.GET) is not None:
        _on_get(execution, journal)


def _note_shape(statement: Any, entry: Entry) -> None:
    """Note of a statement what its objects do not remember."""
    if hooks.has_limit(statement):
        for recorder in recorders:
            recorder.eager.limited(entry)
    if contained := hooks.contained(statement):
        for recorder in recorders:
            recorder.eager.contains(entry, contained)


def _on_relationship(execution: ORMExecuteState, journal: Journal) -> None:
    """A relationship is loaded for one object, by nobody's read."""
    state, path = execution.lazy_loaded_from, execution.loader_strategy_path
    name = getattr(path[-1], "key", None) if path is not None else None
    frame = hooks.caller_within(hooks.IMMEDIATE, hooks.DELETE, hooks.READ)
    if state is None or name is None or frame is None or frame.f_code is hooks.READ:
        return
    if frame.f_code is hooks.IMMEDIATE and hooks.within_refresh():
        return  # refresh(user, ["orders"]) loads what it names so, and is seen itself
    via, owner = Via.IMMEDIATE, state
    places: tuple[Mark, ...] = ()
    if frame.f_code is hooks.DELETE:
        deleted = sites.with_locals(frame, lambda names: names.get("instance"))
        via, owner, places = Via.DELETE, hooks.state_of(deleted), callers()
    load = load_of(owner, journal)
    if load is None:
        return
    key = Load(via, load.id, _entity(state), name, places)
    reader = Reader(None, None, refreshes=False) if via is Via.IMMEDIATE else None
    describe = _immediate if via is Via.IMMEDIATE else described
    for recorder in tuple(recorders):
        project = recorder.project
        recorder.repeats.note(
            key,
            owner.key,
            1,
            lambda project=project: describe(state, name, journal, project, reader),  # type: ignore[misc]
        )


def _immediate(
    state: Any, name: str, journal: Journal, project: Project, reader: Reader | None = None
) -> Use:
    """The use that the load of one object is, which something asked for."""
    use = described(state, name, journal, project, reader)
    by_option = use.origin is not None and use.origin.hops[-1].by_option
    lost = (replace(one, cause=immediately(by_option=by_option)) for one in use.have.lost)
    return replace(use, have=replace(use.have, lost=tuple(lost)))


def _on_refresh(execution: ORMExecuteState, journal: Journal) -> None:
    """An object is refreshed. What it had before its number moves on is still to be seen."""
    state = hooks.refreshed_state(execution)
    if state is None or state.key is None or not hooks.is_user_refresh(execution):
        return
    key = Load(Via.REFRESH, number_of(journal), _entity(state), "", callers())
    for recorder in tuple(recorders):
        project = recorder.project
        recorder.eager.refreshed(state)
        recorder.repeats.note(
            key,
            state.key,
            1,
            lambda project=project: _refreshed(state, journal, project),  # type: ignore[misc]
        )


def _refreshed(state: Any, journal: Journal, project: Project) -> Use:
    last = journal.last()
    number = last.previous if last is not None and last.kind is Kind.REFRESH else None
    loaded = journal.statement(number) if number is not None else None
    brought = loaded if loaded is not None else journal.added.get(state)
    return _whole(state.mapper, project, _site(brought, project), LoadKind.SELECT)


def _on_get(execution: ORMExecuteState, journal: Journal) -> None:
    """An object is got by its key. So does merge(), which goes through what it merges."""
    if hooks.caller_within(hooks.MERGE) is not None:
        for recorder in tuple(recorders):
            recorder.eager.merged()
        return
    mapper, parameters = execution.bind_mapper, execution.parameters
    if mapper is None or not isinstance(parameters, dict):
        return
    entity = f"{mapper.class_.__module__}.{mapper.class_.__qualname__}"
    key = Load(Via.GET, number_of(journal), entity, "", callers())
    identity = tuple(sorted((name, repr(value)) for name, value in parameters.items()))
    for recorder in tuple(recorders):
        project = recorder.project
        recorder.repeats.note(
            key,
            identity,
            1,
            lambda project=project: _whole(mapper, project, None, LoadKind.GET),  # type: ignore[misc]
        )


def _site(entry: Entry | None, project: Project) -> Any:
    return project.site(entry.mark) if entry is not None and entry.mark is not None else None


def _whole(mapper: Any, project: Project, load: Any, kind: LoadKind) -> Use:
    """The use of an object as a whole, which is what is loaded."""
    mark = capture()
    site = project.site(mark) if mark is not None else None
    root = Path((Step(mapper.class_.__name__),))
    cause = Cause(kind=CauseKind.NEVER_LOADED, text="")
    return Use(
        subject=Subject(entity=f"{mapper.class_.__module__}.{mapper.class_.__name__}"),
        have=Have.known(NOTHING, lost=[Loss(path=root, cause=cause)]),
        need=Need.of(Touched(path=root, site=site)),
        sites=Sites(read=site, load=load),
        key=key_of(mapper),
        origin=Origin(kind=kind, root=entity_name(mapper)),
    )


def on_load(state: Any, context: Any = None) -> None:
    """An object is loaded. Called for each of them, and so shielded by itself.

    An event that is dispatched by hand may come without its arguments.
    """
    try:
        for recorder in recorders:
            if context is None:
                recorder.eager.merged()
            else:
                recorder.eager.loaded(state, context)
    except Exception as error:
        fault("on_load", error)


@shielded
def on_met(state: Any, context: Any, names: Any) -> None:
    """An object that is there is met by a statement."""
    if context is not None:
        for recorder in recorders:
            recorder.eager.met(state, context)


@shielded
def on_deletes(session: Session, context: Any, instances: Any) -> None:
    """Objects are deleted: the flush goes through their relationships."""
    for instance in session.deleted:
        for recorder in recorders:
            recorder.eager.escaped(hooks.state_of(instance))


@shielded
def on_pickle(state: Any, state_dict: Any) -> None:
    """An object is pickled, or copied in depth: who reads the copy is not seen."""
    for recorder in recorders:
        recorder.eager.escaped(state)


def on_hit(state: Any, options: Any, journal: Journal) -> None:
    """An object was got that its session held, with options, which do nothing then."""
    load, mark = load_of(state, journal), capture()
    if load is None or load.mark is None or mark is None:
        return
    for recorder in tuple(recorders):
        recorder.asked.got(state, options, mark, load.mark, journal)


def on_let_go(error: ExplainedError) -> None:
    """An error that was raised is let go of: whoever caught it is done with it."""
    try:
        for recorder in tuple(recorders):
            recorder.swallowed.over(error)
    except Exception as failure:
        fault("on_let_go", failure)


def used(name: str, instance: object) -> None:
    """A loaded attribute is read or set whose eager load waits to be read."""
    try:
        state = hooks.state_of(instance)
        for recorder in tuple(recorders):
            recorder.eager.used(name, state)
            if recorder.eager.is_silent(name, state):
                recorder.blank(state, name)
    except Exception as error:
        fault("used", error)


FULL: Final[tuple[Listener, ...]] = (
    (Session, "do_orm_execute", on_statement, {}),
    (Session, "before_flush", on_deletes, {}),
    (Mapper, "load", on_load, {"raw": True}),
    (Mapper, "refresh", on_met, {"raw": True}),
    (Mapper, "pickle", on_pickle, {"raw": True}),
)
"""The listeners of the mode "full"."""


def begin(recorder: Recorder) -> None:
    """Have a recorder see what happens from now on."""
    recorders.append(recorder)


def end(recorder: Recorder) -> None:
    """Have it see no more."""
    if recorder in recorders:
        recorders.remove(recorder)
    if not recorders:
        _under_way.clear()
