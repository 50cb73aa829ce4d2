"""Questions: CQL2 in ``filter``, and the queryables as parameters."""

from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.ogc.conftest import FAR_AND_WIDE, World, everything

CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
ALL = FAR_AND_WIDE.keys()
STATED = {"aleppo", "aleppo_again", "idlib", "nowhere"}


def literal(schema: dict[str, Any], value: Any) -> str:
    """A value of a queryable as CQL2 text."""
    if schema.get("format") == "date":
        return f"DATE('{value}')"
    if schema.get("format") == "date-time":
        return f"TIMESTAMP('{value}')"
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    return orjson.dumps(value).decode()


@pytest.mark.parametrize("collection", ["incidents", "reports"])
def test_comparisons_of_every_queryable_have_disjoint_complements(world: World, collection: str) -> None:
    """Null is in neither half; the parameter of the name asks the same as =."""
    path = f"/ogc/collections/{collection}"
    schema = world.public.get(f"{path}/queryables").json()["properties"]
    schema.pop("geometry", None)
    features = everything(world.public, collection)
    for name, each in schema.items():
        values = [f["properties"][name] for f in features if f["properties"][name] is not None]
        value = sorted(values)[len(values) // 2] if values else each.get("enum", [None])[0]
        if value is None:
            continue
        told = literal(each, value)

        def found(asked: str) -> set[str]:
            return world.found(collection, filter=asked)

        stated = {world.names[f["id"]] for f in features if f["properties"][name] is not None}
        equal, less, more = (found(f'"{name}" {sign} {told}') for sign in ("=", "<", ">"))
        assert equal | less | more == stated, name
        assert len(equal) + len(less) + len(more) == len(stated), name
        assert found(f"{name} <> {told}") == stated - equal, name
        assert found(f"{name} <= {told}") == less | equal, name
        assert found(f"{name} >= {told}") == more | equal, name
        assert found(f"NOT {name} = {told}") == stated - equal, name
        assert found(f"{name} IS NULL") == world.names_of(collection) - stated, name
        assert found(f"{name} IS NOT NULL") == stated, name
        as_parameter = value if isinstance(value, str) else orjson.dumps(value).decode()
        assert world.found(collection, **{name: as_parameter}) == equal, name


QUESTIONS = {
    "killed_best = 5 AND admin1 = 'Aleppo'": {"aleppo"},
    "killed_best = 5 or Killed_best_is = 1": None,
    "killed_best = 5 oR killed_best = 50": {"aleppo", "idlib"},
    "NoT killed_best = 5": STATED - {"aleppo"},
    '"killed_best" = 0': {"aleppo_again"},
    "killed_best iS nUlL": ALL - STATED,
    "title = 'O''Neill''s \"quoted\" ÉTÉ'": {"neither"},
    "title LIKE 'fiji%'": {"fiji_east", "fiji_west"},
    "title NOT LIKE 'fiji%'": ALL - {"fiji_east", "fiji_west"},
    "killed_best IN (5, 50)": {"aleppo", "idlib"},
    "killed_best NOT IN (5, 50)": {"aleppo_again", "nowhere"},
    "killed_best BETWEEN 5 AND 7": {"aleppo", "nowhere"},
    "killed_best NOT BETWEEN 5 AND 7": {"aleppo_again", "idlib"},
    "CASEI(title) LIKE CASEI('%été')": {"neither"},
    "ACCENTI(CASEI(title)) LIKE ACCENTI(CASEI('%ete'))": {"neither"},
    "date_start = DATE('2018-05-01')": {"fiji_east"},
    "date_start > '2018-05-01' AND date_start < DATE('2019-06-01')": {"fiji_west", "north_pole"},
    "updated_at > TIMESTAMP('2020-01-01T00:00:00Z')": ALL,
    "updated_at < TIMESTAMP('2020-01-01T00:00:00Z')": set(),
    "S_INTERSECTS(geometry, POINT(37.16 36.2))": {"aleppo", "aleppo_again"},
    "S_INTERSECTS(geometry, POLYGON((36 35, 37 35, 37 37, 36 37, 36 35)))": {"idlib"},
    "S_INTERSECTS(geometry, BBOX(36, 35, 38, 37))": {"aleppo", "aleppo_again", "idlib"},
    "S_INTERSECTS(geometry, BBOX(179, -20, -179, -10))": {"fiji_east", "fiji_west"},
    "S_INTERSECTS(geometry, BBOX(-180, -90, 180, 90))": ALL - {"nowhere", "neither"},
    "geometry IS NULL": {"nowhere", "neither"},
    "T_BEFORE(date_end, DATE('2016-01-01'))": {"null_island"},
    "T_AFTER(INTERVAL(date_start, date_end), INTERVAL('..', '2018-12-31'))": {"north_pole", "south_pole"},
    "T_INTERSECTS(INTERVAL(date_start, date_end), INTERVAL('2019-01-01', '..'))": {"north_pole", "south_pole"},
    "S_INTERSECTS(geometry, BBOX(1000000, 0, 1000001, 1))": None,
    "killed_best =": None,
    "nothing = 1": None,
    "killed_best = 'many'": None,
    "S_TOUCHES(geometry, POINT(1 1))": None,
    "": None,
}  # fmt: skip


def test_questions_in_text(world: World) -> None:
    for asked, expected in QUESTIONS.items():
        if expected is None:
            world.refused(filter=asked)
        else:
            assert world.found(filter=asked) == expected, asked
            assert world.found(**{"filter": asked, "filter-lang": "cql2-text"}) == expected, asked


def test_questions_in_json(world: World) -> None:
    asked = orjson.dumps(
        {"op": "s_intersects", "args": [{"property": "geometry"}, {"bbox": [179, -20, -179, -10]}]}
    )
    expected = {"fiji_east", "fiji_west"}
    assert world.found(filter=asked.decode()) == expected
    assert (
        world.found(**{"filter": asked.decode(), "filter-lang": "cql2-json", "filter-crs": CRS84}) == expected
    )
    world.refused(**{"filter": "killed_best = 1", "filter-lang": "cql2-json"})


def test_reports_can_be_asked_but_not_for_a_place(world: World) -> None:
    assert world.found("reports", filter="language = 'ar' OR date_published IS NULL") == {"late", "undated"}
    assert world.found("reports", language="en") == {"early"}
    world.refused("reports", filter="S_INTERSECTS(geometry, BBOX(0, 0, 1, 1))")


def test_languages_and_coordinates_are_checked(world: World) -> None:
    for crs in ("http://www.opengis.net/def/crs/EPSG/0/4326", "EPSG:4326", "x", ""):
        world.refused(**{"filter": "killed_best = 5", "filter-crs": crs})
        world.refused(**{"filter-crs": crs})
    for language in ("cql-text", "cql2", "ecql", ""):
        world.refused(**{"filter": "killed_best = 5", "filter-lang": language})
        world.refused(**{"filter-lang": language})
    assert world.found(**{"filter-lang": "cql2-text", "filter-crs": CRS84}) == ALL


def test_values_of_parameters_are_checked(world: World) -> None:
    for name, value in (
        ("killed_best", "x"), ("killed_best", ""), ("killed_best", "1.5"), ("killed_best", "true"), ("killed_best", "05"),
        ("killed_best", "NaN"), ("lon", "inf"), ("event_type", "nonsense"), ("date_start", "2016-13-01"), ("updated_at", "now"),
    ):  # fmt: skip
        world.refused(**{name: value})
    assert world.found(killed_best=10**17) == set()
    assert world.found(lon="0.0") == world.found(lon="0") == {"null_island"}
    assert world.found(country="FJI", date_start="2018-05-02") == {"fiji_west"}
    assert world.found(title="O'Neill's \"quoted\" ÉTÉ") == {"neither"}
