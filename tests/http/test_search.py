"""`q=`: names however they are typed, told where they stand, and never more than the viewer may see."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support.api import Api


def asked(client: httpx.Client, q: str, kind: str = "incidents", **more: Any) -> dict[str, Any]:
    answer = client.get(f"/v1/{kind}", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def titles(told: dict[str, Any]) -> list[str]:
    return [item["title"] for item in told["items"]]


@pytest.mark.parametrize(
    ("q", "read_as"),
    [
        ("sukkari", None),
        ("As-Sukkari", None),
        ("AS SUKKARI", None),
        ("sukk", None),
        ("السكري", None),
        ("سُكَّري", None),
        ("as sukari", {"sukari": ["sukkari"]}),
        ("sokkary", {"sokkary": ["sukkari"]}),
        ("Alsukkari", {"alsukkari": ["sukkari"]}),
        ("assukkari", {"assukkari": ["sukkari"]}),
        ("sukkrai", {"sukkrai": ["sukkari"]}),
    ],
)
def test_a_name_is_found_however_it_is_typed(api: Api, q: str, read_as: dict[str, list[str]] | None) -> None:
    api.incident(title="a", place="As-Sukkari", place_names={"ar": "السكري"})
    api.incident(title="b", place="Salhin")
    told = asked(api.public, q)
    assert titles(told) == ["a"]
    assert told.get("read_as") == read_as


@pytest.mark.parametrize("q", ["سكري", "السكري"])
def test_a_latin_name_is_found_in_arabic_letters(api: Api, q: str) -> None:
    api.incident(title="a", place="Sukkari")
    told = asked(api.public, q)
    assert titles(told) == ["a"]
    assert told["read_as"] == {"سكري": ["sukkari"]}


def test_what_is_spelled_right_is_not_read_otherwise(api: Api) -> None:
    api.incident(title="a", place="Sukkari")
    api.incident(title="b", place="Sukari")
    told = asked(api.public, "sukari")
    assert titles(told) == ["b"]
    assert "read_as" not in told
    # Known, if not in that country: nothing was found, and nothing is guessed.
    told = asked(api.public, "sukari", country="IRQ")
    assert titles(told) == []
    assert "read_as" not in told


def test_totals_and_facets_say_how_they_read(api: Api) -> None:
    api.incident(title="a", place="Sukkari", killed_best=3, assessment_rule="assessed", assessment_reason="x")
    for path in ("/v1/totals", "/v1/totals?group_by=country", "/v1/incidents/facets?facets=country"):
        answer = api.public.get(path, params={"q": "sukari"} | dict(httpx.URL(path).params))
        assert answer.status_code == 200, answer.text
        assert answer.json()["read_as"] == {"sukari": ["sukkari"]}
    told = api.public.get("/v1/totals", params={"q": "sukari"}).json()
    assert told["items"][0]["killed_best"] == 3
    assert "read_as" not in api.public.get("/v1/totals", params={"q": "sukkari"}).json()


def test_pages_go_on_as_they_began(api: Api) -> None:
    for n in range(5):
        api.incident(title=f"n{n}", place="Sukkari")
    page = asked(api.public, "sukari", limit=2, sort="id")
    seen = titles(page)
    while page["next"]:
        page = api.public.get(page["next"]).json()
        assert page["read_as"] == {"sukari": ["sukkari"]}
        seen += titles(page)
    assert seen == [f"n{n}" for n in range(5)]


def test_nobody_learns_of_words_that_they_may_not_read(api: Api) -> None:
    """Neither is a hidden word suggested, nor does it stand in the way of what is suggested without it."""
    api.incident(title="open", place="Sukkari")
    assert asked(api.public, "sukari")["read_as"] == {"sukari": ["sukkari"]}
    assert "read_as" not in asked(api.public, "zulfiqar")
    api.incident(title="hidden", place="Sukari", sharing="restricted")
    api.incident(title="draft", place="Zulfikar", workflow="draft")
    told = asked(api.public, "sukari")
    assert titles(told) == ["open"]
    assert told["read_as"] == {"sukari": ["sukkari"]}
    assert asked(api.public, "zulfiqar") == {"items": [], "next": None}
    editor = api.client("editor", "alpha")
    assert asked(editor, "zulfiqar")["read_as"] == {"zulfiqar": ["zulfikar"]}
    assert titles(asked(editor, "sukari")) == ["hidden"]


def test_hidden_words_crowd_nothing_out(api: Api) -> None:
    api.incident(title="open", place="Sukkari")
    nearer = "asukari esukari isukari osukari sakari sekari sikari sokari sukara sukare sukaro sukaru sukary sukeri sukiri sukori sukuri"
    api.incident(title="hidden", summary=nearer, sharing="restricted")
    assert asked(api.public, "sukari")["read_as"] == {"sukari": ["sukkari"]}
    assert len(asked(api.editor, "sukari")["read_as"]["sukari"]) == 12


def test_words_follow_what_is_amended(api: Api) -> None:
    incident = api.incident(title="a", place="Sukkari")
    patch = {"place": "Bustan"}
    answer = api.editor.patch(f"/v1/incidents/{incident['id']}", json=patch, headers={"If-Match": "*"})
    assert answer.status_code == 200, answer.text
    assert asked(api.public, "sukari") == {"items": [], "next": None}
    assert asked(api.public, "bustaan")["read_as"] == {"bustaan": ["bustan"]}


def test_reports_and_sources_are_searched_likewise(api: Api) -> None:
    source = api.source(name="Halab Today")
    api.report(title="Shelling of Douma", source_id=source["id"])
    assert asked(api.public, "duma", "reports")["read_as"] == {"duma": ["douma"]}
    told = asked(api.public, "halaab", "sources", include="hits")
    assert told["read_as"] == {"halaab": ["halab"]}
    assert told["items"][0]["hits"] == [{"field": "name", "before": "", "hit": "Halab", "after": " Today"}]


def test_hits_tell_where_the_words_stand(api: Api) -> None:
    api.incident(
        title="Market hit",
        place="As-Sukkarī",
        place_names={"ar": "السكري"},
        summary="The market of As-Sukkari was hit.",
    )
    told = asked(api.public, "sukari", include="hits", fields="title")
    (item,) = told["items"]
    assert set(item) == {"id", "title", "hits"}
    assert item["hits"] == [
        {"field": "place", "before": "As-", "hit": "Sukkarī", "after": ""},
        {"field": "summary", "before": "The market of As-", "hit": "Sukkari", "after": " was hit."},
    ]
    (item,) = asked(api.public, "السكري", include="hits,reports")["items"]
    assert item["hits"] == [{"field": "place_names.ar", "before": "", "hit": "السكري", "after": ""}]
    assert item["reports"] == []


def test_the_best_first(api: Api) -> None:
    api.incident(title="Elsewhere", place="Idlib", summary="People of Sukkari fled there")
    api.incident(title="Elsewhere too", place="Sukkari")
    api.incident(title="Sukkari")
    api.incident(title="Sukkariyya")
    expected = ["Sukkari", "Elsewhere too", "Elsewhere", "Sukkariyya"]
    page = asked(api.public, "sukkari", sort="relevance", limit=1)
    seen = titles(page)
    while page["next"]:
        page = api.public.get(page["next"]).json()
        seen += titles(page)
    assert seen == expected
    assert titles(asked(api.public, "sukari", sort="relevance")) == [
        t for t in expected if t != "Sukkariyya"
    ] + ["Sukkariyya"]


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"sort": "relevance"}, "sort"),
        ({"sort": "-relevance", "q": "a"}, "sort"),
        ({"include": "hits"}, "include"),
        ({"include": "hits", "q": "a", "f": "ndjson"}, "include"),
        ({"include": "hits", "q": "a", "f": "geojson"}, "include"),
        ({"sort": "relevance", "q": "a", "f": "csv"}, "sort"),
    ],
)
def test_what_needs_words_says_so(api: Api, params: dict[str, str], field: str) -> None:
    answer = api.public.get("/v1/incidents", params=params)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"][0]["field"] == field
