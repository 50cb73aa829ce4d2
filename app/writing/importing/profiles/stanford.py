"""Stanford Mass Shootings in America: killed and wounded, each source cell a report. Stanford Geospatial Center, CC BY 4.0.

Two CaseIDs stand for two incidents each, on different days: the date is part of the id here.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from app.errors import invalid
from app.storage.write import Claim
from app.writing.importing.items import (
    Item,
    LinkSpec,
    ReportSpec,
    Row,
    SourceSpec,
    require_columns,
    stated_claim,
)
from app.writing.importing.profiles.ucdp import count, degrees

DATASET = "stanford-msa"
SOURCE = SourceSpec(
    "stanford-geospatial-center",
    {"name": "Stanford Geospatial Center", "source_type": "ngo", "scale": "national", "country": "USA"},
)
REPORT = ReportSpec(DATASET, {"title": "Stanford Mass Shootings in America", "language": "en"}, SOURCE)
CELLS = tuple(f"Data Source {n}" for n in range(1, 8))
NEEDED = ("CaseID", "Title", "City", "State", "Latitude", "Longitude", "Number of Civilian Fatalities", "Number of Civilian Injured", "Number of Enforcement Injured", "Total Number of Fatalities", "Date", "Place Type", *CELLS)  # fmt: skip
_DATE = re.compile(r"([0-9]{1,2})/([0-9]{1,2})/([0-9]{4})")
_URL = re.compile(r"https?://\S+")
LONGEST_URL = 2_000


class StanfordProfile:
    title = "Stanford MSA"

    def require(self, header: Sequence[str]) -> None:
        require_columns(header, NEEDED)

    def read(self, row: Row) -> Item:
        if not row["CaseID"].strip():
            raise invalid("CaseID", "is empty", "missing")
        day = _day(row["Date"])
        incident = {
            "title": row["Title"],
            "date_start": day.isoformat(),
            "date_precision": "day",
            "date_basis": "stated",
            "country": "USA",
            "admin1": row["State"],
            "place": row["City"],
            "lon": degrees(row, "Longitude"),
            "lat": degrees(row, "Latitude"),
            "event_type": "mass_shooting",
            "cause": "small_arms",
            "tags": [row["Place Type"]] if row["Place Type"].strip() else [],
        }
        cited = {spec.external_id: spec for name in CELLS if (spec := _report(row[name])) is not None}
        links = [LinkSpec(REPORT, _claims(row)), *(LinkSpec(spec) for spec in cited.values())]
        return Item(f"{DATASET}:{row['CaseID']}:{day.isoformat()}", incident, links)


def _day(text: str) -> date:
    found = _DATE.fullmatch(text.strip())
    try:
        if found is not None:
            return date(int(found[3]), int(found[1]), int(found[2]))
    except ValueError:
        pass
    raise invalid("Date", f"must be month/day/year, not {text!r}", "not_a_date")


def _claims(row: Row) -> list[Claim]:
    killed = count(row, "Total Number of Fatalities")
    civilians = count(row, "Number of Civilian Fatalities")
    injured = count(row, "Number of Civilian Injured")
    wounded = injured + count(row, "Number of Enforcement Injured")
    return [
        stated_claim("killed", killed, killed, killed),
        stated_claim("killed", civilians, civilians, civilians, victim_status="civilian"),
        stated_claim("wounded", wounded, wounded, wounded),
        stated_claim("wounded", injured, injured, injured, victim_status="civilian"),
    ]


def _report(cell: str) -> ReportSpec | None:
    """A source cell: an address, or the name of a printed piece."""
    text = cell.strip()
    if not text:
        return None
    mark = hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()[:24]
    document: dict[str, Any] = {}
    source = None
    found = _URL.search(text)
    host = _host(found[0]) if found is not None and len(found[0]) <= LONGEST_URL else None
    if found is not None and host is not None:
        document["url"] = found[0]
        source = SourceSpec(f"{DATASET}:host:{host}", {"name": host, "url": f"https://{host}/"})
    if "url" not in document or text != found[0]:  # type: ignore[index]
        document["title"] = text[:500]
        if len(text) > 500:
            document["excerpt"] = text
    return ReportSpec(f"{DATASET}:cell:{mark}", document, source)


def _host(url: str) -> str | None:
    try:
        return (urlsplit(url).hostname or "").removeprefix("www.") or None
    except ValueError:
        return None
