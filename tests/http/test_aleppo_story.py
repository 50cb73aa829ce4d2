"""The example of record, told at each of its dates: two reports that conflict, a correction, an independent confirmation, a merge.

What was printed on a day can be asked for again afterwards: figures, explanation, history, totals; and a reader who followed
from the first day holds what a fresh one does.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from app.domain.example import aleppo_report
from tests.support.api import Api
from tests.support.mirrors import Mirror

ANY = {"If-Match": "*"}
Figure = tuple[int | None, int | None, int | None]


@dataclass(frozen=True, slots=True)
class Date:
    """What was so after a step: the change that it ended with, the figure, who counted for what, how many incidents."""

    seq: int
    figure: Figure
    uses: dict[str, str]
    versions: int
    incidents: int


@dataclass(frozen=True, slots=True)
class Story:
    incident: str
    twin: str
    dates: list[Date]
    mirror: Mirror


def _said(
    api: Api, name: str, grade: str, wording: str, date: str, incident: dict[str, Any], role: str
) -> None:
    report = {
        "title": name,
        "date_published": date,
        "workflow": "published",
        "source": {"name": name, "source_type": "news_agency", "reliability": grade},
        "incidents": [{**incident, "role": role, "claims": [{"metric": "killed", "wording": wording}]}],
    }
    api.posted("/v1/reports", report)


def _uses(client: httpx.Client, incident: str, **params: Any) -> dict[str, str]:
    """What became of each wording of those killed, all victims taken together."""
    told = client.get(f"/v1/incidents/{incident}/explain", params=params).json()
    return {
        claim["wording"]: use["use"]
        for claim in told["claims"]
        for use in claim["uses"]
        if claim["metric"] == "killed" and use["metric"] == "killed"
    }


def _figure(record: dict[str, Any]) -> Figure:
    return record["killed_low"], record["killed_best"], record["killed_high"]


@pytest.fixture
def story(api: Api) -> Story:
    api.posted("/v1/reports", {**aleppo_report(), "workflow": "published"})
    day = {"date": "2016-12-05"}
    (found,) = api.public.get("/v1/incidents", params=day).json()["items"]
    uid, dates, mirror = found["id"], [], Mirror(api.public)
    mirror.sync()

    def ends(figure: Figure, uses: dict[str, str], versions: int, incidents: int = 1) -> None:
        """The day is over: what is printed now."""
        seq = api.public.get("/v1/changes/head").json()["seq"]
        dates.append(Date(seq, figure, uses, versions, incidents))
        assert _figure(api.public.get(f"/v1/incidents/{uid}").json()) == figure
        assert _uses(api.public, uid) == uses
        mirror.catch_up()
        assert _figure(mirror.copy[uid]) == figure

    ends((61, 61, 61), {"61 civilians killed": "used"}, 1)
    here = {"incident_id": uid}
    _said(api, "Agency", "B", "40 civilians killed", "2016-12-07", here, "describes")
    uses = {"61 civilians killed": "used", "40 civilians killed": "used"}
    ends((40, 40, 61), uses, 2)
    _said(api, "Agency", "B", "61 civilians killed by strikes", "2016-12-09", here, "corrects")
    uses = uses | {"40 civilians killed": "corrected", "61 civilians killed by strikes": "used"}
    ends((61, 61, 61), uses, 3)
    _said(api, "A hospital", "B", "at least 58 dead", "2016-12-10", here, "describes")
    uses = uses | {"at least 58 dead": "used"}
    ends((58, 61, None), uses, 4)
    twin = {"incident": {"title": "Bombs on Aleppo", "country": "SYR", "date_start": "2016-12-05", "workflow": "published"}}  # fmt: skip
    _said(api, "A witness", "E", "up to 70 dead", "2016-12-11", twin, "describes")
    ends((58, 61, None), uses, 4, incidents=2)
    (other,) = [
        i["id"] for i in api.public.get("/v1/incidents", params=day).json()["items"] if i["id"] != uid
    ]
    body = {"into": uid, "reason": "the same strikes"}
    answer = api.editor.post(f"/v1/incidents/{other}/merge", json=body, headers=ANY)
    assert answer.status_code == 200, answer.text
    ends((58, 61, None), uses | {"up to 70 dead": "used"}, 5)
    return Story(uid, other, dates, mirror)


def test_each_of_its_dates_is_told_again(api: Api, story: Story) -> None:
    path = f"/v1/incidents/{story.incident}"
    history = api.public.get(f"{path}/history", params={"limit": 100}).json()["items"]
    for date in story.dates:
        told = api.public.get(path, params={"as_of": date.seq}).json()
        assert _figure(told) == date.figure, date
        assert _uses(api.public, story.incident, as_of=date.seq) == date.uses
        assert told["version"] == date.versions
        assert next(item["version"] for item in history if item["seq"] <= date.seq) == date.versions
        total = api.public.get("/v1/totals", params={"date": "2016-12-05", "as_of": date.seq}).json()[
            "items"
        ][0]
        assert total["incidents"] == date.incidents
        page = api.public.get(f"{path}/explain", params={"as_of": date.seq, "f": "html"}).text
        assert all(wording in page for wording in date.uses)
    assert [step["action"] for item in history for step in item["steps"]] == [
        "merge",
        "link",
        "link",
        "link",
        "create",
    ]


def test_who_followed_from_the_first_day_holds_what_a_fresh_reader_does(api: Api, story: Story) -> None:
    assert story.mirror.copy == story.mirror.fresh()
    assert story.twin not in story.mirror.copy
    acts = [
        change["action"]
        for item in story.mirror.items
        if item["id"] == story.incident
        for change in item["changes"]
    ]
    assert acts == ["link", "link", "link", "merge"]
    (left,) = [item for item in story.mirror.items if item["event"] == "remove"]
    assert (left["id"], left["because"], left["tombstone"]["merged_into"]) == (
        story.twin,
        "merged",
        story.incident,
    )


def test_the_merge_can_be_undone_and_that_is_told_too(api: Api, story: Story) -> None:
    body = {"reason": "two strikes after all"}
    answer = api.editor.post(f"/v1/incidents/{story.twin}/unmerge", json=body, headers=ANY)
    assert answer.status_code == 200, answer.text
    items = story.mirror.catch_up()
    assert {item["event"] for item in items if item["id"] in (story.twin, story.incident)} == {"put"}
    assert story.mirror.copy == story.mirror.fresh()
    assert _uses(api.public, story.incident) == story.dates[3].uses
    assert _uses(api.public, story.incident, as_of=story.dates[5].seq) == story.dates[5].uses
