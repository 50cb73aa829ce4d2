"""From claims to figures: the rule `envelope`, and what one report says in all."""

from __future__ import annotations

from datetime import date
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.assessment import Account, Assessment, Said, assess
from app.domain.assessment.rules import RULES
from app.domain.assessment.said import figure_of_report
from app.domain.assessment.spread import bounds
from app.domain.figures import Figure

counts = st.none() | st.integers(0, 500)
ACCOUNT = {"grade", "published", "role", "marks", "repeats"}


def claim(report: object, low: int | None, best: int | None, high: int | None, **more: Any) -> Said:
    """A claim of people killed; each report speaks for itself unless `marks` say otherwise."""
    of_report = {"marks": (report,)} | {name: more.pop(name) for name in ACCOUNT & more.keys()}
    return Said(Account(report, **of_report), "killed", low, best, high, **more)


def weighed(*claims: Said, rule: str = "envelope") -> Assessment:
    accounts = {said.account.report: said.account for said in claims}
    return assess(accounts.values(), claims, rule)


def killed(*claims: Said, rule: str = "envelope") -> Figure:
    return weighed(*claims, rule=rule).figures["killed"]


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
    assert figure_of_report([claim("a", 8, 8, 8), among])[0] == exactly(8)


def test_without_a_total_victim_statuses_add_up_but_those_among_them_do_not() -> None:
    soldiers = claim("a", 5, 5, 5, victim_status="member_of_armed_forces")
    civilians = claim("a", 3, 3, 3, victim_status="civilian")
    children = claim("a", 2, 2, 2, victim_status="civilian", age_group="child")
    assert figure_of_report([soldiers, civilians, children])[0] == exactly(8)
    assert weighed(soldiers, civilians, children).figures["killed_civilians"] == exactly(3)


def test_a_group_with_an_open_end_opens_the_sum() -> None:
    soldiers = claim("a", 5, 5, 5, victim_status="member_of_armed_forces")
    civilians = claim("a", 24, None, None, victim_status="civilian")
    assert figure_of_report([soldiers, civilians])[0] == Figure(29, None, None)


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


def test_lowest_and_highest_take_one_report_whole() -> None:
    few = claim("a", 4, 5, 9)
    many = claim("b", 24, None, None)
    assert killed(few, many, rule="lowest") == Figure(4, 5, 9)
    assert killed(few, many, rule="highest") == Figure(24, None, None)
    assert killed(few, claim("c", None, None, 100), rule="highest") == Figure(None, None, 100)


def test_the_latest_report_and_the_best_graded_source() -> None:
    old = claim("a", 61, 61, 61, grade="A", published=date(2016, 12, 6))
    new = claim("b", 58, 58, 58, grade="C", published=date(2017, 3, 1))
    undated = claim("c", 70, 70, 70, grade="C")
    assert killed(old, new, undated, rule="latest") == exactly(58)
    assert killed(old, new, undated, rule="best_source") == exactly(61)


def test_the_median_hears_each_origin_once() -> None:
    agency = [claim(name, 100, 100, 100, marks=("agency",)) for name in ("a", "b", "c", "d", "e")]
    others = [claim("f", 10, 10, 10), claim("g", 20, 20, 20)]
    assert killed(*agency, *others, rule="median") == exactly(20)
    assert killed(*others, rule="median") == exactly(10), "of two the lower: nobody said 15"
    open_ended = [claim("x", 24, None, None), claim("y", 30, None, None), claim("z", 25, 26, 27)]
    assert killed(*open_ended, rule="median") == Figure(25, 26, None)


def test_only_what_an_independent_report_bears_out() -> None:
    copies = [claim("a", 61, 61, 61, marks=("agency",)), claim("b", 61, 61, 61, marks=("agency",))]
    assert killed(*copies, rule="corroborated_only") == Figure(None, None, None)
    assert killed(*copies, claim("c", 24, None, None), rule="corroborated_only") == Figure(24, 61, None)
    alone = claim("d", 200, 200, 200)
    assert killed(*copies, claim("c", 60, 62, 70), alone, rule="corroborated_only") == Figure(60, 61, 70)


def test_a_correction_takes_the_place_of_what_the_same_origin_said_before() -> None:
    first = claim("a", 61, 61, 61, marks=("outlet",), published=date(2016, 12, 6))
    corrected = claim("b", 58, 58, 58, marks=("outlet",), published=date(2016, 12, 8), role="corrects")
    later = claim("c", 59, 59, 59, marks=("outlet",), published=date(2016, 12, 9))
    other = claim("d", 70, 70, 70)
    found = weighed(first, corrected, other)
    assert found.figures["killed"] == Figure(58, 58, 70)
    (verdict,) = [v for v in found.verdicts if v.claim is first]
    assert (verdict.use, verdict.by) == ("corrected", "b")
    assert killed(first, corrected, later) == Figure(58, 59, 59), "what is said after it stands"
    assert killed(other, corrected) == Figure(58, 58, 70), "nobody corrects what another origin says"


def test_what_only_passes_on_another_report_is_not_weighed_beside_it() -> None:
    wire = claim("wire", 61, 61, 61)
    copy = claim("copy", 160, 160, 160, marks=("paper", ("itself", "wire")), repeats=("wire",))
    assert killed(wire, copy) == exactly(61)
    assert killed(copy) == exactly(160), "alone it is all that there is"
    ring = [claim("a", 1, 1, 1, repeats=("b",)), claim("b", 2, 2, 2, repeats=("a",))]
    assert killed(*ring).is_stated


def test_the_proposed_status() -> None:
    def status(*claims: Said) -> tuple[str | None, int | None]:
        found = weighed(*claims)
        return found.proposed, found.spread

    a, b = claim("a", 61, 61, 61), claim("b", 24, None, None)
    assert status() == (None, None)
    assert status(a) == ("single_source", None)
    assert status(a, claim("b", 61, 61, 61, marks=("a",))) == ("single_source", None)
    assert status(a, b) == ("corroborated", None), "both can be true"
    assert status(a, claim("c", 4, 4, 4)) == ("contested", 57)
    assert status(a, claim("c", 4, 4, 4, marks=("a",))) == ("single_source", None)
    assert status(a, claim("c", None, 50, None)) == ("corroborated", None), (
        "about 50 is not contradicted by 61"
    )
    assert status(a, claim("c", None, 500, None)) == ("contested", 189), "about 500 is: not even half of it"
    assert status(a, claim("c", None, None, None, role="disputes")) == ("contested", None)
    assert status(a, claim("c", None, None, None, role="mentions"))[0] == "corroborated"
    silent = assess([a.account, Account("m", role="mentions", marks=("m",))], [a], "envelope")
    assert silent.proposed == "single_source", "who only mentions it bears nothing out"


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 3), counts, counts, counts), max_size=8))
def test_the_spread_is_that_of_the_farthest_pair(
    said: list[tuple[int, int, int | None, int | None, int | None]],
) -> None:
    """Against all pairs, one by one."""
    first: dict[int, Said] = {}
    for report, origin, low, best, high in said:
        figure, _ = Figure.repaired(low, best, high)
        first.setdefault(report, claim(report, figure.low, figure.best, figure.high, marks=(origin,)))
    reports = {r: c for r, c in first.items() if c.is_stated}
    limits = {r: bounds(Figure(c.low, c.best, c.high)) for r, c in reports.items()}
    apart = [
        limits[a][0] - limits[b][1]
        for a in reports
        for b in reports
        if reports[a].account.marks != reports[b].account.marks
    ]
    widest = max((gap for gap in apart if gap > 0), default=None)
    assert weighed(*first.values()).spread == (None if widest is None else ceil(widest))


@given(
    st.sampled_from(sorted(RULES)),
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2), counts, counts, counts), max_size=8),
)
def test_under_every_rule_a_figure_is_in_order_and_made_of_what_was_said(
    rule: str, said: list[tuple[int, int, int | None, int | None, int | None]]
) -> None:
    marks: dict[int, int] = {}
    claims = [
        claim(report, low, best, high, marks=(marks.setdefault(report, origin),))
        for report, origin, low, best, high in said
    ]
    found = weighed(*claims, rule=rule)
    figure = found.figures["killed"]
    ends = [end for end in (figure.low, figure.best, figure.high) if end is not None]
    assert ends == sorted(ends)
    assert set(ends) <= {end for _, _, *all_ends in said for end in all_ends if end is not None}
    told = [verdict.claim for verdict in found.verdicts]
    assert sorted(map(id, told)) == sorted(map(id, claims)), "each claim has one verdict"
    assert figure.is_stated == any(verdict.use == "used" for verdict in found.verdicts)
