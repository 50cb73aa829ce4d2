"""The strictest of a record and what it hangs on wins, at once and everywhere."""

from __future__ import annotations

import threading
from itertools import product
from typing import Any

import httpx
import pytest

from app.domain.inputs import LinkForm
from app.writing import incidents, reports
from app.writing import sources as closing
from app.writing.work import Work, working
from tests.support.api import Api
from tests.support.world import LEVELS

ANY = {"If-Match": "*"}


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/reports"])
def test_the_strictest_of_a_record_and_its_source_wins(api: Api, path: str) -> None:
    spoken = {level: api.source(sharing=level)["id"] for level in LEVELS}
    for own, sources_level in product(LEVELS, LEVELS):
        body = {"title": "A record", "sharing": own, "source_id": spoken[sources_level]}
        record = api.posted(path, body)
        strictest = max(own, sources_level, key=LEVELS.index)
        assert (record["sharing"], record["effective_sharing"]) == (own, strictest)
        moved = api.patched(f"{path}/{record['id']}", source_id=spoken["public"])
        assert moved["effective_sharing"] == own
        back = api.patched(f"{path}/{record['id']}", source_id=spoken[sources_level])
        assert back["effective_sharing"] == strictest


def _ids(client: httpx.Client, path: str, **params: Any) -> set[str]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


def _read(client: httpx.Client, source: str, incident: str, report: str) -> dict[str, bool]:
    """Whether each way of reading finds what hangs on the source."""
    hub = client.get("/v1/incidents", params={"country": "LBN", "include": "reports,claims"}).json()["items"][
        0
    ]
    return {
        "one": client.get(f"/v1/incidents/{incident}").status_code == 200,
        "one report": client.get(f"/v1/reports/{report}").status_code == 200,
        "the source": client.get(f"/v1/sources/{source}").status_code == 200,
        "list": incident in _ids(client, "/v1/incidents", country="SYR"),
        "search": incident in _ids(client, "/v1/incidents", q="hanging"),
        "box": incident in _ids(client, "/v1/incidents", bbox="36,35,38,37"),
        "reports": report in _ids(client, "/v1/reports"),
        "sources": source in _ids(client, "/v1/sources"),
        "by source": bool(_ids(client, "/v1/incidents", source=source)),
        "totals": client.get("/v1/totals", params={"country": "SYR"}).json()["items"][0]["incidents"] == 1,
        "included": [r["id"] for r in hub["reports"]] == [report],
        "claimed": [c["report_id"] for c in hub["claims"]] == [report],
        "counted": hub["report_count"] == 1,
    }


@pytest.mark.parametrize("level", ["partners", "organisation", "restricted"])
def test_a_tightened_source_takes_along_what_hangs_on_it(api: Api, level: str) -> None:
    source = api.source(sharing="public")["id"]
    incident = api.incident(title="Hanging", source_id=source, lon=37, lat=36)["id"]
    hub = api.incident(title="The hub", country="LBN")["id"]
    linked = [{"incident_id": hub, "claims": [{"metric": "killed", "best": 3}]}]
    report = api.report(source_id=source, incidents=linked)["id"]
    asked = (source, incident, report)
    assert all(_read(api.public, *asked).values())
    tags = {
        path: api.public.get(path).headers["etag"]
        for path in ("/v1/incidents", f"/v1/reports/{report}", "/v1/totals")
    }
    for path, tag in tags.items():
        assert api.public.get(path, headers={"If-None-Match": tag}).status_code == 304

    api.patched(f"/v1/sources/{source}", sharing=level)
    assert not any(_read(api.public, *asked).values())
    assert any(_read(api.client("reader", "beta"), *asked).values()) is (level == "partners")
    assert all(_read(api.editor, *asked).values())
    for path, tag in tags.items():
        assert api.public.get(path, headers={"If-None-Match": tag}).status_code != 304

    api.patched(f"/v1/sources/{source}", sharing="public")
    assert all(_read(api.public, *asked).values())


def test_a_tightened_source_takes_its_tombstones_along(api: Api) -> None:
    source = api.source(sharing="public")["id"]
    incident = api.incident(source_id=source)["id"]
    path = f"/v1/incidents/{incident}"
    api.editor.delete(path, params={"reason": "recorded twice"}, headers={"If-Match": "*"})
    assert api.public.get(path).status_code == 410
    api.patched(f"/v1/sources/{source}", sharing="restricted")
    assert api.public.get(path).status_code == 404
    assert api.editor.get(path).status_code == 410


def test_a_page_read_before_leads_to_no_more_than_is_open_now(api: Api) -> None:
    source = api.source()["id"]
    dated = [api.incident(source_id=source, date_start=f"2016-12-{day:02}")["id"] for day in (4, 3, 2, 1)]
    first = api.public.get("/v1/incidents", params={"limit": 2}).json()
    assert [item["id"] for item in first["items"]] == dated[:2]
    api.patched(f"/v1/sources/{source}", sharing="restricted")
    assert api.public.get(first["next"]).json() == {"items": [], "next": None}


def test_a_looser_source_opens_no_record_further_than_its_own_sharing(api: Api) -> None:
    source = api.source(sharing="restricted")["id"]
    report = api.report(source_id=source, sharing="organisation")["id"]
    api.patched(f"/v1/sources/{source}", sharing="public")
    assert api.editor.get(f"/v1/reports/{report}").json()["effective_sharing"] == "organisation"
    assert api.public.get(f"/v1/reports/{report}").status_code == 404


@pytest.mark.parametrize("changed", [{}, {"reliability": "B"}])
def test_a_source_sent_again_with_a_report_shares_as_it_is_stored(api: Api, changed: dict[str, str]) -> None:
    """An editor closed it since; that the partner's own file still says public, or nothing, opens nothing."""
    sent = {"name": "An outlet", "external_id": "s1"}
    source = api.contributor.post("/v1/sources", json=sent).json()["id"]
    api.patched(f"/v1/sources/{source}", sharing="organisation")
    body = {"title": "A report", "source": sent | changed, "incidents": [{"incident": {"title": "It"}}]}
    answer = api.contributor.post("/v1/reports", json=body)
    assert answer.status_code == 201, answer.text
    assert answer.json()["source_id"] == source
    assert answer.json()["effective_sharing"] == "organisation"
    assert answer.json()["incidents"][0]["effective_sharing"] == "organisation"


def test_a_source_of_another_that_was_closed_is_no_longer_told(api: Api) -> None:
    """The own report stays one's own; whose words it holds is the other's to say."""
    source = api.posted("/v1/sources", {"name": "Theirs"}, api.client("editor", "beta"))["id"]
    linked = [{"incident_id": api.incident(title="Told of")["id"]}]
    report = api.posted(
        "/v1/reports", {"source_id": source, "incidents": linked}, api.client("editor", "alpha")
    )
    api.patched(f"/v1/sources/{source}", sharing="organisation")
    mine = api.contributor.get(f"/v1/reports/{report['id']}").json()
    assert (mine["source_id"], mine["source_name"], mine["source_type"]) == (None, None, None)
    for path in ("/v1/reports", "/v1/incidents"):
        assert _ids(api.contributor, path, source=source) == set(), path
        assert _ids(api.editor, path, source=source) != set(), path
    assert _ids(api.contributor, "/v1/reports", source_type="local_media") == set()


@pytest.mark.parametrize("path", ["/v1/incidents", "/v1/reports"])
def test_a_record_stored_while_its_source_is_closed_is_closed_too(api: Api, path: str) -> None:
    """Whoever closes a source reaches also what is being written at that moment."""
    source = api.source(api.contributor)["id"]
    answers: list[httpx.Response] = []
    body = {"title": "At the same time", "source_id": source}
    client = api.contributor
    late = threading.Thread(target=lambda: answers.append(client.post(path, json=body)))

    def close(work: Work) -> None:
        closing.amend(work, source, {"sharing": "organisation"}, None)
        late.start()
        late.join(0.3)  # not committed yet

    working(api.database, api.local, close)
    late.join(10)
    assert answers[0].status_code == 201, answers[0].text
    assert answers[0].json()["effective_sharing"] == "organisation"


@pytest.mark.parametrize("act", ["close", "link"])
def test_a_source_that_is_changed_meets_records_as_they_are_by_then(api: Api, act: str) -> None:
    """Not as they were before somebody else's change, which would be undone, or lose its version."""
    source = api.source()["id"]
    incident, report = api.incident(source_id=source)["id"], api.report()["id"]
    answers: list[httpx.Response] = []
    change = {"json": {"sharing": "partners"}, "headers": ANY}
    editor = api.editor
    late = threading.Thread(target=lambda: answers.append(editor.patch(f"/v1/sources/{source}", **change)))

    def first(work: Work) -> None:
        if act == "close":
            incidents.amend(work, incident, {"sharing": "restricted"}, None)
        else:
            reports.link(work, incident, report, LinkForm())
        late.start()
        late.join(0.3)  # not committed yet

    working(api.database, api.local, first)
    late.join(10)
    assert answers[0].status_code == 200, answers[0].text
    after = api.editor.get(f"/v1/incidents/{incident}").json()
    closed = ("restricted", 2) if act == "close" else ("partners", 3)
    assert (after["effective_sharing"], after["version"]) == closed


def test_partners_meet_on_what_is_shared_with_them(api: Api) -> None:
    report = api.report(
        api.client("editor", "beta"), sharing="partners", notes="ours alone", external_id="b-1"
    )
    one = api.client("reader", "alpha").get(f"/v1/reports/{report['id']}").json()
    assert (one["sharing"], one["notes"], one["external_id"]) == ("partners", None, None)
    assert _ids(api.client("reader", "alpha"), "/v1/reports", external_id="b-1") == set()
    assert _ids(api.client("reader", "beta"), "/v1/reports", external_id="b-1") == {report["id"]}
    assert _ids(api.editor, "/v1/reports", external_id="b-1") == {report["id"]}
    assert api.public.get(f"/v1/reports/{report['id']}").status_code == 404


@pytest.mark.parametrize("role", ["contributor", "editor"])
def test_a_refusal_to_delete_counts_and_names_only_what_its_reader_sees(api: Api, role: str) -> None:
    source = api.posted("/v1/sources", {"name": "Mine"}, api.contributor)["id"]
    whole = api.posted("/v1/incidents", {"title": "Mine"}, api.contributor)["id"]
    part = api.incident(sharing="restricted", part_of=whole)["id"]
    hidden = api.report(sharing="restricted", source_id=source)["id"]
    client = api.client(role, "alpha")
    for path in (f"/v1/sources/{source}", f"/v1/incidents/{whole}"):
        answer = client.delete(path, params={"reason": "r"}, headers=ANY)
        assert answer.status_code == 409
        detail = answer.json()["detail"]
        assert hidden not in detail
        assert (part in detail) is (role == "editor" and "incidents" in path)
        assert not any(character.isdigit() for character in detail.replace(part, "").replace(whole, ""))
