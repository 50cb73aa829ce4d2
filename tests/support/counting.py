"""Totals and facets over HTTP, as their tests ask for them."""

from __future__ import annotations

from typing import Any

import httpx

from tests.support.api import Api

ENDS = ("low", "best", "high")
Item = dict[str, Any]


def stated(api: Api, number: int, **values: Any) -> str:
    figures = {f"killed_{end}": number for end in ENDS}
    uid: str = api.incident(**figures, assessment_reason="counted", **values)["id"]
    return uid


def grouped(api: Api, question: str, by: httpx.Client | None = None) -> list[Item]:
    response = (by or api.public).get(f"/v1/totals?{question}")
    assert response.status_code == 200, response.text
    items: list[Item] = response.json()["items"]
    return items


def fault(response: httpx.Response, field: str) -> str:
    assert response.status_code == 400, response.text
    problem = response.json()
    assert [error["field"] for error in problem["errors"]] == [field]
    detail: str = problem["detail"]
    return detail
