"""The example of record: Aleppo, 6 December 2016, as VOCABULARY tells it. One report, filed in one call.

The facts are those of a news report of that day; the sentences are this project's own.
"""

from __future__ import annotations

from typing import Any

_ALEPPO: dict[str, Any] = {
    "country": "SYR",
    "admin1": "Aleppo",
    "admin1_code": "SY02",
    "verification_status": "single_source",
    "sharing": "public",
}
_FORCES: list[dict[str, Any]] = [
    {
        "actor": "Syrian government forces",
        "actor_type": "state_force",
        "role": "alleged_perpetrator",
        "status": "alleged_single_source",
    },
    {
        "actor": "Allied militias",
        "actor_type": "political_militia",
        "role": "alleged_perpetrator",
        "status": "alleged_single_source",
    },
]


def aleppo_report() -> dict[str, Any]:
    """The body of ``POST /v1/reports``: a protected source, four incidents, nine claims."""
    return {
        "external_id": "aleppo-report-2016-12-06",
        "title": "Civilians killed as eastern Aleppo neighbourhoods fall",
        "language": "en",
        "date_published": "2016-12-06",
        "excerpt": "The figures remain inaccurate; the parties dispute the initiative.",
        "source": {
            "external_id": "aleppo-private-source",
            "source_type": "private_protected",
            "pseudonym": "Aleppo source 1",
            "scale": "local",
            "reliability": "C",
        },
        "incidents": [_air_strikes(), _mashhad(), _eastern_neighbourhoods(), _aghir()],
    }


def _air_strikes() -> dict[str, Any]:
    return {
        "date_wording": "yesterday",
        "incident": {
            **_ALEPPO,
            "external_id": "aleppo-2016-12-05-air-strikes",
            "title": "Air strikes on besieged Aleppo",
            "summary": "The day's air strikes together; single strikes of that day are part of this incident.",
            "place": "Aleppo",
            "place_names": {"ar": "حلب"},
            "location_precision": "settlement",
            "event_type": "air_or_drone_strike",
            "cause": "heavy_explosive",
        },
        "claims": [
            {"metric": "killed", "wording": "61 civilians killed", "victim_status": "civilian"},
            {"metric": "wounded", "wording": "200 wounded"},
            {
                "metric": "wounded",
                "wording": "around 500 wounded",
                "covers": "wider",
                "covers_note": "Besieged Aleppo: people with life-threatening wounds who need evacuation; no sum of incidents.",
            },
        ],
    }


def _mashhad() -> dict[str, Any]:
    return {
        "date_wording": "today",
        "incident": {
            **_ALEPPO,
            "external_id": "aleppo-2016-12-06-mashhad",
            "title": "Mashhad neighbourhood targeted",
            "place": "Mashhad",
            "location_precision": "neighbourhood",
        },
        "claims": [{"metric": "killed", "wording": "4 civilians killed", "victim_status": "civilian"}],
    }


def _eastern_neighbourhoods() -> dict[str, Any]:
    part = {"covers": "part"}
    return {
        "date_wording": "today",
        "incident": {
            **_ALEPPO,
            "external_id": "aleppo-2016-12-06-eastern-neighbourhoods",
            "title": "Fleeing civilians killed as eastern neighbourhoods are taken",
            "summary": "Al Aamiriya, Al Marja, Al Killasah, Al Firdaws, As Sukkari and Al Ansari.",
            "place": "Eastern neighbourhoods of Aleppo",
            "location_precision": "part_of_country",
            "event_type": "attack_on_civilians",
            "attributions": _FORCES,
            "tags": ["Al Aamiriya", "Al Marja", "Al Killasah", "Al Firdaws", "As Sukkari", "Al Ansari"],
        },
        "claims": [
            {"metric": "killed", "wording": "dozens of fleeing civilians", "victim_status": "civilian"},
            {
                "metric": "killed",
                "wording": "3 charred bodies",
                **part,
                "covers_note": "A burnt car, told by an eyewitness.",
            },
            {
                "metric": "killed",
                "wording": "2 men dead",
                "sex": "man",
                **part,
                "covers_note": "Inside an ambulance hit by shells.",
            },
            {"metric": "killed", "wording": "5 bodies", **part, "covers_note": "Around the ambulance."},
            {
                "metric": "wounded",
                "wording": "10 wounded",
                **part,
                "covers_note": "Bleeding in a street, nobody to reach them.",
            },
        ],
    }


def _aghir() -> dict[str, Any]:
    return {
        "date_wording": "today",
        "incident": {
            **_ALEPPO,
            "external_id": "aleppo-2016-12-06-aghir",
            "title": "Missile near the council buildings in the Aghir neighbourhood",
            "place": "Council buildings, Aghir",
            "location_precision": "street_or_landmark",
            "event_type": "shelling_artillery_missile",
            "cause": "heavy_explosive",
        },
        "claims": [{"metric": "killed", "wording": "several killed"}],
    }
