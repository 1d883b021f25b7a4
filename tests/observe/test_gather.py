"""Gather: what the mapping, the options and the journal say, on synchronous sessions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from sqlalchemy import (
    Computed,
    ForeignKey,
    ForeignKeyConstraint,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncAttrs
from sqlalchemy.orm import (
    DeclarativeBase,
    Load,
    Mapped,
    Session,
    aliased,
    column_property,
    configure_mappers,
    defer,
    joinedload,
    lazyload,
    load_only,
    mapped_column,
    raiseload,
    relationship,
    selectinload,
    undefer,
)

from loadwise.core.origin import EntityName, Hop, LoadKind, Shape
from loadwise.core.strategy import Strategy
from loadwise.observe import gather
from loadwise.observe.facts import AttributeFacts, Target
from loadwise.observe.journal import Entry, Journal, Kind
from loadwise.observe.sites import Project
from tests.observe.models import sync_engine


class Base(DeclarativeBase):
    """The models of these tests."""


class Country(Base):
    """A key of one column, and one beside it that is unique."""

    __tablename__ = "countries"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    cities: Mapped[list[City]] = relationship(
        back_populates="country", foreign_keys="City.country_id"
    )


class City(Base):
    """A key of two columns."""

    __tablename__ = "cities"

    country_id: Mapped[int] = mapped_column(ForeignKey("countries.id"), primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(default=0)
    country: Mapped[Country] = relationship(back_populates="cities", foreign_keys=[country_id])


class Person(Base, AsyncAttrs):
    """All kinds of attributes; a base of `Teacher` and `Pupil`."""

    __tablename__ = "persons"
    __mapper_args__ = {"polymorphic_on": "kind", "polymorphic_identity": "person"}  # noqa: RUF012
    __table_args__ = (
        ForeignKeyConstraint(["born_country", "born_name"], ["cities.country_id", "cities.name"]),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    name: Mapped[str] = mapped_column(default="Ann")
    story: Mapped[str] = mapped_column(default="", deferred=True)
    changed: Mapped[int] = mapped_column(default=0, onupdate=func.abs(-1))
    made: Mapped[str] = mapped_column(server_default=text("'now'"))
    twice: Mapped[int] = mapped_column(Computed("id * 2"))
    born_country: Mapped[int | None]
    born_name: Mapped[str | None]
    country_code: Mapped[str | None] = mapped_column(ForeignKey("countries.code"))
    boss_id: Mapped[int | None] = mapped_column(ForeignKey("persons.id"))

    born: Mapped[City | None] = relationship()
    country: Mapped[Country | None] = relationship(foreign_keys=[country_code])
    boss: Mapped[Person | None] = relationship(remote_side="Person.id", lazy="joined", join_depth=1)
    staff: Mapped[list[Person]] = relationship(viewonly=True)


class Teacher(Person):
    """A subclass with a table of its own."""

    __tablename__ = "teachers"
    __mapper_args__ = {"polymorphic_identity": "teacher"}  # noqa: RUF012

    id: Mapped[int] = mapped_column(ForeignKey("persons.id"), primary_key=True)
    subject: Mapped[str] = mapped_column(default="")
    home_code: Mapped[str | None] = mapped_column(ForeignKey("countries.code"))
    home: Mapped[Country | None] = relationship(foreign_keys=[home_code])


class Pupil(Person):
    """A subclass in the table of its base."""

    __mapper_args__ = {"polymorphic_identity": "pupil"}  # noqa: RUF012

    class_code: Mapped[str | None] = mapped_column(ForeignKey("countries.code"))
    exchange: Mapped[Country | None] = relationship(foreign_keys=[class_code])


Person.initial = column_property(func.substr(Person.name, 1, 1))

PERSON: Final = EntityName(module=__name__, name="Person")
TEACHER: Final = EntityName(module=__name__, name="Teacher")


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on a database with a few rows."""
    configure_mappers()
    with sync_engine(Base.metadata) as engine:
        with Session(engine) as session:
            session.add_all([Country(id=1, code="de"), City(country_id=1, name="Bonn")])
            session.flush()
            session.add_all(
                [
                    Person(id=1, born_country=1, born_name="Bonn", country_code="de"),
                    Teacher(id=2, boss_id=1),
                    Pupil(id=3, boss_id=2),
                ]
            )
            session.commit()
        with Session(engine) as session:
            yield session


def loaded(session: Session, identity: int, *options: Any, entity: Any = Person) -> Any:
    """The state of a person that a select loaded with these options."""
    statement = select(entity).options(*options).where(entity.id == identity)
    found = session.scalars(statement).unique().one()
    KEPT.append(found)
    return inspect(found)


KEPT: Final[list[Any]] = []


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Let the objects of a test go."""
    yield
    KEPT.clear()


def attribute(state: Any, name: str) -> AttributeFacts:
    """The facts about an attribute."""
    return gather._Way(state).attribute(name, None)


# --- the mapping --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "shape", "strategy"),
    [
        ("name", Shape.COLUMN, Strategy.SELECT),
        ("story", Shape.COLUMN, Strategy.DEFER),
        ("initial", Shape.COLUMN, Strategy.SELECT),
        ("born", Shape.REFERENCE, Strategy.SELECT),
        ("boss", Shape.REFERENCE, Strategy.JOINED),
        ("staff", Shape.COLLECTION, Strategy.SELECT),
    ],
)
def test_shape_and_strategy_of_the_mapping(name: str, shape: Shape, strategy: Strategy) -> None:
    prop = inspect(Person).attrs[name]
    assert (gather.shape(prop), gather.mapped_strategy(prop)) == (shape, strategy)


LAZIES: Final[dict[Any, Strategy]] = {
    "select": Strategy.SELECT,
    True: Strategy.SELECT,
    "joined": Strategy.JOINED,
    False: Strategy.JOINED,
    "subquery": Strategy.SUBQUERY,
    "selectin": Strategy.SELECTIN,
    "immediate": Strategy.IMMEDIATE,
    "raise": Strategy.RAISE,
    "raise_on_sql": Strategy.RAISE_ON_SQL,
    "dynamic": Strategy.DYNAMIC,
    "write_only": Strategy.WRITE_ONLY,
    "noload": Strategy.NOLOAD,
    None: Strategy.NOLOAD,
}


@pytest.mark.filterwarnings("ignore:The .noload. loader strategy")
@pytest.mark.parametrize("lazy", LAZIES, ids=str)
def test_every_lazy_has_a_strategy(lazy: Any) -> None:
    try:
        prop = relationship(Country, lazy=lazy)
    except Exception:
        pytest.skip(f"lazy={lazy!r} is not in this SQLAlchemy")
    assert (
        gather.mapped_strategy(prop.property if hasattr(prop, "property") else prop)
        is (LAZIES[lazy])
    )


@pytest.mark.parametrize(
    ("name", "generated"),
    [("changed", True), ("made", True), ("twice", True), ("name", False), ("born", False)],
)
def test_what_the_database_makes(session: Session, name: str, generated: bool) -> None:
    assert attribute(loaded(session, 1), name).hop.generated is generated


def test_the_names_of_an_object(session: Session) -> None:
    facts = gather._object_facts(loaded(session, 2, load_only(Person.name)))
    assert (facts.entity, facts.name, facts.label) == (
        f"{__name__}.Teacher",
        "Teacher",
        "Teacher 2",
    )
    assert {"id", "name", "kind"} <= {*facts.loaded}
    assert "changed" not in facts.loaded
    assert facts.awaitable
    assert facts.ever_loaded
    assert not facts.expired
    assert not facts.modified


def test_a_class_of_a_function_can_be_imported_from_nowhere() -> None:
    class LocalBase(DeclarativeBase):
        pass

    class Local(LocalBase):
        __tablename__ = "locals"

        id: Mapped[int] = mapped_column(primary_key=True)

    assert gather.entity_name(inspect(Local)) == EntityName(module="", name="Local")
    assert gather._object_facts(inspect(Local())).entity == f"{__name__}.Local"


def test_a_new_object() -> None:
    facts = gather._object_facts(inspect(City(name="Bonn")))
    assert (facts.label, facts.ever_loaded, facts.awaitable) == ("a new City", False, False)
    assert facts.modified


# --- options ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "name", "strategy", "by_option"),
    [
        ((), "born", Strategy.SELECT, False),
        ((), "boss", Strategy.JOINED, False),
        ((raiseload(Person.born),), "born", Strategy.RAISE, True),
        ((lazyload(Person.boss),), "boss", Strategy.SELECT, True),
        ((selectinload(Person.staff),), "staff", Strategy.SELECTIN, True),
        ((selectinload(Person.staff),), "born", Strategy.SELECT, False),
        ((Load(Person).lazyload("*"),), "boss", Strategy.SELECT, False),
        ((Load(Person).raiseload("*"), joinedload(Person.born)), "born", Strategy.JOINED, True),
        ((joinedload(Person.born), joinedload(Person.country)), "country", Strategy.JOINED, True),
        ((undefer(Person.story),), "story", Strategy.UNDEFER, True),
        ((defer(Person.name),), "name", Strategy.DEFER, True),
        ((load_only(Person.id),), "name", Strategy.DEFER, False),
    ],
)
def test_what_options_choose(
    session: Session, options: tuple[Any, ...], name: str, strategy: Strategy, by_option: bool
) -> None:
    hop = attribute(loaded(session, 1, *options), name).hop
    assert (hop.chosen, hop.by_option) == (strategy, by_option)


def test_what_load_only_leaves_out(session: Session) -> None:
    state = loaded(session, 1, load_only(Person.name))
    assert attribute(state, "changed").left_by_load_only
    assert not attribute(state, "name").left_by_load_only
    assert not attribute(state, "born").left_by_load_only


def test_options_of_a_hop_do_not_mix_with_those_of_the_root(session: Session) -> None:
    options = selectinload(Person.staff).options(raiseload(Person.born))
    state = inspect(loaded(session, 1, options).object.staff[0])
    assert attribute(state, "born").hop.chosen is Strategy.RAISE
    assert attribute(loaded(session, 1), "born").hop.chosen is Strategy.SELECT


# --- the way to the object ----------------------------------------------------------------------


def test_the_way_from_the_root(session: Session) -> None:
    statement = select(Country).options(selectinload(Country.cities))
    country = session.scalars(statement).one()
    way = gather._Way(inspect(country.cities[0]))
    assert way.root is inspect(Country)
    assert [(hop.owner.name, hop.name, hop.chosen, hop.by_option) for hop in way.hops()] == [
        ("Country", "cities", Strategy.SELECTIN, True)
    ]
    assert way.attribute("size", None).hop.owner.name == "City"


def test_the_way_of_an_object_that_nothing_loaded() -> None:
    way = gather._Way(inspect(Teacher(id=9)))
    assert (way.root, way.aliased, way.hops()) == (inspect(Teacher), False, ())


def test_the_way_from_an_alias(session: Session) -> None:
    other = aliased(Person)
    state = inspect(session.scalars(select(other).where(other.id == 1)).one())
    assert gather._Way(state).aliased


@pytest.mark.parametrize(
    ("identity", "name", "owner", "subclass_only"),
    [
        (2, "subject", "Teacher", True),
        (2, "home", "Teacher", True),
        (2, "name", "Person", False),
        (3, "class_code", "Pupil", True),
        (3, "exchange", "Pupil", False),  # one table: an option cures it
    ],
)
def test_what_is_the_subclass_s_own(
    session: Session, identity: int, name: str, owner: str, subclass_only: bool
) -> None:
    facts = attribute(loaded(session, identity), name)
    assert (facts.hop.owner.name, facts.subclass_only) == (owner, subclass_only)
    assert (facts.hop.subclass_of == PERSON) is (owner != "Person")


def test_nothing_is_the_subclass_s_own_where_it_was_selected(session: Session) -> None:
    facts = attribute(loaded(session, 2, entity=Teacher), "home")
    assert (facts.hop.owner, facts.hop.subclass_of, facts.subclass_only) == (TEACHER, None, False)


def test_self_referential(session: Session) -> None:
    state = loaded(session, 1)
    assert attribute(state, "boss").hop.self_referential
    assert not attribute(state, "born").hop.self_referential


def test_what_lies_ahead() -> None:
    def ahead(name: str, *below: str) -> list[Hop]:
        return list(gather._ahead(inspect(Person), name, below))

    assert [(hop.owner.name, hop.name) for hop in ahead("born", "country", "code")] == [
        ("City", "country"),
        ("Country", "code"),
    ]
    assert ahead("staff", "append") == []
    assert ahead("born", "title") == []
    assert ahead("name", "upper") == []
    assert len(ahead("born", "country", "cities", "country")) == 2


# --- the object that a many-to-one points at ----------------------------------------------------


def test_the_target_by_its_key(session: Session) -> None:
    state = loaded(session, 1)
    assert gather.target_of(state, "born") == Target(label="City (1, 'Bonn')", held=False)
    city = session.get_one(City, (1, "Bonn"))
    assert gather.target_of(state, "born") == Target(label="City (1, 'Bonn')", held=True)
    del city


def test_the_target_whose_key_is_not_loaded(session: Session) -> None:
    state = loaded(session, 1, load_only(Person.born_country))
    assert gather.target_of(state, "born") == Target(unloaded_keys=("born_name",))


@pytest.mark.parametrize("name", ["name", "staff", "country"])
def test_no_target_where_the_key_does_not_name_one(session: Session, name: str) -> None:
    """A column, a collection, and a reference to a column that is not the primary key."""
    assert gather.target_of(loaded(session, 1), name) is None


def test_the_target_of_a_detached_object_is_not_held(session: Session) -> None:
    state = loaded(session, 2)
    session.expunge(state.object)
    assert gather.target_of(state, "boss") == Target(label="Person 1", held=False)


# --- the journal --------------------------------------------------------------------------------


def facts_of(state: Any, name: str, journal: Journal) -> Any:
    """How the object was loaded, and what happened since."""
    way = gather._Way(state)
    return gather._load_facts(state, name, way, way.attribute(name, None), journal, Project("."))


def journal(state: Any, *kinds: Kind) -> Journal:
    """A journal in which the object was loaded and then these things happened."""
    made = Journal()
    number = state.runid - 1
    made.entries.append(Entry(number, Kind.LOAD, None, type(select(Person))))
    for kind in kinds:
        made.add(kind, None)
    return made


def test_a_load_and_nothing_since(session: Session) -> None:
    state = loaded(session, 1)
    facts = facts_of(state, "born", journal(state))
    assert (facts.kind, facts.root) == (LoadKind.SELECT, PERSON)
    assert (facts.load.kind, facts.newest.kind) == (Kind.LOAD, Kind.LOAD)
    assert (facts.added, facts.taken, facts.populates_existing) == (None, None, False)


def test_the_first_commit_since_is_what_took_a_relationship(session: Session) -> None:
    state = loaded(session, 1)
    made = journal(state, Kind.COMMIT, Kind.COMMIT)
    taken = gather._taken(state, "born", Shape.REFERENCE, made.history(state), None, made)
    assert taken is not None
    assert taken[0] is made.entries[1]


def test_a_column_that_is_there_was_not_taken(session: Session) -> None:
    state = loaded(session, 1)
    assert facts_of(state, "name", journal(state, Kind.COMMIT)).taken is None
    session.expire(state.object, ["name"])
    assert facts_of(state, "name", journal(state, Kind.COMMIT)).taken.kind is Kind.COMMIT


def test_a_note_counts_for_its_names(session: Session) -> None:
    state = loaded(session, 1)
    made = journal(state, Kind.EXPIRE)
    made.note(state, made.entries[-1], Kind.EXPIRE, frozenset({"born"}))
    assert facts_of(state, "born", made).taken.kind is Kind.EXPIRE
    assert facts_of(state, "country", made).taken is None


def test_what_happened_before_the_load_did_not_take_it(session: Session) -> None:
    made = Journal()
    made.add(Kind.COMMIT, None)
    state = loaded(session, 1)
    made.entries.append(Entry(state.runid - 1, Kind.LOAD, None, type(select(Person))))
    assert facts_of(state, "born", made).taken is None


def test_a_load_that_replaces_counts_for_what_it_met(session: Session) -> None:
    state = loaded(session, 1)
    made = Journal()
    made.entries.append(
        Entry(state.runid - 1, Kind.LOAD, None, type(select(Person)), populates_existing=True)
    )
    assert not facts_of(state, "born", made).populates_existing
    made.seen[state] = state.runid
    assert facts_of(state, "born", made).populates_existing


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        (select(Person), LoadKind.SELECT),
        (select(Person).from_statement(text("SELECT 1")), LoadKind.FROM_STATEMENT),
        (insert(Person), LoadKind.RETURNING),
        (None, LoadKind.UNKNOWN),
    ],
)
def test_the_kind_of_a_load(statement: Any, kind: LoadKind) -> None:
    entry = Entry(1, Kind.LOAD, None, type(statement)) if statement is not None else None
    assert gather.load_kind(entry) is kind
