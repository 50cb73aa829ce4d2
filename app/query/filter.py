"""What a caller may ask, as a tree of frozen nodes. Every way of asking becomes this; `storage/compile` alone reads it.

A node knows its `shape` (all but the values, hashable) and its `values` in the order of a walk, so that a question
asked a second time with other values finds its statement ready.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.domain.areas import Area
from app.domain.places import Box
from app.domain.spelling import Wanted

Value = str | int | float | bool | date | datetime | bytes
Shape = tuple[object, ...]


class Operator(StrEnum):
    equal = "="
    different = "<>"
    less = "<"
    at_most = "<="
    greater = ">"
    at_least = ">="


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Filter, ...]

    def shape(self) -> Shape:
        return ("and", *(part.shape() for part in self.parts))

    def values(self) -> Iterator[Value]:
        for part in self.parts:
            yield from part.values()


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Filter, ...]

    def shape(self) -> Shape:
        return ("or", *(part.shape() for part in self.parts))

    def values(self) -> Iterator[Value]:
        for part in self.parts:
            yield from part.values()


@dataclass(frozen=True, slots=True)
class Not:
    part: Filter

    def shape(self) -> Shape:
        return ("not", self.part.shape())

    def values(self) -> Iterator[Value]:
        return self.part.values()


@dataclass(frozen=True, slots=True)
class Compare:
    """Neither true nor false where the field is null: such a record is found neither by it nor by its negation."""

    field: str
    operator: Operator
    value: Value

    def shape(self) -> Shape:
        return ("compare", self.field, self.operator, isinstance(self.value, float))

    def values(self) -> Iterator[Value]:
        yield self.value


@dataclass(frozen=True, slots=True)
class OneOf:
    field: str
    options: tuple[Value, ...]

    def shape(self) -> Shape:
        return ("one_of", self.field, tuple(isinstance(option, float) for option in self.options))

    def values(self) -> Iterator[Value]:
        yield from self.options


@dataclass(frozen=True, slots=True)
class Missing:
    """The field is null: not stated."""

    field: str

    def shape(self) -> Shape:
        return ("missing", self.field)

    def values(self) -> Iterator[Value]:
        return iter(())


@dataclass(frozen=True, slots=True)
class InBox:
    """The record's point lies in the box, edges included. A box never crosses the antimeridian: `places` split it."""

    box: Box

    def shape(self) -> Shape:
        return ("in_box",)

    def values(self) -> Iterator[Value]:
        yield from (self.box.minlon, self.box.minlat, self.box.maxlon, self.box.maxlat)


@dataclass(frozen=True, slots=True)
class Near:
    """Within `radius` metres of a point, on a sphere. Ask together with `InBox` of `places.boxes_around`."""

    lon: float
    lat: float
    radius: float

    def shape(self) -> Shape:
        return ("near",)

    def values(self) -> Iterator[Value]:
        yield from (self.lon, self.lat, self.radius)


@dataclass(frozen=True, slots=True)
class Words:
    """Of each group one word is found, of the last one as a beginning. All are folded: letters and digits alone."""

    wanted: Wanted
    widespread: bool = False
    """Held by so many records that a page is found sooner by reading them in order than through the word index."""

    def shape(self) -> Shape:
        return ("words", tuple(len(group) for group in self.wanted) if self.widespread else ())

    def values(self) -> Iterator[Value]:
        if not self.widespread:
            yield " ".join("|".join(group) for group in self.wanted)
            return
        *whole, beginnings = self.wanted
        for group in whole:
            yield from (f" {word} " for word in group)
        yield from (f" {word}" for word in beginnings)


@dataclass(frozen=True, slots=True)
class Related:
    """The record hangs together with another that the viewer may see: `relation` is named in `fields.RELATIONS`. `many`: a
    hint that very many do."""

    relation: str
    record: str
    many: bool = False

    def shape(self) -> Shape:
        return ("related", self.relation, self.many)

    def values(self) -> Iterator[Value]:
        yield self.record


@dataclass(frozen=True, slots=True)
class Linked:
    """An incident with a report, or a report with an incident, that the viewer may see."""

    many_without: bool = False
    """So many records are without that a page of these is found sooner by reading the records in order."""

    def shape(self) -> Shape:
        return ("linked", self.many_without)

    def values(self) -> Iterator[Value]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Cited:
    """A source that some report or incident names which the viewer may see."""

    def shape(self) -> Shape:
        return ("cited",)

    def values(self) -> Iterator[Value]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Attributed:
    """An incident that is attributed to the actor of this very name, in one of the roles; without roles, in any."""

    actor: str
    roles: tuple[str, ...] = ()

    def shape(self) -> Shape:
        return ("attributed", self.roles)

    def values(self) -> Iterator[Value]:
        yield self.actor


@dataclass(frozen=True, slots=True)
class Property:
    """The value of a field, as the viewer may see it."""

    name: str

    def shape(self) -> Shape:
        return ("property", self.name)

    def values(self) -> Iterator[Value]:
        return iter(())


@dataclass(frozen=True, slots=True)
class Literal:
    """A value that the question states."""

    value: Value

    def shape(self) -> Shape:
        return ("literal", type(self.value).__name__)

    def values(self) -> Iterator[Value]:
        yield self.value


class Folding(StrEnum):
    case = "case"
    """Unicode's full case folding."""
    accents = "accents"
    """Canonically decomposed (NFD), without the marks that have no width."""


@dataclass(frozen=True, slots=True)
class Folded:
    """Text without what the question does not care for."""

    of: Operand
    folding: Folding

    def shape(self) -> Shape:
        return ("folded", self.folding, self.of.shape())

    def values(self) -> Iterator[Value]:
        return self.of.values()


class Sign(StrEnum):
    plus = "+"
    minus = "-"
    times = "*"
    over = "/"
    whole = "div"
    rest = "%"
    power = "^"


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """Of double-precision numbers; null where an operand is null, the divisor is zero, or `domain.arithmetic` says so."""

    left: Operand
    sign: Sign
    right: Operand

    def shape(self) -> Shape:
        return ("arithmetic", self.sign, self.left.shape(), self.right.shape())

    def values(self) -> Iterator[Value]:
        yield from self.left.values()
        yield from self.right.values()


Operand = Property | Literal | Folded | Arithmetic


@dataclass(frozen=True, slots=True)
class Comparison:
    """`Compare` of any two operands of one type. Text is compared by code point."""

    left: Operand
    operator: Operator
    right: Operand

    def shape(self) -> Shape:
        return ("comparison", self.operator, self.left.shape(), self.right.shape())

    def values(self) -> Iterator[Value]:
        yield from self.left.values()
        yield from self.right.values()


@dataclass(frozen=True, slots=True)
class Like:
    """The whole text fits the pattern: ``%`` any characters, ``_`` one, after ``\\`` themselves. Case counts."""

    of: Operand
    pattern: Operand

    def shape(self) -> Shape:
        return ("like", self.of.shape(), self.pattern.shape())

    def values(self) -> Iterator[Value]:
        yield from self.of.values()
        yield from self.pattern.values()


@dataclass(frozen=True, slots=True)
class InArea:
    """The record's point lies in the area: `edge` says whether its edge belongs to it."""

    area: Area
    edge: bool

    def shape(self) -> Shape:
        return ("in_area", self.edge)

    def values(self) -> Iterator[Value]:
        yield from InBox(self.area.bounds).values()
        yield self.area.wkb


Filter = (
    And
    | Or
    | Not
    | Compare
    | OneOf
    | Missing
    | InBox
    | Near
    | Words
    | Related
    | Linked
    | Cited
    | Attributed
    | Comparison
    | Like
    | InArea
)

EVERYTHING: Filter = And(())
NOTHING: Filter = Or(())


def all_of(*parts: Filter) -> Filter:
    """One flat conjunction."""
    flat: list[Filter] = []
    for part in parts:
        flat.extend(part.parts if isinstance(part, And) else (part,))
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def words_apart(where: Filter) -> tuple[Words | None, Filter]:
    """The words that every record of the answer has to hold, and the rest of the question."""
    match where:
        case Words():
            return where, EVERYTHING
        case And(parts):
            for number, part in enumerate(parts):
                words, rest = words_apart(part)
                if words is not None:
                    return words, all_of(*parts[:number], rest, *parts[number + 1 :])
    return None, where


def words_asked(where: Filter) -> Words | None:
    """The words that every record of the answer has to hold."""
    return words_apart(where)[0]


def equals(field: str, value: Value) -> Compare:
    return Compare(field, Operator.equal, value)
