"""Periods and cells: their numbers go up one by one, and their names are those of the standards."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import cells, periods
from app.domain.periods import Period
from app.domain.places import Point, is_coarser
from app.domain.vocabulary import LocationPrecision


@pytest.mark.parametrize("period", list(Period))
@given(day=st.dates(max_value=date(9999, 12, 30)))
def test_the_next_day_is_in_the_same_period_or_in_the_next(period: Period, day: date) -> None:
    number, following = (periods.number_of(d, period) for d in (day, day + timedelta(1)))
    assert following - number in (0, 1)
    assert (following == number) == (periods.name_of(number, period) == periods.name_of(following, period))
    assert periods.name_of(number, period) <= periods.name_of(following, period)


@given(day=st.dates())
def test_names(day: date) -> None:
    told = {period: periods.name_of(periods.number_of(day, period), period) for period in Period}
    year, week, _ = day.isocalendar()
    assert told == {
        Period.year: f"{day.year:04}",
        Period.quarter: f"{day.year:04}-Q{(day.month + 2) // 3}",
        Period.month: day.isoformat()[:7],
        Period.week: f"{year:04}-W{week:02}",
        Period.day: day.isoformat(),
    }


degrees = st.integers(-18_000_000_000, 18_000_000_000).map(lambda n: n / 100_000_000)


@given(lon=degrees, lat=degrees.map(lambda lon: lon / 2), width=st.integers(10, 1000))
def test_the_cell_holds_the_point(lon: float, lat: float, width: int) -> None:
    lat = round(lat, 8)
    name = cells.name_of(cells.number_of(Point(lon, lat), width), width)
    west, south = map(Decimal, name.split(","))
    step = Decimal(width) / 100
    assert west <= Decimal(str(lon)) < west + step or lon == 180
    assert south <= Decimal(str(lat)) < south + step or lat == 90
    assert (west + 180) % step == (south + 90) % step == 0


def test_no_province_has_a_cell() -> None:
    assert cells.told_to(cells.GREATEST_CELL) == cells.TOLD_TO_A_CELL
    for precision in LocationPrecision:
        coarse = precision is LocationPrecision.admin1 or is_coarser(precision, LocationPrecision.admin1)
        assert (precision in cells.TOLD_TO_A_CELL) != coarse
    assert LocationPrecision.admin2 not in cells.told_to(24)
    assert LocationPrecision.admin2 in cells.told_to(25)
    assert LocationPrecision.settlement in cells.told_to(cells.LEAST_CELL)
