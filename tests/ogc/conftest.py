"""A small world with every kind of trouble: no position, no date, the antimeridian, the poles, what few may see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.conftest import KINDS
from tests.support.api import Api
from tests.support.lasting import lasting_api
from tests.support.tables import head

FAR_AND_WIDE: dict[str, dict[str, Any]] = {
    "aleppo": {"lon": 37.16, "lat": 36.2, "killed_low": 3, "killed_best": 5, "killed_high": 8, "admin1": "Aleppo"},
    "aleppo_again": {"lon": 37.16, "lat": 36.2, "killed_best": 0, "date_start": "2016-12-07", "place": "Mashhad"},
    "idlib": {"lon": 36.63, "lat": 35.93, "killed_best": 50, "date_start": "2017-01-01", "date_end": "2017-01-31", "date_precision": "month", "admin1": "Idlib"},
    "fiji_east": {"lon": 179.5, "lat": -17.0, "country": "FJI", "date_start": "2018-05-01"},
    "fiji_west": {"lon": -179.5, "lat": -17.0, "country": "FJI", "date_start": "2018-05-02"},
    "north_pole": {"lon": 10.0, "lat": 90.0, "country": None, "date_start": "2019-01-01"},
    "south_pole": {"lon": -10.0, "lat": -90.0, "country": None, "date_start": "2019-12-31"},
    "null_island": {"lon": 0.0, "lat": 0.0, "country": None, "date_start": "2015-06-01"},
    "nowhere": {"killed_best": 7, "date_start": "2016-12-06"},
    "no_date": {"lon": 38.0, "lat": 34.0, "date_start": None},
    "neither": {"date_start": None, "title": "O'Neill's \"quoted\" ÉTÉ"},
    "whole_year": {"lon": 36.3, "lat": 33.5, "date_start": "2016-01-01", "date_end": "2016-12-31", "date_precision": "year"},
}  # fmt: skip


def reasoned(values: dict[str, Any]) -> dict[str, Any]:
    """Figures that are set by hand need a reason."""
    return {**values, "assessment_reason": "a test"} if "killed_best" in values else values


class World:
    """The service with `FAR_AND_WIDE` in it, each incident known by its name there, and three reports."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.ids = {
            name: api.incident(**{"title": name, "external_id": name, **reasoned(values)})["id"]
            for name, values in FAR_AND_WIDE.items()
        }
        self.reports = {
            name: api.report(title=name, external_id=name, **values)["id"]
            for name, values in {
                "early": {"date_published": "2016-12-05", "language": "en"},
                "late": {"date_published": "2017-02-01", "language": "ar"},
                "undated": {"date_published": None},
            }.items()
        }
        self.names = {uid: name for name, uid in (*self.ids.items(), *self.reports.items())}

    def names_of(self, collection: str) -> set[str]:
        return set(self.ids if collection == "incidents" else self.reports)

    @property
    def public(self) -> httpx.Client:
        return self.api.public

    def found(self, collection: str = "incidents", by: httpx.Client | None = None, **asked: Any) -> set[str]:
        """The names of all features that match, by every page."""
        names = [self.names[f["id"]] for f in everything(by or self.public, collection, **asked)]
        assert len(names) == len(set(names)), "pages are disjoint"
        return set(names)

    def refused(self, collection: str = "incidents", **asked: Any) -> dict[str, Any]:
        """The problem that the parameters make: 400, naming one of them."""
        answer = self.public.get(f"/ogc/collections/{collection}/items", params=asked)
        assert answer.status_code == 400, (asked, answer.text)
        assert answer.headers["content-type"] == "application/problem+json"
        problem: dict[str, Any] = answer.json()
        assert problem["errors"][0]["field"] in asked, problem
        return problem


def everything(client: httpx.Client, collection: str, **asked: Any) -> list[dict[str, Any]]:
    """All features, following `next`."""
    features: list[dict[str, Any]] = []
    answer = client.get(f"/ogc/collections/{collection}/items", params=asked)
    while True:
        assert answer.status_code == 200, (asked, answer.text)
        page = answer.json()
        features += page["features"]
        following = [link["href"] for link in page["links"] if link["rel"] == "next"]
        if not following:
            return features
        answer = client.get(following[0])


@pytest.fixture
def own_world(api: Api) -> World:
    """For a test that changes it."""
    return World(api)


@pytest.fixture(scope="session", params=KINDS)
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    """For all tests that only read: made once by each test process, and as it was when they have read."""
    with lasting_api(request) as api:
        made = World(api)
        _ = api.public, api.editor  # their keys are issued before
        before = head(api.running.settings.database.url)
        yield made
        assert head(api.running.settings.database.url) == before, "a test changed what it should only read"
