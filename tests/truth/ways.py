"""The ways for a parent to come into the session in which its relationship is read.

A way is a coroutine function of a `Trip`. What it does before `trip.start()` is preparation; what
it does afterwards is counted. It returns the parents, which are read when it has returned.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Select, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload, lazyload, selectinload

from tests.truth.kinds import NEW, OLD, Model
from tests.truth.options import JOINED, joined, options

Parents = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trip:
    """What a way is given: the model, how many parents, the option, and a session to be in.

    `hold` says whether the targets are to be in the identity map, `held` holds them there.
    """

    model: Model
    n: int
    option: str
    hold: bool
    session: AsyncSession
    held: list[Any]
    start: Callable[[], None]

    @property
    def old(self) -> range:
        """The keys of the parents that the database has."""
        return OLD[: self.n]

    @property
    def new(self) -> range:
        """The keys of the parents that it does not have."""
        return NEW[: self.n]

    @property
    def options(self) -> tuple[Any, ...]:
        """The loader options under test."""
        return options(self.option, self.model)

    def make(self, numbers: Sequence[int]) -> list[Any]:
        """New objects with these keys."""
        return [self.model.parent(**self.model.values(number)) for number in numbers]

    def statement(self, numbers: Sequence[int]) -> Select[Any]:
        """The SELECT of these parents, with the options under test."""
        plain = self.plain(numbers)
        return joined(self.option, plain, self.model).options(*self.options)

    def plain(self, numbers: Sequence[int]) -> Select[Any]:
        """The SELECT of these parents, without options."""
        selected = self.model.selected
        return select(selected).where(selected.id.in_(numbers)).order_by(selected.id)

    async def all(self, statement: Any) -> list[Any]:
        """The objects that a statement returns."""
        return list((await self.session.scalars(statement)).unique())


Way = Callable[[Trip], Awaitable[Parents]]


async def hold(trip: Trip, numbers: Sequence[int]) -> None:
    """Load the targets of the parents and keep them, where that is asked for."""
    if not trip.hold:
        return
    keys = sorted({key for number in numbers for key in trip.model.keys(number)})
    target = trip.model.target
    statement = select(target).where(target.id.in_(keys)).options(lazyload("*"))
    trip.held.extend(await trip.all(statement))


async def selected(trip: Trip) -> Parents:
    """A plain SELECT."""
    await hold(trip, trip.old)
    trip.start()
    return await trip.all(trip.statement(trip.old))


async def get_fresh(trip: Trip) -> Parents:
    """`get()` of what is not in the session."""
    await hold(trip, trip.old)
    trip.start()
    return await _got(trip, trip.old)


async def get_added(trip: Trip) -> Parents:
    """`get()` of what was added and flushed in the session."""
    await hold(trip, trip.new)
    kept = await _flushed(trip)
    trip.start()
    got = await _got(trip, trip.new)
    assert got == kept
    return got


async def get_selected(trip: Trip) -> Parents:
    """`get()` of what an earlier SELECT brought in, which did not load the relationship."""
    await hold(trip, trip.old)
    kept = await _without_rel(trip)
    trip.start()
    got = await _got(trip, trip.old)
    assert got == kept
    return got


async def reselected_added(trip: Trip) -> Parents:
    """A SELECT of what was added and flushed in the session."""
    await hold(trip, trip.new)
    trip.held.append(await _flushed(trip))
    trip.start()
    return await trip.all(trip.statement(trip.new))


async def reselected(trip: Trip) -> Parents:
    """A SELECT of what an earlier one brought in, which did not load the relationship."""
    await hold(trip, trip.old)
    trip.held.append(await _without_rel(trip))
    trip.start()
    return await trip.all(trip.statement(trip.old))


async def populated(trip: Trip) -> Parents:
    """The same with `populate_existing`."""
    await hold(trip, trip.old)
    trip.held.append(await _without_rel(trip))
    trip.start()
    return await trip.all(trip.statement(trip.old).execution_options(populate_existing=True))


async def transient(trip: Trip) -> Parents:
    """Made, and in no session."""
    trip.start()
    return trip.make(trip.new)


async def pending(trip: Trip) -> Parents:
    """Added, and not flushed."""
    await hold(trip, trip.new)
    trip.start()
    made = trip.make(trip.new)
    trip.session.add_all(made)
    return made


async def added(trip: Trip) -> Parents:
    """Added and flushed."""
    await hold(trip, trip.new)
    trip.start()
    return await _flushed(trip)


async def committed(trip: Trip) -> Parents:
    """Added and committed."""
    await hold(trip, trip.new)
    trip.start()
    return await _committed(trip)


async def committed_refreshed(trip: Trip) -> Parents:
    """Added, committed, refreshed."""
    made = await _committed(trip)
    await hold(trip, trip.new)
    trip.start()
    return await _refreshed(trip, made)


async def added_refreshed(trip: Trip) -> Parents:
    """Added, flushed, refreshed."""
    await hold(trip, trip.new)
    made = await _flushed(trip)
    trip.start()
    return await _refreshed(trip, made)


async def added_refreshed_rel(trip: Trip) -> Parents:
    """Added, flushed, and the relationship refreshed."""
    await hold(trip, trip.new)
    made = await _flushed(trip)
    trip.start()
    return await _refreshed(trip, made, "rel")


async def added_refreshed_name(trip: Trip) -> Parents:
    """Added, flushed, and a column refreshed."""
    await hold(trip, trip.new)
    made = await _flushed(trip)
    trip.start()
    return await _refreshed(trip, made, "name")


async def selected_committed(trip: Trip) -> Parents:
    """Selected, and expired by a commit."""
    parents = await _selected_before(trip)
    await trip.session.commit()
    trip.start()
    return parents


async def selected_committed_refreshed(trip: Trip) -> Parents:
    """Selected, expired by a commit, refreshed."""
    return await _refreshed(trip, await selected_committed(trip))


async def selected_committed_reselected(trip: Trip) -> Parents:
    """Selected, expired by a commit, selected again."""
    trip.held.append(await selected_committed(trip))
    return await trip.all(trip.statement(trip.old))


async def selected_rolled_back(trip: Trip) -> Parents:
    """Selected, and expired by a rollback."""
    parents = await _selected_before(trip)
    await trip.session.rollback()
    trip.start()
    return parents


async def selected_expired(trip: Trip) -> Parents:
    """Selected, and the relationship expired."""
    parents = await _selected_before(trip)
    trip.start()
    for parent in parents:
        trip.session.expire(parent, ["rel"])
    return parents


async def selected_refreshed(trip: Trip) -> Parents:
    """Selected, refreshed."""
    parents = await _selected_before(trip)
    trip.start()
    return await _refreshed(trip, parents)


async def selected_refreshed_rel(trip: Trip) -> Parents:
    """Selected, and the relationship refreshed."""
    parents = await _selected_before(trip)
    trip.start()
    return await _refreshed(trip, parents, "rel")


async def merged_transient(trip: Trip) -> Parents:
    """Merged from objects without a session, whose rows are there."""
    await hold(trip, trip.old)
    trip.start()
    return await _merged(trip, trip.make(trip.old))


async def merged_detached(trip: Trip) -> Parents:
    """Merged from detached objects, which did not have the relationship loaded."""
    detached = await _detached(trip)
    await hold(trip, trip.old)
    trip.start()
    return await _merged(trip, detached)


async def merged_unloaded(trip: Trip) -> Parents:
    """Merged from such objects with `load=False`."""
    detached = await _detached(trip)
    await hold(trip, trip.old)
    trip.start()
    return await _merged(trip, detached, load=False)


async def streamed(trip: Trip) -> Parents:
    """Streamed."""
    await hold(trip, trip.old)
    trip.start()
    statement = trip.statement(trip.old).execution_options(yield_per=5)
    return [parent async for parent in await trip.session.stream_scalars(statement)]


async def via_selectinload(trip: Trip) -> Parents:
    """Loaded by the selectinload of another object."""
    await hold(trip, trip.old)
    trip.start()
    holders = await _holders(trip, selectinload(trip.model.holder.p))
    return [holder.p for holder in holders]


async def via_joinedload(trip: Trip) -> Parents:
    """Loaded by the joinedload of another object."""
    await hold(trip, trip.old)
    trip.start()
    holders = await _holders(trip, joinedload(trip.model.holder.p))
    return [holder.p for holder in holders]


async def via_lazy_load(trip: Trip) -> Parents:
    """Loaded by the lazy load of another object, where lazy loading is possible."""
    await hold(trip, trip.old)
    holders = await _holders(trip, lazyload(trip.model.holder.p))
    trip.start()
    return await trip.session.run_sync(lambda _: [holder.p for holder in holders])


async def inserted(trip: Trip) -> Parents:
    """Returned by an INSERT."""
    await hold(trip, trip.new)
    trip.start()
    statement = insert(trip.model.parent).returning(trip.model.parent).options(*trip.options)
    rows = [trip.model.values(number) for number in trip.new]
    return list((await trip.session.scalars(statement, rows)).unique())


async def from_statement(trip: Trip) -> Parents:
    """Read with SQL of one's own."""
    await hold(trip, trip.old)
    trip.start()
    # of a subclass two columns are called `id`, which is its undoing
    source = "p" if trip.model.selected is trip.model.parent else "p JOIN m ON m.id = p.id"
    own = text(f"SELECT * FROM {source} WHERE p.id <= :n ORDER BY p.id").bindparams(n=trip.n)
    return await trip.all(select(trip.model.parent).from_statement(own).options(*trip.options))


async def closed(trip: Trip) -> Parents:
    """Selected, and detached by closing the session."""
    parents = await _selected_before(trip)
    await trip.session.close()
    trip.start()
    return parents


async def updated(trip: Trip) -> Parents:
    """Returned by an UPDATE."""
    await hold(trip, trip.old)
    trip.start()
    parent = trip.model.parent
    statement = update(parent).where(parent.id.in_(trip.old)).values(name="updated")
    return await trip.all(statement.returning(parent).options(*trip.options))


WAYS: Final[Mapping[str, Way]] = {
    "select": selected,
    "get_fresh": get_fresh,
    "get_hit(after add+flush)": get_added,
    "get_hit(after lazyload select)": get_selected,
    "reselect(after add+flush)": reselected_added,
    "reselect(after lazyload select)": reselected,
    "populate_existing(after lazyload select)": populated,
    "transient(no session)": transient,
    "pending(add, no flush)": pending,
    "add+flush": added,
    "add+commit eoc=False": committed,
    "add+commit eoc=True": committed,
    "add+commit eoc=True+refresh()": committed_refreshed,
    "add+flush+refresh()": added_refreshed,
    "add+flush+refresh([rel])": added_refreshed_rel,
    "add+flush+refresh([name])": added_refreshed_name,
    "select,commit eoc=True": selected_committed,
    "select,commit eoc=True,refresh()": selected_committed_refreshed,
    "select,commit eoc=True,reselect": selected_committed_reselected,
    "select,rollback": selected_rolled_back,
    "select,expire([rel])": selected_expired,
    "select,refresh()": selected_refreshed,
    "select,refresh([rel])": selected_refreshed_rel,
    "merge(transient, row exists)": merged_transient,
    "merge(detached, rel unloaded)": merged_detached,
    "merge(detached, load=False)": merged_unloaded,
    "stream_scalars yield_per=5": streamed,
    "via relationship selectinload(Holder.p)": via_selectinload,
    "via relationship joinedload(Holder.p)": via_joinedload,
    "via relationship lazy load in greenlet": via_lazy_load,
    "insert().returning(P)": inserted,
    "select.from_statement(text)": from_statement,
    "select,session closed (detached)": closed,
    "update().returning(P)": updated,
}
"""The ways by the names that they have in the table."""


def expires(way: str) -> bool:
    """Whether the session of a way expires its objects at a commit."""
    return "eoc=True" in way


def applies(way: str, option: str, model: Model) -> bool:
    """Whether a way was measured with that model and option.

    An UPDATE of a joined subclass cannot return its objects, and a SELECT of the base has no column
    from which to join what a subclass refers to.
    """
    if model.selected is model.parent:
        return True
    return WAYS[way] is not updated and not (option == JOINED and way in SELECTS)


SELECTS: Final = frozenset(
    name
    for name in WAYS
    if name.startswith(("select", "reselect", "populate", "stream")) and "text" not in name
)
"""The ways with a SELECT that an option may join to."""


async def _selected_before(trip: Trip) -> Parents:
    await hold(trip, trip.old)
    return await trip.all(trip.statement(trip.old))


async def _got(trip: Trip, numbers: Sequence[int]) -> list[Any]:
    selected = trip.model.selected
    return [await trip.session.get(selected, key, options=trip.options) for key in numbers]


async def _flushed(trip: Trip) -> list[Any]:
    made = trip.make(trip.new)
    trip.session.add_all(made)
    await trip.session.flush()
    return made


async def _committed(trip: Trip) -> list[Any]:
    made = trip.make(trip.new)
    trip.session.add_all(made)
    await trip.session.commit()
    return made


async def _refreshed(trip: Trip, parents: Parents, *names: str) -> Parents:
    for parent in parents:
        await trip.session.refresh(parent, names or None)
    return parents


async def _without_rel(trip: Trip) -> list[Any]:
    return await trip.all(trip.plain(trip.old).options(lazyload(trip.model.parent.rel)))


async def _detached(trip: Trip) -> list[Any]:
    parents = await _without_rel(trip)
    trip.session.expunge_all()
    return parents


async def _merged(trip: Trip, parents: list[Any], *, load: bool = True) -> list[Any]:
    return [await trip.session.merge(parent, load=load, options=trip.options) for parent in parents]


async def _holders(trip: Trip, loading: Any) -> list[Any]:
    holder = trip.model.holder
    statement = select(holder).where(holder.id.in_(trip.old)).order_by(holder.id)
    return await trip.all(statement.options(loading.options(*trip.options)))
