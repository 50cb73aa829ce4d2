"""What a viewer is to be told: documents, lists and totals, of now or as of another moment."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.support.modelled.places import Place
from tests.support.modelled.sight import Sight
from tests.support.modelled.weighing import LEADS, figure
from tests.support.modelled.world import ENDS, METRICS, NOT_COUNTED, Record, World, effective, of_kind

Document = dict[str, Any]
Matches = Callable[[Sight, Record], bool]


def part(document: Document, of: Document) -> Document:
    """The fields that the model knows of."""
    return {name: document[name] for name in of}


def document(sight: Sight, uid: str) -> Document:
    """The record as far as the model knows of it, of one that is seen."""
    record = sight.world[uid]
    told = {"incident": _incident, "report": _report, "source": _source}[record["kind"]](sight, record)
    common = {name: record[name] for name in ("id", "partner", "sharing")}
    return {**common, "effective_sharing": effective(sight.world, record), **told}


def _incident(sight: Sight, record: Record) -> Document:
    plain = ("title", "country", "date_start", "workflow", "verification_status", "retraction_reason")
    container = record["part_of"]
    figures = {
        f"{metric}_{end}": number
        for metric in METRICS
        for end, number in zip(ENDS, figure(sight.world, record, metric), strict=True)
    }
    disputed = sight.who.is_editor and any(link.role == "disputes" for link in record["links"].values())
    return {
        **{name: record[name] for name in plain},
        **({"proposed_status": "contested"} if disputed else {}),
        **({"distinct_from": sorted(record["distinct"])} if sight.who.is_editor else {}),
        **_named(sight, record),
        **_placed(sight, record),
        **figures,
        "part_of": container if container is not None and sight.sees(container) else None,
        "report_count": sum(sight.sees(report) for report in record["links"]),
    }


def _placed(sight: Sight, record: Record) -> Document:
    """As it was published; as nothing to others than editors where it was made coarser, or coarse in another way, since."""
    place: Place | None = record["place"]
    to, today = (None if each is None else each.to for each in (place, sight.now[record["id"]]["place"]))
    names = ("lon", "lat", "location_precision", "location_generalised_to")
    if not sight.who.is_editor and today is not None and today != to:
        return dict(zip(names, (None, None, "unknown", today), strict=True))
    told: Document
    if place is None:
        coarsely = "unknown" if record["country"] is None else "country"
        told = dict(zip(names, (None, None, coarsely, None), strict=True))
    else:
        told = dict(zip(names, (*place.published, to or "exact_point", to), strict=True))
    if sight.who.is_editor:
        exact = (None, None) if place is None or to is None else place[:2]
        told |= {"lon_exact": exact[0], "lat_exact": exact[1]}
    return told


def linked(sight: Sight, uid: str) -> list[tuple[str, str]]:
    """The reports of an incident that are told beside it, the oldest link first, each with its role."""
    links = sight.world[uid]["links"]
    return [(report, link.role) for report, link in links.items() if sight.sees(report)]


def claimed(sight: Sight, uid: str) -> list[Document]:
    """What these reports claim."""
    links = sight.world[uid]["links"]
    return [
        {
            "id": claim.uid,
            "report_id": report,
            "metric": claim.metric,
            **dict(zip(ENDS, claim.figure, strict=True)),
        }
        for report, _ in linked(sight, uid)
        for claim in links[report].claims
    ]


def _named(sight: Sight, record: Record) -> Document:
    source = sight.names_source(record["id"])
    return {"source_id": source, "source_name": None if source is None else _name(sight, source)}


def _name(sight: Sight, source: str) -> str:
    """The pseudonym of one that is protected; of one that is so today, today's."""
    record = sight.now[source] if sight.now[source]["protected"] else sight.world[source]
    if sight.who.is_editor:
        return str(sight.world[source]["name"])
    return str(record["pseudonym"] if record["protected"] else record["name"])


def _report(sight: Sight, record: Record) -> Document:
    withheld, then = _withheld(sight, record["id"]), _protected(sight.world, record["source"])
    reads_otherwise = record["title"] != sight.now[record["id"]]["title"]
    return {
        **_named(sight, record),
        "title": None if withheld and not then and reads_otherwise else record["title"],
        "url": None if withheld else record["url"],
        **{name: None if withheld else _led(sight, record[name]) for name in LEADS},
        "workflow": record["workflow"],
        "incident_count": sum(
            sight.sees(r["id"]) for r in of_kind(sight.world, "incident") if record["id"] in r["links"]
        ),
    }


def _withheld(sight: Sight, report: str) -> bool:
    """What would lead to a protected source, of then or of today."""
    sources = {sight.world[report]["source"], sight.now[report]["source"]}
    then = _protected(sight.world, sight.world[report]["source"])
    since = any(_protected(sight.now, source) for source in sources)
    return (then or since) and not sight.who.is_editor


def _protected(world: World, source: str | None) -> bool:
    return source is not None and bool(world[source]["protected"])


def _led(sight: Sight, report: str | None) -> str | None:
    """Whom it passes on, or goes back to the same as: not where that is a protected source's."""
    return report if report is not None and sight.sees(report) and not _withheld(sight, report) else None


def _source(sight: Sight, record: Record) -> Document:
    reader = not sight.who.is_editor
    now = sight.now[record["id"]]
    protected = record["protected"] or (reader and now["protected"])
    return {
        "name": _name(sight, record["id"]),
        "pseudonym": (now if reader and now["protected"] else record)["pseudonym"],
        "protected": protected,
        "reliability": record["reliability"],
        "url": None if protected and reader else record["url"],
    }


def listed(sight: Sight, kind: str, matches: Matches) -> list[Document]:
    """In the order in which the records were made."""
    seen = [record for record in of_kind(sight.world, kind) if sight.sees(record["id"])]
    return [document(sight, record["id"]) for record in seen if matches(sight, record)]


def gone(sight: Sight, uid: str) -> Document:
    """What the 410 says of a record that is deleted and known of."""
    record, onward = sight.world[uid], sight.world[uid]["replaced_by"]
    while onward is not None and sight.knows(onward) and sight.world[onward]["deleted"]:
        onward = sight.world[onward]["replaced_by"]
    onward = onward if onward is not None and sight.knows(onward) else None
    told = {"reason": record["reason"], "replaced_by": onward}
    return told | ({"merged_into": onward} if record["merged"] else {})


def total(sight: Sight, matches: Matches, *, all_statuses: bool) -> Document:
    """Nobody counted twice: a family is the larger of the whole and the sum of its parts, end by end."""
    seen = {r["id"]: r for r in of_kind(sight.world, "incident") if sight.sees(r["id"])}
    chosen = {
        uid: record
        for uid, record in seen.items()
        if matches(sight, record) and (all_statuses or record["verification_status"] not in NOT_COUNTED)
    }
    under: dict[str | None, list[str]] = {}
    for uid, record in chosen.items():
        container = record["part_of"]
        while container in seen and container not in chosen:
            container = seen[container]["part_of"]
        under.setdefault(container if container in chosen else None, []).append(uid)
    told: Document = {"incidents": len(chosen)}
    for metric in METRICS:
        told |= _summed(metric, {uid: figure(sight.world, r, metric) for uid, r in chosen.items()}, under)
    return told


def _summed(metric: str, figures: dict[str, Any], under: dict[str | None, list[str]]) -> Document:
    def own(uid: str, end: int) -> int | None:
        low, best, high = figures[uid]
        found: int | None = (low, low if best is None else best, high)[end]
        return found

    def family(uid: str, end: int) -> int:
        return max(own(uid, end) or 0, sum(family(part, end) for part in under.get(uid, ())))

    told: Document = {}
    for place, end in enumerate(ENDS):
        stated = any(own(uid, place) is not None for uid in figures)
        told[f"{metric}_{end}"] = sum(family(uid, place) for uid in under.get(None, ())) if stated else None
    said = [each for each in figures.values() if each != (None, None, None)]
    told[f"{metric}_unknown"] = len(figures) - len(said)
    told[f"{metric}_open"] = sum(high is None for _, _, high in said)
    told[f"{metric}_no_best"] = sum(best is None for _, best, _ in said)
    if told[f"{metric}_open"]:
        told[f"{metric}_high"] = None
    return told
