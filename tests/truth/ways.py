"""The ways for a parent to come into the session in which its relationship is read.

A way is a coroutine function of a `Trip`. What it does before `trip.start()` is preparation; what
it does afterwards is counted. It returns the parents, which are read when it has returned.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import insert, select, text, update
from sqlalchemy.orm import joinedload, lazyload, selectinload

from tests.truth.kinds import Model
from tests.truth.options import JOINED
from tests.truth.trip import Trip

Way = Callable[[Trip], Awaitable[Sequence[Any]]]


async def selected(trip: Trip) -> Sequence[Any]:
    """A plain SELECT."""
    await trip.hold(trip.old)
    trip.start()
    return await trip.all(trip.statement(trip.old))


async def get_fresh(trip: Trip) -> Sequence[Any]:
    """`get()` of what is not in the session."""
    await trip.hold(trip.old)
    trip.start()
    return await trip.get(trip.old)


async def get_added(trip: Trip) -> Sequence[Any]:
    """`get()` of what was added and flushed in the session."""
    await trip.hold(trip.new)
    kept = await trip.flush_new()
    trip.start()
    got = await trip.get(trip.new)
    assert got == kept
    return got


async def get_selected(trip: Trip) -> Sequence[Any]:
    """`get()` of what an earlier SELECT brought in, which did not load the relationship."""
    await trip.hold(trip.old)
    kept = await trip.select_unloaded()
    trip.start()
    got = await trip.get(trip.old)
    assert got == kept
    return got


async def reselected_added(trip: Trip) -> Sequence[Any]:
    """A SELECT of what was added and flushed in the session."""
    await trip.hold(trip.new)
    trip.held.append(await trip.flush_new())
    trip.start()
    return await trip.all(trip.statement(trip.new))


async def reselected(trip: Trip) -> Sequence[Any]:
    """A SELECT of what an earlier one brought in, which did not load the relationship."""
    await trip.hold(trip.old)
    trip.held.append(await trip.select_unloaded())
    trip.start()
    return await trip.all(trip.statement(trip.old))


async def populated(trip: Trip) -> Sequence[Any]:
    """The same with `populate_existing`."""
    await trip.hold(trip.old)
    trip.held.append(await trip.select_unloaded())
    trip.start()
    return await trip.all(trip.statement(trip.old).execution_options(populate_existing=True))


async def transient(trip: Trip) -> Sequence[Any]:
    """Made, and in no session."""
    trip.start()
    return trip.make(trip.new)


async def pending(trip: Trip) -> Sequence[Any]:
    """Added, and not flushed."""
    await trip.hold(trip.new)
    trip.start()
    made = trip.make(trip.new)
    trip.session.add_all(made)
    return made


async def added(trip: Trip) -> Sequence[Any]:
    """Added and flushed."""
    await trip.hold(trip.new)
    trip.start()
    return await trip.flush_new()


async def committed(trip: Trip) -> Sequence[Any]:
    """Added and committed."""
    await trip.hold(trip.new)
    trip.start()
    return await trip.commit_new()


async def committed_refreshed(trip: Trip) -> Sequence[Any]:
    """Added, committed, refreshed."""
    made = await trip.commit_new()
    await trip.hold(trip.new)
    trip.start()
    return await trip.refresh(made)


async def added_refreshed(trip: Trip) -> Sequence[Any]:
    """Added, flushed, refreshed."""
    await trip.hold(trip.new)
    made = await trip.flush_new()
    trip.start()
    return await trip.refresh(made)


async def added_refreshed_rel(trip: Trip) -> Sequence[Any]:
    """Added, flushed, and the relationship refreshed."""
    await trip.hold(trip.new)
    made = await trip.flush_new()
    trip.start()
    return await trip.refresh(made, "rel")


async def added_refreshed_name(trip: Trip) -> Sequence[Any]:
    """Added, flushed, and a column refreshed."""
    await trip.hold(trip.new)
    made = await trip.flush_new()
    trip.start()
    return await trip.refresh(made, "name")


async def selected_committed(trip: Trip) -> Sequence[Any]:
    """Selected, and expired by a commit."""
    parents = await trip.select()
    await trip.session.commit()
    trip.start()
    return parents


async def selected_committed_refreshed(trip: Trip) -> Sequence[Any]:
    """Selected, expired by a commit, refreshed."""
    return await trip.refresh(await selected_committed(trip))


async def selected_committed_reselected(trip: Trip) -> Sequence[Any]:
    """Selected, expired by a commit, selected again."""
    trip.held.append(await selected_committed(trip))
    return await trip.all(trip.statement(trip.old))


async def selected_rolled_back(trip: Trip) -> Sequence[Any]:
    """Selected, and expired by a rollback."""
    parents = await trip.select()
    await trip.session.rollback()
    trip.start()
    return parents


async def selected_expired(trip: Trip) -> Sequence[Any]:
    """Selected, and the relationship expired."""
    parents = await trip.select()
    trip.start()
    for parent in parents:
        trip.session.expire(parent, ["rel"])
    return parents


async def selected_refreshed(trip: Trip) -> Sequence[Any]:
    """Selected, refreshed."""
    parents = await trip.select()
    trip.start()
    return await trip.refresh(parents)


async def selected_refreshed_rel(trip: Trip) -> Sequence[Any]:
    """Selected, and the relationship refreshed."""
    parents = await trip.select()
    trip.start()
    return await trip.refresh(parents, "rel")


async def merged_transient(trip: Trip) -> Sequence[Any]:
    """Merged from objects without a session, whose rows are there."""
    await trip.hold(trip.old)
    trip.start()
    return await trip.merge(trip.make(trip.old))


async def merged_detached(trip: Trip) -> Sequence[Any]:
    """Merged from detached objects, which did not have the relationship loaded."""
    detached = await trip.detach()
    await trip.hold(trip.old)
    trip.start()
    return await trip.merge(detached)


async def merged_unloaded(trip: Trip) -> Sequence[Any]:
    """Merged from such objects with `load=False`."""
    detached = await trip.detach()
    await trip.hold(trip.old)
    trip.start()
    return await trip.merge(detached, load=False)


async def streamed(trip: Trip) -> Sequence[Any]:
    """Streamed."""
    await trip.hold(trip.old)
    trip.start()
    statement = trip.statement(trip.old).execution_options(yield_per=5)
    return [parent async for parent in await trip.session.stream_scalars(statement)]


async def via_selectinload(trip: Trip) -> Sequence[Any]:
    """Loaded by the selectinload of another object."""
    await trip.hold(trip.old)
    trip.start()
    holders = await trip.holders(selectinload(trip.model.holder.p))
    return [holder.p for holder in holders]


async def via_joinedload(trip: Trip) -> Sequence[Any]:
    """Loaded by the joinedload of another object."""
    await trip.hold(trip.old)
    trip.start()
    holders = await trip.holders(joinedload(trip.model.holder.p))
    return [holder.p for holder in holders]


async def via_lazy_load(trip: Trip) -> Sequence[Any]:
    """Loaded by the lazy load of another object, where lazy loading is possible."""
    await trip.hold(trip.old)
    holders = await trip.holders(lazyload(trip.model.holder.p))
    trip.start()
    return await trip.session.run_sync(lambda _: [holder.p for holder in holders])


async def inserted(trip: Trip) -> Sequence[Any]:
    """Returned by an INSERT."""
    await trip.hold(trip.new)
    trip.start()
    statement = insert(trip.model.parent).returning(trip.model.parent).options(*trip.options)
    rows = [trip.model.values(number) for number in trip.new]
    return list((await trip.session.scalars(statement, rows)).unique())


async def from_statement(trip: Trip) -> Sequence[Any]:
    """Read with SQL of one's own."""
    await trip.hold(trip.old)
    trip.start()
    # of a subclass two columns are called `id`, which is its undoing
    source = "p" if trip.model.selected is trip.model.parent else "p JOIN m ON m.id = p.id"
    own = text(f"SELECT * FROM {source} WHERE p.id <= :n ORDER BY p.id").bindparams(n=trip.n)
    return await trip.all(select(trip.model.parent).from_statement(own).options(*trip.options))


async def closed(trip: Trip) -> Sequence[Any]:
    """Selected, and detached by closing the session."""
    parents = await trip.select()
    await trip.session.close()
    trip.start()
    return parents


async def updated(trip: Trip) -> Sequence[Any]:
    """Returned by an UPDATE."""
    await trip.hold(trip.old)
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


def leaves_rows(way: str) -> bool:
    """Whether a way commits the parents that it adds."""
    return way.startswith("add+commit")


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
