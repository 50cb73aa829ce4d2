"""`as_of`: the data as they stood, and never more of them than may be seen today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from tests.support.api import Api
from tests.support.state import problem

ANY = {"If-Match": "*"}
EXACT = {"lon": 37.16123456, "lat": 36.20654321, "location_precision": "exact_point"}
NOT_EDITORS = [("public", ""), ("contributor", "alpha"), ("reader", "beta")]
VIEWERS = [*NOT_EDITORS, ("editor", "desk")]


def head(api: Api) -> int:
    """The number of the last change."""
    return api.database.read(lambda reader: reader.revision())


def deleted(api: Api, path: str) -> None:
    answer = api.editor.delete(path, params={"reason": "twice"}, headers=ANY)
    assert answer.status_code == 200, answer.text


def ids(client: httpx.Client, path: str = "/v1/incidents", **params: Any) -> list[str]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [item["id"] for item in answer.json()["items"]]


def listed(client: httpx.Client, path: str, **params: Any) -> list[dict[str, Any]]:
    answer = client.get(path, params=params)
    assert answer.status_code == 200, answer.text
    items: list[dict[str, Any]] = answer.json()["items"]
    return items


def number_of(client: httpx.Client, **params: Any) -> int:
    number: int = client.get("/v1/totals", params=params).json()["items"][0]["incidents"]
    return number


def test_a_record_is_told_as_it_was(api: Api) -> None:
    incident = api.incident(title="First", killed_best=3, assessment_reason="counted")
    path, then = f"/v1/incidents/{incident['id']}", head(api)
    was = api.public.get(path)
    api.patched(path, title="Second", killed_best=5)
    assert api.public.get(path).json()["killed_best"] == 5
    answer = api.public.get(path, params={"as_of": then})
    assert answer.json() == was.json()
    assert answer.headers["as-of"].startswith(f"{then}; at=")
    assert answer.headers["etag"] not in (was.headers["etag"], api.public.get(path).headers["etag"])
    assert api.public.get(path, params={"as_of": then - 1}).status_code == 404
    assert api.public.get(path, params={"as_of": 0}).status_code == 404
    total = api.public.get("/v1/totals", params={"as_of": then}).json()
    assert (total["items"][0]["killed_best"], total["as_of"]["seq"]) == (3, then)
    explained = api.public.get("/v1/totals/explain", params={"as_of": then}).json()
    assert [(item["title"], item["counts_best"]) for item in explained["items"]] == [("First", 3)]
    assert explained["total"] == total["items"][0]
    assert (explained["as_of"], explained["revision"]) == (total["as_of"], then)
    assert explained["head"] == api.public.get(f"/v1/changes/head?at={then}").json()["head"]
    assert ids(api.public, filter="killed_best = 3") == []
    assert ids(api.public, filter="killed_best = 3", as_of=then) == [incident["id"]]


def test_a_time_stands_for_the_last_change_before_it(api: Api) -> None:
    api.incident(title="First")
    then = head(api)
    listed = api.public.get("/v1/incidents", params={"as_of": then}).json()
    at = listed["as_of"]["at"]
    api.incident(title="Second")
    moment = datetime.fromisoformat(at)
    for text in (at, f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}+00:00"):
        assert api.public.get("/v1/incidents", params={"as_of": text}).json() == listed
    before = (moment - timedelta(days=400)).isoformat().replace("+00:00", "Z")
    nothing = api.public.get("/v1/incidents", params={"as_of": before}).json()
    assert nothing == {"items": [], "next": None, "as_of": {"seq": 0, "at": None}}
    assert api.public.get("/v1/incidents", params={"as_of": "2020-02-29"}).json() == nothing
    zone = moment + timedelta(hours=2)
    ahead_of_utc = f"{zone:%Y-%m-%dT%H:%M:%S}.{zone.microsecond // 1000:03}+02:00"
    assert api.public.get("/v1/incidents", params={"as_of": ahead_of_utc}).json() == listed


def test_times_out_of_order_stand_for_the_same_whatever_comes_later(api: Api) -> None:
    """Writers overtake one another, and clocks are set back."""
    for number in range(12):
        api.incident(title=f"{number}")
    last = head(api)
    start = datetime(2020, 1, 1, tzinfo=UTC)
    order = [3, 1, 2, 5, 4, 6, 9, 8, 7, 10, 12, 11]
    with api.database.writing.begin() as connection:
        kept = connection.exec_driver_sql(f"SELECT seq, at FROM changes WHERE seq > {last - 12}").all()
        for number, (seq, _) in enumerate(sorted(kept)):
            at = f"{start + timedelta(days=order[number]):%Y-%m-%dT%H:%M:%S}.000Z"
            connection.exec_driver_sql(f"UPDATE changes SET at = '{at}' WHERE seq = {seq}")
    asked = [f"{start + timedelta(days=day, hours=1):%Y-%m-%dT%H:%M:%SZ}" for day in range(14)]

    def found() -> list[int]:
        return [api.public.get("/v1/incidents", params={"as_of": t}).json()["as_of"]["seq"] for t in asked]

    first = found()
    assert first[6] == last - 6
    assert first[13] == last
    api.incident(title="later")
    assert found() == first
    with api.database.writing.begin() as connection:
        for seq, at in kept:
            connection.exec_driver_sql(f"UPDATE changes SET at = '{at}' WHERE seq = {seq}")


BAD = ["yesterday", "-1", "1" + "0" * 30, "1.5", "2026-13-01", "2026-02-30", "2026-01-01T25:00:00Z", "", " 1", "١",
       "2026-01-01T00:00:00", "2026-01-01 00:00:00Z", "2026-01", "0001-01-01T00:00:00+23:59", "1e3", "9999-12-31",
       "2999-01-01T00:00:00Z", "999999999"]  # fmt: skip


@pytest.mark.parametrize("text", BAD)
def test_what_is_no_moment_of_the_past_is_refused(api: Api, text: str) -> None:
    incident = api.incident()["id"]
    for path in (
        "/v1/incidents",
        "/v1/incidents?f=csv",
        f"/v1/incidents/{incident}",
        f"/v1/incidents/{incident}/claims",
        "/v1/totals",
        "/v1/totals/explain",
        "/v1/claims",
        "/v1/totals/explain?f=html",
        f"/v1/incidents/{incident}/explain",
        "/v1/claims",
        "/v1/incidents/facets",
        "/v1/sources",
        "/ogc/collections/incidents/items",
        f"/ogc/collections/incidents/items/{incident}",
    ):
        problem(api.public.get(path, params={**httpx.URL(path).params, "as_of": text}), 400, "as_of")
    body = {"as_of": text}
    problem(api.public.post("/v1/incidents/search", json=body), 400, "as_of")


def test_today_lies_ahead_until_it_is_over(api: Api) -> None:
    answer = api.public.get("/v1/incidents", params={"as_of": f"{datetime.now(UTC):%Y-%m-%d}"})
    assert "end of that day" in problem(answer, 400, "as_of")["detail"]
    ahead = datetime.now(UTC) + timedelta(minutes=1)
    problem(api.public.get("/v1/totals", params={"as_of": f"{ahead:%Y-%m-%dT%H:%M:%SZ}"}), 400, "as_of")


def test_partners_and_keys_have_no_past(api: Api) -> None:
    for path in ("/v1/partners", "/v1/keys"):
        for asked in (path, f"{path}/{ids(api.admin, path)[0]}"):
            told = problem(api.admin.get(asked, params={"as_of": "1"}), 400, "as_of")
            assert told["errors"][0]["code"] == "unknown_parameter"
            assert ", as_of" not in told["detail"]


def test_pages_go_on_in_the_same_state(api: Api) -> None:
    made = [api.incident(title=f"{n}", date_start=f"2016-12-{n + 1:02}")["id"] for n in range(7)]
    then = head(api)
    at = api.public.get("/v1/incidents", params={"as_of": then}).json()["as_of"]["at"]
    answer = api.public.get("/v1/incidents", params={"as_of": at, "limit": 3, "count": "true"})
    found = []
    for turn in range(3):
        page = answer.json()
        assert (page["as_of"]["seq"], page["count"]) == (then, 7)
        found += [item["id"] for item in page["items"]]
        api.incident(title="between", date_start="2016-12-04")
        api.patched(f"/v1/incidents/{made[turn]}", date_start="2016-12-30")
        if page["next"] is not None:
            assert f"as_of={then}&" in page["next"]
            answer = api.public.get(page["next"])
    assert found == made[::-1]


def test_a_page_of_one_moment_does_not_go_on_in_another(api: Api) -> None:
    for n in range(3):
        api.incident(title=f"{n}")
    then = head(api)
    cursor = dict(
        httpx.URL(api.public.get("/v1/incidents", params={"as_of": then, "limit": 1}).json()["next"]).params
    )
    api.incident()
    for other in ({"as_of": str(then - 1)}, {"as_of": str(then + 1)}, {}):
        asked = {"limit": "1", "cursor": cursor["cursor"], **other}
        problem(api.public.get("/v1/incidents", params=asked), 400, "cursor")
    plain = dict(httpx.URL(api.public.get("/v1/incidents", params={"limit": 1}).json()["next"]).params)
    problem(api.public.get("/v1/incidents", params={**plain, "as_of": then}), 400, "cursor")


def test_a_search_in_a_body_goes_on_in_the_same_state(api: Api) -> None:
    made = [api.incident(title=f"{n}")["id"] for n in range(3)]
    then = head(api)
    at = api.public.get("/v1/incidents", params={"as_of": then}).json()["as_of"]["at"]
    body = {"as_of": at, "limit": 2, "sort": "id"}
    first = api.public.post("/v1/incidents/search", json=body).json()
    deleted(api, f"/v1/incidents/{made[2]}")
    second = api.public.post(first["next"], json=body).json()
    assert [item["id"] for item in first["items"] + second["items"]] == made


def test_nothing_changed_nothing_sent(api: Api) -> None:
    incident = api.incident()["id"]
    then = head(api)
    for path in ("/v1/incidents", "/v1/totals", "/v1/incidents/facets", f"/v1/incidents/{incident}",
                 f"/v1/incidents/{incident}/claims", f"/v1/incidents/{incident}/explain", "/v1/totals/explain", "/v1/claims",
                 "/v1/totals/explain?f=html", "/v1/incidents?f=csv", "/v1/incidents?f=geojson",
                 "/ogc/collections/incidents/items", f"/ogc/collections/incidents/items/{incident}"):  # fmt: skip
        url = httpx.URL(path).copy_merge_params({"as_of": str(then)})
        other = httpx.URL(path).copy_merge_params({"as_of": str(then - 1)})
        tag = api.public.get(url).headers["etag"]
        for _ in range(2):  # the second time it is known to be a sound question
            assert api.public.get(url, headers={"If-None-Match": tag}).status_code == 304, path
            assert api.public.get(other, headers={"If-None-Match": tag}).status_code != 304, path
            assert api.public.get(path, headers={"If-None-Match": tag}).status_code != 304, path
    # What may be seen today decides, too: a change elsewhere has it asked again.
    api.incident()
    assert (
        api.public.get("/v1/incidents", params={"as_of": then}, headers={"If-None-Match": tag}).status_code
        == 200
    )


def test_head_tells_of_which_change_an_export_would_be(api: Api) -> None:
    api.incident()
    for form in ("csv", "ndjson", "parquet"):
        asked = {"as_of": head(api), "f": form}
        told, made = (api.client("public").request(m, "/v1/incidents", params=asked) for m in ("HEAD", "GET"))
        assert told.headers["as-of"] == made.headers["as-of"]
        assert told.headers["etag"] == made.headers["etag"]


def test_every_format_tells_what_was(api: Api) -> None:
    incident = api.incident(title="First")["id"]
    then = head(api)
    forms = ("csv", "ndjson", "geojson", "geojsonseq", "json")
    was = {form: api.public.get("/v1/incidents", params={"f": form}).text for form in forms}
    api.patched(f"/v1/incidents/{incident}", title="Second")
    api.incident(title="Third")
    for form in forms:
        answer = api.public.get("/v1/incidents", params={"f": form, "as_of": then})
        text = answer.text
        if form.removeprefix("geo") == "json":
            text = text.replace(f',"as_of":{{"seq":{then},"at":"{answer.json()["as_of"]["at"]}"}}', "")
        assert text == was[form], form
    for form in ("xlsx", "parquet"):
        answer = api.public.get("/v1/incidents", params={"f": form, "as_of": then})
        assert (answer.status_code, answer.headers["as-of"].split(";")[0]) == (200, str(then))


def test_links_and_claims_are_those_of_then(api: Api) -> None:
    incident, report = api.incident()["id"], api.report(title="What was said")["id"]
    path = f"/v1/incidents/{incident}"
    before = head(api)
    claims = {"role": "describes", "claims": [{"metric": "killed", "best": 4}]}
    assert api.editor.put(f"{path}/reports/{report}", json=claims).status_code == 201
    linked, with_lists = head(api), {"include": "reports,claims"}
    was = api.public.get(path, params=with_lists).json()
    told = api.public.get(f"{path}/claims").json()
    of_report = api.public.get(f"/v1/reports/{report}", params={"include": "incidents,claims"}).json()
    assert api.editor.delete(f"{path}/reports/{report}", params={"reason": "no"}).status_code == 200
    assert api.public.get(path, params=with_lists).json()["reports"] == []
    assert api.public.get(path, params={**with_lists, "as_of": linked}).json() == was
    assert (was["report_count"], was["killed_best"], len(was["claims"])) == (1, 4, 1)
    then = api.public.get(f"{path}/claims", params={"as_of": linked}).json()
    assert then["items"] == told["items"]
    again = api.public.get(f"/v1/reports/{report}", params={"include": "incidents,claims", "as_of": linked})
    assert again.json() == of_report
    assert ids(api.public, report=report, as_of=linked) == [incident]
    assert ids(api.public, "/v1/reports", incident=incident, as_of=linked) == [report]
    for moment in (before, head(api)):
        assert ids(api.public, report=report, as_of=moment) == []
        assert ids(api.public, "/v1/reports", incident=incident, as_of=moment) == []
        assert api.public.get(path, params={**with_lists, "as_of": moment}).json()["claims"] == []


@pytest.mark.parametrize("viewer", VIEWERS)
def test_what_was_deleted_since_is_shown_as_it_was(api: Api, viewer: tuple[str, str]) -> None:
    client, source = api.client(*viewer), api.source(name="Agency")["id"]
    report = api.report(source_id=source)["id"]
    incident = api.incident(killed_best=3, assessment_reason="r")["id"]
    then = head(api)
    was = {path: client.get(path).json() for path in (f"/v1/incidents/{incident}", f"/v1/reports/{report}")}
    deleted(api, f"/v1/incidents/{incident}")
    deleted(api, f"/v1/reports/{report}")
    for path, told in was.items():
        assert client.get(path).status_code == 410
        gone = client.get(path, params={"as_of": head(api)})
        assert (gone.status_code, gone.json()["reason"]) == (410, "twice")
        assert client.get(path, params={"as_of": then}).json() == told
    assert was[f"/v1/reports/{report}"]["source_name"] == "Agency"
    assert number_of(client) == 0
    assert number_of(client, as_of=then) == 1
    assert ids(client, "/v1/sources", as_of=then) == [source]


HIDING: list[dict[str, Any]] = [
    {"sharing": "restricted"},
    {"sharing": "organisation"},
    {"workflow": "draft"},
    {"workflow": "in_review"},
]


@pytest.mark.parametrize("hiding", HIDING)
def test_what_was_taken_out_of_sight_since_is_not_there(api: Api, hiding: dict[str, Any]) -> None:
    owner = api.client("editor", "alpha")
    whole = api.incident(owner, title="The whole")["id"]
    hidden = api.incident(
        owner,
        title="A marker",
        country="IRQ",
        killed_best=3,
        assessment_reason="r",
        part_of=whole,
        lon=44.0,
        lat=33.0,
    )["id"]
    part = api.incident(owner, title="A part", part_of=hidden)["id"]
    report = api.report(
        owner, incidents=[{"incident_id": hidden, "claims": [{"metric": "missing", "best": 1}]}]
    )["id"]
    then = head(api)
    asked = {"as_of": then}
    assert hidden in ids(api.public, **asked)
    assert [claim["incident_id"] for claim in listed(api.public, "/v1/claims", **asked)] == [hidden]
    assert number_of(api.public, country="IRQ", **asked) == 1
    api.patched(f"/v1/incidents/{hidden}", owner, **hiding)
    path = f"/v1/incidents/{hidden}"
    for client in (api.public, api.client("reader", "beta")):
        for params in (asked, {"as_of": then, "include": "claims"}):
            assert client.get(path, params=params).status_code == 404
        assert client.get(f"{path}/claims", params=asked).status_code == 404
        for question in ({"country": "IRQ"}, {"filter": "killed_best = 3"}, {"bbox": "43,32,45,34"}, {"part_of": whole},
                         {"sort": "-killed_best"}, {"report": report}):  # fmt: skip
            assert hidden not in ids(client, **question, **asked)
        assert number_of(client, country="IRQ", **asked) == 0
        counted = client.get("/v1/incidents", params={**asked, "count": "true"}).json()["count"]
        assert counted == 2
        assert client.get(f"/v1/incidents/{part}", params=asked).json()["part_of"] is None
        assert client.get("/v1/claims", params=asked).json()["items"] == []
        told = client.get(f"/v1/reports/{report}", params={**asked, "include": "incidents,claims"})
        assert (told.json()["incident_count"], told.json()["incidents"], told.json()["claims"]) == (0, [], [])
        facets = client.get("/v1/incidents/facets", params={**asked, "facets": "country"}).json()["facets"]
        assert "IRQ" not in [each["value"] for each in facets["country"]]
        for form in ("json", "html"):
            explained = client.get("/v1/totals/explain", params={**asked, "f": form}).text
            assert "The whole" in explained
            assert not any(secret in explained for secret in (hidden, "A marker", "IRQ"))
        for form in ("csv", "ndjson", "geojson"):
            assert hidden not in client.get("/v1/incidents", params={**asked, "f": form}).text
        assert hidden not in client.get("/ogc/collections/incidents/items", params=asked).text
        assert client.get(f"/ogc/collections/incidents/items/{hidden}", params=asked).status_code == 404
    assert api.editor.get(path, params=asked).json()["title"] == "A marker"
    seen_by_owner = api.client("reader", "alpha").get(path, params=asked)
    assert seen_by_owner.status_code == (404 if hiding.get("sharing") == "restricted" else 200)


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_what_was_not_yet_to_be_seen_then_is_not_shown_by_what_may_be_seen_now(
    api: Api, viewer: tuple[str, str]
) -> None:
    draft = api.incident(title="A draft", workflow="draft")["id"]
    then, client = head(api), api.client(*viewer)
    api.patched(f"/v1/incidents/{draft}", workflow="published")
    assert ids(client) == [draft]
    assert ids(client, as_of=then) == []
    assert client.get(f"/v1/incidents/{draft}", params={"as_of": then}).status_code == 404


def _protected_since(api: Api) -> tuple[dict[str, str], int]:
    source = api.source(name="Xaviera Quillfeather", url="https://quillfeather.example", notes="of Quillfeather lane",
                        source_type="eyewitness", scale="local")["id"]  # fmt: skip
    report = api.report(source_id=source, url="https://quillfeather.example/1", title="Quillfeather tells",
                        excerpt="I, Quillfeather", date_retrieved="2016-12-07")["id"]  # fmt: skip
    incident = api.incident(source_id=source)["id"]
    then = head(api)
    api.patched(f"/v1/sources/{source}", protected=True, source_type="private_protected")
    api.patched(f"/v1/reports/{report}", title="A witness tells", excerpt=None)
    return {"source": source, "report": report, "incident": incident}, then


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_a_source_that_is_protected_now_was_never_named(api: Api, viewer: tuple[str, str]) -> None:
    made, then = _protected_since(api)
    client = api.client(*viewer)
    pseudonym = client.get(f"/v1/sources/{made['source']}").json()["name"]
    asked = {"as_of": then}
    everything = [
        client.get(f"/v1/{kind}s{rest}", params={**asked, **more})
        for kind in ("source", "report", "incident")
        for rest in ("", f"/{made[kind]}")
        for more in (
            {},
            *(
                [{"include": "reports"}]
                if kind == "incident"
                else [{"include": "incidents"}]
                if kind == "report"
                else []
            ),
        )
    ]
    everything += [
        client.get(f"/v1/{kind}s", params={**asked, "f": f})
        for kind in ("source", "report", "incident")
        for f in ("csv", "ndjson", "geojson")
    ]
    everything += [client.get("/v1/totals", params={**asked, "group_by": "source"}),
                   client.get("/v1/incidents/facets", params={**asked, "facets": "source"}),
                   client.get("/ogc/collections/reports/items", params=asked)]  # fmt: skip
    for answer in everything:
        assert answer.status_code == 200, answer.text
        assert "uillfeather" not in answer.text, answer.url
        assert "eyewitness" not in answer.text, answer.url
    source = client.get(f"/v1/sources/{made['source']}", params=asked).json()
    assert (source["name"], source["protected"], source["url"]) == (pseudonym, True, None)
    report = client.get(f"/v1/reports/{made['report']}", params=asked).json()
    assert (report["source_name"], report["title"], report["url"]) == (pseudonym, None, None)
    for name, words in (
        ("name", "Xav%"),
        ("url", "%quill%"),
        ("notes", "%lane%"),
        ("source_type", "eyewitness"),
        ("protected", ""),
    ):
        question = f"{name} LIKE '{words}'" if words else "protected = false"
        assert ids(client, "/v1/sources", filter=question, **asked) == [], name
    for name in ("source_name", "title", "excerpt", "url"):
        assert ids(client, "/v1/reports", filter=f"{name} LIKE '%uillf%'", **asked) == [], name
    assert ids(client, "/v1/reports", filter="date_retrieved = DATE('2016-12-07')", **asked) == []
    named = api.editor.get(f"/v1/sources/{made['source']}", params=asked).json()
    assert (named["name"], named["protected"]) == ("Xaviera Quillfeather", False)


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_a_source_that_nothing_names_any_more_was_never_named(api: Api, viewer: tuple[str, str]) -> None:
    named, other = api.source(name="Named in error")["id"], api.source(name="The right one")["id"]
    report = api.report(source_id=named)["id"]
    incident = api.incident(source_id=named)["id"]
    then, client = head(api), api.client(*viewer)
    api.patched(f"/v1/reports/{report}", source_id=other)
    api.patched(f"/v1/incidents/{incident}", source_id=None)
    asked = {"as_of": then}
    for path in (f"/v1/reports/{report}", f"/v1/incidents/{incident}"):
        told = client.get(path, params=asked).json()
        assert (told["source_id"], told["source_name"]) == (None, None)
    assert ids(client, "/v1/sources", **asked) == []
    assert client.get(f"/v1/sources/{named}", params=asked).status_code == 404
    assert ids(client, "/v1/reports", source=named, **asked) == []
    assert ids(client, source=named, **asked) == []
    assert api.editor.get(f"/v1/reports/{report}", params=asked).json()["source_name"] == "Named in error"
    # Something else that may be seen names it again: it may be known of.
    api.report(source_id=named)
    assert client.get(f"/v1/reports/{report}", params=asked).json()["source_name"] == "Named in error"
    assert ids(client, source=named, **asked) == [incident]


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_a_report_whose_source_is_another_and_protected_now_tells_no_address(
    api: Api, viewer: tuple[str, str]
) -> None:
    outlet, person = api.source(name="Outlet")["id"], api.source(name="A. Person", protected=True)["id"]
    report = api.report(source_id=outlet, url="https://example.org/of-a-person")["id"]
    then = head(api)
    api.report(source_id=outlet)
    api.patched(f"/v1/reports/{report}", source_id=person)
    told = api.client(*viewer).get(f"/v1/reports/{report}", params={"as_of": then}).json()
    assert (told["source_name"], told["url"]) == ("Outlet", None)


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_a_position_that_was_generalised_since_is_withheld(api: Api, viewer: tuple[str, str]) -> None:
    owner, client = api.client("editor", "alpha"), api.client(*viewer)
    incident = api.incident(owner, **EXACT, admin1="Aleppo", place="The house of a family")["id"]
    then, path = head(api), f"/v1/incidents/{incident}"
    api.patched(path, owner, location_generalised_to="admin1", place=None)
    asked = {"as_of": then}
    told = client.get(path, params=asked).json()
    position = [told[name] for name in ("lon", "lat", "location_precision", "location_generalised_to")]
    assert position == [None, None, "unknown", "admin1"]
    assert (told["place"], told["admin1"]) == (None, "Aleppo")
    around = "37.1,36.1,37.3,36.3"
    area = "POLYGON((37 36, 38 36, 38 37, 37 37, 37 36))"
    for question in (
        {"bbox": around},
        {"near": "37.16,36.2", "radius": "5000"},
        {"bbox": around, "certainty": "possible"},
        {"filter": f"S_INTERSECTS(geometry, {area})"},
        {"filter": f"NOT S_INTERSECTS(geometry, {area})"},
        {"filter": "S_DISJOINT(geometry, POINT(1 1))"},
        {"filter": "lon > 37 AND lon < 38"},
        {"filter": "lat * 2 > 1"},
        {"filter": "place LIKE 'The house%'"},
        {"place": "The house of a family"},
        {"filter": "location_precision = 'exact_point'"},
    ):
        assert ids(client, **question, **asked) == [], question
        assert number_of(client, **question, **asked) == 0
    assert ids(client, filter="geometry IS NULL AND location_precision = 'unknown'", **asked) == [incident]
    cells = client.get("/v1/totals", params={**asked, "group_by": "cell", "cell_degrees": "0.1"}).json()[
        "items"
    ]
    assert [item["cell"] for item in cells] == [None]
    for form in ("geojson", "csv", "ndjson", "geojsonseq"):
        text = client.get("/v1/incidents", params={**asked, "f": form}).text
        assert not any(hidden in text for hidden in ("37.161", "36.206", "exact_point", "The house"))
    features = client.get("/ogc/collections/incidents/items", params=asked).json()["features"]
    assert [feature["geometry"] for feature in features] == [None]
    report = api.report(incidents=[{"incident_id": incident}])["id"]
    with_lists = {"as_of": head(api), "include": "incidents"}
    api.patched(path, owner, title="Later")
    assert "37.161" not in client.get(f"/v1/reports/{report}", params=with_lists).text
    shown = api.editor.get(path, params=asked).json()
    assert (shown["lon"], shown["place"]) == (EXACT["lon"], "The house of a family")
    assert ids(api.editor, bbox=around, **asked) == [incident]


def test_a_position_that_was_told_as_coarsely_then_is_told(api: Api) -> None:
    incident = api.incident(**EXACT, location_generalised_to="settlement", place="Aleppo")["id"]
    was, then = api.public.get(f"/v1/incidents/{incident}").json(), head(api)
    api.patched(f"/v1/incidents/{incident}", place="Halab")
    assert api.public.get(f"/v1/incidents/{incident}", params={"as_of": then}).json() == was
    assert ids(api.public, bbox="37.17,36.22,37.18,36.23", as_of=then) == [incident]


@pytest.mark.parametrize(
    "question",
    [
        {"bbox": "36,35,38,37"},
        {"bbox": "170,-20,-170,0"},
        {"near": "37.16,36.2", "radius": "900"},
        {"filter": "S_INTERSECTS(geometry, POLYGON((37 36, 38 36, 38 37, 37 37, 37 36)))"},
        {"filter": "S_WITHIN(geometry, POLYGON((37 36, 38 36, 38 37, 37 37, 37 36)))"},
        {"filter": "NOT S_INTERSECTS(geometry, BBOX(37,36,38,37))"},
        {"filter": "S_DISJOINT(geometry, BBOX(37,36,38,37))"},
        {"filter": "geometry IS NULL"},
        {"country": "IRQ", "sort": "killed_best"},
        {"date": "2016-12-04/2016-12-06", "certainty": "certain"},
        {"actor": "A militia", "actor_role": "alleged_perpetrator"},
    ],
)
@pytest.mark.parametrize("viewer", [("public", ""), ("editor", "desk")])
def test_every_question_finds_then_what_it_found_then(
    api: Api, viewer: tuple[str, str], question: dict[str, str]
) -> None:
    points = [
        (37.16, 36.2),
        (37.0, 36.0),
        (179.5, -10.0),
        (-179.5, -10.0),
        (44.0, 33.0),
        (37.1600001, 36.2),
        None,
    ]
    by = [
        {
            "actor": "A militia",
            "actor_type": "rebel_group",
            "role": "alleged_perpetrator",
            "status": "contested",
        }
    ]
    made = []
    for n, point in enumerate(points):
        placed = (
            {} if point is None else {"lon": point[0], "lat": point[1], "location_precision": "exact_point"}
        )
        more = {"attributions": by} if n % 2 else {}
        made.append(
            api.incident(
                country="IRQ" if n % 3 else "SYR",
                date_start=f"2016-12-{n + 1:02}",
                killed_best=n % 4,
                assessment_reason="r",
                **placed,
                **more,
            )["id"]
        )
    client, then = api.client(*viewer), head(api)
    found = ids(client, **question)
    assert 0 < len(found) < len(points)
    for n, uid in enumerate(made):
        api.patched(f"/v1/incidents/{uid}", lon=10.0 + n, lat=5.0, country="LBN", date_start="2017-01-01",
                    killed_best=9, attributions=[])  # fmt: skip
    assert ids(client, **question) != found
    assert ids(client, **question, as_of=then) == found
    assert number_of(client, **{k: v for k, v in question.items() if k != "sort"}, as_of=then) == len(found)
