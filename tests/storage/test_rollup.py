"""The rollup tells what the incidents do, and follows every change of theirs."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.query import filter as ask
from app.query.filter import Filter, Operator
from app.query.grouping import Grouping
from app.storage import rollup
from app.storage.facets import facets
from app.storage.grouping import grouped_totals
from app.storage.totals import totals
from tests.support.api import Api
from tests.support.generated import Filled, opened_anew
from tests.support.indexes import check_indexes
from tests.support.tables import one

DAYS = [date(2015, 12, 1), date(2015, 12, 31), date(2016, 1, 1), date(2016, 1, 15), date(2016, 2, 29)]
EDGES = [date(1, 1, 1), date(9999, 12, 1), date(9999, 12, 31)]


@pytest.fixture(scope="module")
def filled(divided: dict[str, Filled]) -> Iterator[dict[str, Filled]]:
    with opened_anew(divided) as filled:
        yield filled


def answers(each: Filled, who: str, where: Filter, dimensions: tuple[str, ...]) -> list[Any]:
    viewer = each.viewers[who]
    told: list[Any] = [each.database.read(lambda reader: totals(reader, viewer, where))]
    if dimensions:
        grouping = Grouping(dimensions, dimensions[0])
        told.append(each.database.read(lambda reader: grouped_totals(reader, viewer, where, grouping)))
        told.append(each.database.read(lambda reader: facets(reader, viewer, where, dimensions)))
    return told


bounds = st.builds(
    ask.Compare,
    st.sampled_from(["date_start", "date_end"]),
    st.sampled_from(list(Operator)),
    st.sampled_from(DAYS + EDGES),
)
words = st.one_of(
    st.builds(ask.equals, st.just("country"), st.sampled_from(["SYR", "IRQ"])),
    st.builds(ask.Missing, st.sampled_from(["country", "date_start", "date_end"])),
    st.builds(ask.OneOf, st.just("workflow"), st.just(("draft", "published"))),
    st.builds(ask.equals, st.just("partner"), st.sampled_from(["beta", "local"])),
    st.builds(ask.equals, st.just("verification_status"), st.sampled_from(["confirmed", "discounted"])),
    st.builds(
        lambda operator, code: ask.Comparison(ask.Property("country"), operator, ask.Literal(code)),
        st.sampled_from(list(Operator)),
        st.sampled_from(["IRQ", "S"]),
    ),
)
questions: st.SearchStrategy[Filter] = st.recursive(
    st.one_of(bounds, words),
    lambda parts: st.one_of(
        st.builds(ask.Not, parts),
        st.builds(ask.And, st.lists(parts, max_size=3).map(tuple)),
        st.builds(ask.Or, st.lists(parts, max_size=3).map(tuple)),
    ),
    max_leaves=5,
)


@settings(max_examples=80, deadline=None, database=None)
@given(
    where=questions,
    who=st.sampled_from(["public", "beta", "editor"]),
    dimensions=st.lists(st.sampled_from(sorted(rollup.DIMENSIONS)), unique=True, max_size=3).map(tuple),
)
@example(ask.EVERYTHING, "public", ("month",))
@example(ask.Not(ask.equals("country", "SYR")), "editor", ("year", "country"))
@example(ask.Compare("date_end", Operator.at_most, date(9999, 12, 31)), "editor", ("quarter",))
def test_it_answers_as_the_incidents_would(
    filled: dict[str, Filled], where: Filter, who: str, dimensions: tuple[str, ...]
) -> None:
    for name, each in filled.items():
        kept = answers(each, who, where, dimensions)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(rollup, "asked_of", lambda *_: None)
            assert answers(each, who, where, dimensions) == kept, name


def test_it_is_asked_for_whole_months_and_for_what_its_rows_tell() -> None:
    month = ask.And(
        (
            ask.Compare("date_end", Operator.at_least, date(2016, 12, 1)),
            ask.Compare("date_start", Operator.at_most, date(2016, 12, 31)),
        )
    )
    number = 2016 * 12 + 11
    assert rollup.asked_of(month, ("month",)) == ask.And(
        (
            ask.Compare("last_month", Operator.at_least, number),
            ask.Compare("first_month", Operator.at_most, number),
        )
    )
    for where, dimensions in (
        (ask.Compare("date_end", Operator.at_least, date(2016, 12, 2)), ()),
        (ask.Compare("date_start", Operator.at_most, date(2016, 12, 30)), ()),
        (ask.equals("date_start", date(2016, 12, 1)), ()),
        (ask.equals("event_type", "other"), ()),
        (ask.Or((month, ask.Missing("admin1"))), ()),
        (ask.Not(ask.Compare("killed_best", Operator.at_least, 1)), ()),
        (month, ("month", "admin1")),
        (month, ("week",)),
    ):
        assert rollup.asked_of(where, dimensions) is None, (where, dimensions)


def test_it_follows_what_people_do(api: Api, chance: random.Random) -> None:
    """Records made, amended, published, linked, tightened through their source, and deleted, some of it refused."""
    source = api.source(name="An agency", sharing="public", by=api.editor)
    ids = [api.incident(api.editor, title="n", **_matter(chance, source["id"]))["id"] for _ in range(40)]
    amended = 0
    for number in range(80):
        uid = chance.choice(ids)
        match chance.randrange(5):
            case 0:
                patch = _matter(chance, source["id"]) | {"workflow": chance.choice(["draft", "published"])}
                answer = api.editor.patch(f"/v1/incidents/{uid}", json=patch, headers={"If-Match": "*"})
                # Figures by hand stay when a patch says nothing of them, and then need a reason that it may have lost.
                assert answer.status_code in (200, 422)
                amended += answer.status_code == 200
            case 1:
                claim = {"metric": "killed", "wording": chance.choice(["dozens", "61", "at least 5", "none"])}
                body = {"title": "r", "workflow": "published", "incidents": [{"id": uid, "claims": [claim]}]}
                assert api.editor.post("/v1/reports", json=body).status_code in (201, 404, 410, 422)
            case 2:
                level = chance.choice(["public", "partners", "restricted"])
                headers = {"If-Match": "*"}
                path = f"/v1/sources/{source['id']}"
                assert api.editor.patch(path, json={"sharing": level}, headers=headers).status_code == 200
            case 3:
                headers = {"If-Match": "*"}
                patch = {"killed_low": 9, "killed_best": 3}
                path = f"/v1/incidents/{uid}"
                assert api.editor.patch(path, json=patch, headers=headers).status_code == 422
            case 4 if len(ids) > 10:
                ids.remove(uid)
                params, headers = {"reason": "twice"}, {"If-Match": "*"}
                answer = api.editor.delete(f"/v1/incidents/{uid}", params=params, headers=headers)
                assert answer.status_code in (200, 204)
        if number % 20 == 19:
            check_indexes(api.database)
    assert (
        one(str(api.database.settings.url), "SELECT count(*) FROM incident_rollup WHERE incidents > 0")[0] > 5
    )


def _matter(chance: random.Random, source: str) -> dict[str, Any]:
    start = date(2016, 1, 1) + timedelta(chance.randrange(120))
    days = chance.choice([0, 0, 3, 40])
    stated = chance.random() < 0.5
    figures = {"killed_low": 1, "killed_best": 2, "killed_high": chance.choice([3, None])} if stated else {}
    if stated:
        figures |= {"assessment_rule": "assessed", "assessment_reason": "an editor's own"}
    return {
        "date_start": str(start),
        "date_end": str(start + timedelta(days)),
        "country": chance.choice(["SYR", "IRQ", None]),
        "verification_status": chance.choice(["confirmed", "contested", "discounted"]),
        "source_id": chance.choice([source, None]),
        **figures,
    }
