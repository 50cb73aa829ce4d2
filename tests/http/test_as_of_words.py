"""`q` with `as_of`: words find what held them then, and never more than may be seen today."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.http.test_as_of import NOT_EDITORS, VIEWERS, deleted, head, ids, listed, number_of
from tests.support.api import Api
from tests.support.indexes import check_indexes
from tests.support.state import problem

ANY = {"If-Match": "*"}


@pytest.mark.parametrize("viewer", VIEWERS)
def test_words_of_then_find_what_held_them_then(api: Api, viewer: tuple[str, str]) -> None:
    market = api.incident(title="The market", place_names={"ar": "السوق"}, summary="A bridge")["id"]
    other = api.incident(title="A school", place="Market street")["id"]
    then, client = head(api), api.client(*viewer)
    relevance = {"q": "market", "sort": "relevance", "include": "hits"}
    was = listed(client, "/v1/incidents", **relevance)
    assert [item["id"] for item in was] == [market, other]
    api.patched(f"/v1/incidents/{market}", title="The bakery", place_names=None, summary="A hill")
    deleted(api, f"/v1/incidents/{other}")
    later = api.incident(title="A market of later")["id"]
    assert ids(client, q="market") == [later]
    assert listed(client, "/v1/incidents", **relevance, as_of=then) == was
    assert ids(client, q="bakery", as_of=then) == ids(client, q="hill", as_of=then) == []
    for words in ("السوق", "bridge", "mark bridge", "bridge mark"):
        expected = [] if words == "mark bridge" else [market]
        assert ids(client, q=words, as_of=then) == expected, words
    assert number_of(client, q="market", as_of=then) == 2
    assert number_of(client, q="market") == 1
    assert ids(client, q="market", as_of=then - 1) == [market]
    facets = client.get("/v1/incidents/facets", params={"q": "market", "as_of": then, "facets": "country"})
    assert sum(each["incidents"] for each in facets.json()["facets"]["country"]) == 2
    explained = client.get("/v1/totals/explain", params={"q": "market", "as_of": then}).json()
    assert {item["id"] for item in explained["items"]} == {market, other}
    for form in ("csv", "ndjson", "geojson"):
        text = client.get("/v1/incidents", params={"q": "market", "as_of": then, "f": form}).text
        assert market in text
        assert other in text
        assert later not in text


def test_each_text_is_found_as_long_as_it_stood(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(title='Word0')['id']}"
    moments = [head(api)]
    for number in range(1, 4):
        api.patched(path, title=f"Word{number}")
        moments.append(head(api))
        api.patched(path, killed_best=number, assessment_reason="r")  # the words stay
        moments.append(head(api))
    titles = [0, 1, 1, 2, 2, 3, 3]
    for at, said in zip(moments, titles, strict=True):
        found = [number for number in range(4) if ids(api.public, q=f"Word{number}", as_of=at)]
        assert found == [said], at
    check_indexes(api.database)


def test_reports_and_sources_are_found_by_their_words_of_then(api: Api) -> None:
    source = api.source(name="Agency")["id"]
    report = api.report(source_id=source, title="A tale", excerpt="of two cities")["id"]
    then = head(api)
    api.patched(f"/v1/sources/{source}", name="Bureau")
    api.patched(f"/v1/reports/{report}", title="Another", excerpt=None)
    for path, words, later in (
        ("/v1/sources", "agency", "bureau"),
        ("/v1/reports", "cities tale", "another"),
    ):
        assert ids(api.public, path, q=words) == []
        assert len(ids(api.public, path, q=words, as_of=then)) == 1
        assert ids(api.public, path, q=later, as_of=then) == []


def test_a_word_is_read_as_words_that_were_held_then(api: Api) -> None:
    incident = api.incident(title="Mashhad")["id"]
    then = head(api)
    api.patched(f"/v1/incidents/{incident}", title="Mashad")
    assert "read_as" not in api.public.get("/v1/incidents", params={"q": "mashad"}).json()
    for path in ("/v1/incidents", "/v1/totals", "/v1/incidents/facets", "/v1/totals/explain"):
        told = api.public.get(path, params={"q": "mashad", "as_of": then}).json()
        assert told["read_as"] == {"mashad": ["mashhad"]}, path
    assert ids(api.public, q="mashad", as_of=then) == [incident]


@pytest.mark.parametrize("viewer", NOT_EDITORS)
@pytest.mark.parametrize("hiding", [{"sharing": "restricted"}, {"workflow": "draft"}])
def test_words_do_not_find_what_is_out_of_sight_today(
    api: Api, viewer: tuple[str, str], hiding: dict[str, Any]
) -> None:
    owner, client = api.client("editor", "desk"), api.client(*viewer)
    incident = api.incident(owner, title="Marker")["id"]
    then = head(api)
    api.patched(f"/v1/incidents/{incident}", owner, title="Other", **hiding)
    for words in ("marker", "mark", "markex"):
        never = client.get("/v1/incidents", params={"q": "nevery", "as_of": then, "count": "true"}).json()
        answer = client.get("/v1/incidents", params={"q": words, "as_of": then, "count": "true"}).json()
        assert answer == never
        assert number_of(client, q=words, as_of=then) == 0
    assert ids(api.editor, q="marker", as_of=then) == [incident]


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_a_place_that_was_generalised_since_is_found_by_what_is_told_alone(
    api: Api, viewer: tuple[str, str]
) -> None:
    client = api.client(*viewer)
    exact = {"lon": 37.1612, "lat": 36.2065, "location_precision": "exact_point"}
    incident = api.incident(
        **exact, title="Strike", admin1="Aleppo", place="House of Rahma", place_names={"en": "Rahma lane"}
    )["id"]
    then, path = head(api), f"/v1/incidents/{incident}"
    # What is told today says a word that was withheld then: it must not be found as of then by it.
    api.patched(
        path, location_generalised_to="admin1", place="Aleppo", place_names=None, title="Strike on Rahma"
    )
    shown = client.get(path, params={"as_of": then}).json()
    assert (shown["place"], shown["place_names"], shown["admin1"]) == (None, {}, "Aleppo")
    assert ids(client, q="rahma") == [incident]
    for words in ("rahma", "house", "lane", "hous", "strike rahma"):
        assert ids(client, q=words, as_of=then) == [], words
        assert ids(client, q=words, sort="relevance", as_of=then) == [], words
        assert number_of(client, q=words, as_of=then) == 0
        assert ids(api.editor, q=words, as_of=then) == [incident], words
    for words in ("strike", "alep", "aleppo strike"):
        assert ids(client, q=words, as_of=then) == [incident], words
        assert ids(client, q=words, sort="relevance", as_of=then) == [incident], words


@pytest.mark.parametrize("viewer", NOT_EDITORS)
def test_the_name_and_the_words_of_who_is_protected_now_find_nothing(
    api: Api, viewer: tuple[str, str]
) -> None:
    client = api.client(*viewer)
    source = api.source(name="Quillfeather")["id"]
    report = api.report(source_id=source, title="Quillfeather tells", excerpt="of the square")["id"]
    then = head(api)
    api.patched(f"/v1/sources/{source}", protected=True)
    api.patched(f"/v1/reports/{report}", title="A witness tells")
    for words in ("quillfeather", "quill", "tells"):
        assert ids(client, "/v1/sources", q=words, as_of=then) == []
        assert ids(client, "/v1/reports", q=words, as_of=then) == []
    assert ids(client, "/v1/reports", q="square", as_of=then) == [report]
    pseudonym = client.get(f"/v1/sources/{source}").json()["name"]
    assert ids(client, "/v1/sources", q=pseudonym, as_of=then) == [source]
    assert ids(api.editor, "/v1/sources", q="quillfeather", as_of=then) == [source]
    assert ids(api.editor, "/v1/reports", q="quillfeather", as_of=then) == [report]


def test_what_was_redacted_is_found_as_of_no_moment(api: Api) -> None:
    incident = api.incident(title="Zephyrine at the market", summary="A crowd")["id"]
    path, moments = f"/v1/incidents/{incident}", [head(api)]
    api.patched(path, title="Zephyrine and others")
    moments.append(head(api))
    api.patched(path, title="Some people")
    moments.append(head(api))
    assert ids(api.editor, q="zephyrine", as_of=moments[0]) == [incident]
    body = {"fields": ["title"], "reason": "as the law asks"}
    answer = api.admin.post(f"{path}/redact", json=body, headers=ANY)
    assert answer.status_code == 200, answer.text
    for client in (api.public, api.editor, api.admin):
        for at in moments:
            for words in ("zephyrine", "zephyr", "market", "others", "people"):
                assert ids(client, q=words, as_of=at) == [], (words, at)
            assert ids(client, q="crowd", as_of=at) == [incident]
    with api.database.reading.connect() as connection:
        found = (
            "SELECT count(*) FROM former_texts WHERE search_text LIKE '%%zephyr%%' OR title LIKE '%%zephyr%%'"
        )
        assert connection.exec_driver_sql(found).scalar_one() == 0
        spelled = "SELECT count(*) FROM spellings WHERE word LIKE 'zephyr%%'"
        assert connection.exec_driver_sql(spelled).scalar_one() == 0
    check_indexes(api.database)


def test_pages_by_relevance_go_on_in_the_same_state(api: Api) -> None:
    made = [api.incident(title=f"Market {n}")["id"] for n in range(5)]
    then = head(api)
    asked = {"q": "market", "sort": "relevance", "as_of": then, "limit": 2}
    answer, found = api.public.get("/v1/incidents", params=asked), []
    while True:
        page = answer.json()
        assert page["ranked"] == 5
        found += [item["id"] for item in page["items"]]
        if page["next"] is None:
            break
        api.patched(f"/v1/incidents/{made[0]}", title=f"{len(found)}")
        api.incident(title="Market")
        answer = api.public.get(page["next"])
    assert found == made[::-1]
    cursor = httpx.URL(api.public.get("/v1/incidents", params=asked).json()["next"]).params["cursor"]
    problem(
        api.public.get("/v1/incidents", params={**asked, "cursor": cursor, "as_of": then - 1}), 400, "cursor"
    )


def test_a_search_is_cited_and_answered_again(api: Api) -> None:
    incident = api.incident(title="Market")["id"]
    first = api.public.get("/v1/incidents", params={"q": "market", "citation": "true"}).json()
    api.patched(f"/v1/incidents/{incident}", title="Square")
    again = api.public.get(first["citation"]["url"]).json()
    assert again["items"] == first["items"]
    assert again["citation"]["as_cited"] is True
    paper = api.public.get("/v1/totals/explain", params={"q": "market", "f": "html"})
    assert "cite=" in paper.text
