"""The first calls that anybody makes."""

from __future__ import annotations

from tests.support.api import Api


def test_an_empty_service_answers_an_empty_list(api: Api) -> None:
    response = api.public.get("/v1/incidents")
    assert response.status_code == 200
    assert response.json() == {"items": [], "next": None}


def test_what_an_editor_records_the_public_reads(api: Api) -> None:
    recorded = api.incident(title="A market was hit", lon=37.16, lat=36.2)
    read = api.public.get(f"/v1/incidents/{recorded['id']}").json()
    assert read["title"] == "A market was hit"
    assert (read["lon"], read["lat"]) == (37.16, 36.2)
    assert (read["killed_low"], read["killed_best"], read["killed_high"]) == (None, None, None)
