"""UCDP Georeferenced Event Dataset: deaths only, so wounded stays null. Uppsala Conflict Data Program, CC BY 4.0.

Two layouts: the short one (14 columns, no precisions, no places) and the full one (41 columns). The dataset speaks as
one report; its claim keeps the three numbers as stated, even where low <= best <= high fails.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from app.domain.inputs import Attribution, read_form
from app.domain.places import country_from_name
from app.errors import InvalidInput, Problem, invalid
from app.writing.importing.items import (
    Item,
    LinkSpec,
    ReportSpec,
    Row,
    SourceSpec,
    out_of_order,
    require_columns,
    stated_claim,
)

DATASET = "ucdp-ged"
SOURCE = SourceSpec(
    "ucdp",
    {
        "name": "Uppsala Conflict Data Program",
        "source_type": "ngo",
        "scale": "international",
        "url": "https://ucdp.uu.se/",
    },
)
REPORT = ReportSpec(
    DATASET,
    {"title": "UCDP Georeferenced Event Dataset", "language": "en", "url": "https://ucdp.uu.se/downloads/"},
    SOURCE,
)
SHORT = ("id", "year", "month", "day", "country", "type_of_violence", "conflict_name", "side_a", "side_b", "latitude", "longitude", "low_death", "best_death", "high_death")  # fmt: skip
FULL = ("id", "date_start", "date_end", "date_prec", "country", "type_of_violence", "conflict_name", "side_a", "side_b", "where_prec", "where_coordinates", "adm_1", "adm_2", "latitude", "longitude", "deaths_civilians", "low", "best", "high")  # fmt: skip

VIOLENCE = {
    "1": "state-based",
    "2": "non-state",
    "3": "one-sided",
    "State-based violence": "state-based",
    "Non-state violence": "non-state",
    "One-sided violence": "one-sided",
}
WHERE = {
    "1": "settlement",  # the coarsest of what UCDP's 1 may stand for
    "2": "neighbourhood",
    "3": "admin2",
    "4": "admin1",
    "5": "part_of_country",
    "6": "country",
    "7": "international",
}
WHEN = {"1": "day", "2": "several_days", "3": "week", "4": "month", "5": "year"}


def count(row: Row, column: str) -> int:
    text = row[column]
    if not (text.isascii() and text.isdigit()) or len(text) > 9:
        raise invalid(column, f"must be a whole number, not {text!r}", "not_a_number")
    return int(text)


def degrees(row: Row, column: str) -> float:
    try:
        return float(row[column])
    except ValueError:
        raise invalid(column, f"must be degrees, not {row[column]!r}", "not_a_number") from None


def _word(table: dict[str, str], row: Row, column: str) -> str:
    found = table.get(row[column])
    if found is None:
        raise invalid(column, f"must be one of {', '.join(table)}, not {row[column]!r}", "unknown_value")
    return found


@lru_cache(maxsize=512)
def _country(name: str) -> str | None:
    return country_from_name(name)


@lru_cache(maxsize=8192)
def _attributions(violence: str, side_a: str, side_b: str) -> tuple[Attribution, ...]:
    """One-sided violence has a perpetrator and its victims; of two fighting sides UCDP does not say who killed."""
    if violence == "one-sided":
        sides = (
            (side_a, "alleged_perpetrator", "alleged_single_source"),
            (side_b, "victim_group", "not_attributed"),
        )
    else:
        sides = (
            (side_a, "alleged_perpetrator", "not_attributed"),
            (side_b, "alleged_perpetrator", "not_attributed"),
        )
    return tuple(
        read_form(
            Attribution, {"actor": name, "actor_type": _actor_type(name), "role": role, "status": status}
        )
        for name, role, status in sides
        if name
    )


def _actor_type(name: str) -> str:
    if name == "Civilians":
        return "civilian"
    return "state_force" if name.startswith("Government of ") else "unknown"


class GedProfile:
    """Events, in either layout: the header tells which."""

    title = "UCDP GED"

    def __init__(self) -> None:
        self._full = False

    def require(self, header: Sequence[str]) -> None:
        self._full = "where_prec" in header
        require_columns(header, FULL if self._full else SHORT)

    def read(self, row: Row) -> Item:
        if not row["id"].strip():
            raise invalid("id", "is empty", "missing")
        names = ("low", "best", "high") if self._full else ("low_death", "best_death", "high_death")
        low, best, high = (count(row, name) for name in names)
        incident = self._incident(row)
        claims = [stated_claim("killed", low, best, high)]
        if self._full:
            incident |= self._details(row)
            claims.append(
                stated_claim("killed", None, count(row, "deaths_civilians"), None, victim_status="civilian")
            )
        return Item(
            f"{DATASET}:{row['id']}",
            incident,
            [LinkSpec(REPORT, claims)],
            repaired=out_of_order(low, best, high),
        )

    def _incident(self, row: Row) -> dict[str, Any]:
        country = _country(row["country"])
        if country is None:
            raise invalid(
                "country", f"{row['country']!r} is no country that is known here", "unknown_country"
            )
        violence = _word(VIOLENCE, row, "type_of_violence")
        return {
            "title": row["conflict_name"],
            **self._date(row),
            "country": country,
            "lon": degrees(row, "longitude"),
            "lat": degrees(row, "latitude"),
            "event_type": "attack_on_civilians" if violence == "one-sided" else "unknown",
            "attributions": _attributions(violence, row["side_a"], row["side_b"]),
            "tags": [violence],
        }

    def _date(self, row: Row) -> dict[str, str]:
        if self._full:
            return {
                "date_start": row["date_start"],
                "date_end": row["date_end"],
                "date_precision": _word(WHEN, row, "date_prec"),
                "date_basis": "stated",
            }
        # The short layout names a day, but not how sure it is.
        day = f"{row['year']:0>4}-{row['month']:0>2}-{row['day']:0>2}"
        return {"date_start": day, "date_end": day, "date_precision": "unknown", "date_basis": "stated"}

    def _details(self, row: Row) -> dict[str, Any]:
        told = {"place": row["where_coordinates"], "admin1": row["adm_1"], "admin2": row["adm_2"]}
        found = {name: text for name, text in told.items() if text.strip()}
        return {**found, "location_precision": _word(WHERE, row, "where_prec")}


class GedSourcesProfile:
    """The citations of the events: each a report of its office, linked to the event. Import the events first."""

    title = "UCDP GED sources"

    def require(self, header: Sequence[str]) -> None:
        require_columns(header, ("event_id", "office", "date", "headline"))

    def read(self, row: Row) -> Item:
        office, headline = row["office"].strip(), row["headline"].strip()
        if not office and not headline:
            raise InvalidInput(
                [Problem("office", "missing", "the row names neither an office nor a headline")]
            )
        document: dict[str, Any] = {"title": headline[:500] or None}
        if row["date"].strip():
            document["date_published"] = row["date"].strip()
        if len(headline) > 500:
            document["excerpt"] = headline
        mark = hashlib.sha256(
            "\x1f".join((office, row["date"].strip(), headline)).encode("utf-8", "surrogateescape")
        )
        source = SourceSpec(f"{DATASET}:office:{office}", {"name": office}) if office else None
        report = ReportSpec(f"{DATASET}:citation:{mark.hexdigest()[:24]}", document, source)
        return Item(f"{DATASET}:{row['event_id']}", None, [LinkSpec(report)], unique=False)
