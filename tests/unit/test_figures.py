"""Figures: null is not zero, and low <= best <= high always holds for what was checked or repaired."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.figures import MAX_PEOPLE, UNSTATED, Figure
from app.errors import InvalidInput

people = st.none() | st.integers(0, 50) | st.integers(0, MAX_PEOPLE)
anything = people | st.integers() | st.booleans() | st.floats() | st.text() | st.binary()


def in_order(figure: Figure) -> bool:
    stated = [end for end in (figure.low, figure.best, figure.high) if end is not None]
    return stated == sorted(stated)


def faults(*ends: Any, name: str = "") -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as caught:
        Figure.checked(*ends, name=name)
    return [(p.field, p.code) for p in caught.value.problems]


@given(anything, anything, anything)
def test_checked_raises_or_is_ordered_and_unchanged(low: Any, best: Any, high: Any) -> None:
    good = all(e is None or (type(e) is int and 0 <= e <= MAX_PEOPLE) for e in (low, best, high))
    if good and in_order(Figure(low, best, high)):
        assert Figure.checked(low, best, high) == Figure(low, best, high)
    else:
        assert faults(low, best, high)


@given(people, people, people)
def test_repaired_follows_the_crosswalk_rule(low: int | None, best: int | None, high: int | None) -> None:
    figure, broken = Figure.repaired(low, best, high)
    stated = [end for end in (low, best, high) if end is not None]
    assert broken is not in_order(Figure(low, best, high))
    assert figure.best == best
    assert figure.low == (None if low is None else min(stated))
    assert figure.high == (None if high is None else max(stated))
    assert Figure.checked(figure.low, figure.best, figure.high) == figure
    assert Figure.repaired(figure.low, figure.best, figure.high) == (figure, False)


def test_null_is_not_zero() -> None:
    assert not UNSTATED.is_stated
    assert Figure(0, None, None).is_stated
    assert Figure(None, 0, None).is_stated
    assert Figure(None, None, 0).is_stated
    assert Figure.checked(0, 0, 0) != UNSTATED


def test_open_means_stated_without_an_upper_end() -> None:
    assert Figure(24, None, None).is_open
    assert Figure(None, 500, None).is_open
    assert Figure(0, None, None).is_open
    assert not Figure(None, None, 0).is_open
    assert not UNSTATED.is_open


def test_every_fault_is_told_with_its_field() -> None:
    assert faults(-1, True, MAX_PEOPLE + 1, name="killed") == [
        ("killed_low", "out_of_range"),
        ("killed_best", "not_an_integer"),
        ("killed_high", "out_of_range"),
    ]
    assert faults(3, 2, 1, name="wounded") == [
        ("wounded_low", "out_of_order"),
        ("wounded_high", "out_of_order"),
    ]
    assert faults(3, None, 1) == [("low", "out_of_order")]
    assert sorted(faults(5, 4, "x")) == [("high", "not_an_integer"), ("low", "out_of_order")]
    assert faults(1.0, "1", None) == [("low", "not_an_integer"), ("best", "not_an_integer")]


def test_the_limit_is_held_and_fits_the_column() -> None:
    assert Figure.checked(MAX_PEOPLE, MAX_PEOPLE, MAX_PEOPLE).high == MAX_PEOPLE < 2**31
    with pytest.raises(InvalidInput):
        Figure.repaired(MAX_PEOPLE + 1, 0, 0)
    with pytest.raises(InvalidInput):
        Figure.repaired(1, -1, 0)
