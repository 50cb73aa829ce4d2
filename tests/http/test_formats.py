"""The lists in every format: the same records, fields and rules as in JSON."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import duckdb
import httpx
import pyarrow.parquet as pq
import pytest

from app.formats.registry import BY_NAME, FORMATS
from app.query.fields import DEFAULT_SORT, Kind
from app.storage import export
from tests.http.test_paging import walk
from tests.support.api import Api
from tests.support.formats import EXPORTS, READERS, Records
from tests.support.loopback import NO_TLS

KINDS = (Kind.incident, Kind.report, Kind.source)
VIEWERS = [("public", ""), ("reader", "beta"), ("contributor", "alpha"), ("editor", "desk")]
PROSE = 'Two lines,\n"quoted", حلب; a tab\tand 1 < 2 & 3'


def filled(api: Api) -> None:
    """Records of each kind: with and without dates, figures and places, for every viewer and for some only."""
    open_source = api.source(name="=cmd", url="https://example.org/a")
    hidden = api.source(name="A witness", pseudonym="W1", protected=True, notes="who it is")
    alpha = api.client("editor", "alpha")
    body = {"workflow": "published", "assessment_reason": "a test", "summary": PROSE}
    values: list[dict[str, Any]] = [
        {"title": "=1+1", "killed_best": 0, "wounded_low": 3, "lon": 37.16, "lat": 36.2},
        {"title": "-5 or so", "date_start": None, "tags": ["a", "b; c"], "place_names": {"ar": "حلب"}},
        {"title": "+ old", "date_start": "1860-07-09", "attributions": [{"actor": "@actor"}]},
        {"title": "secret draft", "workflow": "draft"},
        {"title": "secret restricted", "sharing": "restricted"},
        {"title": "shared with partners", "sharing": "partners", "external_id": "own-1"},
    ]
    for number, each in enumerate(values):
        located = {"location_precision": "exact_point"} if "lon" in each else {}
        named = {"source_id": open_source["id"]} if number % 2 else {}
        api.incident(alpha, **{**body, **located, **named, **each})
    api.incident(
        alpha,
        title="marked",
        lon=37.16123456,
        lat=36.20654321,
        location_precision="exact_point",
        location_generalised_to="settlement",
    )
    api.report(title="r", source_id=hidden["id"], url="https://example.org/leak", notes="ours")
    api.report(title="s", source_id=open_source["id"], date_published=None)


@pytest.mark.parametrize("kind", KINDS)
def test_every_format_tells_what_json_tells(api: Api, kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    filled(api)
    for viewer in VIEWERS:
        client = api.client(*viewer)
        for question in ("", "&sort=updated_at", "&sort=id", f"&sort={DEFAULT_SORT[kind].lstrip('-')}"):
            expected = walk(client, f"/v1/{kind}s?limit=3{question}")
            assert expected or viewer[0] == "public"
            for name, read in READERS.items():
                limit = "&limit=1000" if BY_NAME[name].is_page else ""
                answer = client.get(f"/v1/{kind}s?f={name}{question}{limit}")
                assert answer.status_code == 200, (name, answer.text)
                assert read(answer, kind) == expected, (name, viewer, question)


def test_nobody_reads_in_a_file_what_a_list_withholds(api: Api) -> None:
    filled(api)
    secrets = (
        b"secret",
        b"37.16123",
        b"36.20654",
        b"_exact",
        b"A witness",
        b"who it is",
        b"example.org/leak",
    )
    for viewer in VIEWERS[:3]:
        for kind in KINDS:
            for name in READERS:
                answer = api.client(*viewer).get(f"/v1/{kind}s?f={name}")
                for record in READERS[name](answer, kind):
                    text = json.dumps(record).encode()
                    own = viewer[0] == "contributor" and b"secret draft" in text
                    assert own or not [s for s in secrets if s in text], (viewer, name, text)
    points = api.public.get("/v1/incidents?f=geojson").json()["features"]
    marked = next(each for each in points if each["properties"]["title"] == "marked")
    assert marked["geometry"]["coordinates"] == [marked["properties"][n] for n in ("lon", "lat")]
    assert "lon_exact" in api.editor.get("/v1/incidents?f=csv").text
    assert api.public.get("/v1/incidents?f=csv&fields=lon_exact").status_code == 400


def test_headers(api: Api) -> None:
    api.incident()
    for form in FORMATS:
        answer = api.public.get(f"/v1/incidents?f={form.name}")
        assert answer.headers["content-type"] == form.content_type
        assert "Accept" in answer.headers["vary"]
        asked = api.public.get("/v1/incidents", headers={"Accept": form.media_type})
        assert asked.headers["content-type"] == form.content_type
        attached = answer.headers.get("content-disposition")
        if form.is_page:
            assert attached is None
        else:
            assert attached == f'attachment; filename="incidents.{form.extension}"'
        head = api.public.head(f"/v1/incidents?f={form.name}")
        assert (head.status_code, head.content) == (200, b"")
        for name in ("content-type", "etag", "content-disposition"):
            assert head.headers.get(name) == answer.headers.get(name)
    assert api.public.get("/v1/incidents?f=json", headers={"Accept": "text/csv"}).json()["items"]
    csv = api.public.get("/v1/incidents?f=csv").headers["content-type"]
    assert csv == "text/csv; charset=utf-8; header=present"


@pytest.mark.parametrize("name", list(READERS))
def test_nothing_changed_nothing_sent(api: Api, name: str) -> None:
    api.incident()
    path = f"/v1/incidents?f={name}"
    first = api.public.get(path)
    tag = first.headers["etag"]
    again = api.public.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert api.editor.get(path, headers={"If-None-Match": tag}).status_code == 200
    other = "csv" if name != "csv" else "json"
    by_accept = {"If-None-Match": tag, "Accept": BY_NAME[other].media_type}
    assert api.public.get("/v1/incidents", headers=by_accept).status_code == 200
    api.incident()
    assert api.public.get(path, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_found(api: Api, kind: Kind) -> None:
    question = f"/v1/{kind}s?q=nothing&fields=id,created_at"
    assert api.public.get(f"{question}&f=csv").content == b"id,created_at\r\n"
    assert api.public.get(f"{question}&f=ndjson").content == b""
    assert api.public.get(f"{question}&f=geojsonseq").content == b""
    empty = {"type": "FeatureCollection", "features": [], "next": None}
    assert api.public.get(f"{question}&f=geojson").json() == empty
    for name in EXPORTS:
        answer = api.public.get(f"{question}&f={name}")
        assert (answer.status_code, READERS[name](answer, kind)) == (200, [])
        assert answer.headers["etag"]


def test_fields_choose_and_a_place_comes_along_where_the_format_has_one(api: Api) -> None:
    record = api.incident(title="a", lon=37.5, lat=-0.25, location_precision="exact_point")
    question = "/v1/incidents?fields=title,lat"
    expected = [{"id": record["id"], "title": "a", "lat": -0.25}]
    for name, read in READERS.items():
        assert read(api.public.get(f"{question}&f={name}"), Kind.incident) == expected, name
    for name in ("geojson", "geojsonseq"):
        text = api.public.get(f"{question}&f={name}").text
        assert '"geometry":{"type":"Point","coordinates":[37.5,-0.25]}' in text
    table = pq.read_table(io.BytesIO(api.public.get(f"{question}&f=parquet").content))
    assert table.column_names == ["id", "title", "lat", "geometry"]


def test_parquet_is_typed_and_its_points_are_points(api: Api, tmp_path: Path) -> None:
    filled(api)
    for kind in KINDS:
        (tmp_path / f"{kind}.parquet").write_bytes(api.public.get(f"/v1/{kind}s?f=parquet").content)
    file = tmp_path / "incident.parquet"
    geo = json.loads(pq.read_metadata(file).metadata[b"geo"])
    assert (geo["version"], geo["primary_column"]) == ("1.1.0", "geometry")
    assert geo["columns"]["geometry"] == {"encoding": "WKB", "geometry_types": ["Point"]}
    assert b"geo" not in (pq.read_metadata(tmp_path / "report.parquet").metadata or {})
    with duckdb.connect() as connection:
        told = {row[0]: row[1] for row in connection.execute(f"DESCRIBE SELECT * FROM '{file}'").fetchall()}
        assert (told["date_start"], told["killed_best"], told["lon"]) == ("DATE", "BIGINT", "DOUBLE")
        assert told["updated_at"] == "TIMESTAMP WITH TIME ZONE"
        assert told["geometry"].startswith("GEOMETRY")
        rows = connection.execute(
            f"SELECT count(*), count(geometry), count(lon), sum(killed_best) FROM '{file}'"
        ).fetchone()
    assert rows == (4, 2, 2, 0)


def test_a_csv_for_the_humanitarian_exchange(api: Api) -> None:
    api.incident(killed_best=0, assessment_reason="a")
    lines = api.public.get("/v1/incidents?f=csv&hxl=true&fields=date_start,killed_best").text.split("\r\n")
    assert lines[:2] == ["id,date_start,killed_best", ",#date+start,#affected+killed"]
    assert lines[2].endswith(",2016-12-06,0")
    marked = api.public.get("/v1/incidents?f=csv&bom=true").content
    assert marked.startswith(b"\xef\xbb\xbfid,")
    by_accept = api.public.get("/v1/incidents?hxl=true&fields=id", headers={"Accept": "text/csv"})
    assert by_accept.text.startswith("id\r\n\r\n") or by_accept.text.startswith('id\r\n""\r\n')


def test_pages_of_features_go_on_as_features(api: Api) -> None:
    ids = [api.incident(title=str(n))["id"] for n in range(5)]
    headers = {"Accept": "application/geo+json"}
    url, seen = "/v1/incidents?limit=2&sort=id&count=true", []
    for _ in range(3):
        answer = api.public.get(url, headers=headers)
        page = answer.json()
        assert (page["type"], page["count"], page["count_capped"]) == ("FeatureCollection", 5, False)
        seen += [each["id"] for each in page["features"]]
        link = answer.headers.get("link")
        assert link == (f'<{page["next"]}>; rel="next"' if page["next"] else None)
        headers, url = {}, page["next"]
    assert (seen, url) == (ids, None)


@pytest.mark.parametrize("name", EXPORTS)
def test_a_limit_bounds_an_export(api: Api, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(export, "BATCH", 2)
    for day in ("2016-12-06", None, "2016-12-07", None, "2016-12-08"):
        api.incident(date_start=day)
    everything: Records = api.public.get("/v1/incidents").json()["items"]
    for limit in (1, 2, 3, 4, 5, 2_000_000):
        answer = api.public.get(f"/v1/incidents?f={name}&limit={limit}")
        assert READERS[name](answer, Kind.incident) == everything[:limit], limit


def test_lists_ride_along_where_there_is_room(api: Api) -> None:
    claims = [{"metric": "killed", "best": 2}]
    body = {
        "title": "r",
        "workflow": "published",
        "incidents": [{"incident": {"title": "i"}, "claims": claims}],
    }
    api.posted("/v1/reports", body)
    question = "include=reports,claims"
    page = api.public.get(f"/v1/incidents?{question}").json()["items"]
    assert READERS["ndjson"](api.public.get(f"/v1/incidents?{question}&f=ndjson"), Kind.incident) == page
    assert page[0]["claims"]


BAD = {
    "f=nonsense": "f",
    "f=": "f",
    "f=CSV": "f",
    "hxl=true": "hxl",
    "f=ndjson&hxl=true": "hxl",
    "f=csv&hxl=yes": "hxl",
    "f=json&bom=true": "bom",
    "f=xlsx&bom=true": "bom",
    "f=geojson&include=reports": "include",
    "f=csv&include=reports": "include",
    "f=parquet&include=claims": "include",
    "f=geojson&cursor=abc": "cursor",
    "f=geojson&limit=1001": "limit",
    "f=geojson&limit=0": "limit",
    "f=csv&nonsense=1": "nonsense",
    "f=csv&sort=nonsense": "sort",
    "f=csv&fields=nonsense": "fields",
    **{f"f={name}&cursor=abc": "cursor" for name in EXPORTS},
    **{f"f={name}&count=true": "count" for name in EXPORTS},
    **{f"f={name}&limit=0": "limit" for name in EXPORTS},
    "f=csv&limit=9999999999": "limit",
}


@pytest.mark.parametrize("question", list(BAD))
def test_what_does_not_go_together_is_refused(api: Api, question: str) -> None:
    answer = api.public.get(f"/v1/incidents?{question}")
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert [each["field"] for each in answer.json()["errors"]] == [BAD[question]]
    assert "content-disposition" not in answer.headers


def test_flags_that_ask_for_nothing_go_with_everything(api: Api) -> None:
    for name in READERS:
        answer = api.public.get(f"/v1/incidents?f={name}&hxl=false&bom=false&count=false")
        assert answer.status_code == 200, name


def test_partners_and_keys_have_one_format(api: Api) -> None:
    for path in ("/v1/partners", "/v1/keys"):
        assert api.admin.get(f"{path}?f=csv").status_code == 400
        asked = api.admin.get(path, headers={"Accept": "text/csv"})
        assert asked.headers["content-type"] == "application/json"


def test_a_bad_key_gets_no_file(api: Api) -> None:
    headers = {"Authorization": "Bearer irk_nobody"}
    answer = httpx.get(f"{api.running.url}/v1/incidents?f=csv", headers=headers, verify=NO_TLS)
    assert (answer.status_code, answer.headers["content-type"]) == (401, "application/problem+json")


def test_a_question_in_a_body_is_answered_in_every_format(api: Api) -> None:
    ids = [api.incident(title=str(n))["id"] for n in range(3)]
    for name, read in READERS.items():
        question = {"f": name, "sort": "id", "fields": "title"}
        answer = api.public.post("/v1/incidents/search", json=question)
        assert [record["id"] for record in read(answer, Kind.incident)] == ids, name
        if not BY_NAME[name].is_page:
            continue
        first = api.public.post("/v1/incidents/search", json={**question, "limit": 2})
        rest = api.public.post(first.json()["next"], json={**question, "limit": 2})
        assert [record["id"] for record in read(rest, Kind.incident)] == ids[2:]
