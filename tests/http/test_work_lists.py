"""What waits for an analyst: records without a link, and wordings that no rule understood."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.state import problem

CLAIM = {"metric": "killed", "best": 4}


def ids(client: httpx.Client, path: str) -> list[str]:
    answer = client.get(path)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def both(api: Api, incident: dict[str, Any], **report: Any) -> str:
    """A report that is linked to the incident; its id."""
    linked = [{"incident_id": incident["id"], "claims": [CLAIM]}]
    filed: str = api.report(incidents=linked, **report)["id"]
    return filed


def test_records_without_a_link_and_the_others(api: Api) -> None:
    alone, told = api.incident(), api.incident()
    lonely, telling = api.report()["id"], both(api, told)
    for client in (api.public, api.contributor, api.editor):
        assert ids(client, "/v1/incidents?linked=false") == [alone["id"]]
        assert ids(client, "/v1/incidents?linked=true") == [told["id"]]
        assert ids(client, "/v1/reports?linked=false") == [lonely]
        assert ids(client, "/v1/reports?linked=true") == [telling]
        assert client.get("/v1/totals?linked=false").json()["items"][0]["incidents"] == 1
    searched = api.public.post("/v1/incidents/search", json={"linked": False})
    assert [item["id"] for item in searched.json()["items"]] == [alone["id"]]
    # The link ends, or what was linked goes: both are alone again.
    unlinked = api.editor.delete(f"/v1/incidents/{told['id']}/reports/{telling}?reason=another+strike")
    assert unlinked.status_code == 200
    assert set(ids(api.editor, "/v1/incidents?linked=false")) == {alone["id"], told["id"]}
    gone = api.editor.delete(f"/v1/reports/{both(api, told)}?reason=forged", headers={"If-Match": "*"})
    assert gone.status_code == 200
    assert ids(api.editor, "/v1/incidents?linked=true") == []


def test_a_link_that_a_viewer_may_not_see_does_not_count(api: Api) -> None:
    """It is told as `report_count` and `incident_count` tell it: nobody learns of a link by being without."""
    incident = api.incident()
    report = both(api, incident, workflow="draft")
    hidden = api.incident(sharing="restricted")
    telling = both(api, hidden)
    for client, sees in ((api.public, False), (api.contributor, False), (api.editor, True)):
        assert (incident["id"] in ids(client, "/v1/incidents?linked=true")) is sees
        assert (incident["id"] in ids(client, "/v1/incidents?linked=false")) is not sees
        assert (telling in ids(client, "/v1/reports?linked=false")) is not sees
        assert client.get(f"/v1/incidents/{incident['id']}").json()["report_count"] == sees
        assert client.get(f"/v1/reports/{telling}").json()["incident_count"] == sees
    api.patched(f"/v1/reports/{report}", workflow="published")
    assert incident["id"] in ids(api.public, "/v1/incidents?linked=true")


@pytest.mark.parametrize(
    "path", ["/v1/incidents?linked=yes", "/v1/reports?linked=", "/v1/sources?linked=true"]
)
def test_linked_is_true_or_false_and_not_of_sources(api: Api, path: str) -> None:
    assert problem(api.editor.get(path), 400)["errors"][0]["field"] == "linked"
