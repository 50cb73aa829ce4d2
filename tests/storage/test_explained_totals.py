"""What a total is made of adds up to it, end by end, over all pages: against a plain evaluator on random families."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.access.viewer import Viewer
from app.query import filter as ask
from app.query.filter import Filter, Operator
from app.storage.database import Database
from app.storage.explaining import Question, explain
from app.storage.totals import NOT_COUNTED, totals
from tests.support.families import ENDS, Counted, families
from tests.support.generated import Filled, on_both
from tests.support.postgres import Server

Told = dict[str, Any]
MOST_PAGES = 200


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory, postgres_server: Server) -> Iterator[dict[str, Filled]]:
    with on_both(tmp_path_factory.mktemp("explained"), postgres_server) as databases:
        yield {name: Filled(database, families(seed=23)) for name, database in databases.items()}


def pages(database: Database, viewer: Viewer, where: Filter, metric: str, limit: int) -> Iterator[Told]:
    cursor = None
    for _ in range(MOST_PAGES):
        question = Question(where, metric, limit, cursor)
        found = database.read(lambda reader, question=question: explain(reader, viewer, question))
        yield found.told
        assert len(found.told["items"]) == limit or found.next is None
        cursor = found.next
        if cursor is None:
            return
    raise AssertionError("the pages do not end")


CODES = [f"n{n:03}" for n in range(160)]
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(
        ask.Compare,
        st.just("code"),
        st.sampled_from([Operator.at_most, Operator.at_least]),
        st.sampled_from(CODES),
    ),
    st.builds(ask.equals, st.just("country"), st.sampled_from(["SYR", "IRQ"])),
    st.builds(ask.equals, st.just("event_type"), st.sampled_from(["grenade", "other"])),
    st.builds(ask.Compare, st.just("killed_best"), st.sampled_from(list(Operator)), st.integers(0, 30)),
    st.builds(ask.Not, st.builds(ask.Missing, st.sampled_from(["killed_high", "wounded_best"]))),
    st.builds(
        ask.OneOf,
        st.just("verification_status"),
        st.lists(st.sampled_from(["confirmed", "contested", "discounted"]), min_size=1).map(tuple),
    ),
)


@settings(max_examples=120, deadline=None, database=None)
@given(
    parts=st.lists(leaves, max_size=2),
    who=st.sampled_from(["public", "beta", "editor"]),
    metric=st.sampled_from(["killed", "wounded"]),
    limit=st.sampled_from([3, 7, 500]),
)
# A page for each incident is dear: of everything, once for those who see most and once for those who see least.
@example(parts=[], who="editor", metric="killed", limit=1)
@example(parts=[], who="public", metric="wounded", limit=1)
def test_what_is_listed_adds_up_to_the_total(
    filled: dict[str, Filled], parts: list[Filter], who: str, metric: str, limit: int
) -> None:
    where = ask.all_of(*parts)
    named = any(isinstance(p, ask.OneOf) and p.field == "verification_status" for p in parts)
    counted = where if named else ask.all_of(where, ask.Not(ask.OneOf("verification_status", NOT_COUNTED)))
    for each in filled.values():
        viewer = each.viewers[who]
        listed = list(pages(each.database, viewer, where, metric, limit))
        first = listed[0]
        assert all({**page, "items": 0} == {**first, "items": 0} for page in listed), "the same on every page"
        assert first["total"] == each.database.read(
            lambda reader, viewer=viewer: totals(reader, viewer, where)
        )
        items = [item for page in listed for item in page["items"]]
        expected, all_seen = Counted(each, who, counted), Counted(each, who, where)
        assert len(items) == len({item["id"] for item in items})
        assert {item["id"] for item in items} == set(all_seen.chosen)
        adds_up(items, first["total"], metric)
        tallied(items, first)
        in_order(items)
        for item in items:
            explained(item, expected, metric)


def adds_up(items: list[Told], total: Told, metric: str) -> None:
    for end in ENDS:
        stated = [item[f"counts_{end}"] for item in items if item[f"counts_{end}"] is not None]
        summed = sum(stated) if stated else None
        if end == "high" and total[f"{metric}_open"]:
            assert total[f"{metric}_high"] is None
        else:
            assert summed == total[f"{metric}_{end}"]


def tallied(items: list[Told], first: Told) -> None:
    categories = Counter(item["category"] for item in items)
    assert {name: n for name, n in first["categories"].items() if n} == categories
    also = Counter(word for item in items for word in item["also"])
    assert {name: n for name, n in first["also"].items() if n} == also


def in_order(items: list[Told]) -> None:
    """Counted before not counted; the larger before the smaller; without a figure last."""
    order = [
        (
            item["category"] in NOT_COUNTED,
            item["counts_best"] is None,
            -(item["counts_best"] or 0),
        )
        for item in items
    ]
    assert order == sorted(order)


def explained(item: Told, expected: Counted, metric: str) -> None:
    uid = item["id"]
    if uid not in expected.chosen:
        assert item["category"] in NOT_COUNTED
        assert [item[f"counts_{end}"] for end in ENDS] == [None] * 3
        assert (item["parts"], item["contained_in"]) == ([], None)
        return
    parts = expected.parts.get(uid, [])
    assert item["parts_count"] == len(parts)
    assert {part["id"] for part in item["parts"]} == set(parts)
    wholes = [whole for whole, theirs in expected.parts.items() if uid in theirs]
    assert [item["contained_in"]] == (wholes or [None])
    for end in ENDS:
        assert item[f"{metric}_{end}"] == expected.chosen[uid][f"{metric}_{end}"]
        for part in item["parts"]:
            assert (part[f"accounts_for_{end}"] or 0) == expected.family(part["id"], metric, end)
        own = expected.own(uid, metric, end)
        below = sum(expected.family(part, metric, end) for part in parts)
        assert item[f"counts_{end}"] == (None if own is None else own - min(own, below))
    lessened = any((expected.own(uid, metric, end) or 0) != (item[f"counts_{end}"] or 0) for end in ENDS)
    stated = any(item[f"{metric}_{end}"] is not None for end in ENDS)
    category = "no_figure" if not stated else "less_its_parts" if lessened else "counted"
    assert item["category"] == category


def test_all_that_may_be_so_is_so_of_some(filled: dict[str, Filled]) -> None:
    """Otherwise the test above would not try it."""
    for each in filled.values():
        (page,) = pages(each.database, each.viewers["editor"], ask.EVERYTHING, "killed", 1_000)
        assert all(page["categories"].values())
        assert all(page["also"].values())
        assert any(len(item["parts"]) > 1 for item in page["items"])
        assert any(
            item["counts_best"] == 0 and item["category"] == "less_its_parts" for item in page["items"]
        )
