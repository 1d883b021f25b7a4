"""Wanted: what of a mapped class and its relationships has to be loaded for a schema."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from sqlalchemy.orm import Mapper, RelationshipProperty

from loadwise.core.nearest import nearest
from loadwise.response.annotation import name_of
from loadwise.response.error import SchemaError
from loadwise.response.fields import Field, Way, fields_of
from loadwise.response.mapped import Kind, attribute_of, is_deferred, names_of, narrowed

QUERIES: Final = frozenset({"dynamic", "write_only"})
"""Relationships that are queries, which no option loads."""
CURE: Final = "name what it reads: Annotated[..., loadwise.reads({})]"


@dataclass(slots=True)
class Wanted:
    """What to load of a class: deferred columns, relationships with what is wanted below them, and
    subclasses; each attribute by the class that has it. `again` are relationships that lead back to
    the schema they start from, whatever the depth.
    """

    columns: dict[tuple[Mapper[Any], str], None] = field(
        default_factory=dict[tuple[Mapper[Any], str], None]
    )
    below: dict[RelationshipProperty[Any], Wanted] = field(
        default_factory=dict[RelationshipProperty[Any], "Wanted"]
    )
    again: dict[RelationshipProperty[Any], None] = field(
        default_factory=dict[RelationshipProperty[Any], None]
    )
    subclasses: dict[Mapper[Any], None] = field(default_factory=dict[Mapper[Any], None])


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A schema as it reads a mapped class, and how the walk came there."""

    schema: Any
    mapper: Mapper[Any]
    above: tuple[tuple[Any, Mapper[Any], RelationshipProperty[Any]], ...] = ()

    def fails(self, name: str, text: str) -> SchemaError:
        """The error about a field; it says how the walk came there."""
        way = [name_of(schema) for schema, _, _ in self.above[:1]]
        way += [relationship.key for _, _, relationship in self.above]
        shown = name_of(self.schema)
        reached = f" (reached by {'.'.join(way)})" if way else ""
        return SchemaError(
            f"{shown}.{name} {text}{reached}",
            schema=shown,
            field=name,
            entity=self.mapper.class_.__name__,
        )


def want(place: Place, wanted: Wanted) -> None:
    """Add what a schema needs of a mapped class. Raises SchemaError for what cannot be had."""
    fields = fields_of(place.schema)
    kinds: tuple[Mapper[Any], ...] = tuple(place.mapper.self_and_descendants)
    for one in fields:
        for way in one.ways[:1]:
            own = narrowed(place.mapper, way[0], one.literals) if len(way) == 1 else kinds
            kinds = tuple(kind for kind in kinds if kind in own)
    for one in fields:
        if one.every:
            for way in one.ways:
                _want_way(place, wanted, one, way, kinds)
            continue
        there = [way for way in one.ways if _owners(place.mapper, way[0], kinds)]
        if there:
            _want_way(place, wanted, one, there[0], kinds)
        elif one.required:
            raise _lacking(place, one)


def _owners(mapper: Mapper[Any], name: str, kinds: tuple[Mapper[Any], ...]) -> list[Mapper[Any]]:
    """The class that has an attribute, or else the topmost of its subclasses that have it."""
    if attribute_of(mapper, name) is not None:
        return [mapper]
    having = [one for one in kinds if attribute_of(one, name) is not None]
    return [one for one in having if not any(one is not top and one.isa(top) for top in having)]


def _lacking(place: Place, one: Field) -> SchemaError:
    entity, name = place.mapper.class_.__name__, one.ways[0][0] if one.ways else one.name
    meant = nearest(name, names_of(place.mapper))
    text = f"reads {entity}.{name}, which {entity} does not have"
    cure = "give the field a default, or " + CURE.format('"..."')
    return place.fails(one.name, f"{text}: {meant or cure}")


def _want_way(
    place: Place, wanted: Wanted, one: Field, way: Way, kinds: tuple[Mapper[Any], ...]
) -> None:
    owners = _owners(place.mapper, way[0], kinds)
    if not owners:
        raise _lacking(place, one)
    for owner in owners:
        if owner is not place.mapper:
            wanted.subclasses[owner] = None
        _want_attribute(place, wanted, one, owner, way)


def _want_attribute(place: Place, wanted: Wanted, one: Field, owner: Mapper[Any], way: Way) -> None:
    """Add the first attribute of a way, and go on with the rest of it."""
    name, rest = way[0], way[1:]
    found = attribute_of(owner, name)
    if found is None:
        raise _lacking(place, Field(name=one.name, ways=(way,)))
    if found.kind is Kind.COLUMN:
        if is_deferred(owner, name):
            wanted.columns[owner, name] = None
    elif found.kind is Kind.WAY:
        for inner in found.ways:
            _want_attribute(place, wanted, one, owner, (*inner, *rest))
    elif found.kind is Kind.RELATIONSHIP:
        _want_relationship(place, wanted, one, owner.relationships[name], rest)
    elif not one.named and (found.mentions or one.schemas):
        entity = owner.class_.__name__
        read = ", ".join(f"{entity}.{mentioned}" for mentioned in found.mentions)
        made = f"which reads {read}" if read else "whose objects come from somewhere"
        names = ", ".join(f'"{mentioned}"' for mentioned in found.mentions) or '"..."'
        raise place.fails(one.name, f"is made by {entity}.{name}, {made}: {CURE.format(names)}")


def _want_relationship(
    place: Place, wanted: Wanted, one: Field, relationship: RelationshipProperty[Any], rest: Way
) -> None:
    shown = f"{relationship.parent.class_.__name__}.{relationship.key}"
    if relationship.lazy in QUERIES:
        text = f"reads {shown}, which is a query (lazy={relationship.lazy!r}) that no option loads"
        raise place.fails(one.name, f"{text}: leave the field out, and await the query")
    above = (*place.above, (place.schema, place.mapper, relationship))
    if rest:
        # the rest of the way is read by a field alone
        below = wanted.below.setdefault(relationship, Wanted())
        through = Place(schema=place.schema, mapper=relationship.mapper, above=above)
        single = Field(
            name=one.name, ways=(rest,), schemas=one.schemas, every=one.every, named=one.named
        )
        kinds = tuple(relationship.mapper.self_and_descendants)
        _want_way(through, below, single, rest, kinds)
        return
    for schema in one.schemas or (None,):
        _want_below(place, wanted, one, relationship, schema, above)


def _want_below(
    place: Place,
    wanted: Wanted,
    one: Field,
    relationship: RelationshipProperty[Any],
    schema: Any,
    above: tuple[tuple[Any, Mapper[Any], RelationshipProperty[Any]], ...],
) -> None:
    """Go on with the schema of what a relationship holds, unless it has been there before."""
    mapper = relationship.mapper
    if not any(one == schema and other is mapper for one, other, _ in above):
        below = wanted.below.setdefault(relationship, Wanted())
        if schema is not None:
            want(Place(schema=schema, mapper=mapper, above=above), below)
        return
    if schema == place.schema and mapper is place.mapper:
        others = [other for other in wanted.again if other is not relationship]
        if not others:
            wanted.again[relationship] = None
            wanted.below.setdefault(relationship, Wanted())
            return
        both = f"{others[0].key} and {relationship.key} both lead back to {name_of(schema)}"
    else:
        both = f"leads back to {name_of(schema)}"
    raise place.fails(
        one.name,
        f"{both}, and no option goes round without end: "
        "give the field a schema of its own that ends somewhere",
    )
