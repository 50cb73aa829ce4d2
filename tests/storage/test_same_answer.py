"""SQLite, PostgreSQL and plain Python answer the same: the same records in the same order, whoever asks."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import product
from typing import Any

import orjson
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.domain.folding import words_of
from app.domain.places import Box, Point, boxes_around
from app.domain.spelling import wanted_of
from app.http.params import sortable
from app.query import filter as ask
from app.query.fields import Kind
from app.query.filter import Filter, Operator
from app.query.spec import Query
from app.storage import prolific, ranked, read, widespread
from tests.support.asking import answered
from tests.support.generated import DAYS, NUMBERS, PLACES, POINTS, WORDS, Filled, opened_anew
from tests.support.plain import Plain

ORDERS = [name for name in sortable(Kind.incident, editor=False) if name not in ("created_at", "updated_at")]
TEXTS = {
    "country": ["SYR", "IRQ", "XXX"],
    "admin1": [p for p in PLACES if p],
    "place": [p for p in PLACES if p],
    "event_type": ["air_or_drone_strike", "barrel_bomb", "unknown"],
    "verification_status": ["confirmed", "retracted", "unreviewed"],
    "workflow": ["draft", "published"],
    "sharing": ["public", "restricted"],
    "effective_sharing": ["public", "partners", "restricted"],
    "partner": ["alpha", "beta", "local"],
    "code": ["n000", "n075", "n149"],
}
INTEGERS = [f"{metric}_{end}" for metric in ("killed", "wounded") for end in ("low", "best", "high")]

operators = st.sampled_from(list(Operator))
people = st.sampled_from([n for n in NUMBERS if n is not None]) | st.integers(0, 70)
days = st.sampled_from([d for d in DAYS if d]) | st.dates(date(2016, 11, 25), date(2017, 1, 15))
degrees = st.sampled_from([p for p in POINTS if p])


@st.composite
def boxes(draw: st.DrawFn) -> Filter:
    (west, south), (east, north) = draw(degrees), draw(degrees)
    south, north = sorted((south, north))
    if west <= east:
        return ask.InBox(Box(west, south, east, north))
    return ask.Or((ask.InBox(Box(west, south, 180.0, north)), ask.InBox(Box(-180.0, south, east, north))))


@st.composite
def circles(draw: st.DrawFn) -> Filter:
    lon, lat = draw(degrees)
    radius = draw(st.sampled_from([0.5, 11.0, 12.0, 100.0, 896.0, 898.0, 222.0, 223.0, 5e5, 2.01e7]))
    around = tuple(ask.InBox(box) for box in boxes_around(Point(lon, lat), radius))
    return ask.And((ask.Or(around), ask.Near(lon, lat, radius)))


@st.composite
def searches(draw: st.DrawFn) -> Filter:
    texts = draw(st.lists(st.sampled_from(WORDS), min_size=1, max_size=2))
    *whole, (last, *others) = wanted_of(" ".join(texts)) or (("market",),)
    alternatives = tuple(words_of(draw(st.sampled_from(WORDS)))[:1])
    cut = draw(st.integers(1, len(last)))
    wanted = (*[(*group, *alternatives) for group in whole], (last[:cut], *others))
    return ask.Words(wanted, widespread=draw(st.booleans()))


def compared(field: str, values: Any) -> st.SearchStrategy[Filter]:
    return st.builds(ask.Compare, st.just(field), operators, values) | st.builds(
        ask.OneOf, st.just(field), st.lists(values, min_size=1, max_size=3).map(tuple)
    )


leaves: st.SearchStrategy[Filter] = st.one_of(
    *[compared(name, st.sampled_from(values)) for name, values in TEXTS.items()],
    st.sampled_from(INTEGERS).flatmap(lambda name: compared(name, people)),
    st.sampled_from(["date_start", "date_end"]).flatmap(lambda name: compared(name, days)),
    compared("lon", degrees.map(lambda p: p[0])),
    st.builds(ask.Missing, st.sampled_from([*TEXTS, *INTEGERS, "date_start", "lon", "title"])),
    st.just(ask.EVERYTHING),
    st.just(ask.NOTHING),
    boxes(),
    circles(),
    searches(),
)
filters: st.SearchStrategy[Filter] = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda parts: ask.And(tuple(parts))),
        st.lists(inner, max_size=3).map(lambda parts: ask.Or(tuple(parts))),
        inner.map(ask.Not),
    ),
    max_leaves=6,
)


@pytest.fixture(scope="module")
def filled(generated: dict[str, Filled]) -> Iterator[dict[str, Filled]]:
    with opened_anew(generated) as filled:
        yield filled


@settings(max_examples=300, deadline=None, database=None)
@given(
    where=filters,
    sort=st.sampled_from(ORDERS),
    descending=st.booleans(),
    limit=st.sampled_from([7, 40, 1000, 1000]),
    who=st.sampled_from(["public", "alpha", "beta", "editor", "editor"]),
)
@example(
    where=ask.Not(ask.InBox(Box(-180, -90, 180, 90))), sort="id", descending=False, limit=7, who="editor"
)
@example(  # after the one above: whole numbers must not make those that come later whole, too
    where=ask.Not(ask.InBox(Box(37.16, 36.2, 37.16, 36.2))),
    sort="id",
    descending=False,
    limit=7,
    who="editor",
)
@example(where=ask.Words((("ᦰ",),)), sort="id", descending=False, limit=7, who="editor")
@example(where=ask.Words((("৴৵",),)), sort="id", descending=True, limit=7, who="editor")
@example(where=ask.Words((("a" * 100,),)), sort="id", descending=True, limit=7, who="editor")
def test_every_question_has_one_answer(
    filled: dict[str, Filled], where: Filter, sort: str, descending: bool, limit: int, who: str
) -> None:
    query = Query(Kind.incident, where, sort, descending, limit=limit, fields=("code",), count=True)
    found = {name: answered(each, who, query) for name, each in filled.items()}
    plain = Plain(filled["sqlite"].records)
    expected = plain.answer(filled["sqlite"].viewers[who], where, sort, descending=descending)
    for name, codes in found.items():
        assert codes == expected, (
            f"{name}: {set(codes) ^ set(expected)} of {where!r} {sort} {descending} {who}"
        )


@settings(max_examples=150, deadline=None, database=None)
@given(
    words=searches(),
    more=filters,
    limit=st.sampled_from([7, 1000]),
    who=st.sampled_from(["public", "editor"]),
)
def test_every_order_by_relevance_is_the_same(
    filled: dict[str, Filled], words: Filter, more: Filter, limit: int, who: str
) -> None:
    where = ask.all_of(words, more)
    query = Query(Kind.incident, where, "relevance", limit=limit, fields=("code",))
    plain = Plain(filled["sqlite"].records)
    expected = plain.by_relevance(filled["sqlite"].viewers[who], where, ask.words_asked(where))
    for name, each in filled.items():
        assert answered(each, who, query) == expected, (name, where)


def test_of_many_only_the_last_recorded_are_ranked(
    filled: dict[str, Filled], monkeypatch: pytest.MonkeyPatch
) -> None:
    where = ask.Words(wanted_of("market"))
    query = Query(Kind.incident, where, "relevance", limit=3, fields=("code",))
    plain = Plain(filled["sqlite"].records)
    every = plain.by_relevance(filled["sqlite"].viewers["editor"], where, where)
    assert len(every) > 5
    for most in (1, 5, len(every), 20_000):
        monkeypatch.setattr(ranked, "MOST_RANKED", most)
        expected = plain.by_relevance(filled["sqlite"].viewers["editor"], where, where, most)
        assert len(expected) == min(most, len(every))
        for each in filled.values():
            assert answered(each, "editor", query) == expected
            page = each.database.read(
                lambda reader, each=each: read.page(reader, each.viewers["editor"], query)
            )
            assert page.ranked == len(expected)


@pytest.mark.parametrize("words", ["market", "m", "ambulance a", "missile"])
def test_words_that_many_records_hold_are_found_all_the_same(
    filled: dict[str, Filled], monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    where = ask.Words(wanted_of(words))
    query = Query(Kind.incident, where, "date_start", descending=True, limit=7, fields=("code",))
    plain = Plain(filled["sqlite"].records)
    expected = plain.answer(filled["sqlite"].viewers["editor"], where, "date_start", descending=True)
    assert len(expected) > 3
    for most in (1, 3, 8_000):
        monkeypatch.setattr(widespread, "WIDESPREAD", most)
        for each in filled.values():
            each.database.occurring.forget()
        for each in filled.values():
            assert answered(each, "editor", query) == expected


@pytest.mark.parametrize("most", [1, 8_000])
def test_what_hangs_together(filled: dict[str, Filled], monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    """However a source is sought."""
    monkeypatch.setattr(prolific, "PROLIFIC", most)
    for each in filled.values():
        plain = Plain(each.records)
        for relation, ids in (
            ("report", [r["id"] for r in each.reports]),
            ("source", [s["id"] for s in each.sources]),
        ):
            for uid in ids:
                same_for_editors(each, plain, ask.Related(relation, uid))
        same_for_editors(each, plain, ask.Linked())


def test_who_sees_what_of_a_source_hangs_on_no_way_to_seek_it(
    filled: dict[str, Filled], monkeypatch: pytest.MonkeyPatch
) -> None:
    incidents: dict[tuple[str, int], list[Any]] = {}
    reports: dict[tuple[str, int], list[Any]] = {}
    for most in (1, 8_000):
        monkeypatch.setattr(prolific, "PROLIFIC", most)
        for each in filled.values():
            for asked in product(each.viewers, range(len(each.sources))):
                who, number = asked
                where = ask.Related("source", each.sources[number]["id"])
                query = Query(Kind.incident, where, "date_start", True, limit=7, fields=("code",))
                incidents.setdefault(asked, []).append(answered(each, who, query))
                query = Query(Kind.report, where, "id", fields=("title",))
                page = each.database.read(
                    lambda reader, each=each, who=who, query=query: read.page(
                        reader, each.viewers[who], query
                    )
                )
                titles = [orjson.loads(text)["title"] for text in page.documents]
                reports.setdefault(asked, []).append(titles)
    for told in (incidents, reports):
        assert all(answers == [answers[0]] * 4 for answers in told.values())
        assert len({str(answers[0]) for answers in told.values()}) >= 3


def same_for_editors(each: Filled, plain: Plain, asked: Filter) -> None:
    for where in (asked, ask.Not(asked)):
        query = Query(Kind.incident, where, "id", limit=1000, fields=("code",))
        expected = plain.answer(each.viewers["editor"], where, "id", descending=False)
        assert answered(each, "editor", query) == expected, (each.database.dialect.name, where)


def test_the_generated_incidents_are_various_enough(filled: dict[str, Filled]) -> None:
    """A property that holds of nothing proves nothing."""
    for each in filled.values():
        everything = Query(Kind.incident, ask.EVERYTHING, "id", limit=1000, fields=("code",))
        seen = {who: len(answered(each, who, everything)) for who in each.viewers}
        assert seen["editor"] == 150
        assert 10 < seen["public"] < seen["alpha"] < 150
        for name in ("lon", "date_start", "killed_best", "country", "title"):
            missing = sum(record[name] is None for record in each.records)
            assert 5 < missing < 145, name
