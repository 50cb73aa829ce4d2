"""What pages are made of, without a service: the map's drawing, figures in words, addresses that may be linked."""

from __future__ import annotations

import pytest

from app.http.ogc.plot import plot_of
from app.http.ogc.shown import figure
from app.http.pages.words import web_address


@pytest.mark.parametrize(
    "places",
    [
        [(37.1, 36.2)],
        [(180.0, 90.0)],
        [(-180.0, -90.0)],
        [(-180.0, -90.0), (180.0, 90.0)],
        [(-179.9, -17.0), (179.9, -17.0)],
        [(10.0, -80.0), (10.0, 80.0)],
        [(10.0, 89.9), (11.0, 90.0)],
        [(0.0, 0.0), (1e-8, 1e-8)],
    ],
)
def test_everything_is_drawn_within_the_frame(places: list[tuple[float, float]]) -> None:
    plot = plot_of([(lon, lat, "a place", "#") for lon, lat in places])
    assert plot is not None
    assert 200 < plot.height < 800
    for mark in plot.marks:
        assert plot.margin <= mark.x <= plot.width - plot.margin
        assert plot.margin <= mark.y <= plot.height - plot.margin
    for lines, extent in ((plot.meridians, plot.width), (plot.parallels, plot.height)):
        assert 1 <= len(lines) <= 14
        assert all(plot.margin <= line.at <= extent - plot.margin for line in lines)


def test_nothing_is_no_map() -> None:
    assert plot_of([]) is None


@pytest.mark.parametrize(
    "ends, told",
    [
        ((None, None, None), "not stated"),
        ((0, 0, 0), "0"),
        ((5, 5, 5), "5"),
        ((3, None, None), "at least 3"),
        ((3, 5, None), "5 (at least 3)"),
        ((3, 5, 8), "5 (3 to 8)"),
        ((0, None, 8), "0 to 8"),
        ((None, None, 8), "at most 8"),
        ((None, 0, None), "0"),
    ],
)
def test_a_figure_in_words(ends: tuple[int | None, ...], told: str) -> None:
    record = {f"killed_{end}": value for end, value in zip(("low", "best", "high"), ends, strict=True)}
    assert figure(record, "killed") == told


@pytest.mark.parametrize(
    "value, linked",
    [
        ("https://example.org/a?b=c", True),
        ("HTTP://EXAMPLE.ORG", True),
        ("javascript:alert(1)", False),
        (" javascript:alert(1)", False),
        ("JaVaScRiPt:alert(1)//https://example.org", False),
        ("data:text/html,x", False),
        ("https:alert(1)", False),
        ("//example.org", False),
        ("https://[broken", False),
        ("https://example.org/" + "a" * 3_000, False),
        (None, False),
        (5, False),
    ],
)
def test_only_addresses_of_the_web_are_linked(value: object, linked: bool) -> None:
    assert web_address(value) == (value if linked else None)
