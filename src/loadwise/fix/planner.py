"""Planner: what to do about one gap. Pure but for the sources that it is given."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from loadwise.core.cause import Cause, CauseKind
from loadwise.core.edit import Applicability, Fix
from loadwise.core.origin import Handle, Hop, LoadKind, Origin, Shape
from loadwise.core.plan import Plan
from loadwise.core.site import Site
from loadwise.core.source import Source
from loadwise.core.strategy import Strategy
from loadwise.core.tree import Missing
from loadwise.core.use import Hazard, Spared, Times, Use, Via
from loadwise.fix.awaited import (
    COUNT,
    NO_QUERY,
    awaited_form,
    call_at,
    can_await,
    queried,
    replace_expression,
)
from loadwise.fix.chain import FUNCTIONS, Options, loadable, options
from loadwise.fix.imports import imports
from loadwise.fix.loading import Loading, loading_at
from loadwise.fix.place import (
    Placed,
    add_keyword,
    add_options,
    can_repeat_option,
    extend_option,
    insert_before,
    remove_option,
    replace_option,
)

CURED_BY_REFRESH: Final = frozenset(
    {
        CauseKind.EXPIRED_BY_COMMIT,
        CauseKind.EXPIRED_BY_ROLLBACK,
        CauseKind.EXPIRED_BY_FLUSH,
        CauseKind.EXPIRED_BY_BULK_UPDATE,
        CauseKind.EXPIRED_EXPLICITLY,
        CauseKind.DROPPED_BY_REFRESH,
        CauseKind.UNKNOWN,
    }
)
"""Causes that no loader option cures: the statement loaded it, and then it was taken away."""
TAKEN_FIRST: Final = {
    CauseKind.EXPIRED_BY_COMMIT: "the commit",
    CauseKind.EXPIRED_BY_FLUSH: "the flush",
    CauseKind.EXPIRED_BY_BULK_UPDATE: "the bulk statement",
    CauseKind.EXPIRED_EXPLICITLY: "it is expired",
    CauseKind.DROPPED_BY_REFRESH: "the refresh",
    CauseKind.EXPIRED_BY_ROLLBACK: "the rollback",
}
"""Causes by which a detached object had lost what its statement loaded, and when that was."""
MOST: Final = 3
"""Fixes shown of one finding."""


@dataclass(frozen=True, slots=True)
class Planner:
    """Plans cures; `source` gives a file by the path that sites show, or None."""

    source: Callable[[str], Source | None]

    def cure(self, use: Use, missing: Missing | None, cause: Cause) -> tuple[Fix, ...]:
        """The fixes for one missing path, the best first, at most three."""
        if use.hazard is not None:
            return tuple(self._around(use, use.hazard))
        if use.origin is None:
            return ()
        if use.plan is not None and missing is not None and _is_vain(use.plan, missing):
            plan = self._load_at_all(use, use.origin)
        elif use.plan is not None:
            plan = self._load_less(use, use.origin)
        elif use.spared is Spared.BLANK and use.origin.hops:
            plan = _set(use.origin.hops[-1])
        elif use.times is Times.PER_ITEM:
            plan = self._load_together(use, use.origin, cause)
        elif use.origin.hops:
            plan = self._plan(use, use.origin, cause)
        else:
            return ()
        return tuple(plan)[:MOST]

    def _plan(self, use: Use, origin: Origin, cause: Cause) -> Iterator[Fix]:
        hop = origin.hops[-1]
        left_out = hop.shape is Shape.COLUMN and cause.kind is CauseKind.NEVER_LOADED
        if cause.kind in CURED_BY_REFRESH or (left_out and origin.kind is LoadKind.FROM_STATEMENT):
            yield self._refresh(use, origin, cause)
            yield from _alternatives_to_refresh(origin, cause)
        elif cause.kind is CauseKind.DETACHED:
            yield from self._before_it_is_detached(use, origin, cause)
        elif cause.kind is CauseKind.RAISE_CONFIGURED:
            yield from self._allow(use, origin, cause)
        elif cause.kind is CauseKind.DYNAMIC:
            yield from self._query(use, origin, hop)
        elif cause.kind is CauseKind.NEW_OBJECT:
            yield from self._construct(use, hop, origin.empty)
            yield self._refresh(use, origin, cause)
        else:
            yield self._load(use, origin)
            yield from self._await(origin, hop)
            yield from _map(hop)

    def _allow(self, use: Use, origin: Origin, cause: Cause) -> Iterator[Fix]:
        """Load what must not be loaded by a read; `awaitable_attrs` is a read, too."""
        if cause.before is CauseKind.NEW_OBJECT:
            yield from self._construct(use, origin.hops[-1], origin.empty)
        if cause.before in {CauseKind.NEW_OBJECT, *CURED_BY_REFRESH} - {CauseKind.UNKNOWN}:
            yield self._refresh(use, origin, cause)
            return
        yield self._load(use, origin)
        yield from self._await(replace(origin, awaitable=False), origin.hops[-1])

    def _query(self, use: Use, origin: Origin, hop: Hop) -> Iterator[Fix]:
        """Await the query that a dynamic relationship is, or map one that is no query by itself."""
        site, handle = use.sites.read, origin.handle
        instance = handle.instance if handle else _called(use)
        session = handle.session if handle and handle.session else "<the session>"
        text = f"(await {session}.scalars({instance}.{hop.name}.statement)).all()"
        title = "await the query"
        source = self.source(site.file) if site and handle and handle.session else None
        node, query, method = queried(source, site, hop.name) if source and site else NO_QUERY
        if method:
            text = f"(await {session}.scalars({query}.statement)).{method}()"
        if method == COUNT:
            text = f"len((await {session}.scalars({query}.statement)).all())"
        if source is None or site is None or node is None or not can_await(source, node):
            yield _display(title, text, site)
        else:
            placed = replace_expression(source, site.file, node, text)
            yield Fix(
                title=title,
                applicability=Applicability.UNSAFE if method == COUNT else Applicability.SAFE,
                text=text,
                site=_at(site, placed.line),
                edits=placed.edits,
            )
        title = "map it so that no query runs by itself"
        mapped = f'{hop.owner.name}.{hop.name} = relationship(..., lazy="write_only")'
        yield _display(title, mapped, None)

    def _load_together(self, use: Use, origin: Origin, cause: Cause) -> Iterator[Fix]:
        """Load for all objects at once what is loaded for one after the other."""
        lost = cause.kind in CURED_BY_REFRESH and use.via is not Via.IMMEDIATE
        if use.via in {Via.GET, Via.REFRESH} or not origin.hops or lost:
            yield from _one_statement(use, origin)
            if origin.hops:
                yield from _alternatives_to_refresh(origin, cause)
            return
        *way, hop = origin.hops
        if use.via is Via.IMMEDIATE and not hop.by_option:
            hop = replace(hop, chosen=Strategy.SELECT)
        yield self._load(use, replace(origin, hops=(*way, hop)))
        yield from _map(hop)

    def _load_less(self, use: Use, origin: Origin) -> Iterator[Fix]:
        """Load apart what multiplies rows, or not at all what nobody reads."""
        hop, site = origin.hops[-1], use.sites.load
        if use.multiplies:
            yield replace(self._load(use, origin, apart=True), title="load it by its own statement")
            return
        if not hop.by_option:
            title = f"load {hop.name} where it is read, not with every {hop.owner.name}"
            text = f"{hop.owner.name}.{hop.name} = relationship(...)  # lazy={str(hop.chosen)!r}"
            yield _display(title, text, None)
            if len(origin.hops) == 1:
                text = f".options(lazyload({hop.owner.name}.{hop.name}))"
                yield _display("leave it out of this statement", text, site)
            return
        function, title = FUNCTIONS[hop.chosen], "do not load it"
        if hop.chosen is Strategy.CONTAINS_EAGER:
            title = "do not fill it; the join stays"
        loading = self._loading(site)
        placed = remove_option(loading, hop.name, function) if loading else None
        if site is None or placed is None:
            yield _display(title, f"without {function}({hop.owner.name}.{hop.name})", site)
        else:
            yield Fix(
                title=title,
                applicability=Applicability.UNSAFE,
                text=placed.text,
                site=_at(site, placed.line),
                edits=placed.edits,
            )

    def _load_at_all(self, use: Use, origin: Origin) -> Iterator[Fix]:
        """Ask for it where that has an effect."""
        hop = origin.hops[-1]
        if not hop.by_option and hop.chosen.is_eager and use.sites.read is None:
            title = "say how many levels are loaded"
            mapped = f"relationship(..., lazy={str(hop.chosen)!r}, join_depth=1)"
            yield _display(title, f"{hop.owner.name}.{hop.name} = {mapped}", None)
            return
        yield self._load(use, origin)
        if use.sites.read is not None:
            title = "replace what the session holds, also what was changed and not flushed"
            yield _display(title, "get(..., populate_existing=True)", use.sites.read)

    def _around(self, use: Use, hazard: Hazard) -> Iterator[Fix]:
        """Await the call, or run it where SQLAlchemy can wait for its IO."""
        site = use.sites.read
        if hazard.cause.kind is CauseKind.CONCURRENT_USE:
            title = "give each task a session of its own"
            yield _display(title, "async with async_sessionmaker(engine)() as session:", None)
        if hazard.cause.kind is CauseKind.SWALLOWED:
            title = "let it through, and load what it names"
            yield _display(title, "raise", site)
        if hazard.cause.kind is not CauseKind.OUTSIDE_GREENLET or site is None:
            return
        source = self.source(site.file)
        call = call_at(source, site, hazard.call.rpartition(".")[2]) if source else None
        text = awaited_form(source, call) if source and call else ""
        if source is None or call is None or not text or not can_await(source, call):
            yield _display("await it", _awaited(hazard.call), site)
            return
        placed = replace_expression(source, site.file, call, text)
        yield Fix(
            title="await it",
            applicability=Applicability.SAFE,
            text=text,
            site=_at(site, placed.line),
            edits=placed.edits,
        )

    def _before_it_is_detached(self, use: Use, origin: Origin, cause: Cause) -> Iterator[Fix]:
        """Have it loaded when the session goes: nothing can be awaited after that."""
        hop, before = origin.hops[-1], cause.before
        if before is CauseKind.NEW_OBJECT:
            yield from self._construct(use, hop, origin.empty)
        if before in TAKEN_FIRST:
            yield from self._keep(use, origin, replace(cause, kind=before))
            return
        if before is CauseKind.UNKNOWN and hop.shape is Shape.COLUMN and not _is_deferred(hop):
            instance = origin.handle.instance if origin.handle else f"<the {use.subject.instance}>"
            text = f"{hop.name} = {instance}.{hop.name}  # before the session is closed"
            yield _display("read it while it is there", text, None)
            return
        if before is not CauseKind.NEW_OBJECT:
            yield self._load(use, origin)
        yield from _map(hop)

    def _keep(self, use: Use, origin: Origin, cause: Cause) -> Iterator[Fix]:
        """Have what was taken away stay over that, or take what is needed out of the object."""
        hop, keeps = origin.hops[-1], cause.kind is CauseKind.EXPIRED_BY_COMMIT
        if keeps and not hop.is_loaded and origin.kind is not LoadKind.ADD:
            load = self._load(use, origin)
            title = "keep what is loaded over a commit, and load it with the object"
            text = f"async_sessionmaker(..., expire_on_commit=False)\n{load.text}"
            yield _display(title, text, load.site)
            return
        if cause.kind is not CauseKind.EXPIRED_BY_ROLLBACK:
            yield from _alternatives_to_refresh(origin, cause)
        if cause.kind is CauseKind.EXPIRED_BY_FLUSH or not hop.is_loaded:
            return  # there was no value before
        instance = origin.handle.instance if origin.handle else _called(use)
        text = f"{hop.name} = {instance}.{hop.name}  # before {TAKEN_FIRST[cause.kind]}"
        yield _display("read it while it is there", text, None)

    def _load(self, use: Use, origin: Origin, *, apart: bool = False) -> Fix:
        """Ask for it in the statement that loads the object; `apart`, without a join.

        Where the code shows that it loads something else, or whatever it is told to, an option
        would break it.
        """
        site = use.sites.load
        loading = self._loading(site)
        root = loading.root(origin.root.name, aliased=origin.root_is_alias) if loading else ""
        joins = not apart and (loading is None or not loading.is_sensitive_to_joins)
        unseen = f"<the alias of {origin.root.name}>" if origin.root_is_alias else origin.root.name
        asked = options(origin, root or unseen, joins=joins)
        placed = _placed(loading, origin, asked, shown=bool(root)) if loading else None
        nameless = not root and (origin.root_is_alias or bool(loading and loading.entities))
        aliased = use.predicted and loading is not None and loading.may_be_of_an_alias
        nameless = nameless or aliased or not _can_be_written(origin)
        if site is None or loading is None or placed is None or nameless:
            title = f"add to the statement that loads the {origin.root.name}"
            elsewhere = _unseen(origin) and not (loading and loading.takes_options)
            return _display(title, f".options({asked.text})", None if elsewhere else site)
        missing = imports(
            loading.source,
            loading.file,
            asked.functions,
            asked.entities if root else (origin.root, *asked.entities),
        )
        return Fix(
            title="load it with the object",
            applicability=Applicability.SAFE if placed.sure else Applicability.UNSAFE,
            text=placed.text,
            site=_at(site, placed.line),
            edits=(*placed.edits, *missing),
        )

    def _loading(self, site: Site | None) -> Loading | None:
        source = self.source(site.file) if site else None
        return loading_at(source, site.file, site.line, site.column) if site and source else None

    def _refresh(self, use: Use, origin: Origin, cause: Cause) -> Fix:
        """Load it again, in the nearest coroutine, before the statement that touches it."""
        hop, handle = origin.hops[-1], origin.handle
        title = "refresh it before it is read"
        whole = origin.expired and hop.shape is Shape.COLUMN
        names = "" if whole else f', ["{hop.name}"]'
        if handle is None or not handle.session:
            instance = handle.instance if handle else _called(use)
            return _display(title, f"await <the session>.refresh({instance}{names})", None)
        code = f"await {handle.session}.refresh({handle.instance}{names})"
        placed = self._before(handle, code)
        site = Site(file=handle.file, line=placed.line if placed else handle.line)
        if placed is None:
            return _display(title, code, site)
        return Fix(
            title=title,
            applicability=Applicability.SAFE,
            text=code,
            site=site,
            edits=placed.edits,
        )

    def _before(self, handle: Handle, code: str) -> Placed | None:
        source = self.source(handle.file)
        if source is None:
            return None
        return insert_before(source, handle.file, handle.line, code, handle.instance)

    def _construct(self, use: Use, hop: Hop, empty: str) -> Iterator[Fix]:
        """Set an empty collection on the new object, so that nothing has to be loaded."""
        site = use.sites.load
        if hop.shape is not Shape.COLLECTION or site is None or not empty:
            return
        source, keyword = self.source(site.file), f"{hop.name}={empty}"
        entity = use.subject.entity.rpartition(".")[2]
        placed = add_keyword(source, site.file, site.line, entity, keyword) if source else None
        title = "start with an empty collection"
        if placed is None:
            yield _display(title, f"{entity}(..., {keyword})", site)
        else:
            yield Fix(
                title=title,
                applicability=Applicability.SAFE,
                text=placed.text,
                site=_at(site, placed.line),
                edits=placed.edits,
            )

    def _await(self, origin: Origin, hop: Hop) -> Iterator[Fix]:
        """Load it where it is needed, one statement more for each object.

        A refresh loads one hop, so it is no cure where the expression goes on to the next one.
        """
        handle = origin.handle
        if handle is None:
            return
        title = "load it where it is needed, one statement for each object"
        if origin.awaitable:
            text = f"await {handle.instance}.awaitable_attrs.{hop.name}"
            yield _display(title, text, Site(file=handle.file, line=handle.line))
        elif handle.session and not loadable(origin.ahead):
            text = f'await {handle.session}.refresh({handle.instance}, ["{hop.name}"])'
            if placed := self._before(handle, text):
                site = Site(file=handle.file, line=placed.line)
                yield Fix(
                    title=title,
                    applicability=Applicability.UNSAFE,
                    text=text,
                    site=site,
                    edits=placed.edits,
                )


def _is_vain(plan: Plan, missing: Missing) -> bool:
    """Whether a plan asks for something, and nothing comes of it."""
    choice = plan.choice(missing.path)
    return choice is not None and choice.loaded is False


def _called(use: Use) -> str:
    """A name to put the object's in the place of: by its key where that is known."""
    return f"<the {use.subject.instance or use.subject.entity.rpartition('.')[2]}>"


def _placed(loading: Loading, origin: Origin, asked: Options, *, shown: bool) -> Placed | None:
    """Replace the option that is in the way, extend the one that leads to it, or add one.

    Two strategies for one path are an error, so that an option cannot be overruled by another one.
    An object does not remember contains_eager(), so one that came by an attribute which nothing
    else loads is looked for in the source.
    """
    *way, hop = origin.hops
    if hop.by_option and asked.last and not asked.last[0].startswith(f"{FUNCTIONS[hop.chosen]}("):
        return replace_option(loading, hop.name, FUNCTIONS[hop.chosen], asked.last)
    unseen = _unseen(origin)
    if way and len(asked.texts) == 1 and (way[-1].by_option or way[-1] in unseen):
        leads = Strategy.CONTAINS_EAGER if way[-1] in unseen else way[-1].chosen
        placed = extend_option(loading, way[-1].name, FUNCTIONS[leads], asked)
        if placed is not None:
            return placed
    chosen = ((one.name, FUNCTIONS[one.chosen]) for one in way if one.by_option)
    repeatable = [can_repeat_option(loading, *one) for one in chosen]
    if False in repeatable or not asked.linked:
        return None
    sure = shown and not unseen and not asked.endless and None not in repeatable
    return add_options(loading, asked.texts, sure=sure)


def _unseen(origin: Origin) -> list[Hop]:
    """The hops that brought the object though nothing shows that they are loaded.

    Their objects came by contains_eager(), which is not remembered, or one at a time, where IO is
    legal; then the place of the load is not that of the root's statement.
    """
    return [hop for hop in origin.hops[:-1] if not hop.chosen.is_eager]


def _set(hop: Hop) -> Iterator[Fix]:
    """Set the relationship, not its foreign key alone; or have it loaded."""
    if hop.chosen is Strategy.NOLOAD:
        title = "have it loaded, or have its read refused"
        yield _display(
            title, f'{hop.owner.name}.{hop.name} = relationship(..., lazy="raise")', None
        )
    else:
        title = "set the relationship; its foreign key follows"
        yield _display(title, f"{hop.owner.name}(..., {hop.name}=...)", None)


def _one_statement(use: Use, origin: Origin) -> Iterator[Fix]:
    """Select all of them by their keys; with what they hold replaced, where they are there."""
    name = origin.root.name
    if not use.key or not all(part.isidentifier() for part in (name, *use.key)):
        return
    columns = ", ".join(f"{name}.{part}" for part in use.key)
    column = columns if len(use.key) == 1 else f"tuple_({columns})"
    text = f"select({name}).where({column}.in_(<the keys>))"
    if use.via is not Via.GET:
        text += ".execution_options(populate_existing=True)"
    yield _display("load all of them by one statement", text, use.sites.read)


def _alternatives_to_refresh(origin: Origin, cause: Cause) -> Iterator[Fix]:
    if cause.kind is CauseKind.EXPIRED_BY_COMMIT:
        title = "keep what is loaded over a commit"
        yield _display(title, "async_sessionmaker(..., expire_on_commit=False)", None)
    elif cause.kind is CauseKind.EXPIRED_BY_FLUSH and origin.hops[-1].generated:
        title = "fetch what the database makes with each flush"
        yield _display(title, '__mapper_args__ = {"eager_defaults": True}', None)
    elif cause.kind is CauseKind.EXPIRED_BY_ROLLBACK and origin.handle is not None:
        name = origin.hops[-1].name
        text = f"{name} = {origin.handle.instance}.{name}  # before the rollback"
        yield _display("keep the value over the rollback", text, cause.site)


def _map(hop: Hop) -> Iterator[Fix]:
    """Load it with every object of the class, unless the mapping says so already."""
    mapped_eager = hop.chosen.is_eager and not hop.by_option
    if hop.shape is not Shape.COLUMN and not mapped_eager:
        title = f"load {hop.name} with every {hop.owner.name}"
        yield _display(
            title, f'{hop.owner.name}.{hop.name} = relationship(..., lazy="selectin")', None
        )


def _awaited(call: str) -> str:
    """The awaited form of a call of the synchronous half, as it is with names of one's own."""
    owner, _, name = call.rpartition(".")
    if owner == "MetaData":
        run = f"await connection.run_sync(metadata.{name})"
        return f"async with engine.begin() as connection: {run}"
    if owner in {"Engine", "Inspector", ""}:
        run = "await connection.run_sync(lambda sync: inspect(sync).get_table_names())"
        run = "..." if owner == "Engine" else run
        return f"async with engine.connect() as connection: {run}"
    if owner == "Query":
        return f"await session.run_sync(lambda sync: sync.query(...).{name}())"
    return f"await {owner.lower()}.{name}(...)"


def _is_deferred(hop: Hop) -> bool:
    """Whether a statement leaves a column out, unless it is told otherwise."""
    return hop.chosen is Strategy.DEFER


def _display(title: str, text: str, site: Site | None) -> Fix:
    return Fix(title=title, applicability=Applicability.DISPLAY, text=text, site=site)


def _can_be_written(origin: Origin) -> bool:
    """Whether all names are Python's; those of reflected tables may be anything."""
    hops = (*origin.hops, *origin.ahead)
    return all(name.isidentifier() for hop in hops for name in (hop.owner.name, hop.name))


def _at(site: Site, line: int) -> Site:
    """The line of an edit, in the file and function of a site."""
    return Site(file=site.file, line=line, function=site.function)
