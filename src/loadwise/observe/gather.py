"""Gather: the facts of a failing load, taken from the object, its mapping and its journal."""

# SQLAlchemy's mappers are generic over classes that are not known here.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false
# pyright: reportUnknownVariableType=false

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any, Final

from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import MANYTOONE, ColumnProperty, FromStatement, RelationshipProperty
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.util import duck_type_collection

from loadwise.core.cause import Cause
from loadwise.core.origin import EntityName, Hop, LoadKind, Shape
from loadwise.core.strategy import Strategy
from loadwise.observe import hooks
from loadwise.observe.cause import not_applied, without_depth
from loadwise.observe.facts import (
    AttributeFacts,
    Facts,
    Happening,
    LoadFacts,
    ObjectFacts,
    ReadFacts,
    Target,
)
from loadwise.observe.journal import Entry, Journal, Kind
from loadwise.observe.reading import Reader, got_with_option, handle_of, reading_of
from loadwise.observe.sites import Project

LAZY: Final = {True: "select", False: "joined", None: "noload"}
"""What `relationship(lazy=)` takes beside the names of strategies."""
LABEL_LENGTH: Final = 40


def gather(
    state: Any, name: str, reader: Reader, journal: Journal | None, project: Project
) -> Facts:
    """The facts about attribute `name` of the object that `state` belongs to.

    The journal of an object that is detached may be gone.
    """
    way = _Way(state)
    attribute = way.attribute(name, target_of(state, name))
    reading = reading_of(reader, name, project)
    instance = state.object
    return Facts(
        object=_object_facts(state),
        attribute=attribute,
        loading=_load_facts(state, name, way, attribute, journal, project),
        reading=ReadFacts(
            touch=reading.touch,
            site=reading.site,
            ahead=tuple(_ahead(state.mapper, name, reading.ahead)),
            handle=handle_of(reader, instance, state.session, project),
            got=got_with_option(reader, name, project),
        ),
    )


def _object_facts(state: Any) -> ObjectFacts:
    mapper = state.mapper
    return ObjectFacts(
        entity=f"{mapper.class_.__module__}.{mapper.class_.__name__}",
        name=mapper.class_.__name__,
        label=label(mapper, state.key[1] if state.key else None),
        loaded=tuple(sorted(key for key in state.dict if key in mapper.attrs)),
        expired=hooks.is_expired(state),
        expired_names=hooks.expired_names(state),
        ever_loaded=hooks.run_id(state) is not None,
        awaitable=issubclass(mapper.class_, AsyncAttrs),
        modified=hooks.is_modified(state),
        detached=state.session is None,
        deleted=state.was_deleted,
        came_as_it_is=hooks.run_id(state) is None and hooks.load_path(state) is not None,
    )


def label(mapper: Any, identity: tuple[Any, ...] | None) -> str:
    """How an object is called: `User 100`, `Seat ('A', 12)`, `a new User`."""
    name = mapper.class_.__name__
    if not identity or all(part is None for part in identity):
        return f"a new {name}"
    try:
        shown = _shown(identity[0] if len(identity) == 1 else tuple(identity))
    except Exception:  # a value of the application's own, and so its own words
        return str(name)
    return f"{name} {shown}"


def _shown(key: object) -> str:
    """A key in one line: as it reads, or as it is written where that would not show it."""
    shown = str(key)
    if not shown.strip() or not shown.isprintable():
        shown = repr(key)
    return shown if len(shown) <= LABEL_LENGTH else f"{shown[: LABEL_LENGTH - 1]}…"


def entity_name(mapper: Any) -> EntityName:
    """The name of a mapped class and the module that has it; none has a class of a function."""
    mapped = mapper.class_
    module = mapped.__module__ if mapped.__qualname__ == mapped.__name__ else ""
    return EntityName(module=module, name=mapped.__name__)


class _Way:
    """The way from the root of the loading statement to the object, and what its options chose."""

    def __init__(self, state: Any) -> None:
        self.mapper = state.mapper
        self.held = frozenset(state.dict)
        found = hooks.load_path(state)
        self.root, self.aliased, self.steps = found or (state.mapper, False, ())
        self.choices = list(hooks.option_choices(state)) if found else []

    @property
    def entity(self) -> Any:
        """The mapper at the end of the way: that of the object's class, or of a base."""
        return self.steps[-1].target if self.steps else self.root

    def hops(self) -> tuple[Hop, ...]:
        """The attributes on the way to the object."""
        names: tuple[str, ...] = ()
        hops: list[Hop] = []
        entity = self.root
        for step in self.steps:
            names = (*names, step.key)
            hops.append(self.hop(entity, step.source, step.key, names))
            entity = step.target
        return tuple(hops)

    def attribute(self, name: str, target: Target | None) -> AttributeFacts:
        """The facts about an attribute of the object at the end of the way."""
        names = (*(step.key for step in self.steps), name)
        prop = self.mapper.attrs[name]
        hop = self.hop(self.entity, self.mapper, name, names)
        column = hop.shape is Shape.COLUMN
        return AttributeFacts(
            hop=hop,
            subclass_only=hop.subclass_of is not None and (column or self._lacks(prop.parent)),
            mapped_deferred=column and bool(getattr(prop, "deferred", False)),
            left_by_load_only=column and not self._explicit(names) and self._left_out(names),
            target=target,
            comes_back=self._comes_back(prop),
            empty=empty_collection(self.mapper, name) if hop.shape is Shape.COLLECTION else "",
        )

    def _comes_back(self, prop: Any) -> bool:
        """Whether a relationship leads to a class that is on the way, where SQLAlchemy cuts it."""
        if not isinstance(prop, RelationshipProperty):
            return False
        return any(prop.mapper.common_parent(mapper) for mapper in (self.root, *self._sources()))

    def _sources(self) -> Iterator[Any]:
        return (step.source for step in self.steps)

    def _lacks(self, subclass: Any) -> bool:
        """Whether nothing of a subclass's own table was loaded."""
        own = {prop.key for prop in subclass.column_attrs if prop.key not in self.entity.attrs}
        return not subclass.single and not own & self.held

    def hop(self, entity: Any, source: Any, key: str, names: tuple[str, ...]) -> Hop:
        """One attribute on the way, or at its end."""
        prop = source.attrs[key]
        below = not entity.isa(prop.parent)
        owner = prop.parent if below else entity
        explicit = self._explicit(names)
        return Hop(
            owner=entity_name(owner),
            name=key,
            shape=shape(prop),
            chosen=explicit or self._wild(names, prop) or mapped_strategy(prop),
            by_option=explicit is not None,
            self_referential=isinstance(prop, RelationshipProperty)
            and prop.mapper.common_parent(prop.parent),
            subclass_of=entity_name(entity) if below else None,
            generated=_is_generated(prop),
        )

    def _explicit(self, names: tuple[str, ...]) -> Strategy | None:
        chosen = [choice.strategy for choice in self.choices if choice.names == names]
        return Strategy(chosen[-1]) if chosen else None

    def _left_out(self, names: tuple[str, ...]) -> bool:
        wild = (*names[:-1], "*")
        return any(c.names == wild and c.strategy == "defer" for c in self.choices)

    def _wild(self, names: tuple[str, ...], prop: Any) -> Strategy | None:
        if isinstance(prop, ColumnProperty):
            return Strategy.DEFER if self._left_out(names) else None
        wilds = {("*",), (*names[:-1], "*")}
        chosen = [c.strategy for c in self.choices if c.names in wilds and c.strategy != "defer"]
        return Strategy(chosen[-1]) if chosen else None


def shape(prop: Any) -> Shape:
    """What a mapped attribute holds."""
    if not isinstance(prop, RelationshipProperty):
        return Shape.COLUMN
    return Shape.COLLECTION if prop.uselist else Shape.REFERENCE


def empty_collection(mapper: Any, name: str) -> str:
    """The code of an empty collection that a class's constructor takes by name, if it takes one."""
    try:
        parameters = inspect.signature(mapper.class_).parameters
    except (TypeError, ValueError):
        return ""
    if name not in parameters and all(p.kind is not p.VAR_KEYWORD for p in parameters.values()):
        return ""
    kind = mapper.attrs[name].collection_class or list
    return EMPTY.get(duck_type_collection(kind if isinstance(kind, type) else kind()), "")


EMPTY: Final[dict[Any, str]] = {list: "[]", set: "set()", dict: "{}"}
"""The code of an empty collection, by what the collection is like."""


def mapped_strategy(prop: Any) -> Strategy:
    """The strategy that the mapping gives an attribute."""
    if isinstance(prop, RelationshipProperty):
        return Strategy(LAZY.get(prop.lazy, prop.lazy))  # type: ignore[arg-type]
    return Strategy.DEFER if getattr(prop, "deferred", False) else Strategy.SELECT


def _is_generated(prop: Any) -> bool:
    columns = getattr(prop, "columns", ())
    return any(
        getattr(column, name, None) is not None
        for column in columns
        for name in ("onupdate", "server_onupdate", "server_default", "computed")
    )


def _ahead(mapper: Any, name: str, names: tuple[str, ...]) -> Iterator[Hop]:
    """The mapped attributes that the expression reads below the missing one."""
    prop = mapper.attrs[name]
    for below in names:
        if shape(prop) is not Shape.REFERENCE or below not in prop.mapper.attrs:
            return
        entity, prop = prop.mapper, prop.mapper.attrs[below]
        yield Hop(
            owner=entity_name(entity), name=below, shape=shape(prop), chosen=mapped_strategy(prop)
        )


def _load_facts(
    state: Any,
    name: str,
    way: _Way,
    attribute: AttributeFacts,
    journal: Journal | None,
    project: Project,
) -> LoadFacts:
    known, journal = journal is not None, journal or Journal()
    history = journal.history(state)
    load = next((entry for entry in history if entry.kind is Kind.LOAD), None)
    newest = next((entry for entry in history if entry.brings_relationship(name)), None)
    added = journal.added.get(state)
    met_again = state in journal.seen

    def happening(entry: Entry | None, kind: Kind | None = None) -> Happening | None:
        if entry is None:
            return None
        site = project.site(entry.mark) if entry.mark else None
        return Happening(kind=kind or entry.kind, site=site)

    gone = state.was_deleted  # a commit expires what is in the session, and this was not
    taken = None if gone else _taken(state, name, attribute.hop.shape, history, added, journal)
    return LoadFacts(
        kind=load_kind(load),
        root=entity_name(way.root),
        root_is_alias=way.aliased,
        hops=way.hops(),
        load=happening(load),
        added=happening(added),
        newest=happening(newest),
        taken=happening(*taken) if taken else None,
        populates_existing=load is not None and load.populates_existing and met_again,
        known=known,
        left=happening(_left(state, journal)) if state.session is None else None,
    )


def _left(state: Any, journal: Journal) -> Entry | None:
    """How a detached object left its session: by itself, or with all others at the first close."""
    own, added = (journal.left or {}).get(state), journal.added.get(state)
    since = max(journal.number(state) or 0, added.id if added else 0)
    if own is not None or hooks.identity_map_of(state) is None:
        return own
    return next(journal.after(since, Kind.CLOSE, Kind.EXPUNGE), None)


def load_kind(load: Entry | None) -> LoadKind:
    statement = load.statement if load else None
    if statement is None:
        return LoadKind.UNKNOWN
    if issubclass(statement, UpdateBase):
        return LoadKind.RETURNING
    return LoadKind.FROM_STATEMENT if issubclass(statement, FromStatement) else LoadKind.SELECT


def _taken(
    state: Any,
    name: str,
    shape: Shape,
    history: list[Entry],
    added: Entry | None,
    journal: Journal,
) -> tuple[Entry, Kind] | None:
    """The first entry that took the attribute away since its value was last brought.

    A reload brings columns alone, so a relationship is looked for further back. A column that is
    still expired was not brought by the newest statement, a refresh of other names: then it is the
    last entry before.
    """
    if shape is Shape.COLUMN and name not in hooks.expired_names(state):
        return None
    bringing = [e for e in history if shape is Shape.COLUMN or e.brings_relationship(name)]
    since = bringing[0] if bringing else added
    number = since.id if since else 0
    losses: list[tuple[Entry, Kind]] = [
        (note.entry, note.kind)
        for note in journal.notes.get(state, ())
        if note.kind is not Kind.REFRESH and note.touches(name)
    ]
    losses += [(entry, entry.kind) for entry in journal.after(0, Kind.COMMIT)]
    later = [loss for loss in losses if loss[0].id > number]
    if later or shape is not Shape.COLUMN:
        return min(later, key=lambda loss: loss[0].id, default=None)
    return max(losses, key=lambda loss: loss[0].id, default=None)


def target_of(state: Any, name: str) -> Target | None:
    """The object that a many-to-one points at by its primary key; None for other attributes."""
    prop = state.mapper.attrs[name]
    if not isinstance(prop, RelationshipProperty) or prop.direction is not MANYTOONE:
        return None
    local = {remote: column for column, remote in prop.local_remote_pairs or ()}
    primary_key = prop.mapper.primary_key
    if set(local) != set(primary_key):
        return None
    keys = [state.mapper.get_property_by_column(local[column]).key for column in primary_key]
    unloaded = tuple(key for key in keys if key not in state.dict)
    if unloaded:
        return Target(unloaded_keys=unloaded)
    identity = tuple(state.dict[key] for key in keys)
    key = prop.mapper.identity_key_from_primary_key(identity)
    session = state.session
    held = session is not None and session.identity_map.get(key) is not None
    return Target(label=label(prop.mapper, identity), held=held)


@dataclass(frozen=True, slots=True, kw_only=True)
class EagerFacts:
    """How an object was reached, and which relationships its statement loads with it."""

    root: EntityName
    root_is_alias: bool
    hops: tuple[Hop, ...]
    eager: tuple[Hop, ...]
    vain: tuple[tuple[Hop, Cause], ...]
    """Those that it is asked for and does not load, and why."""
    silent: tuple[str, ...]
    """Those that are None whatever their foreign key says."""


def eager_facts_of(state: Any, kind: LoadKind, contained: Collection[Names]) -> EagerFacts:
    """What a statement of a kind loads with an object, by its options and the mapping.

    `contained` is what its contains_eager() fills, which an object does not remember.
    """
    way = _Way(state)
    names = tuple(step.key for step in way.steps)
    hops = [
        way.hop(way.entity, state.mapper, prop.key, (*names, prop.key))
        for prop in state.mapper.relationships
    ]
    filled = [hop.name for hop in hops if (*names, hop.name) in contained]
    hops = [
        replace(hop, chosen=Strategy.CONTAINS_EAGER, by_option=True) if hop.name in filled else hop
        for hop in hops
    ]
    vain = [(hop, why) for hop in hops if (why := _in_vain(state.mapper, hop, kind)) is not None]
    unloaded = {hop.name for hop, _ in vain}
    return EagerFacts(
        root=entity_name(way.root),
        root_is_alias=way.aliased,
        hops=way.hops(),
        eager=tuple(hop for hop in hops if hop.chosen.is_eager and hop.name not in unloaded),
        vain=tuple(vain),
        silent=tuple(
            hop.name
            for hop in hops
            if hop.chosen is Strategy.NOLOAD and hop.shape is Shape.REFERENCE
        ),
    )


def _in_vain(mapper: Any, hop: Hop, kind: LoadKind) -> Cause | None:
    """Why an eager load that is asked for loads nothing; None where it does, or may do so.

    A mapping that is for every statement is not asked of one that takes what it is given.
    """
    if hop.by_option:
        return not_applied(hop, kind) if hop.chosen in BY_JOIN else None
    prop = mapper.relationships[hop.name]
    endless = prop.mapper is prop.parent and prop.join_depth is None
    return without_depth(hop) if hop.chosen.is_eager and endless else None


BY_JOIN: Final = frozenset({Strategy.JOINED, Strategy.SUBQUERY})
"""Strategies that change a statement, or repeat it."""
Names = tuple[str, ...]
