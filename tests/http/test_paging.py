"""Pages: each record once, in one total order, whatever is written meanwhile."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from app.http.params import sortable
from app.query.fields import Kind
from app.settings import Settings
from tests.support.api import Api, serving
from tests.support.loopback import NO_TLS

DATES = (None, "2016-12-06", "2015-01-01", "2016-12-06", None, "2016-12-07", "2016-12-06", "2015-01-01")
FIGURES = (None, 0, 5, 5, None, 61, 0, 5)


def filled(api: Api) -> None:
    """Records of each kind with ties, nulls and variety; several share the moment of their creation."""
    for n, (day, number) in enumerate(zip(DATES, FIGURES, strict=True)):
        stated = (
            {}
            if number is None
            else {"killed_best": number, "wounded_best": 7 - number % 7, "assessment_reason": "a"}
        )
        dated = {} if day is None else {"date_start": day, "date_end": "2016-12-31" if n % 2 else day}
        workflow = {"workflow": "published"}
        incident = {"title": f"incident {n}", **dated, **stated, **workflow}
        published = {} if day is None else {"date_published": day}
        body = {"title": f"report {n}", **published, **workflow, "source": {"name": f"source {n}"}}
        twins = [{"incident": incident}, {"incident": {**incident, "title": f"twin {n}"}}]
        api.posted("/v1/reports", {**body, "incidents": twins})
    for n in range(3):
        api.key("reader", f"partner-{n}")


def walk(client: httpx.Client, url: str) -> list[dict[str, Any]]:
    """The records of a list, page by page; `next` and the Link header agree on each."""
    items: list[dict[str, Any]] = []
    for _ in range(100):
        answer = client.get(url)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        items += page["items"]
        link = answer.headers.get("link")
        assert link == (f'<{page["next"]}>; rel="next"' if page["next"] else None)
        if page["next"] is None:
            return items
        assert page["items"], "a page that promises more holds something"
        url = page["next"]
    raise AssertionError("the pages do not end")


def in_order(items: list[dict[str, Any]], name: str, *, descending: bool) -> list[str]:
    """Ids as they must come: by value, then by id; records without the value last, in both directions."""
    stated = [i for i in items if i[name] is not None]
    stated.sort(key=lambda i: (i[name], i["id"]), reverse=descending)
    missing = sorted((i["id"] for i in items if i[name] is None), reverse=descending)
    return [i["id"] for i in stated] + missing


@pytest.mark.parametrize("kind", list(Kind))
def test_every_order_gives_each_record_once(api: Api, kind: Kind) -> None:
    filled(api)
    path = f"/v1/{kind}s"
    everything = api.admin.get(f"{path}?limit=1000").json()["items"]
    assert len(everything) >= 4
    for name in sortable(kind):
        for sign in ("", "-"):
            expected = in_order(everything, name, descending=sign == "-")
            question = f"{path}?sort={sign}{name}"
            whole = api.admin.get(f"{question}&limit=1000").json()
            assert [i["id"] for i in whole["items"]] == expected, (name, sign)
            assert whole["next"] is None
            for limit in (1, 2, 3, 7):
                pages = walk(api.admin, f"{question}&limit={limit}")
                assert pages == whole["items"], (name, sign, limit)


def test_a_page_that_is_just_full_is_the_last(api: Api) -> None:
    for _ in range(4):
        api.incident()
    assert api.public.get("/v1/incidents?limit=4").json()["next"] is None
    first = api.public.get("/v1/incidents?limit=2").json()
    second = api.public.get(first["next"]).json()
    assert (len(second["items"]), second["next"]) == (2, None)


def test_next_keeps_the_whole_question(api: Api) -> None:
    for n in range(3):
        api.incident(title=f"ward {n}", place="a b&c=d", admin1="Ḥalab")
    asked = {
        "sort": "-killed_best",
        "limit": "1",
        "fields": "title",
        "count": "true",
        "place": "a b&c=d",
        "admin1": "Ḥalab",
        "q": "ward",
        "date": "2016/..",
    }
    answer = api.public.get("/v1/incidents", params=asked).json()
    following = dict(parse_qs(urlsplit(answer["next"]).query))
    following.pop("cursor")
    assert {name: values[0] for name, values in following.items()} == asked
    assert api.public.get(answer["next"]).json()["count"] == 3


@pytest.mark.parametrize(
    "order", ["id", "-id", "date_start", "-date_start", "killed_best", "-killed_best", "-updated_at"]
)
def test_a_walk_survives_what_is_written_meanwhile(api: Api, order: str) -> None:
    filled(api)
    known = {i["id"] for i in api.public.get("/v1/incidents?limit=1000").json()["items"]}
    seen: list[str] = []
    url: str | None = f"/v1/incidents?sort={order}&limit=3"
    for n in range(100):
        if url is None:
            break
        answer = api.public.get(url)
        assert answer.status_code == 200, answer.text
        page = answer.json()
        seen += [i["id"] for i in page["items"]]
        url = page["next"]
        if n < 3:
            for day, number in ((None, None), ("2010-01-01", 1), ("2020-01-01", 1000), ("2016-12-06", 5)):
                stated = {} if number is None else {"killed_best": number, "assessment_reason": "a"}
                api.incident(title="new", **stated, date_start=day)
    assert len(seen) == len(set(seen))
    assert known <= set(seen)


def test_a_walk_survives_the_deletion_of_the_record_it_stands_on(api: Api) -> None:
    for n in range(6):
        api.incident(title=str(n))
    page = api.public.get("/v1/incidents?limit=2&sort=id").json()
    last = page["items"][-1]["id"]
    api.editor.delete(f"/v1/incidents/{last}?reason=a", headers={"If-Match": "*"})
    rest = walk(api.public, page["next"])
    assert [i["title"] for i in rest] == ["2", "3", "4", "5"]


def test_limits_and_counts(api: Api) -> None:
    for n in range(5):
        api.incident(killed_best=n, assessment_reason="a")
    limits = Settings().limits
    assert len(api.public.get(f"/v1/incidents?limit={limits.page_maximum}").json()["items"]) == 5
    counted = api.public.get("/v1/incidents?limit=2&count=true&killed_at_least=2").json()
    assert (counted["count"], counted["count_capped"], len(counted["items"])) == (3, False, 2)
    assert api.public.get(counted["next"]).json()["count"] == 3
    assert "count" not in api.public.get("/v1/incidents?count=false").json()
    none = api.public.get("/v1/incidents?count=true&killed_at_least=9").json()
    assert none == {"items": [], "next": None, "count": 0, "count_capped": False}


def test_only_the_fields_that_are_asked_for(api: Api) -> None:
    record = api.incident(title="a", killed_best=3, assessment_reason="a")
    page = api.public.get("/v1/incidents?fields=killed_best,title").json()
    assert page["items"] == [{"id": record["id"], "title": "a", "killed_best": 3}]
    one = api.public.get(f"/v1/incidents/{record['id']}?fields=title")
    assert one.json() == {"id": record["id"], "title": "a"}
    assert api.public.get("/v1/incidents?fields=id").json()["items"] == [{"id": record["id"]}]


def test_lists_that_ride_along(api: Api) -> None:
    claims = [{"metric": "killed", "best": 2, "wording": "two"}, {"metric": "wounded", "best": 3}]
    body = {
        "title": "r",
        "workflow": "published",
        "incidents": [{"incident": {"title": "i"}, "claims": claims}],
    }
    report = api.posted("/v1/reports", body)
    item = api.public.get("/v1/incidents?include=claims,reports&fields=title").json()["items"][0]
    assert set(item) == {"id", "title", "reports", "claims"}
    assert [(r["id"], r["link_role"]) for r in item["reports"]] == [(report["id"], "describes")]
    assert [(c["metric"], c["best"], c["report_id"], c["incident_id"]) for c in item["claims"]] == [
        ("killed", 2, report["id"], item["id"]),
        ("wounded", 3, report["id"], item["id"]),
    ]
    other = api.public.get(f"/v1/reports/{report['id']}?include=incidents,claims").json()
    assert ([i["id"] for i in other["incidents"]], len(other["claims"])) == ([item["id"]], 2)
    assert "claims" not in api.public.get(f"/v1/incidents/{item['id']}").json()


def test_counting_stops_where_the_settings_say(api: Api) -> None:
    for _ in range(3):
        api.incident()
    limits = api.running.settings.limits.model_copy(update={"count_maximum": 2})
    with serving(api.running.settings.model_copy(update={"limits": limits})) as other:
        answer = httpx.get(f"{other.url}/v1/incidents?count=true&limit=1", verify=NO_TLS).json()
    assert (answer["count"], answer["count_capped"]) == (2, True)
