"""From claims to figures: the rule `envelope`, and what one report says in all."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assessment import Said, assess, figure_of_report
from app.domain.figures import Figure

counts = st.none() | st.integers(0, 500)


def claim(report: object, low: int | None, best: int | None, high: int | None, **more: object) -> Said:
    return Said(report, "killed", low, best, high, **more)  # type: ignore[arg-type]


def killed(*claims: Said) -> Figure:
    return assess(claims, "envelope")["killed"]


def exactly(n: int) -> Figure:
    return Figure(n, n, n)


def test_dozens_beside_61_keeps_the_upper_end_open() -> None:
    assert killed(claim("a", 24, None, None), claim("b", 61, 61, 61)) == Figure(24, 61, None)


def test_the_best_comes_from_the_best_graded_source_then_credibility_then_the_later_report() -> None:
    low = claim("a", 5, 5, 5, grade="B", published=date(2016, 1, 9))
    high = claim("b", 9, 9, 9, grade="A", published=date(2016, 1, 1))
    assert killed(low, high) == Figure(5, 9, 9)
    credible = claim("c", 7, 7, 7, grade="A", credibility="1", published=date(2015, 1, 1))
    assert killed(low, high, credible).best == 7
    later = claim("d", 8, 8, 8, grade="A", published=date(2016, 1, 2))
    assert killed(low, high, later).best == 8


@pytest.mark.parametrize("covers", ["part", "wider"])
def test_only_claims_of_the_whole_count(covers: str) -> None:
    assert killed(claim("a", 4, 4, 4), claim("a", 500, 500, 500, covers=covers)) == exactly(4)


def test_a_reports_own_total_counts_before_its_groups() -> None:
    among = claim("a", 3, 3, 3, victim_status="civilian")
    assert figure_of_report([claim("a", 8, 8, 8), among]) == exactly(8)


def test_without_a_total_victim_statuses_add_up_but_those_among_them_do_not() -> None:
    soldiers = claim("a", 5, 5, 5, victim_status="member_of_armed_forces")
    civilians = claim("a", 3, 3, 3, victim_status="civilian")
    children = claim("a", 2, 2, 2, victim_status="civilian", age_group="child")
    assert figure_of_report([soldiers, civilians, children]) == exactly(8)
    assert assess([soldiers, civilians, children], "envelope")["killed_civilians"] == exactly(3)


def test_a_group_with_an_open_end_opens_the_sum() -> None:
    soldiers = claim("a", 5, 5, 5, victim_status="member_of_armed_forces")
    civilians = claim("a", 24, None, None, victim_status="civilian")
    assert figure_of_report([soldiers, civilians]) == Figure(29, None, None)


def test_numbers_that_contradict_each_other_are_repaired_in_the_figure() -> None:
    assert killed(claim("a", 10, 5, 7)) == Figure(5, 5, 10)


def test_words_that_nobody_understood_open_no_end() -> None:
    assert killed(claim("a", 4, 4, 4), claim("a", None, None, None)) == exactly(4)


def test_nothing_said_is_not_zero() -> None:
    assert killed() == Figure(None, None, None)
    assert killed(claim("a", 0, 0, 0)) == exactly(0)


@given(st.lists(st.tuples(st.integers(0, 3), counts, counts, counts), max_size=8))
def test_every_figure_is_in_order_and_spans_what_was_said(
    said: list[tuple[int, int | None, int | None, int | None]],
) -> None:
    claims = [claim(report, low, best, high) for report, low, best, high in said]
    figure = killed(*claims)
    ends = [end for end in (figure.low, figure.best, figure.high) if end is not None]
    assert ends == sorted(ends)
    stated = [end for _, *all_ends in said for end in all_ends if end is not None]
    assert figure.is_stated == bool(stated)
    assert set(ends) <= set(stated)
