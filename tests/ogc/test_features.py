"""One feature."""

from __future__ import annotations

import pytest

from tests.ogc.conftest import World


@pytest.mark.parametrize("collection", ["incidents", "reports"])
def test_a_feature_equals_its_entry_in_the_page(world: World, collection: str) -> None:
    path = f"/ogc/collections/{collection}/items"
    for entry in world.public.get(path).json()["features"]:
        answer = world.public.get(f"{path}/{entry['id']}")
        assert answer.headers["content-type"] == "application/geo+json"
        feature = answer.json()
        found = {(link["rel"], link["type"]): link["href"] for link in feature.pop("links")}
        assert feature == entry
        assert found["self", "application/geo+json"] == str(answer.request.url)
        for rel, media_type in (("alternate", "text/html"), ("collection", "application/json")):
            assert world.public.get(found[rel, media_type]).headers["content-type"].startswith(media_type)
        tag = answer.headers["etag"]
        again = world.public.get(f"{path}/{entry['id']}", headers={"If-None-Match": tag})
        assert again.status_code == 304


def test_what_is_not_there_is_not_found(own_world: World) -> None:
    theirs = own_world.api.incident(title="theirs", sharing="restricted")["id"]
    draft = own_world.api.incident(title="draft", workflow="draft")["id"]
    report = own_world.reports["early"]
    for uid in ("inc_0", "x", "x" * 100, "%00", "é", theirs, draft, report):
        answer = own_world.public.get(f"/ogc/collections/incidents/items/{uid}")
        assert answer.status_code == 404, uid
        assert answer.headers["content-type"] == "application/problem+json"
    assert own_world.api.editor.get(f"/ogc/collections/incidents/items/{theirs}").status_code == 200


def test_what_was_deleted_is_gone(own_world: World) -> None:
    uid = own_world.ids["aleppo"]
    own_world.api.editor.delete(f"/v1/incidents/{uid}", params={"reason": "twice"}, headers={"If-Match": "*"})
    answer = own_world.public.get(f"/ogc/collections/incidents/items/{uid}")
    assert answer.status_code == 410
    assert answer.json()["reason"] == "twice"
    assert "aleppo" not in own_world.found()


def test_a_feature_takes_no_parameter_but_the_form(world: World) -> None:
    path = f"/ogc/collections/incidents/items/{world.ids['aleppo']}"
    assert world.public.get(path, params={"f": "json"}).status_code == 200
    for name in ("fields", "include", "limit", "crs"):
        assert world.public.get(path, params={name: "1"}).status_code == 400
