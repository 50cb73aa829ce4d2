"""What few may see is not there for the others: as a feature, in a count, an extent, a filter, or on a page."""

from __future__ import annotations

from tests.ogc.conftest import World
from tests.support.api import Api

ITEMS = "/ogc/collections/incidents/items"


def test_each_viewer_finds_what_v1_gives(own_world: World) -> None:
    api = own_world.api
    alpha = api.contributor
    for sharing in ("public", "partners", "organisation", "restricted"):
        for workflow in ("published", "draft"):
            made = api.incident(
                alpha if workflow == "draft" else None, title=sharing, sharing=sharing, workflow=workflow
            )
            own_world.names[made["id"]] = f"{sharing} {workflow}"
    beta = api.client("reader", "beta")
    counts = set()
    for client in (api.public, api.client("reader", "alpha"), beta, api.editor, api.admin):
        seen = {own_world.names[r["id"]] for r in client.get("/v1/incidents").json()["items"]}
        assert own_world.found(by=client) == seen
        assert client.get(ITEMS).json()["numberMatched"] == len(seen)
        counts.add(len(seen))
        for uid, name in own_world.names.items():
            if uid.startswith("inc_"):
                for form in ("json", "html"):
                    found = client.get(f"{ITEMS}/{uid}", params={"f": form}).status_code
                    assert found == (200 if name in seen else 404), name
    assert len(counts) > 2


def test_an_exact_position_that_is_withheld_cannot_be_asked_for(api: Api) -> None:
    made = api.incident(
        title="withheld", lon=37.1234567, lat=36.7654321, location_precision="exact_point",
        location_generalised_to="admin1",
    )  # fmt: skip
    path = f"{ITEMS}/{made['id']}"
    lon, lat = api.public.get(path).json()["geometry"]["coordinates"]
    assert (lon, lat) == (37.5, 36.5)
    for address in (ITEMS, path, "/ogc/collections/incidents", "/ogc/collections"):
        for form in ("json", "html"):
            text = api.public.get(address, params={"f": form}).text
            assert "37.12" not in text
            assert "36.76" not in text
    assert api.public.get(ITEMS, params={"bbox": "37.12,36.76,37.13,36.77"}).json()["features"] == []
    assert len(api.public.get(ITEMS, params={"bbox": "37.49,36.49,37.51,36.51"}).json()["features"]) == 1
    assert api.editor.get(path).json()["properties"]["lon_exact"] == 37.1234567


def test_a_key_that_is_not_good_is_refused(api: Api) -> None:
    for path in ("/ogc/collections", ITEMS, "/ogc/collections/incidents/queryables", "/ogc/api"):
        answer = api.public.get(path, headers={"Authorization": "Bearer irk_nonsense"})
        assert answer.status_code == 401, path


def test_caches_keep_apart_what_viewers_see(own_world: World) -> None:
    public = own_world.public.get(ITEMS)
    editor = own_world.api.editor.get(ITEMS)
    assert public.headers["etag"] != editor.headers["etag"]
    assert "public" in public.headers["cache-control"]
    assert "private" in editor.headers["cache-control"]
    again = own_world.api.editor.get(ITEMS, headers={"If-None-Match": public.headers["etag"]})
    assert again.status_code == 200
    for path in (ITEMS, "/ogc/collections", "/ogc/api", "/ogc/collections/incidents/queryables"):
        vary = own_world.public.get(path).headers["vary"]
        assert "Authorization" in vary
        assert "Accept" in vary
