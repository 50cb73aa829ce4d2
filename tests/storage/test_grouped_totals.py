"""Grouped totals: both databases and plain Python say the same, and the items of a partition add up to the total."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.query import filter as ask
from app.query.filter import Filter, Operator
from app.query.grouping import CELL, DIMENSIONS, FACETS, MULTIPLE, PERIODS, STATUS, Grouping
from app.storage.facets import facets
from app.storage.grouping import grouped_totals
from app.storage.totals import NOT_COUNTED, totals
from tests.support.dividing import ACTORS, FIGURES, Divided, ordered
from tests.support.families import ENDS, Counted
from tests.support.generated import Filled, opened_anew

CODES = [f"n{n:03}" for n in range(160)]
NUMBERS = ("incidents", *(f"{metric}_{end}" for metric in FIGURES for end in ENDS))
roles = st.sampled_from([(), (), ("target",), ("alleged_perpetrator",), ("alleged_perpetrator", "target")])
leaves: st.SearchStrategy[Filter] = st.one_of(
    st.builds(ask.Attributed, st.sampled_from([*ACTORS, 'nobody"\\']), roles),
    st.builds(ask.Attributed, st.sampled_from(ACTORS), roles).map(ask.Not),
    st.builds(
        ask.Compare,
        st.just("code"),
        st.sampled_from([Operator.at_most, Operator.at_least]),
        st.sampled_from(CODES),
    ),
    st.builds(
        ask.OneOf, st.just("code"), st.lists(st.sampled_from(CODES), min_size=1, max_size=60).map(tuple)
    ),
    st.builds(ask.equals, st.just("event_type"), st.sampled_from(["grenade", "other"])),
    st.builds(ask.Compare, st.just("killed_best"), st.sampled_from(list(Operator)), st.integers(0, 30)),
    st.builds(
        ask.OneOf,
        st.just("verification_status"),
        st.lists(st.sampled_from(["confirmed", "retracted"]), min_size=1, max_size=2).map(tuple),
    ),
)


@st.composite
def groupings(draw: st.DrawFn) -> Grouping:
    names = draw(st.lists(st.sampled_from(DIMENSIONS), min_size=1, max_size=3, unique=True))
    if draw(st.booleans()) and STATUS not in names:
        names = [*names[:2], STATUS] if draw(st.booleans()) else [STATUS, *names[:2]]
    first = next((name for name in names if name in PERIODS), None)
    names = [name for name in names if name not in PERIODS or name == first]
    return Grouping(
        tuple(names),
        draw(st.sampled_from([*names, *NUMBERS])),
        draw(st.booleans()),
        draw(st.sampled_from([1, 4, 1000])),
        draw(st.sampled_from([10, 24, 25, 30, 70, 100, 1000])),
        roles=draw(roles) if "actor" in names else (),
    )


@pytest.fixture(scope="module")
def filled(divided: dict[str, Filled]) -> Iterator[dict[str, Filled]]:
    with opened_anew(divided) as filled:
        yield filled


def chosen(parts: list[Filter]) -> tuple[Filter, Filter]:
    """The question, and the question of what is counted."""
    where = ask.all_of(*parts)
    if any(isinstance(p, ask.OneOf) and p.field == "verification_status" for p in parts):
        return where, where
    return where, ask.all_of(where, ask.Not(ask.OneOf("verification_status", NOT_COUNTED)))


@settings(max_examples=250, deadline=None, database=None)
@given(
    parts=st.lists(leaves, max_size=2),
    who=st.sampled_from(["public", "beta", "editor"]),
    grouping=groupings(),
)
def test_both_databases_and_plain_python_group_alike(
    filled: dict[str, Filled], parts: list[Filter], who: str, grouping: Grouping
) -> None:
    where, counted = chosen(parts)
    for name, each in filled.items():
        divided = Divided(each, who, Counted(each, who, counted), grouping)
        expected = divided.items()
        if grouping.sort != CELL:
            expected = ordered(expected, grouping.sort, descending=grouping.descending)
        elif grouping.descending:
            return  # names of cells do not sort as cells do; ascending covers it
        elif grouping.dimensions[0] != CELL:
            return
        told = each.database.read(
            lambda reader, each=each: grouped_totals(reader, each.viewers[who], where, grouping)
        )
        assert told.items == expected[: grouping.limit], (name, who, where, grouping)
        assert told.more == (len(expected) > grouping.limit)


@settings(max_examples=150, deadline=None, database=None)
@given(
    parts=st.lists(leaves, max_size=2),
    who=st.sampled_from(["public", "beta", "editor"]),
    name=st.sampled_from([name for name in DIMENSIONS if name not in (*MULTIPLE, STATUS)]),
)
def test_items_of_a_partition_add_up_to_the_total(
    filled: dict[str, Filled], parts: list[Filter], who: str, name: str
) -> None:
    where, _ = chosen(parts)
    for database, each in filled.items():
        viewer = each.viewers[who]
        whole = each.database.read(lambda reader: totals(reader, viewer, where))  # noqa: B023
        grouping = Grouping((name,), name)
        items = each.database.read(lambda reader: grouped_totals(reader, viewer, where, grouping)).items  # noqa: B023
        for member, total in whole.items():
            if member.endswith("_high") and whole[member.replace("_high", "_open")]:
                assert total is None
                continue
            values = [item[member] for item in items if item[member] is not None]
            assert sum(values) == (total or 0), (database, name, member)
            if total is None:
                assert not values


@settings(max_examples=100, deadline=None, database=None)
@given(parts=st.lists(leaves, max_size=2), who=st.sampled_from(["public", "beta", "editor"]))
def test_by_status_nobody_is_lost_and_nobody_invented(
    filled: dict[str, Filled], parts: list[Filter], who: str
) -> None:
    where, _ = chosen(parts)
    for each in filled.values():
        viewer = each.viewers[who]
        whole = each.database.read(lambda reader: totals(reader, viewer, where))  # noqa: B023
        grouping = Grouping((STATUS,), STATUS)
        items = each.database.read(lambda reader: grouped_totals(reader, viewer, where, grouping)).items  # noqa: B023
        told = {item[STATUS]: item for item in items}
        if whole["killed_best"] is None:
            continue
        civilians = told["civilian"]["killed_best"] if "civilian" in told else None
        assert (civilians or 0) + told[None]["killed_best"] >= whole["killed_best"]
        for end in ENDS:
            others, all_killed = told[None][f"killed_{end}"], whole[f"killed_{end}"]
            assert (others is None) == (all_killed is None)
            assert others is None or 0 <= others <= all_killed


@pytest.mark.parametrize("who", ["public", "beta", "editor"])
def test_facets_count_what_the_list_shows(filled: dict[str, Filled], who: str) -> None:
    for each in filled.values():
        counted = Counted(each, who, ask.EVERYTHING)
        told = each.database.read(
            lambda reader, each=each: facets(reader, each.viewers[who], ask.EVERYTHING, FACETS)
        )
        assert told.more == []
        for name in FACETS:
            divided = Divided(each, who, counted, Grouping((name,), name))
            expected = [(item[name], item["incidents"]) for item in divided.items()]
            expected.sort(key=lambda pair: -pair[1])
            assert [(v["value"], v["incidents"]) for v in told.values[name]] == expected, name


def test_the_groups_part_families(filled: dict[str, Filled]) -> None:
    """A property that holds of nothing proves nothing."""
    for each in filled.values():
        counted = Counted(each, "editor", ask.EVERYTHING)
        for name in DIMENSIONS:
            divided = Divided(each, "editor", counted, Grouping((name,), name))
            assert len(divided.groups) >= 2, name
            assert any(None in group for group in divided.groups) or name in (
                "event_type",
                "cause",
                "country",
                "verification_status",
            )
            of: dict[str, set[Any]] = {}
            for group, uids in divided.groups.items():
                for uid in uids:
                    of.setdefault(uid, set()).add(group)
            assert any(of[whole] != of[part] for whole, parts in counted.parts.items() for part in parts)
