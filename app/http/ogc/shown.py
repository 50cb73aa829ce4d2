"""What a page shows of records: which fields, in which words. Nothing here is escaped: the templates do that."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

from app.domain.telling import figure_told
from app.formats.geo import position
from app.http.ogc.plot import Place
from app.http.pages.words import days, shown, words
from app.query.fields import BY_NAME, Kind

Record = dict[str, Any]
COLUMNS: dict[Kind, tuple[str, ...]] = {
    Kind.incident: ("Incident", "Date", "Place", "Kind of event", "Killed", "Wounded", "How sure"),
    Kind.report: ("Report", "Published", "Source", "Language", "Incidents"),
}
MOST_REPORTS = 100


def headline(record: Record) -> str:
    """What to call a record: its title, else its short name, else its id."""
    return str(record.get("title") or record.get("code") or record["id"])


def cells(kind: Kind, record: Record) -> list[str]:
    """A row of the table, beside its `COLUMNS`."""
    if kind is Kind.report:
        return [
            headline(record),
            shown(record["date_published"]),
            shown(record["source_name"]),
            shown(record["language"]),
            shown(record["incident_count"]),
        ]
    places = dict.fromkeys(record[name] for name in ("place", "admin2", "admin1", "country"))
    return [
        headline(record),
        days(record["date_start"], record["date_end"]),
        ", ".join(place for place in places if place) or shown(None),
        words(record["event_type"]),
        figure(record, "killed"),
        figure(record, "wounded"),
        words(record["verification_status"]),
    ]


def figure(record: Record, metric: str) -> str:
    """Low, best and high of a metric as people say them."""
    return figure_told(*(record[f"{metric}_{end}"] for end in ("low", "best", "high")))


def rows_of(kind: Kind, record: Record) -> list[dict[str, Any]]:
    """Each field of one record: its name, its value, what it means."""
    known = BY_NAME[kind]
    return [
        {"name": name, "value": value, "description": known[name].description}
        for name, value in record.items()
        if name in known
    ]


def places_of(records: Iterable[Record], base: str) -> Iterator[Place]:
    """Where the records are that have a position, each with the address of its page."""
    for record in records:
        point = position(record)
        if point is not None:
            yield (*point, headline(record), f"{base}{quote(record['id'], safe='')}?f=html")


def reports_of(record: Record, base: str) -> list[dict[str, str]]:
    """The linked reports of an incident."""
    return [
        {
            "href": f"{base}{quote(report['id'], safe='')}?f=html",
            "title": headline(report),
            "source": shown(report["source_name"]),
            "published": shown(report["date_published"]),
        }
        for report in record.get("reports", ())[:MOST_REPORTS]
    ]
