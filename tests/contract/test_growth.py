"""The guard itself: each way of breaking a client is seen, and growth is not taken for one."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest

from app.main import create_app
from tests.contract.growth import losses

Document = dict[str, Any]


@pytest.fixture(scope="module")
def published() -> Document:
    document: Document = create_app().openapi()
    return document


def schemas(document: Document) -> Document:
    found: Document = document["components"]["schemas"]
    return found


def parameter(document: Document, name: str) -> Document:
    found: Document = next(
        p for p in document["paths"]["/v1/incidents"]["get"]["parameters"] if p["name"] == name
    )
    return found


BREAKING: dict[str, Callable[[Document], Any]] = {
    "a route goes": lambda d: d["paths"].pop("/v1/totals"),
    "a method goes": lambda d: d["paths"]["/v1/incidents"].pop("post"),
    "a status goes": lambda d: d["paths"]["/v1/incidents"]["post"]["responses"].pop("200"),
    "a name changes": lambda d: d["paths"]["/v1/incidents"]["post"].update(operationId="other"),
    "a parameter goes": lambda d: d["paths"]["/v1/incidents"]["get"]["parameters"].pop(0),
    "a parameter becomes needed": lambda d: parameter(d, "bbox").update(required=True),
    "an order goes": lambda d: parameter(d, "sort")["schema"]["enum"].pop(),
    "a default changes": lambda d: parameter(d, "limit")["schema"].update(default=10),
    "a limit falls": lambda d: parameter(d, "limit")["schema"].update(maximum=10),
    "a key becomes needed": lambda d: d["paths"]["/v1/incidents"]["get"].update(security=[{"key": []}]),
    "an answer's field goes": lambda d: schemas(d)["Incident"]["properties"].pop("killed_best"),
    "an answer's field may be null": lambda d: schemas(d)["Incident"]["properties"]["version"].update(type=["integer", "null"]),
    "an answer's field may be missing": lambda d: schemas(d)["IncidentList"].update(required=["items"]),
    "a body's field goes": lambda d: schemas(d)["IncidentForm"]["properties"].pop("title"),
    "a body's field becomes needed": lambda d: schemas(d)["IncidentForm"].update(required=["title"]),
    "a word goes": lambda d: schemas(d)["EventType"]["enum"].remove("grenade"),
    "a schema goes": lambda d: schemas(d).pop("Claim"),
    "a form of body goes": lambda d: d["paths"]["/v1/incidents/{id}"]["patch"]["requestBody"]["content"].pop("application/json"),
}  # fmt: skip
GROWING: dict[str, Callable[[Document], Any]] = {
    "a route comes": lambda d: d["paths"].update({"/v1/new": {"get": d["paths"]["/v1"]["get"]}}),
    "a status comes": lambda d: d["paths"]["/v1"]["get"]["responses"].update(
        {"429": {"description": "Slower."}}
    ),
    "a parameter comes": lambda d: d["paths"]["/v1/totals"]["get"]["parameters"].append(
        {"name": "group_by", "in": "query", "required": False, "schema": {"type": "string"}}
    ),
    "an answer's field comes": lambda d: schemas(d)["Incident"]["properties"].update(new={"type": "string"}),
    "a body's field comes": lambda d: schemas(d)["IncidentForm"]["properties"].update(new={"type": "string"}),
    "a word comes": lambda d: schemas(d)["EventType"]["enum"].append("drowning"),
    "a description changes": lambda d: schemas(d)["Incident"]["properties"]["title"].update(
        description="Other."
    ),
    "a limit rises": lambda d: parameter(d, "limit")["schema"].update(maximum=2**40),
}


@pytest.mark.parametrize("change", BREAKING)
def test_what_breaks_a_client_is_seen(published: Document, change: str) -> None:
    later = deepcopy(published)
    BREAKING[change](later)
    assert losses(published, later)


@pytest.mark.parametrize("change", GROWING)
def test_growth_is_allowed(published: Document, change: str) -> None:
    later = deepcopy(published)
    GROWING[change](later)
    assert losses(published, later) == []


def test_nothing_is_lost_where_nothing_changes(published: Document) -> None:
    assert losses(published, deepcopy(published)) == []
