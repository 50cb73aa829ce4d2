"""What a list finds, as its tests ask."""

from __future__ import annotations

from tests.support.api import Api

REASON = {"assessment_reason": "a list"}


def titles(api: Api, question: str, kind: str = "incidents") -> set[str]:
    answer = api.public.get(f"/v1/{kind}?limit=1000&{question}")
    assert answer.status_code == 200, answer.text
    return {i["title" if kind != "sources" else "name"] for i in answer.json()["items"]}


def check(api: Api, expected: dict[str, str], kind: str = "incidents") -> None:
    """Each question finds exactly the records named by the letters beside it."""
    for question, letters in expected.items():
        assert titles(api, question, kind) == set(letters), question


def three_places(api: Api) -> None:
    api.incident(
        title="a",
        country="SYR",
        admin1="Aleppo",
        admin1_code="SY02",
        admin2="Jebel Saman",
        event_type="grenade",
        cause="small_arms",
        verification_status="confirmed",
        tags=["x"],
        code="C, 1",
    )
    api.incident(
        title="b",
        country="IRQ",
        admin1="Nineveh",
        admin1_code="IQ09",
        place="Mosul",
        event_type="execution",
        date_precision="month",
        date_start="2016-12-01",
        date_end="2016-12-31",
    )
    api.incident(
        title="c",
        country=None,
        admin1="SY02",
        lon=1,
        lat=1,
        location_precision="settlement",
        assessment_rule="envelope",
    )
