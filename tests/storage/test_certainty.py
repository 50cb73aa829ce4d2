"""`certainty` on dates, places and figures: both databases and plain Python answer alike, and as the definition has it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.http.filters import where
from app.query.fields import Kind
from app.query.filter import Filter
from app.query.spec import Query
from tests.support import certain
from tests.support.asking import answered
from tests.support.generated import DAYS, PLACES, POINTS, Filled, opened_anew
from tests.support.plain import Plain

CERTAINTIES = ("certain", "best", "possible")

points = st.sampled_from([p for p in POINTS if p]) | st.tuples(st.floats(-180, 180), st.floats(-90, 90))
days = st.sampled_from([d for d in DAYS if d]) | st.dates(date(2016, 11, 25), date(2017, 1, 15))


@st.composite
def intervals(draw: st.DrawFn) -> tuple[str, Any]:
    start, end = sorted((draw(days), draw(days)))
    match draw(st.integers(0, 5)):
        case 0:
            return f"../{end}", (None, end)
        case 1:
            return f"{start}/..", (start, None)
    return f"{start}/{end}", (start, end)


MARGINS = [0.0, 0.0005, 0.005, 0.1, 0.22, 0.26, 0.35, 1.0, 1.6, 2.6, 3.2, 4.4, 5.5, 8.0, 14.0, 40.0]
"""Degrees: about the reaches, and between them."""


@st.composite
def boxes(draw: st.DrawFn) -> tuple[str, Any]:
    """Around a point that records have, or just beside it."""
    if draw(st.integers(0, 7)) == 0:
        edges = (-180.0, -90.0, 180.0, 90.0)
    else:
        (lon, lat), margins = draw(points), [draw(st.sampled_from(MARGINS)) for _ in range(4)]
        if draw(st.booleans()):
            lon += draw(st.sampled_from(MARGINS[:-1])) + margins[0]
        west, east = ((degrees + 180) % 360 - 180 for degrees in (lon - margins[0], lon + margins[2]))
        edges = (west, max(-90.0, lat - margins[1]), east, min(90.0, lat + margins[3]))
    return ",".join(f"{edge:.9f}" for edge in edges), tuple(float(f"{edge:.9f}") for edge in edges)


@st.composite
def circles(draw: st.DrawFn) -> tuple[str, Any]:
    lon, lat = (round(degrees, 6) for degrees in draw(points))
    radius = draw(st.sampled_from([50.0, 5e3, 25e3, 3e4, 1.1e5, 6e5, 5e6, 1.9e7, 2.005e7]))
    return f"{lon:.6f},{lat:.6f}", (lon, lat, radius)


PARTS: dict[str, st.SearchStrategy[tuple[str, Any]]] = {
    "date": intervals(),
    "bbox": boxes(),
    "near": circles(),
    "country": st.sampled_from([("SYR", "SYR"), ("IRQ", "IRQ")]),
    "admin1": st.sampled_from([(p, p) for p in PLACES if p]),
    "killed_at_least": st.integers(0, 70).map(lambda n: (str(n), n)),
}
places = st.sampled_from(["bbox", "bbox", "near"]).map(lambda name: (name,))
others = st.lists(st.sampled_from(list(PARTS)), min_size=1, max_size=3, unique=True)
questions = (places | others).flatmap(lambda names: st.fixed_dictionaries({n: PARTS[n] for n in names}))


def asked(question: dict[str, tuple[str, Any]], certainty: str) -> Filter:
    given = {name: text for name, (text, _) in question.items()} | {"certainty": certainty}
    if "near" in question:
        given["radius"] = str(question["near"][1][2])
    found = where(Kind.incident, given)
    assert not given
    return found


def against(
    record: dict[str, Any], question: dict[str, tuple[str, Any]], certainty: str, *, found: bool
) -> str | None:
    """What speaks against the answer about this record."""
    exact = {
        "date": lambda value: certain.happened(record, *value, certainty),
        "near": lambda value: certain.near(record, *value, certainty),
        "country": lambda value: certain.in_country(record, value, certainty),
        "admin1": lambda value: certain.in_province(record, value, certainty),
        "killed_at_least": lambda value: certain.killed_at_least(record, value, certainty),
    }
    truths = {name: test(question[name][1]) for name, test in exact.items() if name in question}
    if found and not all(truths.values()):
        return f"was found: {truths}"
    if "bbox" in question and (found or all(truths.values())):
        return certain.in_box(record, question["bbox"][1], certainty, found=found)
    return "was left out" if "bbox" not in question and not found and all(truths.values()) else None


@pytest.fixture(scope="module")
def filled(generated: dict[str, Filled]) -> Iterator[dict[str, Filled]]:
    with opened_anew(generated) as filled:
        yield filled


@settings(max_examples=100, deadline=None, database=None)
@given(question=questions, who=st.sampled_from(["public", "alpha", "editor", "editor"]))
def test_what_is_certain_and_what_is_possible(
    filled: dict[str, Filled], question: dict[str, tuple[str, Any]], who: str
) -> None:
    found: dict[str, set[str]] = {}
    # What the records state is the same in both databases.
    plain, viewer = Plain(filled["sqlite"].records), filled["sqlite"].viewers[who]
    for certainty in CERTAINTIES:
        tree = asked(question, certainty)
        query = Query(Kind.incident, tree, "id", limit=1000, fields=("code",), count=True)
        expected = plain.answer(viewer, tree, "id", descending=False)
        for name, each in filled.items():
            assert answered(each, who, query) == expected, (name, certainty)
        found[certainty] = set(expected)
        for record in plain.records:
            if plain.visible(viewer, record):
                fault = against(record, question, certainty, found=record["code"] in found[certainty])
                assert fault is None, (certainty, record["code"], fault)
    assert found["certain"] <= found["possible"]
    if "killed_at_least" not in question:
        # A best figure need not be stated where its ends are.
        assert found["certain"] <= found["best"] <= found["possible"]


def test_the_questions_tell_the_three_apart(filled: dict[str, Filled]) -> None:
    """A property that holds of nothing proves nothing."""
    for question in (
        {"date": ("2016-12-08/2016-12-31", None)},
        {"bbox": ("37,36,38,37", None)},
        {"bbox": ("179,-20,-179,20", None)},
        {"near": ("37.16,36.2", (37.16, 36.2, 2e5))},
        {"admin1": ("Aleppo", None)},
        {"killed_at_least": ("3", None)},
    ):
        for each in filled.values():
            counts = [
                len(
                    answered(
                        each,
                        "editor",
                        Query(Kind.incident, asked(question, c), "id", limit=1000, fields=("code",)),
                    )
                )
                for c in CERTAINTIES
            ]
            assert 0 < counts[0] < counts[2] < 150, (question, counts)
            assert counts[1] <= counts[2], (question, counts)
