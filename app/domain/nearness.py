"""Whether two incidents may have been at one place, by their points and by the names that they give."""

from __future__ import annotations

from typing import NamedTuple

from app.domain.names import Likeness, likest
from app.domain.places import earth_distance_m
from app.domain.reach import REACH_M
from app.domain.vocabulary import LocationPrecision as Precision

ROOM_M = 2_000
"""Metres that two exact points of one event lie apart at most: a street is long, and maps differ."""
NEAR_M = ((1_000, 24), (5_000, 16))
"""Metres within which two points speak for one place, and how much."""
PINPOINTED = (Precision.exact_point, Precision.within_100m, Precision.street_or_landmark)
FINE = (*PINPOINTED, Precision.neighbourhood)
AREAS = {
    Precision.admin3,
    Precision.admin2,
    Precision.admin1,
    Precision.part_of_country,
    Precision.country,
    Precision.international,
}
"""A point that stands for an area says nothing of where in it."""
OF_NAMES = {Likeness.same: 35, Likeness.spelled_otherwise: 30, Likeness.holds: 26}
ADMIN2, ADMIN1 = 14, 8
OTHER_ADMIN1 = -5


class Where(NamedTuple):
    """An incident's place as it is published. `names` are those of the place itself, in any language."""

    names: tuple[str, ...] = ()
    admin1: str | None = None
    admin1_code: str | None = None
    admin2: str | None = None
    admin2_code: str | None = None
    lon: float | None = None
    lat: float | None = None
    precision: Precision = Precision.unknown


class Nearness(NamedTuple):
    """How much speaks for one place, and what."""

    points: int
    one: str | None
    other: str | None
    in_words: str


def metres_apart(one: Where, other: Where) -> float | None:
    if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
        return None
    return earth_distance_m(one.lon, one.lat, other.lon, other.lat)


def nearness(one: Where, other: Where, metres: float | None) -> Nearness | None:
    """None: they were elsewhere, or nothing says that they were not."""
    if metres is not None and metres > REACH_M[one.precision] + REACH_M[other.precision] + ROOM_M:
        return None
    named = likest(one.names, other.names)
    if named is not None and named[0] is not Likeness.unlike:
        return _named(*named, elsewhere=_admin1(one, other) is False)
    if named is not None and _are_rivals(one, other):
        return None
    if metres is not None and not {one.precision, other.precision} & AREAS:
        return _by_point(metres)
    return _by_area(one, other) if named is None else None


def _named(likeness: Likeness, one: str, other: str, *, elsewhere: bool) -> Nearness:
    words = {
        Likeness.same: f"The place has the same name, {one}",
        Likeness.spelled_otherwise: f"{one} and {other} are spellings of one name",
        Likeness.holds: f"One of the names {one} and {other} holds the other",
    }[likeness]
    points = OF_NAMES[likeness]
    if elsewhere:
        return Nearness(points + OTHER_ADMIN1, one, other, f"{words}, though admin1 is named otherwise.")
    return Nearness(points, one, other, f"{words}.")


def _are_rivals(one: Where, other: Where) -> bool:
    """Two names of like fineness are two places; a neighbourhood may well lie in a town, and two names be of one spot."""
    if one.precision in PINPOINTED and other.precision in PINPOINTED:
        return False
    return (one.precision in FINE) is (other.precision in FINE)


def _by_point(metres: float) -> Nearness | None:
    for within, points in NEAR_M:
        if metres <= within:
            return Nearness(points, None, None, f"The points are {round(metres)} m apart.")
    return None


def _by_area(one: Where, other: Where) -> Nearness | None:
    """Where no points tell, and no names: by the district, or else the province."""
    same_admin1 = _admin1(one, other)
    if same_admin1 and _same(one.admin2, other.admin2, one.admin2_code, other.admin2_code):
        return Nearness(ADMIN2, one.admin2, other.admin2, "Both were in the same district (admin2).")
    if same_admin1 and (one.admin2 is None or other.admin2 is None):
        return Nearness(ADMIN1, one.admin1, other.admin1, "Both were in the same province (admin1).")
    return None


def _admin1(one: Where, other: Where) -> bool | None:
    return _same(one.admin1, other.admin1, one.admin1_code, other.admin1_code)


def _same(one: str | None, other: str | None, code: str | None, others_code: str | None) -> bool | None:
    """Of areas by code or by name; None where one of them is not stated."""
    if code is not None and others_code is not None and code == others_code:
        return True
    found = likest([one] if one else [], [other] if other else [])
    return None if found is None else found[0] is not Likeness.unlike
