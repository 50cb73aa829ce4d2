"""What the service reads off other fields is nobody's statement, and follows them when they change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api

MOVED = [
    ({"date_start": "2016-12-08"}, ("2016-12-08", "2016-12-08", "day")),
    ({"date_start": "2016-12-05"}, ("2016-12-05", "2016-12-05", "day")),
    ({"date_start": None}, (None, None, "unknown")),
    ({"date_end": "2016-12-07"}, ("2016-12-06", "2016-12-07", "several_days")),
    ({"date_end": "2016-12-07", "date_precision": "day"}, ("2016-12-06", "2016-12-07", "day")),
    ({"date_start": "2016-12-01", "date_end": "2016-12-31"}, ("2016-12-01", "2016-12-31", "month")),
    ({"title": "another"}, ("2016-12-06", "2016-12-06", "day")),
]


@pytest.mark.parametrize(("change", "dates"), MOVED)
@pytest.mark.parametrize("again", [False, True], ids=["patched", "sent again"])
def test_what_follows_from_a_date_follows_it_when_it_changes(
    api: Api, change: dict[str, Any], dates: tuple[str | None, str | None, str], *, again: bool
) -> None:
    """A missing end was the start, a missing precision was read off the span: neither is anybody's statement."""
    first = {"external_id": "a1", "title": "t", "date_start": "2016-12-06"}
    incident = api.posted("/v1/incidents", first)
    now = sent(api, incident, first | change if again else change, again=again)
    assert (now["date_start"], now["date_end"], now["date_precision"]) == dates


def test_what_was_stated_of_a_date_stays(api: Api) -> None:
    stated = {"date_start": "2016-12-01", "date_end": "2016-12-20", "date_precision": "month"}
    incident = api.incident(**stated)
    now = sent(api, incident, {"date_start": "2016-12-02"}, again=False)
    assert (now["date_end"], now["date_precision"]) == ("2016-12-20", "month")


@pytest.mark.parametrize("again", [False, True], ids=["patched", "sent again"])
def test_the_precision_of_a_place_follows_what_is_named(api: Api, *, again: bool) -> None:
    first: dict[str, Any] = {"external_id": "a1", "country": "SYR"}
    incident = api.posted("/v1/incidents", first)
    assert incident["location_precision"] == "country"
    named = sent(api, incident, (first if again else {}) | {"admin1": "Aleppo"}, again=again)
    assert named["location_precision"] == "admin1"
    stated = sent(api, named, (first if again else {}) | {"location_precision": "settlement"}, again=again)
    placed = sent(api, stated, (first if again else {}) | {"lon": 37.16, "lat": 36.2}, again=again)
    assert placed["location_precision"] == "settlement"


def sent(api: Api, incident: dict[str, Any], body: dict[str, Any], *, again: bool) -> dict[str, Any]:
    """The incident after a patch, or after it was sent once more by its id at the partner's."""
    if again:
        answer = api.editor.post("/v1/incidents", json=body)
    else:
        answer = api.editor.patch(f"/v1/incidents/{incident['id']}", json=body, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    now: dict[str, Any] = answer.json()
    return now
