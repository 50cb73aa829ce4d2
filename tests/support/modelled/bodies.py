"""Records of which nothing is said yet, and what is sent of them: as the service takes it."""

from __future__ import annotations

from typing import Any

from tests.support.modelled.places import Place
from tests.support.modelled.world import ENDS, Link, Record


def body_of(values: dict[str, Any]) -> dict[str, Any]:
    """As the service takes it: `source` is `source_id`, `killed` three fields and a reason."""
    body = {("source_id" if name == "source" else name): value for name, value in values.items()}
    killed = body.pop("killed", None)
    if killed is not None:
        stated = dict(zip((f"killed_{end}" for end in ENDS), killed, strict=True))
        body |= {**stated, "assessment_reason": "counted"}
    elif "by_hand" in body:
        body |= {"assessment_rule": "envelope"}
    body.pop("by_hand", None)
    if "to" in body:
        body["location_generalised_to"] = body.pop("to")
    if "place" in body:
        body |= _placed(body.pop("place"))
    return body


def _placed(place: Place | None) -> dict[str, Any]:
    lon, lat, to = (None, None, None) if place is None else place
    precision = None if place is None else "exact_point"
    return {"lon": lon, "lat": lat, "location_precision": precision, "location_generalised_to": to}


def claimed(link: Link) -> list[dict[str, Any]]:
    return [
        {"metric": claim.metric}
        | {end: n for end, n in zip(ENDS, claim.figure, strict=True) if n is not None}
        for claim in link.claims
    ]


def shared(link: tuple[str, list[str] | None]) -> dict[str, Any]:
    report, claims = link
    return {"report_id": report} | ({} if claims is None else {"claims": claims})


def blank(kind: str, number: int) -> Record:
    """A record of which nothing is said yet."""
    record: Record = {
        "kind": kind,
        "deleted": False,
        "merged": False,
        "replaced_by": None,
        "sharing": "public",
        "redacted": frozenset(),
    }
    if kind == "source":
        name = {"name": f"Outlet {number}", "pseudonym": f"Voice {number}", "protected": False}
        return record | name | {"reliability": "F", "url": f"https://outlet{number}.example"}
    record |= {"title": f"{kind} {number}", "workflow": "draft", "source": None}
    if kind == "report":
        return record | {
            "day": number,
            "url": f"https://report{number}.example",
            "derived_from": None,
            "same_origin_as": None,
        }
    told = {"country": None, "date_start": "2016-12-06", "verification_status": "unreviewed"}
    return (
        record
        | told
        | {
            "retraction_reason": None,
            "by_hand": None,
            "links": {},
            "part_of": None,
            "place": None,
            "distinct": frozenset(),
        }
    )


def blank_body(kind: str, record: Record) -> dict[str, Any]:
    names = {
        "source": ("name", "pseudonym", "url"),
        "report": ("title", "url"),
        "incident": ("title", "date_start"),
    }[kind]
    dated = {"date_published": _day(record["day"])} if kind == "report" else {}
    return {name: record[name] for name in names} | dated


def _day(number: int) -> str:
    return f"{2000 + number // 300}-{number % 300 // 25 + 1:02}-{number % 25 + 1:02}"
