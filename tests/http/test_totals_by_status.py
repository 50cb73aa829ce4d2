"""Totals by the status of the victims: people are divided, and of nobody more is said than is known."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api
from tests.support.counting import ENDS, Item, grouped, stated


def by_status(items: list[Item], *names: str) -> list[tuple[Any, ...]]:
    killed = [f"killed_{end}" for end in ENDS]
    return [(*(item[name] for name in (*names, "victim_status", "incidents", *killed)),) for item in items]


def test_people_are_divided_by_status(api: Api) -> None:
    """Ten to fifteen killed, three to six of them civilians: of others no fewer than four, no more than twelve."""
    figures = {"killed_low": 10, "killed_best": 12, "killed_high": 15, "wounded_best": 7}
    civilians = {"killed_civilians_low": 3, "killed_civilians_best": 4, "killed_civilians_high": 6}
    api.incident(**figures, **civilians, assessment_reason="counted")
    items = grouped(api, "group_by=victim_status")
    assert by_status(items) == [("civilian", 1, 3, 4, 6), (None, 1, 4, 8, 12)]
    assert [item["wounded_best"] for item in items] == [None, 7]
    assert [item["killed_civilians_best"] for item in items] == [4, None]
    stated(api, 5, country="IRQ")
    assert by_status(grouped(api, "group_by=country,victim_status"), "country") == [
        ("IRQ", None, 1, 5, 5, 5),
        ("SYR", "civilian", 1, 3, 4, 6),
        ("SYR", None, 1, 4, 8, 12),
    ]
    assert by_status(grouped(api, "group_by=victim_status&sort=-killed_best&limit=1")) == [
        (None, 2, 9, 13, 17)
    ]
    counting = api.public.get("/v1/totals?group_by=victim_status").json()["counting"]
    assert counting["items_add_up"] is False
    assert "people are divided, not incidents" in counting["victim_status"]


@pytest.mark.parametrize(
    ("killed", "civilians", "others"),
    [
        ((10, 10, 10), (0, None, 10), (0, 10, 10)),
        ((10, 10, 10), (3, None, None), (0, 7, 7)),
        ((10, None, None), (3, 3, 3), (7, 7, None)),
        ((None, None, 4), (1, 1, 1), (None, None, 3)),
        ((2, 2, 2), (5, 5, 5), (0, 0, 0)),
        ((0, 0, 0), (0, 0, 0), (0, 0, 0)),
        ((None, None, None), (5, 5, 5), (None, None, None)),
        ((6, 7, None), (None, None, None), (6, 7, None)),
    ],
)
def test_of_the_others_no_more_is_said_than_is_known(
    api: Api, killed: tuple[Any, ...], civilians: tuple[Any, ...], others: tuple[Any, ...]
) -> None:
    figures = {f"killed_{end}": n for end, n in zip(ENDS, killed, strict=True)}
    figures |= {f"killed_civilians_{end}": n for end, n in zip(ENDS, civilians, strict=True)}
    api.incident(**figures, assessment_reason="counted")
    assert by_status(grouped(api, "group_by=victim_status"))[-1] == (None, 1, *others)


def test_a_family_divided_by_status_counts_nobody_twice(api: Api) -> None:
    whole = api.incident(
        killed_low=30, killed_best=30, killed_high=30, killed_civilians_best=10, assessment_reason="counted"
    )
    for killed, civilians in ((8, 6), (9, 9)):
        figures = {f"killed_{end}": killed for end in ENDS} | {
            f"killed_civilians_{end}": civilians for end in ENDS
        }
        api.incident(**figures, part_of=whole["id"], assessment_reason="counted")
    best = {item["victim_status"]: item["killed_best"] for item in grouped(api, "group_by=victim_status")}
    assert best == {"civilian": 15, None: 15}, "thirty in all; fifteen civilians, of whom the parts know"
