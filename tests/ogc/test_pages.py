"""Pages for people: each document has one, linked both ways; nothing from elsewhere; whatever partners write stays text."""

from __future__ import annotations

import re
from typing import Any

import pytest
from lxml import html

from tests.ogc.conftest import World
from tests.support.api import Api

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"
ITEMS = "/ogc/collections/incidents/items"
ATTACKS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</title></style></svg><script>alert(1)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt;",
)


def paths_of(world: World) -> list[str]:
    one = "/ogc/collections"
    return [
        "/ogc",
        "/ogc/api",
        "/ogc/conformance",
        one,
        *(
            f"{one}/{name}{rest}"
            for name in ("incidents", "reports")
            for rest in ("", "/queryables", "/items")
        ),
        f"{ITEMS}/{world.ids['aleppo']}",
        f"{ITEMS}/{world.ids['neither']}",
        f"{one}/reports/items/{world.reports['early']}",
    ]


def page_of(client: Any, address: str, **asked: str) -> Any:
    answer = client.get(address, params={**asked, "f": "html"})
    assert answer.status_code == 200, answer.text
    return sound(answer)


def sound(answer: Any) -> Any:
    """The page's tree, after what holds for every page."""
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    tree = html.document_fromstring(answer.text)
    assert tree.get("lang") == "en"
    assert len(tree.findall(".//h1")) == 1
    assert tree.findtext(".//title").strip(" ·")
    assert not tree.findall(".//script")
    assert not tree.findall(".//img")
    assert not tree.xpath("//link[@rel='stylesheet']")
    for node in tree.iter():
        assert not [name for name in node.attrib if name.startswith("on") or name in ("style", "src")]
        href = node.get("href", "")
        assert not href.lower().startswith(("javascript:", "data:"))
    for table in tree.findall(".//table"):
        assert all(header.get("scope") in ("col", "row") for header in table.iter("th"))
    for field in tree.xpath("//input[not(@type='hidden')]"):
        assert field.xpath("ancestor::label"), "each field has its label"
    return tree


def test_every_document_has_a_page_and_links_lead_both_ways(world: World) -> None:
    for path in paths_of(world):
        as_json = world.public.get(path)
        assert "json" in as_json.headers["content-type"]
        there = re.search(r'<([^>]*)>; rel="alternate"; type="text/html"', as_json.headers["link"])
        assert there is not None, path
        if "links" in as_json.json():
            inside = {link["href"] for link in as_json.json()["links"] if link["rel"] == "alternate"}
            assert there[1] in inside
        page = world.public.get(there[1])
        (back,) = sound(page).xpath("//head/link[@rel='alternate']")
        assert back.get("type") == as_json.headers["content-type"]
        again = world.public.get(back.get("href"), headers={"Accept": BROWSER})
        assert again.headers["content-type"] == as_json.headers["content-type"], path


def test_accept_chooses(world: World) -> None:
    for path in paths_of(world):
        for accept, wanted in (
            (BROWSER, "text/html"),
            ("text/html", "text/html"),
            ("*/*", "json"),
            ("application/json", "json"),
            ("application/geo+json", "json"),
            ("text/html;q=0.5, application/json", "json"),
            ("text/html;q=0, */*", "json"),
            ("image/png", "json"),
            ("text/html;q=x,;,/;q=1", "json"),
        ):
            answer = world.public.get(path, headers={"Accept": accept})
            assert answer.status_code == 200
            assert wanted in answer.headers["content-type"], (path, accept)


def test_every_link_of_every_page_answers(world: World) -> None:
    seen: set[str] = set()
    for path in paths_of(world):
        tree = page_of(world.public, path)
        for href in tree.xpath("//a/@href | //head/link/@href"):
            if href.startswith(world.api.running.url) and href not in seen:
                seen.add(href)
                assert world.public.get(href).status_code == 200, href
    assert len(seen) > 20


def test_pages_go_on(world: World) -> None:
    address: str | None = ITEMS
    asked = {"limit": "5"}
    found: list[str] = []
    while address is not None:
        answer = world.public.get(address, params={**asked, "f": "html"} if asked else None)
        tree = sound(answer)
        found += tree.xpath("//tbody/tr/th/a/text()")
        following = tree.xpath("//a[@rel='next']/@href")
        address, asked = (following[0], {}) if following else (None, {})
    assert sorted(found) == sorted(
        world.names[uid] if world.names[uid] != "neither" else "O'Neill's \"quoted\" ÉTÉ"
        for uid in world.ids.values()
    )


def test_the_map_shows_what_has_a_position(world: World) -> None:
    tree = page_of(world.public, ITEMS)
    labels = tree.xpath("//svg//circle/title/text()")
    assert len(labels) == 9, "ten positions, two of them the same"
    assert any(label.endswith(" and 1 more here") for label in labels)
    assert not page_of(world.public, "/ogc/collections/reports/items").xpath("//svg")
    assert not page_of(world.public, ITEMS, title="nowhere").xpath("//svg")


def test_the_form_asks_and_keeps_what_was_asked(world: World) -> None:
    tree = page_of(
        world.public, ITEMS, datetime="", bbox="", filter="killed_best >= 5", limit="", country="SYR"
    )
    assert len(tree.xpath("//tbody/tr")) == 3
    fields = {field.get("name"): field.get("value") for field in tree.xpath("//form//input")}
    assert fields == {
        "f": "html", "country": "SYR", "datetime": "", "bbox": "", "filter": "killed_best >= 5", "limit": "",
    }  # fmt: skip
    assert world.public.get(ITEMS, params={"f": "html", "bbox": "1"}).status_code == 400
    assert "Nothing matches" in world.public.get(ITEMS, params={"f": "html", "country": "ZZZ"}).text


def test_null_is_not_zero(world: World) -> None:
    def killed(name: str) -> str:
        tree = page_of(world.public, f"{ITEMS}/{world.ids[name]}")
        (cell,) = tree.xpath("//tr[th/code='killed_best']/td[1]")
        return str(cell.text_content().strip())

    assert killed("aleppo_again") == "0"
    assert killed("neither") == "not stated"


@pytest.mark.parametrize("attack", ATTACKS)
def test_what_partners_write_stays_text(api: Api, attack: str) -> None:
    source = api.source(name=attack)
    incident = api.incident(
        title=attack, summary=attack, place=attack, admin1=attack, admin2=attack, code=attack, tags=[attack],
        lon=1.0, lat=2.0, place_names={"en": attack}, time_of_day=attack,
        attributions=[{"actor": attack, "actor_type": "unknown"}] if "{" not in attack else [],
    )  # fmt: skip
    report = api.report(title=attack, excerpt=attack, notes=attack, source_id=source["id"])
    assert api.editor.put(f"/v1/incidents/{incident['id']}/reports/{report['id']}", json={}).is_success
    pages = [ITEMS, f"{ITEMS}/{incident['id']}"]
    pages += ["/ogc/collections/reports/items", f"/ogc/collections/reports/items/{report['id']}"]
    for client in (api.public, api.editor):
        for path in pages:
            tree = page_of(client, path)
            assert attack in tree.text_content(), path
    tree = page_of(api.public, ITEMS, filter=f"title = '{attack.replace(chr(39), chr(39) * 2)}'")
    assert len(tree.xpath("//tbody/tr")) == 1


def test_only_addresses_of_the_web_are_linked(api: Api) -> None:
    good = api.report(title="good", url="https://example.org/a?b=<c>&d='e'")
    tree = page_of(api.public, f"/ogc/collections/reports/items/{good['id']}")
    (link,) = tree.xpath("//a[starts-with(@href, 'https://example.org')]")
    assert "noopener" in link.get("rel")
    bad = api.report(title="bad", excerpt="javascript:alert(1)")
    tree = page_of(api.public, f"/ogc/collections/reports/items/{bad['id']}")
    assert "javascript:alert(1)" in tree.text_content()


def test_an_error_is_no_page(api: Api) -> None:
    answer = api.public.get(f"{ITEMS}?<script>=1&f=html", headers={"Accept": BROWSER})
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_page_is_kept_as_long_as_it_is_so(world: World) -> None:
    first = world.public.get(ITEMS, headers={"Accept": BROWSER})
    again = world.public.get(ITEMS, headers={"Accept": BROWSER, "If-None-Match": first.headers["etag"]})
    assert again.status_code == 304
    assert world.public.get(ITEMS, headers={"If-None-Match": first.headers["etag"]}).status_code == 200
