"""Effects: how what happens to a session changes what an object holds.

Read this module from top to bottom to learn SQLAlchemy's rules; each effect has one function.
Nothing here does IO or looks at a class: the mapping is a `Graph`, the object a `State`. What an
effect takes away keeps its cause, and the place where that happened.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from loadwise.core.cause import UNKNOWN, Cause, CauseKind, because
from loadwise.core.effect import (
    Add,
    Append,
    BulkUpdate,
    Commit,
    Delete,
    Detach,
    Effect,
    Expire,
    Flush,
    Get,
    Load,
    Merge,
    New,
    PopulateExisting,
    Queue,
    Read,
    Refresh,
    Reselect,
    Rollback,
    SavepointRollback,
    Set,
)
from loadwise.core.graph import Column, Entity, Generated, Graph, PolymorphicLoad
from loadwise.core.loading import choices_of, plan_of, reload_way
from loadwise.core.path import Path
from loadwise.core.plan import Choice, Plan
from loadwise.core.site import Site
from loadwise.core.state import Held, Life, Slot, State, blank
from loadwise.core.statement import RefusedError, Statement, Way
from loadwise.core.strategy import COLUMNS, QUERIES, Strategy


def apply(state: State, effect: Effect, graph: Graph) -> State:
    """The object after an effect. Pure and total: an effect that cannot touch it changes nothing.

    A `Load` makes its object anew; what the state before it holds does not matter then. Of an
    entity that the graph does not have, nothing is known afterwards.
    """
    if isinstance(effect, Load) and effect.entity not in graph:
        return State(entity=effect.entity)
    if not isinstance(effect, Load) and state.entity not in graph:
        return _unknown(state)
    return _after(state, effect, graph)


def _after(state: State, effect: Effect, graph: Graph) -> State:  # noqa: C901 - one case an effect
    match effect:
        case Load():
            return _load(effect, graph)
        case Reselect():
            return _reselect(state, effect, graph)
        case PopulateExisting():
            return _populate_existing(state, effect, graph)
        case New():
            return _new(state, effect, graph)
        case Add():
            return _add(state)
        case Flush():
            return _flush(state, effect, graph)
        case Commit():
            return _commit(state, effect)
        case Rollback():
            return _rollback(state, effect.site)
        case SavepointRollback():
            return _savepoint_rollback(state, effect)
        case Expire():
            return _expire(state, effect, graph)
        case Refresh():
            return _refresh(state, effect, graph)
        case Read():
            return _read(state, effect.name, graph)
        case Get():
            lost = state.expired and state.life is Life.PERSISTENT
            return _reload(state, graph) if lost else state
        case Set() | Append():
            return _set(state, effect.name, graph)
        case Queue():
            return _queue(state, effect.name)
        case BulkUpdate():
            return _bulk_update(state, effect, graph)
        case Delete():
            return _delete(state, graph)
        case Merge():
            return _merge(state, effect, graph)
        case Detach():
            return _detach(state)
        case _:  # Unknown
            return _unknown(state)


def load(
    graph: Graph,
    statement: Statement,
    *,
    path: Path | None = None,
    entity: str = "",
    site: Site | None = None,
) -> Load:
    """The load of an object by a statement: of its root, or at a path below it.

    `entity` is the object's own class, where it is a subclass of what the statement selects.
    Raises RefusedError where SQLAlchemy refuses the statement.
    """
    path = path if path is not None else Path.parse(statement.entity)
    entity = entity or statement.entity
    plan = plan_of(graph, statement)
    return Load(
        plan=plan,
        path=path,
        entity=entity,
        options=plan.kept(statement, path, entity),
        site=site,
    )


# --- statements that bring values


def _load(effect: Load, graph: Graph) -> State:
    """Every attribute is as the plan has it; what it leaves out has the plan's reason."""
    state = blank(graph[effect.entity], Life.PERSISTENT)
    state = replace(state, options=effect.options, behind=effect.behind)
    choices = _own(effect.plan, effect.path, effect.entity, graph, effect.present)
    state = state.change(choices, lambda slot: _fresh(slot, choices[slot.name]))
    return _with_keys(state, choices, graph)


def _own(
    plan: Plan, path: Path, entity: str, graph: Graph, present: frozenset[str] | None
) -> dict[str, Choice]:
    """What a plan does for the attributes of an object, by name."""
    return {
        choice.path.name: _settled(choice, present)
        for choice in plan.below(path)
        if graph.is_a(entity, choice.path.parent.steps[-1].of_type or entity)
    }


def _settled(choice: Choice, present: frozenset[str] | None) -> Choice:
    """The choice, where it hangs on what the session has, and that is known."""
    if present is None or choice.loaded is not None or not choice.each:
        return choice
    return replace(choice, loaded=choice.path.name in present)


def _fresh(slot: Slot, choice: Choice) -> Slot:
    """What a statement makes of an attribute that holds nothing.

    A column that the statement did not select because it belongs to a subclass is expired: the
    first read of any such column fetches them all.
    """
    if choice.loaded:
        empty = choice.strategy is Strategy.NOLOAD
        return Slot(name=slot.name, held=Held.YES, empty=empty, unrelated=choice.unrelated)
    subclass = choice.cause is not None and choice.cause.kind is CauseKind.SUBCLASS_COLUMN
    return Slot(
        name=slot.name,
        held=Held.MAYBE if choice.loaded is None else Held.NO,
        cause=choice.cause,
        expired=slot.expired or (subclass and choice.strategy in COLUMNS),
        strategy=choice.installs or slot.strategy,
    )


def _with_keys(state: State, choices: dict[str, Choice], graph: Graph) -> State:
    """What is loaded for each object on its own has its foreign key read first, with IO if need be.

    That reloads whatever else is expired (T3, `load_only(name)+immediateload`).
    """
    entity = graph[state.entity]
    for name, choice in choices.items():
        relationship = entity.relationship(name)
        if choice.each and relationship is not None:
            for column in relationship.join.local:
                state = _read(state, column, graph)
    return state


def _reselect(state: State, effect: Reselect, graph: Graph) -> State:
    """What is missing is filled as in a load; what is there stays, pending changes too (C14).

    What is still missing keeps the cause that it had: it was taken away, and not brought back.
    """
    if not _in_session(state):
        return state
    choices = _own(effect.plan, effect.path, state.entity, graph, effect.present)
    if effect.path in effect.plan.lazily:
        choices = {name: one for name, one in choices.items() if not _is_further(one, graph)}
    missing = {
        slot.name
        for slot in state.slots
        if slot.held is not Held.YES and slot.name in choices
        # rows do not fill what changes wait for, a statement of its own does
        if not slot.queued or _is_further(choices[slot.name], graph)
    }
    state = state.change(missing, lambda slot: _filled(slot, choices[slot.name]))
    state = replace(state, expired=False)
    asked = {name: choice for name, choice in choices.items() if name in missing}
    return _with_keys(state, asked, graph)


def _is_further(choice: Choice, graph: Graph) -> bool:
    """Whether an attribute is loaded only when the rows are there.

    `polymorphic_load="selectin"` does so with all that a subclass adds.
    """
    if choice.each or choice.strategy is Strategy.SELECTIN:
        return True
    subclass = choice.path.parent.steps[-1].of_type
    inherits = graph[subclass].inherits if subclass else None
    return inherits is not None and inherits.load is PolymorphicLoad.SELECTIN


def _filled(slot: Slot, choice: Choice) -> Slot:
    """What a statement adds to an attribute that is not there, or may not be."""
    fresh = _fresh(slot, choice)
    if fresh.held is Held.YES:
        return fresh
    maybe = Held.MAYBE in {slot.held, fresh.held}
    return replace(
        slot,
        held=Held.MAYBE if maybe else Held.NO,
        cause=slot.cause or fresh.cause,
        expired=fresh.expired,
        strategy=fresh.strategy,
    )


def _populate_existing(state: State, effect: PopulateExisting, graph: Graph) -> State:
    """What the statement selects is replaced, pending changes with it; what it leaves to the first
    read is dropped.

    Immediate loading is the exception: it leaves a relationship alone that is there (C10).
    """
    if not _in_session(state):
        return state
    choices = _own(effect.plan, effect.path, state.entity, graph, effect.present)
    entity = graph[state.entity]
    state = state.change(
        choices, lambda slot: _replaced(slot, choices[slot.name], entity, effect.site)
    )
    state = replace(state, expired=False)
    if effect.options is not None:
        state = replace(state, options=effect.options, behind=effect.behind)
    return _with_keys(state, choices, graph)


def _replaced(slot: Slot, choice: Choice, entity: Entity, site: Site | None) -> Slot:
    """What `populate_existing` makes of one attribute."""
    if choice.each and slot.held is Held.YES and choice.strategy is not Strategy.NOLOAD:
        return slot
    relationship = entity.relationship(slot.name)
    left = slot.strategy if relationship is None else None
    lost = slot.expired and relationship is None
    fresh = _fresh(replace(slot, strategy=left, expired=lost), choice)
    if fresh.held is not Held.NO:
        return fresh
    if relationship is None:
        kept_value = choice.installs is not None and slot.held is Held.YES
        return replace(slot, strategy=choice.installs) if kept_value else fresh
    if choice.strategy in {Strategy.SELECTIN, Strategy.SUBQUERY}:
        return slot  # not applied, and so not reset either
    if choice.installs is not None and not relationship.uselist:
        return replace(slot, strategy=choice.installs)
    if slot.held is Held.NO:
        return replace(fresh, cause=slot.cause or fresh.cause)
    cause = because(CauseKind.REPLACED_BY_POPULATE_EXISTING, site)
    return replace(fresh, cause=cause)


def _refresh(state: State, effect: Refresh, graph: Graph) -> State:
    """`refresh()` expires what it is asked for, then loads it: columns, and eager relationships.

    A relationship that is named is loaded whatever its strategy; one that is not, and is not eager,
    is gone. The options of the statement that loaded the object count again.
    """
    if state.life is not Life.PERSISTENT:
        return state
    cause = because(CauseKind.DROPPED_BY_REFRESH, effect.site)
    state = _expired(state, effect.names, cause, graph)
    return _loaded_again(state, effect.names, Way.REFRESH, graph, effect.present)


def _loaded_again(
    state: State,
    names: frozenset[str] | None,
    way: Way,
    graph: Graph,
    present: frozenset[str] | None = None,
) -> State:
    """The object after one statement for it alone has brought all its attributes, or some.

    Where the options that it kept are refused, nothing is certain of it.
    """
    statement = Statement(
        entity=state.entity,
        way=way,
        options=state.options,
        only=names,
        behind=state.behind,
    )
    try:
        plan = Plan(choices=choices_of(graph, statement, deepest=1))
    except RefusedError:
        return _unknown(state)
    choices = _own(plan, Path.parse(state.entity), state.entity, graph, present)
    state = state.change(choices, lambda slot: _again(slot, choices[slot.name], way))
    return _with_keys(replace(state, expired=False), choices, graph)


def _again(slot: Slot, choice: Choice, way: Way) -> Slot:
    """What a refresh or reload makes of one attribute; a deferred column is let go of.

    What a refresh does not bring stays expired, where a reload forgets that.
    """
    fresh = _fresh(slot, choice)
    if fresh.held is Held.YES:
        return fresh
    cause = fresh.cause if choice.strategy in COLUMNS else slot.cause or fresh.cause
    takes = way is Way.REFRESH or fresh.held is Held.MAYBE  # a reload takes nothing away
    held = fresh.held if takes else slot.held
    return replace(fresh, held=held, cause=cause, expired=way is Way.REFRESH and slot.expired)


def _reload(state: State, graph: Graph) -> State:
    """The read of an expired attribute brings all that are expired, with one statement.

    Eager relationships come back, too; the others are as if never loaded, and so are deferred
    columns.
    """
    entity = graph[state.entity]
    asked = frozenset(
        slot.name
        for slot in state.slots
        if slot.expired and not (slot.queued or _is_deferred(entity, slot.name))
    )
    state = _loaded_again(state, asked, reload_way(graph, entity, asked), graph)

    def forgotten(slot: Slot) -> Slot:
        again = slot.expired and slot.held is Held.NO and _is_deferred(entity, slot.name)
        return replace(slot, expired=False, cause=_left_out(state, slot) if again else slot.cause)

    return state.change(state.names, forgotten)


def _left_out(state: State, slot: Slot) -> Cause:
    """Why a reload, which obeys the options that its object kept, leaves a deferred column out."""
    root = Path.parse(state.entity)
    named = any(option.path == root / slot.name for option in state.options)
    wild = [
        option.strategy
        for option in state.options
        if option.every and option.path == root and option.strategy in COLUMNS
    ]
    by_others = not named and wild[-1:] not in ([], [Strategy.UNDEFER])
    return because(CauseKind.LOAD_ONLY if by_others else CauseKind.DEFERRED)


def _is_deferred(entity: Entity, name: str) -> bool:
    column = entity.column(name)
    return column is not None and column.deferred


def _read(state: State, name: str, graph: Graph) -> State:
    """A read with IO brings the attribute: a column with what is expired, or with its group.

    What forbids the read does not come about by it.
    """
    slot, entity = state[name], graph[state.entity]
    if slot.held is Held.YES or state.life is not Life.PERSISTENT:
        return state
    if slot.held is Held.MAYBE:
        there = state.change({name}, lambda one: replace(one, held=Held.YES, expired=False))
        gone = state.change({name}, lambda one: replace(one, held=Held.NO))
        return _either(there, _read(gone, name, graph))
    column, relationship = entity.column(name), entity.relationship(name)
    if relationship is not None:
        strategy = slot.strategy or relationship.at_first_read
        if strategy not in {Strategy.SELECT, Strategy.RAISE_ON_SQL} or relationship.lazy in QUERIES:
            return state
        for key in relationship.join.local:
            state = _read(state, key, graph)
        return state.change({name}, lambda one: Slot(name=one.name, held=Held.YES))
    if slot.expired and not _is_deferred(entity, name):
        return _reload(state, graph)
    strategy = slot.strategy or (column.strategy if column is not None else Strategy.UNDEFER)
    if column is None or strategy is not Strategy.DEFER:
        return state
    group = {one.name for one in entity.columns if one.group and one.group == column.group}
    return replace(state, expired=False).change(
        {name} | group,
        lambda one: one if one.held is Held.YES else Slot(name=one.name, held=Held.YES),
    )


def _either(one: State, other: State) -> State:
    """One object where it is not known which of two it is: what they differ in is in doubt."""
    slots = map(_either_slot, one.slots, other.slots)
    return replace(other, slots=tuple(slots), expired=one.expired and other.expired)


def _either_slot(mine: Slot, its: Slot) -> Slot:
    """Where only one of two has a value, it may be there; if not, it is as in the other."""
    if mine.held is its.held:
        return mine
    lacking = mine if its.held is Held.YES else its
    return replace(lacking, held=Held.MAYBE, cause=its.cause or mine.cause)


# --- objects that are made and changed


def _new(state: State, effect: New, graph: Graph) -> State:
    """A new object holds what was set; a read of the rest gives None or an empty collection."""
    text = "a new object has no {} until it is set or loaded"
    made = blank(graph[state.entity], Life.TRANSIENT)
    made = made.change(
        made.names,
        lambda slot: replace(
            slot, cause=Cause(kind=CauseKind.NEW_OBJECT, text=text.format(slot.name))
        ),
    )
    return made.change(effect.names, lambda slot: Slot(name=slot.name, held=Held.YES))


def _add(state: State) -> State:
    """A transient object waits for a flush; a detached one is in a session again, as it was."""
    if state.life is Life.TRANSIENT:
        return replace(state, life=Life.PENDING)
    return replace(state, life=Life.PERSISTENT) if state.life is Life.DETACHED else state


def _set(state: State, name: str, graph: Graph) -> State:
    """An assigned attribute is there. A collection, assigned or changed in place, is read first,
    with IO if need be (C15); a new object's starts out empty.
    """
    relationship = graph[state.entity].relationship(name)
    if relationship is not None and relationship.uselist:
        state = _read(state, name, graph)
    return state.change({name}, lambda slot: Slot(name=slot.name, held=Held.YES))


def _queue(state: State, name: str) -> State:
    """Only what is not loaded has to wait."""
    return state.change(
        {name}, lambda slot: slot if slot.held is Held.YES else replace(slot, queued=True)
    )


def _flush(state: State, effect: Flush, graph: Graph) -> State:
    """Written values stay; those that the database makes are fetched or expired.

    An INSERT leaves the relationships that were never set unloaded: now they are IO, where before
    the flush they read as empty. Where a flush has only the collections of an object to write,
    `column_property()` expressions are expired all the same.
    """
    written = effect.changed | effect.references
    if state.life is Life.PENDING:
        return _inserted(state, effect, graph)
    if state.life is Life.PERSISTENT and written:
        state = _updated(state, effect, written, graph)
    elif state.life is Life.PERSISTENT and effect.relates:
        state = _generated(state, graph, frozenset(), effect)
    # changes wait no longer; what is loaded on the way does not fill what they waited for
    return state.change(state.names, lambda slot: replace(slot, queued=False))


def _inserted(state: State, effect: Flush, graph: Graph) -> State:
    entity = graph[state.entity]
    given = {slot.name for slot in state.slots if slot.held is Held.YES}
    made = {
        column.name
        for column in entity.columns
        if column.on_insert is Generated.DATABASE and column.name not in given
    } | effect.expressions
    known = effect.references | {
        column.name
        for column in entity.columns
        if column.primary_key or (column.on_insert is Generated.PYTHON and column.name not in given)
    }
    state = replace(state, life=Life.PERSISTENT, born=True)
    state = state.change(known, _there)
    return _generated(state, graph, made, effect, inserts=True)


def _updated(state: State, effect: Flush, written: frozenset[str], graph: Graph) -> State:
    entity = graph[state.entity]
    for key in entity.primary_key:  # the UPDATE names the row by it
        state = _read(state, key, graph)
    tables = {graph.table(entity.name, name) for name in written}
    by_itself = [
        column
        for column in entity.columns
        if column.name not in effect.changed and graph.table(entity.name, column.name) in tables
    ]
    made = {c.name for c in by_itself if c.on_update is Generated.DATABASE} | effect.expressions
    known = {c.name for c in by_itself if c.on_update is Generated.PYTHON} | written
    state = state.change(known, _there)
    return _generated(state, graph, made, effect)


def _fetched(
    graph: Graph, entity: Entity, column: Column, effect: Flush, *, inserts: bool
) -> bool | None:
    """Whether a flush brings a value that the database made; None where that is the database's.

    What `eager_defaults` says counts for the class whose table it is. What the base says counts for
    all, by a further SELECT where the database does not return it.
    """
    *_, base = graph.lineage(entity.name)
    own = graph[graph.table(entity.name, column.name)].fetches
    if base.fetches and _is_made_there(column):
        return True
    made = column.on_insert if inserts else column.on_update
    if made is not Generated.DATABASE or not (own or (own is None and inserts)):
        return False
    if effect.returns is None:
        return None
    return effect.returns.insert if inserts else effect.returns.update


def _is_made_there(column: Column) -> bool:
    return Generated.DATABASE in {column.on_insert, column.on_update}


def _there(slot: Slot) -> Slot:
    return Slot(name=slot.name, held=Held.YES)


def _generated(
    state: State,
    graph: Graph,
    made: set[str] | frozenset[str],
    effect: Flush,
    *,
    inserts: bool = False,
) -> State:
    """What the database made: fetched, or expired, with the flush as the cause.

    A SQL expression that is assigned is fetched only where the column has such a default.
    """
    entity = graph[state.entity]
    lost = Slot(name="", cause=because(CauseKind.EXPIRED_BY_FLUSH, effect.site), expired=True)

    def value(slot: Slot) -> Slot:
        column = entity.column(slot.name)
        assert column is not None
        fetched = _fetched(graph, entity, column, effect, inserts=inserts)
        if fetched:
            return _there(slot)
        return replace(lost, name=slot.name, held=Held.MAYBE if fetched is None else Held.NO)

    state = state.change({one.name for one in entity.columns if one.name in made}, value)
    computed = {
        column.name
        for column in entity.columns
        if column.computed
        and column.on_update is Generated.NO  # a column of the table is made as others are
        and (not column.deferred or state[column.name].held is not Held.NO)
    }
    state = state.change(computed, lambda slot: replace(lost, name=slot.name))
    *_, base = graph.lineage(state.entity)
    return _fetched_too(state, graph) if base.fetches else state


def _fetched_too(state: State, graph: Graph) -> State:
    """What else the database makes comes along with `eager_defaults`, by the key.

    Where the key is expired, its read brings back whatever is.
    """
    entity = graph[state.entity]
    made = {column.name for column in entity.columns if _is_made_there(column)}
    lacking = {state[name].held for name in made} - {Held.YES}
    if lacking:
        found = state
        for key in entity.primary_key:
            found = _read(found, key, graph)
        state = found if Held.NO in lacking else _either(found, state)
    return state.change(made, _there)


def _bulk_update(state: State, effect: BulkUpdate, graph: Graph) -> State:
    """Values that Python can work out are set, where they were there; the others are expired.

    A column with an `onupdate` is treated so since 2.1; before, it stays as it was, which is wrong.
    """
    if state.life is not Life.PERSISTENT or effect.matched is False:
        return state
    entity, cause = graph[state.entity], because(CauseKind.EXPIRED_BY_BULK_UPDATE, effect.site)

    def lost(slot: Slot) -> Slot:
        made = _made_by_itself(entity, slot.name, effect)
        if slot.name in effect.expires and slot.held is not Held.NO:
            held = Held.NO if effect.matched else Held.MAYBE
            return Slot(name=slot.name, held=held, cause=cause, expired=True)
        if made is Generated.DATABASE and slot.held is not Held.NO:
            return Slot(name=slot.name, held=Held.MAYBE, cause=cause, expired=True)
        if made is Generated.PYTHON and slot.held is Held.NO:
            return replace(slot, held=Held.MAYBE)
        unset = slot.held is Held.NO and not (slot.expired or slot.strategy)
        expires = slot.name in effect.expires or made is Generated.DATABASE
        if unset and expires and not _is_deferred(entity, slot.name):  # expired since 2.1
            return replace(slot, held=Held.MAYBE, expired=True)
        return slot

    # the object is not taken for expired as a whole any more: get() will not reload it
    return replace(state.change(entity.names, lost), expired=state.expired and not effect.matched)


def _made_by_itself(entity: Entity, name: str, effect: BulkUpdate) -> Generated:
    """Who makes a new value of a column that a bulk UPDATE does not name."""
    column = entity.column(name)
    if column is None or name in effect.sets | effect.expires:
        return Generated.NO
    return column.on_update


def _delete(state: State, graph: Graph) -> State:
    """A deleted object keeps its values, for the rest of the transaction and after it.

    The flush may have read what it lacked: what refers to it, and what cascades.
    """
    if not _in_session(state):
        return state
    entity = graph[state.entity]

    def may_be_read(slot: Slot) -> bool:
        found = entity.relationship(slot.name)
        if found is None:
            return slot.expired
        return found.lazy not in QUERIES and not found.join.view_only

    lacking = {slot.name for slot in state.slots if slot.held is Held.NO and may_be_read(slot)}
    state = state.change(lacking, lambda slot: replace(slot, held=Held.MAYBE))
    return replace(state, life=Life.DELETED, died=True)


def _merge(state: State, effect: Merge, graph: Graph) -> State:
    """What the source holds is copied, relationships where merge cascades along them.

    What statements left on the source for a first read or for a later load comes along.
    """
    source, entity = effect.source, graph[state.entity]
    if not effect.load:
        made = replace(source, life=Life.PERSISTENT, expired=False, born=False)
        return made.change(made.names, lambda slot: _copied(slot, entity))
    given = {slot.name: slot for slot in source.slots if _merges(entity, slot.name)}
    left = {slot.name: slot.strategy for slot in source.slots if slot.strategy is not None}
    state = state.change(given, lambda slot: _merged(slot, given[slot.name].held))
    if left:
        state = state.change(state.names, lambda slot: replace(slot, strategy=left.get(slot.name)))
    return replace(state, options=source.options)


def _merges(entity: Entity, name: str) -> bool:
    relationship = entity.relationship(name)
    return relationship is None or "merge" in relationship.cascade


def _merged(slot: Slot, held: Held) -> Slot:
    """What a merge makes of an attribute that the source holds, does not, or may hold."""
    if held is Held.YES:
        return _there(slot)
    doubt = held is Held.MAYBE and slot.held is Held.NO
    return replace(slot, held=Held.MAYBE) if doubt else slot


def _copied(slot: Slot, entity: Entity) -> Slot:
    """What a merge without a load makes of an attribute of the source.

    A column that is not there is expired, unless it is deferred.
    """
    if not _merges(entity, slot.name):
        cause = Cause(kind=CauseKind.NEVER_LOADED, text="merge() does not cascade along it")
        return replace(slot, held=Held.NO, cause=cause, expired=False)
    column = entity.column(slot.name)
    plain = column is not None and not column.deferred and slot.strategy is None
    return replace(slot, expired=plain and slot.held is not Held.YES)


# --- transactions, and what takes values away


def _in_session(state: State) -> bool:
    return state.life in {Life.PENDING, Life.PERSISTENT}


def _expired(
    state: State, names: frozenset[str] | None, cause: Cause, graph: Graph | None = None
) -> State:
    """Values are let go of. Only an expiry of all makes the next read bring relationships back.

    One of some names leaves a relationship to its strategy, and keeps what a statement installed.
    What had been expired already keeps its cause: that took the value away.
    """
    if names is None:
        gone = state.change(
            state.names, lambda slot: Slot(name=slot.name, cause=_first(slot, cause), expired=True)
        )
        return replace(gone, expired=True)

    def let_go(slot: Slot) -> Slot:
        why = _first(slot, cause)
        if graph is not None and graph[state.entity].relationship(slot.name) is not None:
            return Slot(name=slot.name, cause=why, expired=slot.expired, strategy=slot.strategy)
        return Slot(name=slot.name, cause=why, expired=True)

    return state.change(names, let_go)


EXPIRES: Final = frozenset(
    {
        CauseKind.EXPIRED_BY_COMMIT,
        CauseKind.EXPIRED_BY_ROLLBACK,
        CauseKind.EXPIRED_BY_FLUSH,
        CauseKind.EXPIRED_BY_BULK_UPDATE,
        CauseKind.EXPIRED_EXPLICITLY,
    }
)
"""The causes that say that a value was there, and what expired it."""


def _first(slot: Slot, cause: Cause) -> Cause:
    """Of several that expired a value, the first took it away."""
    before = slot.cause if slot.held is Held.NO else None
    return before if before is not None and before.kind in EXPIRES else cause


def _commit(state: State, effect: Commit) -> State:
    """The commit expires all; a deleted object is detached by it, and keeps its values.

    With `expire_on_commit=False` it is not even detached.
    """
    if state.life is Life.DELETED:
        life = Life.DETACHED if effect.expire_on_commit and state.died else Life.DELETED
        return replace(state, life=life, born=False, died=False)
    if state.life is not Life.PERSISTENT:
        return state
    state = replace(state, born=False)
    if not effect.expire_on_commit:
        return state
    return _expired(state, None, because(CauseKind.EXPIRED_BY_COMMIT, effect.site))


def _rollback(state: State, site: Site | None) -> State:
    """A rollback expires all. An object that the transaction inserted is transient again, as is one
    that waited for it; both keep their values. A deleted one is back, and expired.
    """
    if not (_in_session(state) or (state.life is Life.DELETED and state.died)):
        return state
    if state.born or state.life is Life.PENDING:
        return replace(state, life=Life.TRANSIENT, born=False, died=False)
    cause = because(CauseKind.EXPIRED_BY_ROLLBACK, site)
    return _expired(replace(state, life=Life.PERSISTENT, died=False), None, cause)


def _savepoint_rollback(state: State, effect: SavepointRollback) -> State:
    """Only what was changed since the savepoint is expired; what was born since is transient."""
    if effect.died and state.life is Life.DELETED:
        state = replace(state, life=Life.PERSISTENT, died=False)
    if not _in_session(state):
        return state
    if effect.born or state.life is Life.PENDING:
        return replace(state, life=Life.TRANSIENT, born=False)
    if effect.touched is False:
        return state
    cause = because(CauseKind.EXPIRED_BY_ROLLBACK, effect.site)
    if effect.touched:
        return _expired(state, None, cause)
    return state.change(
        {slot.name for slot in state.slots if slot.held is not Held.NO},
        lambda slot: replace(slot, held=Held.MAYBE, cause=cause, expired=True),
    )


def _expire(state: State, effect: Expire, graph: Graph) -> State:
    """`expire()` lets go of what it names, or of all."""
    if state.life is not Life.PERSISTENT:
        return state
    cause = because(CauseKind.EXPIRED_EXPLICITLY, effect.site)
    return _expired(state, effect.names, cause, graph)


def _detach(state: State) -> State:
    """A detached object keeps what it has; what it lacks can no longer be loaded."""
    if state.life in {Life.TRANSIENT, Life.PENDING}:
        return replace(state, life=Life.TRANSIENT)
    if state.life is Life.DELETED:  # close() forgets it, and leaves it as it is
        return replace(state, died=False)
    return replace(state, life=Life.DETACHED)


def _unknown(state: State) -> State:
    """Nothing is certain any more."""
    return state.change(
        state.names,
        lambda slot: replace(slot, held=Held.MAYBE, cause=slot.cause or UNKNOWN),
    )
