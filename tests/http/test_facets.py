"""Facets: counts by value beside any list."""

from __future__ import annotations

import pytest

from app.query.grouping import FACETS
from tests.support.api import Api
from tests.support.counting import fault, stated


def test_facets_count_the_list_under_any_filter(api: Api) -> None:
    actors = [{"actor": "Air force"}, {"actor": "Ground force"}]
    api.incident(country="IRQ", event_type="grenade", attributions=actors)
    api.incident(country="SYR", event_type="grenade", attributions=actors[:1])
    api.incident(country="SYR", event_type="other", verification_status="discounted")
    api.incident(country="LBN", workflow="draft")
    told = api.public.get("/v1/incidents/facets?facets=country,event_type,verification_status,actor").json()
    assert told["facets"]["country"] == [{"value": "SYR", "incidents": 2}, {"value": "IRQ", "incidents": 1}]
    assert {"value": "discounted", "incidents": 1} in told["facets"]["verification_status"]
    assert told["facets"]["actor"] == [
        {"value": "Air force", "incidents": 2},
        {"value": "Ground force", "incidents": 1},
        {"value": None, "incidents": 1},
    ]
    assert told["more"] == []
    assert told["counting"]["under_several"] == ["actor"]
    narrowed = api.public.get("/v1/incidents/facets?facets=country&event_type=other").json()["facets"]
    assert narrowed == {"country": [{"value": "SYR", "incidents": 1}]}
    assert api.editor.get("/v1/incidents/facets?facets=country").json()["facets"]["country"][-1] == {
        "value": "LBN",
        "incidents": 1,
    }


def test_without_a_name_the_facets_are_three(api: Api) -> None:
    told = api.public.get("/v1/incidents/facets").json()
    assert told["facets"] == {"country": [], "event_type": [], "verification_status": []}


def test_a_facet_tells_its_hundred_most_frequent_values(api: Api) -> None:
    for number in range(102):
        api.incident(admin1=f"a{number:03}", attributions=[{"actor": f"a{number:03}"}])
    api.incident(admin1="a101", attributions=[{"actor": "a101"}])
    told = api.public.get("/v1/incidents/facets?facets=admin1,country,actor").json()
    assert told["more"] == ["admin1", "actor"]
    for name in ("admin1", "actor"):
        values = [value["value"] for value in told["facets"][name]]
        assert values == ["a101", *(f"a{number:03}" for number in range(99))]


@pytest.mark.parametrize(
    ("question", "field", "says"),
    [
        ("facets=", "facets", "empty"),
        ("facets=cell", "facets", "must be one of"),
        ("facets=victim_status", "facets", "must be one of"),
        ("facets=country,country", "facets", "twice"),
        (f"facets={','.join(FACETS[:11])}", "facets", "10 at most"),
        ("facets=country&actor_role=target", "actor_role", "needs actor"),
        ("facets=country&limit=3", "limit", "no such parameter"),
        ("facets=country&colour=red", "colour", "no such parameter"),
    ],
)
def test_facets_that_make_no_sense_are_refused(api: Api, question: str, field: str, says: str) -> None:
    assert says in fault(api.public.get(f"/v1/incidents/facets?{question}"), field)


def test_facets_take_no_id_away(api: Api) -> None:
    uid = stated(api, 1)
    assert api.public.get(f"/v1/incidents/{uid}").status_code == 200
    assert (
        api.editor.patch("/v1/incidents/facets", json={"title": "x"}, headers={"If-Match": "*"}).status_code
        == 404
    )
    assert api.public.head("/v1/incidents/facets?facets=country").status_code == 200
