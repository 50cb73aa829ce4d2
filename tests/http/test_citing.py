"""Citations: followed, an answer is told again; of another history it is refused, of other data it says so."""

from __future__ import annotations

from typing import Any

import httpx
import pytest
from lxml import html

from tests.support.api import Api
from tests.support.state import problem

PATHS = ("/v1/incidents", "/v1/incidents?limit=1&sort=id&fields=title", "/v1/incidents?f=geojson", "/v1/incidents/{id}",
         "/v1/incidents/{id}?fields=title", "/v1/incidents/{id}/claims", "/v1/totals", "/v1/totals?group_by=country",
         "/v1/incidents/facets", "/v1/reports", "/v1/sources", "/v1/totals/explain",
         "/v1/totals/explain?metric=wounded&limit=1", "/v1/claims", "/v1/claims?limit=1", "/v1/incidents/{id}/explain")  # fmt: skip


def cited(client: httpx.Client, path: str, **params: Any) -> dict[str, Any]:
    url = httpx.URL(path).copy_merge_params({"citation": "true", **params})
    answer = client.get(url)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


def without(document: dict[str, Any]) -> dict[str, Any]:
    """The data: not how they are cited, nor where the next page is, which carries the citation."""
    return {name: value for name, value in document.items() if name not in ("citation", "as_of", "next")}


@pytest.mark.parametrize("path", PATHS)
def test_a_citation_leads_to_the_same_answer_whatever_was_recorded_since(api: Api, path: str) -> None:
    report = {
        "title": "r",
        "incidents": [{"incident": {"title": "First"}, "claims": [{"metric": "killed", "best": 2}]}],
    }
    api.report(source={"name": "Agency"}, **report)
    incident = api.incident(title="Second")["id"]
    path = path.format(id=incident)
    plain = api.public.get(path).json()
    first = cited(api.public, path)
    assert without(first) == without(plain)
    assert first["citation"]["as_cited"] is None
    api.patched(f"/v1/incidents/{incident}", title="Amended", country="IRQ")
    api.incident(title="Third")
    api.report(source={"name": "Another"})
    again = api.public.get(first["citation"]["url"])
    assert again.status_code == 200, again.text
    assert without(again.json()) == without(first)
    assert again.json()["citation"] == first["citation"] | {"as_cited": True}
    seq = first["citation"]["seq"]
    assert without(api.public.get(httpx.URL(path).copy_merge_params({"as_of": seq})).json()) == without(first)


def test_the_hash_is_that_of_the_head_and_not_the_one_that_is_stored(api: Api) -> None:
    """On a stored one guesses of what a change said could be tried (decision 17)."""
    api.incident()
    told = cited(api.public, "/v1/incidents")["citation"]
    head = api.public.get(f"/v1/changes/head?at={told['seq']}").json()
    assert told["hash"] == head["hash"]
    assert told["cite"].split("-")[:2] == [str(told["seq"]), head["hash"][:12]]


def test_every_page_of_a_list_is_cited(api: Api) -> None:
    made = [api.incident(title=f"{n}")["id"] for n in range(3)]
    first = cited(api.public, "/v1/incidents?limit=2&sort=id")
    second = api.public.get(first["next"]).json()
    assert [item["id"] for item in first["items"] + second["items"]] == made
    assert second["citation"]["cite"] != first["citation"]["cite"]
    api.incident()
    assert api.public.get(second["citation"]["url"]).json()["items"] == second["items"]


OGC = "/ogc/collections/incidents/items"


@pytest.mark.parametrize("path", [OGC, f"{OGC}?bbox=36,35,38,37", f"{OGC}/{{id}}"])
def test_features_are_cited(api: Api, path: str) -> None:
    placed = {"lon": 37.0, "lat": 36.0, "location_precision": "settlement"}
    incident = api.incident(title="First", **placed)["id"]
    api.incident(title="Hidden later", **placed)
    path = path.format(id=incident)

    def data(told: dict[str, Any]) -> Any:
        return told.get("features") or (told["geometry"], told["properties"])

    first = cited(api.public, path)
    again = api.public.get(first["citation"]["url"]).json()
    assert data(again) == data(api.public.get(path).json())
    api.patched(f"/v1/incidents/{incident}", title="Second", lon=10.0)
    again = api.public.get(first["citation"]["url"]).json()
    assert data(again) == data(first)
    assert again["citation"] == first["citation"] | {"as_cited": True}
    page = _page(api.public, path, cite=first["citation"]["cite"], f="html")
    assert "First" in page.text_content()
    assert "These are the data that were cited." in page.text_content()
    assert page.xpath("//footer//a[@rel='bookmark']/code/text()") == page.xpath("//a[@rel='bookmark']/@href")
    seq, sealed, digest = first["citation"]["cite"].split("-")
    forged = {"cite": f"{seq}-{int(sealed, 16) ^ 1:012x}-{digest}"}
    problem(api.public.get(path, params=forged), 400, "cite")


def test_features_that_are_no_longer_to_be_seen_are_said_to_be_missing(api: Api) -> None:
    hidden = api.incident(title="Hidden later")["id"]
    api.incident(title="Another")
    url = cited(api.public, OGC)["citation"]["url"]
    api.patched(f"/v1/incidents/{hidden}", sharing="restricted")
    told = api.public.get(url)
    assert told.json()["citation"]["as_cited"] is False
    page = _page(api.public, url, f="html")
    assert "These are not the data that were cited" in page.text_content()
    assert not any(
        secret in each for secret in (hidden, "Hidden") for each in (told.text, page.text_content())
    )
    names = {each.get("name"): each.get("value") for each in page.xpath("//form/input[@type='hidden']")}
    assert "cite" not in names, "another question is not the one that was cited"
    assert names["as_of"] == str(told.json()["as_of"]["seq"])


def test_from_features_that_are_cited_one_goes_on_to_the_next(api: Api) -> None:
    made = [api.incident(title=f"{n}", date_start=f"2016-12-{n + 1:02}")["id"] for n in range(3)]
    url, found = cited(api.public, OGC, limit="1")["citation"]["url"], []
    while url is not None:
        api.incident(title="between", date_start="2016-12-02")
        page = api.public.get(url).json()
        found += [feature["id"] for feature in page["features"]]
        assert page["citation"]["as_cited"] in (None, True)
        url = next((link["href"] for link in page["links"] if link["rel"] == "next"), None)
    assert found == made[::-1]


@pytest.mark.parametrize("path", ["/v1/incidents?sort=id", "/v1/totals/explain?country=SYR"])
def test_from_a_page_that_is_cited_one_goes_on_to_the_next(api: Api, path: str) -> None:
    made = [api.incident(title=f"{n}", country="SYR")["id"] for n in range(3)]
    url = cited(api.public, path, limit="1")["citation"]["url"]
    found = []
    while url is not None:
        api.incident(title="between", country="SYR")
        page = api.public.get(url).json()
        found += [item["id"] for item in page["items"]]
        assert page["citation"]["as_cited"] in (None, True)
        url = page["next"]
    assert found == made


PAGES = ("/v1/totals/explain?country=SYR", "/v1/incidents/{id}/explain")


@pytest.mark.parametrize("path", PAGES)
def test_paper_says_how_it_is_cited_and_leads_to_the_same_data(api: Api, path: str) -> None:
    incident = api.incident(title="First", country="SYR", killed_best=3, assessment_reason="counted")["id"]
    path = path.format(id=incident)
    in_json = cited(api.public, path)
    page = _page(api.public, path, f="html")
    (url,) = page.xpath("//footer//a[@rel='bookmark']/@href")
    assert httpx.URL(url).params["cite"] == in_json["citation"]["cite"]
    assert httpx.URL(url).params["f"] == "html"
    (line,) = page.xpath("//footer//a[@rel='bookmark']/code")
    assert line.text == url, "it is typed in from the paper"
    api.patched(f"/v1/incidents/{incident}", title="Second", killed_best=5)
    again = _page(api.public, url)
    assert "First" in again.text_content()
    assert "Second" not in again.text_content()
    assert "These are the data that were cited." in again.text_content()
    assert again.xpath("//a[@rel='bookmark']/@href") == [url]
    assert f"as of change {in_json['citation']['seq']}." in again.text_content()
    without_digest = in_json["citation"]["cite"].rpartition("-")[0]
    other = _page(api.public, httpx.URL(url).copy_merge_params({"cite": without_digest}))
    assert "data that were cited" not in other.text_content(), "that citation has no digest"


def test_paper_says_that_the_data_are_not_those_that_were_cited(api: Api) -> None:
    hidden = api.incident(title="Hidden later", country="SYR")["id"]
    (url,) = _page(api.public, PAGES[0], f="html").xpath("//a[@rel='bookmark']/@href")
    api.patched(f"/v1/incidents/{hidden}", sharing="restricted")
    text = _page(api.public, url).text_content()
    assert "These are not the data that were cited" in text
    assert hidden not in text


def test_paper_of_words_that_were_searched_for_is_cited(api: Api) -> None:
    incident = api.incident(title="A market")["id"]
    page = _page(api.public, "/v1/totals/explain?q=market", f="html")
    (href,) = page.xpath("//a[@rel='bookmark']/@href")
    assert "A market" in page.text_content()
    api.patched(f"/v1/incidents/{incident}", title="A square")
    assert "A market" in _page(api.public, href).text_content()


def _page(client: httpx.Client, path: str | httpx.URL, **params: str) -> Any:
    answer = client.get(httpx.URL(path).copy_merge_params(params))
    assert answer.status_code == 200, answer.text
    return html.document_fromstring(answer.text)


def test_what_is_no_longer_to_be_seen_is_said_to_be_missing_and_not_what(api: Api) -> None:
    hidden, other = api.incident(title="Hidden later")["id"], api.incident(title="Another")["id"]
    urls = [cited(api.public, path)["citation"]["url"] for path in ("/v1/incidents", "/v1/totals")]
    one = cited(api.public, f"/v1/incidents/{hidden}")["citation"]["url"]
    still = cited(api.public, f"/v1/incidents/{other}")["citation"]["url"]
    api.patched(f"/v1/incidents/{hidden}", sharing="restricted")
    for url in urls:
        told = api.public.get(url)
        assert told.json()["citation"]["as_cited"] is False
        assert hidden not in told.text
        # It says the same to whoever brings any other digest: nothing but that these data are others.
        forged = httpx.URL(url)
        forged = forged.copy_merge_params({"cite": f"{forged.params['cite'].rpartition('-')[0]}-{'0' * 12}"})
        answers = [told.json(), api.public.get(forged).json()]
        assert answers[0] == answers[1]
    assert api.public.get(one).status_code == 404
    assert api.public.get(still).json()["citation"]["as_cited"] is True


def test_a_citation_of_another_history_is_refused(api: Api) -> None:
    api.incident()
    cite = cited(api.public, "/v1/incidents")["citation"]["cite"]
    seq, sealed, digest = cite.split("-")
    forged = f"{int(sealed, 16) ^ 1:012x}"
    for wrong in (
        f"{seq}-{forged}-{digest}",
        f"{int(seq) - 1}-{sealed}",
        f"{int(seq) + 1}-{sealed}",
        f"{'9' * 18}-{sealed}",
    ):
        for path in ("/v1/incidents", "/v1/totals", "/v1/incidents?f=csv"):
            answer = api.public.get(httpx.URL(path).copy_merge_params({"cite": wrong}))
            assert problem(answer, 400, "cite")["errors"][0]["code"] == "another_history"
    for nonsense in (
        "",
        "1",
        seq,
        f"{seq}-",
        f"{seq}-{sealed[:11]}",
        f"{seq}-{sealed.upper()}G",
        f"-{seq}-{sealed}",
    ):
        problem(api.public.get("/v1/incidents", params={"cite": nonsense}), 400, "cite")


def test_what_does_not_go_together_is_refused(api: Api) -> None:
    api.incident()
    cite = cited(api.public, "/v1/incidents")["citation"]["cite"]
    problem(api.public.get("/v1/incidents", params={"cite": cite, "as_of": "1"}), 400, "as_of")
    problem(api.public.get("/v1/incidents", params={"citation": "yes"}), 400, "citation")
    problem(api.public.post("/v1/incidents/search", json={"citation": "true"}), 400, "citation")
    problem(api.admin.get("/v1/partners", params={"citation": "true"}), 400, "citation")
    problem(api.public.get("/ogc/conformance", params={"cite": cite}), 400, "cite")
    problem(
        api.public.get("/ogc/collections/incidents/items", params={"cite": cite, "as_of": "1"}), 400, "as_of"
    )


def test_an_export_is_cited_by_a_link(api: Api) -> None:
    incident = api.incident(title="First")["id"]
    was = api.public.get("/v1/incidents", params={"f": "csv", "citation": "true", "fields": "title"})
    href, rel = was.headers["link"].removeprefix("<").split(">; ")
    assert rel == 'rel="cite-as"'
    api.patched(f"/v1/incidents/{incident}", title="Second")
    again = api.public.get(href)
    assert (again.text, again.headers["link"]) == (was.text, was.headers["link"])
    assert "First" in again.text


def test_nothing_changed_nothing_sent(api: Api) -> None:
    api.incident()
    for asked in ({"citation": "true"}, {"cite": cited(api.public, "/v1/incidents")["citation"]["cite"]}):
        tag = api.public.get("/v1/incidents", params=asked).headers["etag"]
        for _ in range(2):
            again = api.public.get("/v1/incidents", params=asked, headers={"If-None-Match": tag})
            assert again.status_code == 304
        assert api.public.get("/v1/incidents", headers={"If-None-Match": tag}).status_code == 200
