"""Why a total is what it is, over HTTP: in JSON, and on a page that can be printed."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import html

from tests.support.api import Api
from tests.support.counting import ENDS, stated
from tests.support.state import problem

EXPLAIN = "/v1/totals/explain"
BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"
Told = dict[str, Any]


def told(api: Api, by: Any = None, **params: Any) -> Told:
    answer = (by or api.public).get(EXPLAIN, params=params)
    assert answer.status_code == 200, answer.text
    found: Told = answer.json()
    return found


def of(found: Told, uid: str) -> Told:
    (item,) = [item for item in found["items"] if item["id"] == uid]
    return item


def counts(item: Told) -> list[int | None]:
    return [item[f"counts_{end}"] for end in ENDS]


def page_of(api: Api, by: Any = None, **params: Any) -> Any:
    answer = (by or api.public).get(EXPLAIN, params=params, headers={"Accept": BROWSER})
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    return html.document_fromstring(answer.text)


def aleppo(api: Api) -> tuple[str, str, str]:
    """The 61 of the day, and two strikes that are part of them."""
    day = stated(api, 61, title="Air strikes on besieged Aleppo")
    return day, *(stated(api, n, title=f"A strike, {n} killed", part_of=day) for n in (12, 8))


def test_the_day_counts_what_its_strikes_leave(api: Api) -> None:
    day, first, second = aleppo(api)
    found = told(api)
    assert [item["id"] for item in found["items"]] == [day, first, second]
    assert found["total"] == api.public.get("/v1/totals").json()["items"][0]
    assert found["total"]["killed_best"] == 61
    assert [counts(item) for item in found["items"]] == [[41] * 3, [12] * 3, [8] * 3]
    item = of(found, day)
    assert item["category"] == "less_its_parts"
    assert item["why"] == (
        "It states 61. Its 2 parts of the list account for 20 of that, and are counted themselves: "
        "what is left is 41 to count here."
    )
    assert [(part["id"], part["title"], part["accounts_for_best"]) for part in item["parts"]] == [
        (first, "A strike, 12 killed", 12),
        (second, "A strike, 8 killed", 8),
    ]
    part = of(found, first)
    assert (part["category"], part["also"], part["contained_in"]) == ("counted", ["contained"], day)
    assert part["why"].startswith("It counts what it states: 12. It is part of another incident of the list")
    assert found["categories"] == {
        "counted": 2, "less_its_parts": 1, "no_figure": 0, "discounted": 0, "retracted": 0,
    }  # fmt: skip
    assert found["also"] == {"open_ended": 0, "low_stands_in": 0, "contained": 2}


def test_each_way_to_stand_is_told(api: Api) -> None:
    whole = stated(api, 10)
    stated(api, 15, part_of=whole)
    nothing = api.incident(wounded_best=3, assessment_reason="counted")["id"]
    vague = api.incident(killed_low=24, assessment_reason="counted")["id"]
    below = api.incident(killed_high=4, assessment_reason="counted")["id"]
    gone = stated(api, 99, verification_status="discounted")
    back = stated(api, 98, verification_status="retracted")
    found = told(api)
    assert [item["id"] for item in found["items"]][-2:] == [gone, back], "what is not counted comes last"
    assert counts(of(found, whole)) == [0, 0, 0]
    assert "nothing is left to count here" in of(found, whole)["why"]
    assert (counts(of(found, nothing)), of(found, nothing)["category"]) == ([None] * 3, "no_figure")
    assert "states no figure of killed" in of(found, nothing)["why"]
    assert (counts(of(found, vague)), of(found, vague)["also"]) == ([24, 24, None], ["open_ended", "low_stands_in"])  # fmt: skip
    assert (counts(of(found, below)), of(found, below)["also"]) == ([None, None, 4], [])
    for uid, status in ((gone, "discounted"), (back, "retracted")):
        assert (counts(of(found, uid)), of(found, uid)["category"]) == ([None] * 3, status)
        assert f"It is not counted: it was {status}." in of(found, uid)["why"]
    assert found["categories"] == {
        "counted": 3, "less_its_parts": 1, "no_figure": 1, "discounted": 1, "retracted": 1,
    }  # fmt: skip
    assert "not counted" in found["counting"]["in_words"][-1]
    asked = told(api, verification_status="discounted,confirmed,unreviewed")
    assert (counts(of(asked, gone)), of(asked, gone)["category"]) == ([99] * 3, "counted")
    assert "all that have one of these are counted" in asked["counting"]["in_words"][-1]


def test_whose_total_it_is_can_be_chosen(api: Api) -> None:
    figures = {"killed_best": 5, "wounded_best": 9, "killed_civilians_best": 2}
    api.incident(**figures, assessment_reason="counted")
    for metric in ("killed", "wounded", "killed_civilians"):
        found = told(api, metric=metric)
        (item,) = found["items"]
        assert item["counts_best"] == item[f"{metric}_best"] == figures[f"{metric}_best"]
        assert not {f"{other}_best" for other in ("killed", "wounded", "killed_civilians")} - {f"{metric}_best"} & set(item)  # fmt: skip


def test_hidden_parts_and_wholes_are_not_betrayed(api: Api) -> None:
    whole = stated(api, 61, title="The whole")
    hidden = stated(api, 30, part_of=whole, workflow="draft", title="The hidden one")
    part = stated(api, 10, part_of=hidden, title="A part of the hidden one")
    open_part = stated(api, 5, part_of=whole, title="A part")
    found = told(api)
    assert counts(of(found, whole)) == [56] * 3
    assert [each["id"] for each in of(found, whole)["parts"]] == [open_part]
    assert (of(found, whole)["parts_count"], of(found, part)["contained_in"]) == (1, None)
    assert found["also"]["contained"] == 1
    page = api.public.get(EXPLAIN, params={"f": "html"}).text
    for text in (api.public.get(EXPLAIN).text, page):
        assert hidden not in text
        assert "The hidden one" not in text
    assert "A part of the hidden one" in page
    seen = told(api, api.editor)
    assert [each["id"] for each in of(seen, whole)["parts"]] == [hidden, open_part]
    assert of(seen, hidden)["parts"][0]["id"] == part
    assert counts(of(seen, whole)) == [26] * 3


def test_pages_hold_every_incident_once(api: Api) -> None:
    for number in (5, 5, 5, 9, 0, 7):
        stated(api, number)
    aleppo(api)
    api.incident()
    whole = told(api)
    found, answer = [], api.public.get(EXPLAIN, params={"limit": 2})
    while True:
        page = answer.json()
        assert {**page, "items": 0, "next": 0} == {**whole, "items": 0, "next": 0}
        found += page["items"]
        if page["next"] is None:
            break
        assert answer.links["next"]["url"] == page["next"]
        answer = api.public.get(page["next"])
    assert found == whole["items"]
    assert sum(item["counts_best"] or 0 for item in found) == whole["total"]["killed_best"] == 92


def test_the_head_and_the_revision_are_those_of_the_answer(api: Api) -> None:
    stated(api, 3)
    found = told(api)
    head = api.public.get("/v1/changes/head").json()
    assert (found["revision"], found["head"]) == (head["seq"], head["head"])
    for headers in ({}, {"Accept": BROWSER}):
        first = api.public.get(EXPLAIN, headers=headers)
        held = {**headers, "If-None-Match": first.headers["etag"]}
        assert api.public.get(EXPLAIN, headers=held).status_code == 304
        other = {} if headers else {"Accept": BROWSER}
        assert api.public.get(EXPLAIN, headers={**other, "If-None-Match": first.headers["etag"]}).status_code == 200  # fmt: skip


def test_words_that_nothing_holds_are_read_as_totals_read_them(api: Api) -> None:
    stated(api, 4, title="Strike on Qabasin")
    total = api.public.get("/v1/totals?q=qabassin").json()
    found = told(api, q="qabassin")
    assert found["read_as"] == total["read_as"]
    assert (found["total"], len(found["items"])) == (total["items"][0], 1)
    assert "qabasin" in page_of(api, q="qabassin").text_content()


@pytest.mark.parametrize(
    ("question", "field"),
    [
        ("group_by=month", "group_by"),
        ("fill=zero", "fill"),
        ("cell_degrees=1", "cell_degrees"),
        ("sort=title", "sort"),
        ("metric=missing", "metric"),
        ("metric=", "metric"),
        ("limit=0", "limit"),
        ("limit=1001", "limit"),
        ("f=csv", "f"),
        ("cursor=x", "cursor"),
        ("cursor=", "cursor"),
        ("count=true", "count"),
        ("fields=id", "fields"),
        ("nonsense=1", "nonsense"),
        ("country=XXX", "country"),
        ("actor_role=target", "actor_role"),
        ("metric=killed&metric=wounded", "metric"),
    ],
)
def test_bad_questions(api: Api, question: str, field: str) -> None:
    for form in ("", "&f=html") if field != "f" else ("",):
        problem(api.public.get(f"{EXPLAIN}?{question}{form}"), 400, field)


def test_a_cursor_is_that_of_its_own_list(api: Api) -> None:
    for number in (1, 2, 3):
        stated(api, number)
    token = re.findall("cursor=([^&]+)", told(api, limit=1)["next"])[0]
    assert told(api, limit=1, cursor=token)["items"][0]["counts_best"] == 2
    problem(api.public.get(EXPLAIN, params={"cursor": token, "metric": "wounded"}), 400, "cursor")
    problem(api.public.get("/v1/incidents", params={"cursor": token}), 400, "cursor")


HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"


def test_what_a_record_says_is_text_on_the_page(api: Api) -> None:
    whole = stated(api, 9, title=HOSTILE, place=HOSTILE, code=HOSTILE)
    stated(api, 4, title=HOSTILE, part_of=whole)
    answer = api.public.get(EXPLAIN, params={"f": "html", "q": HOSTILE})
    tree = html.document_fromstring(answer.text)
    assert not tree.xpath("//script | //img | //iframe | //object | //link[@rel='stylesheet']")
    assert not [name for node in tree.iter() for name in node.attrib if name.lower().startswith("on")]
    assert tree.text_content().count(HOSTILE) >= 4, "the title of both, the part, the question"
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_the_page_asks_nobody_for_anything(api: Api) -> None:
    stated(api, 9)
    text = api.public.get(EXPLAIN, params={"f": "html"}).text
    assert not re.findall(r"(?:src=|@import|url\()", text)
    tree = html.document_fromstring(text)
    named = set(tree.xpath("//@href")) - {"#main"}
    assert all(address.startswith(api.running.url) for address in named)
    assert tree.get("lang") == "en"


def test_text_from_right_to_left_keeps_its_direction(api: Api) -> None:
    whole = stated(api, 9, title="غارات على حلب", place="السكري")
    stated(api, 4, title="غارة (٤)", part_of=whole)
    tree = page_of(api, q="حلب")
    for words in ("غارات على حلب", "2016-12-06"):
        (found, *_) = tree.xpath(f"//table//*[text()='{words}']")
        assert found.get("dir") == "auto"
    assert tree.xpath("//dd[@dir='auto' and text()='حلب']")
    tree = page_of(api)
    assert [node.tag for node in tree.xpath("//li/*[text()='غارة (٤)']")] == ["bdi"]
    assert not re.search("[\u0590-\u08ff]", "".join(item["why"] for item in told(api)["items"]))


def test_the_page_says_what_was_asked_of_whom_and_when(api: Api) -> None:
    aleppo(api)
    tree = page_of(api, country="SYR", date="2016-12", limit="2")
    foot = tree.xpath("//footer")[0].text_content()
    for text in ("country", "SYR", "date", "2016-12", "This is what everybody may see."):
        assert text in foot
    found = told(api)
    assert f"change {found['revision']}" in foot
    assert found["head"] in foot
    assert re.search(r"Answered on 20\d\d-\d\d-\d\d \d\d:\d\d UTC", foot)
    assert "may tell of what is not public" in page_of(api, api.editor).xpath("//footer")[0].text_content()
    assert tree.xpath("//a[@rel='next']")
    assert "Those of this page together" in tree.text_content()


def test_the_page_shows_the_sums(api: Api) -> None:
    aleppo(api)
    rows = page_of(api).xpath("//table[caption or thead/tr/th[text()='Why']]/tfoot/tr")
    assert [[cell.text_content() for cell in row] for row in rows] == [
        ["These together", "61", "61", "61", ""]
    ]
    api.incident(killed_low=24, assessment_reason="counted")
    rows = page_of(api).xpath("//table/tfoot/tr")
    assert [[cell.text_content() for cell in row] for row in rows] == [
        ["These together", "85", "85", "61", ""],
        ["The total", "85", "85", "open", ""],
    ]


def test_programs_get_json_and_browsers_the_page(api: Api) -> None:
    stated(api, 1)
    for accept, media_type in (
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        (BROWSER, "text/html"),
        ("application/json;q=0.5,text/html;q=0.4", "application/json"),
    ):
        answer = api.public.get(EXPLAIN, headers={"Accept": accept})
        assert answer.headers["content-type"].startswith(media_type)
        assert "Accept" in answer.headers["vary"]
    assert api.public.get(EXPLAIN, params={"f": "json"}, headers={"Accept": BROWSER}).json()["items"]
    assert page_of(api, country="IRQ").text_content().count("Nothing matches.") == 1
