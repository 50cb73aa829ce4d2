"""Totals count nobody twice: checked against a plain evaluator on both databases, families nested deep, parts hidden."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.query import filter as ask
from app.query.filter import Filter, Operator
from app.storage.totals import NOT_COUNTED, totals
from tests.support.api import Api
from tests.support.families import ENDS, Counted, families
from tests.support.generated import Filled, on_both
from tests.support.postgres import Server


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[dict[str, Filled]]:
    with on_both(tmp_path_factory.mktemp("families"), postgres_server) as databases:
        yield {name: Filled(database, families()) for name, database in databases.items()}


CODES = [f"n{n:03}" for n in range(160)]
statuses = st.sampled_from(["confirmed", "contested", "discounted", "retracted"])
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(
        ask.Compare,
        st.just("code"),
        st.sampled_from([Operator.at_most, Operator.at_least]),
        st.sampled_from(CODES),
    ),
    st.builds(
        ask.OneOf, st.just("code"), st.lists(st.sampled_from(CODES), min_size=1, max_size=40).map(tuple)
    ),
    st.builds(ask.equals, st.just("country"), st.sampled_from(["SYR", "IRQ"])),
    st.builds(ask.equals, st.just("event_type"), st.sampled_from(["grenade", "other"])),
    st.builds(ask.Compare, st.just("killed_best"), st.sampled_from(list(Operator)), st.integers(0, 30)),
    st.builds(
        ask.Not, st.builds(ask.Missing, st.sampled_from(["killed_high", "wounded_high", "killed_low"]))
    ),
    st.builds(
        ask.OneOf, st.just("verification_status"), st.lists(statuses, min_size=1, max_size=3).map(tuple)
    ),
)


@settings(max_examples=200, deadline=None, database=None)
@given(parts=st.lists(leaves, max_size=3), who=st.sampled_from(["public", "beta", "editor"]))
def test_a_total_is_the_larger_of_whole_and_parts(
    filled: dict[str, Filled], parts: list[Filter], who: str
) -> None:
    where = ask.all_of(*parts)
    names_a_status = any(isinstance(p, ask.OneOf) and p.field == "verification_status" for p in parts)
    counted = (
        where if names_a_status else ask.all_of(where, ask.Not(ask.OneOf("verification_status", NOT_COUNTED)))
    )
    for name, each in filled.items():
        expected = Counted(each, who, counted)
        told = each.database.read(lambda reader, each=each: totals(reader, each.viewers[who], where))
        assert told["incidents"] == len(expected.chosen), (name, where)
        for metric in ("killed", "wounded"):
            mine = {k: v for k, v in told.items() if k.startswith(f"{metric}_") and "civilians" not in k}
            assert mine == expected.total(metric), (name, who, where)
            ends = [told[f"{metric}_{end}"] for end in ENDS if told[f"{metric}_{end}"] is not None]
            assert ends == sorted(ends), (name, who, where)


def test_the_families_are_deep_and_partly_hidden(filled: dict[str, Filled]) -> None:
    for each in filled.values():
        above = {r["id"]: r["part_of"] for r in each.records}
        deepest = 0
        for uid in above:
            depth, at = 0, above[uid]
            while at is not None:
                depth, at = depth + 1, above[at]
            deepest = max(deepest, depth)
        assert deepest >= 3
        hidden = {r["id"] for r in each.records if r["workflow"] != "published"}
        assert any(above[uid] in hidden and uid not in hidden for uid in above)


def counts(api: Api, question: str = "") -> tuple[int, int | None, int | None, int | None]:
    item = api.public.get(f"/v1/totals?{question}").json()["items"][0]
    return item["incidents"], item["killed_low"], item["killed_best"], item["killed_high"]


def stated(api: Api, number: int, **values: Any) -> str:
    figures = {f"killed_{end}": number for end in ENDS}
    uid: str = api.incident(**figures, assessment_reason="a", **values)["id"]
    return uid


def test_the_day_and_its_strikes_are_counted_once(api: Api) -> None:
    day = stated(api, 61, title="the day")
    stated(api, 20, part_of=day)
    assert counts(api) == (2, 61, 61, 61)
    stated(api, 50, part_of=day)
    assert counts(api) == (3, 70, 70, 70), "the parts say more than the whole"
    assert counts(api, "part_of=" + day) == (2, 70, 70, 70)
    assert counts(api, "killed_at_least=60") == (1, 61, 61, 61)


def test_a_part_of_a_part_is_part_of_the_whole_also_where_the_one_between_is_not_asked_for(api: Api) -> None:
    whole = stated(api, 61, event_type="other")
    between = stated(api, 30, part_of=whole, event_type="grenade")
    stated(api, 10, part_of=between, event_type="other")
    assert counts(api) == (3, 61, 61, 61)
    assert counts(api, "event_type=other") == (2, 61, 61, 61)


def test_a_hidden_part_takes_nothing_away_and_is_not_betrayed(api: Api) -> None:
    whole = stated(api, 61)
    hidden = stated(api, 30, part_of=whole, workflow="draft")
    assert counts(api) == (1, 61, 61, 61)
    stated(api, 10, part_of=hidden)
    # The public is not told that the third is part of anything; a smaller sum would tell it.
    assert counts(api) == (2, 71, 71, 71)
    item = api.editor.get("/v1/totals").json()["items"][0]
    assert (item["incidents"], item["killed_best"]) == (3, 61)


def test_an_open_end_leaves_the_sum_open_and_null_is_not_zero(api: Api) -> None:
    api.incident()
    assert counts(api) == (1, None, None, None)
    stated(api, 0)
    assert counts(api) == (2, 0, 0, 0)
    api.incident(killed_low=24, assessment_reason="a")
    item = api.public.get("/v1/totals").json()["items"][0]
    assert (item["killed_low"], item["killed_best"], item["killed_high"]) == (24, 24, None)
    assert (item["killed_unknown"], item["killed_open"], item["killed_no_best"]) == (1, 1, 1)


def test_what_was_discounted_is_not_counted_unless_it_is_asked_for(api: Api) -> None:
    stated(api, 5)
    stated(api, 7, verification_status="discounted")
    stated(api, 9, verification_status="retracted")
    assert counts(api) == (1, 5, 5, 5)
    assert counts(api, "verification_status=discounted") == (1, 7, 7, 7)
    counting = api.public.get("/v1/totals").json()["counting"]
    assert counting["not_counted"] == ["discounted", "retracted"]
