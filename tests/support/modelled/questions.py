"""Questions of lists, as parameters and in plain Python."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from tests.support.modelled import places
from tests.support.modelled.sight import Sight
from tests.support.modelled.telling import Document, document
from tests.support.modelled.world import Record

Pick = Callable[[str], str]
"""An id of a record of a kind."""


class Question(NamedTuple):
    """`tells` of the document that a viewer is told; None: everything."""

    params: dict[str, str] = {}
    tells: Callable[[Sight, Record, Document], bool] | None = None
    of_status: bool = False
    """It names a verification status: totals then leave none out."""

    def matches(self, sight: Sight, record: Record) -> bool:
        return self.tells is None or self.tells(sight, record, document(sight, record["id"]))


def equal(name: str, value: str, *also: str) -> Question:
    return Question(
        {name: ",".join((value, *also))},
        lambda _s, _r, told: told[name] in (value, *also),
        name == "verification_status",
    )


def at_least(number: int) -> Question:
    return Question(
        {"killed_at_least": str(number)},
        lambda _s, _r, told: told["killed_best"] is not None and told["killed_best"] >= number,
    )


def not_more(number: int) -> Question:
    """Who states no best figure is found neither by this nor by its contrary."""
    return Question(
        {"filter": f"NOT (killed_best > {number})"},
        lambda _s, _r, told: told["killed_best"] is not None and told["killed_best"] <= number,
    )


def linked(kind: str, *, whether: bool) -> Question:
    count = {"incident": "report_count", "report": "incident_count"}[kind]
    return Question({"linked": str(whether).lower()}, lambda _s, _r, told: (told[count] > 0) is whether)


def of_source(uid: str) -> Question:
    """Also through a report that is seen."""

    def tells(sight: Sight, record: Record, told: Document) -> bool:
        reports = [report for report in record.get("links", ()) if sight.sees(report)]
        return uid in (told["source_id"], *(sight.names_source(report) for report in reports))

    return Question({"source": uid}, tells)


def of_report(uid: str) -> Question:
    return Question({"report": uid}, lambda sight, record, _: uid in record["links"] and sight.sees(uid))


def of_incident(uid: str) -> Question:
    def tells(sight: Sight, record: Record, _told: Document) -> bool:
        return sight.sees(uid) and record["id"] in sight.world[uid]["links"]

    return Question({"incident": uid}, tells)


def in_box(box: tuple[float, float, float, float]) -> Question:
    return Question(
        {"bbox": ",".join(map(str, box))},
        lambda _s, _r, told: told["lon"] is not None and places.in_box(told["lon"], told["lat"], box),
    )


def near(lon: float, lat: float, radius: float) -> Question:
    def tells(_sight: Sight, _record: Record, told: Document) -> bool:
        return told["lon"] is not None and places.metres(lon, lat, told["lon"], told["lat"]) <= radius

    return Question({"near": f"{lon},{lat}", "radius": str(radius)}, tells)


def around(number: int) -> Question:
    """One of all areas."""
    areas = [*(in_box(box) for box in places.BOXES), *(near(*circle) for circle in places.CIRCLES)]
    return areas[number % len(areas)]


def nowhere() -> Question:
    return Question({"filter": "geometry IS NULL"}, lambda _s, _r, told: told["lon"] is None)


def both(one: Question, other: Question) -> Question:
    return Question(
        one.params | other.params,
        lambda sight, record, _: one.matches(sight, record) and other.matches(sight, record),
        one.of_status or other.of_status,
    )


INCIDENTS: list[Callable[[Pick], Question]] = [
    lambda _: equal("country", "SYR"),
    lambda _: equal("country", "SYR", "IRQ"),
    lambda _: equal("workflow", "published"),
    lambda _: equal("verification_status", "retracted", "confirmed"),
    lambda _: equal("sharing", "public"),
    lambda _: equal("partner", "alpha"),
    lambda _: at_least(4),
    lambda _: not_more(5),
    lambda _: linked("incident", whether=True),
    lambda _: linked("incident", whether=False),
    lambda pick: of_source(pick("source")),
    lambda pick: of_report(pick("report")),
    lambda pick: equal("part_of", pick("incident")),
    *(lambda _, box=box: in_box(box) for box in places.BOXES),
    *(lambda _, circle=circle: near(*circle) for circle in places.CIRCLES),
    lambda _: nowhere(),
    lambda _: equal("location_precision", "exact_point", "settlement"),
]
REPORTS: list[Callable[[Pick], Question]] = [
    lambda _: equal("workflow", "published", "in_review"),
    lambda _: equal("sharing", "partners", "organisation"),
    lambda _: linked("report", whether=True),
    lambda _: linked("report", whether=False),
    lambda pick: of_source(pick("source")),
    lambda pick: of_incident(pick("incident")),
]
SOURCES: list[Callable[[Pick], Question]] = [
    lambda _: Question({"protected": "true"}, lambda _s, _r, told: bool(told["protected"])),
    lambda _: equal("reliability", "A", "B"),
    lambda _: equal("partner", "beta", "desk"),
]
QUESTIONS: dict[str, list[Callable[[Pick], Question]]] = {
    "incident": INCIDENTS,
    "report": REPORTS,
    "source": SOURCES,
}


def question(kind: str, number: int, pick: Pick) -> Question:
    """One of all that there are: everything, one condition, or two at once."""
    made: Any = QUESTIONS[kind]
    first, second = number % (len(made) + 2), number // (len(made) + 2) % (2 * len(made))
    if first >= len(made):
        return Question()
    one = made[first](pick)
    if second >= len(made):
        return one
    other = made[second](pick)
    return one if one.params.keys() & other.params.keys() else both(one, other)
