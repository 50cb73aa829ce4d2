"""Whatever is sent: never a 5xx, and nothing is written unless the answer says so."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.inputs import FiledReport, IncidentForm, LinkForm, SourceForm
from app.http.filters import filters_of
from app.http.params import PAGING
from app.query.fields import CATALOGUE, Kind
from tests.support.api import Api
from tests.support.state import problem, state_of

QUICK = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], database=None
)
JSON = {"Content-Type": "application/json", "If-Match": "*"}
ODD = [
    "",
    " ",
    "\0",
    "\x7f",
    "NaN",
    "-1",
    "1e999",
    "null",
    "true",
    "a,b",
    "..",
    "2016-02-30",
    "9" * 400,
    "é",
    "حلب",
    "'",
    '"',
    "%",
    "\u2028",
    "🕊",
]

texts = st.one_of(st.text(max_size=20), st.sampled_from(ODD))
scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**40), 2**40),
    st.sampled_from([10**30, -(10**30), 2**31, 2**63, 2**64]),
    st.floats(allow_nan=False, allow_infinity=False),
    texts,
)
anything = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=12,
)


def good(name: str) -> st.SearchStrategy[Any]:
    """Values that a field of that name may well take, so that whole bodies are reached and not only their rims."""
    words = [
        o.value for kind in CATALOGUE.values() for f in kind if f.name == name and f.values for o in f.values
    ]
    if words:
        return st.sampled_from(words)
    if name.startswith("date_"):
        return st.dates().map(str)
    if name in ("lon", "lat"):
        return st.floats(-180, 180)
    if name.rpartition("_")[2] in ("low", "best", "high") or name in ("low", "best", "high"):
        return st.integers(0, 2_000_000_000)
    return texts


def body_of(form: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    names = list(form.model_fields)

    def document(chosen: list[str]) -> st.SearchStrategy[dict[str, Any]]:
        return st.fixed_dictionaries({name: good(name) | anything for name in chosen})

    return st.lists(st.sampled_from([*names, "nonsense"]), max_size=6, unique=True).flatmap(
        document
    ) | st.dictionaries(texts, anything, max_size=3)


def dumped(document: Any) -> bytes:
    """As JSON; lone surrogates are sent as escapes, numbers beyond 64 bits as they are."""
    return json.dumps(document).encode()


ROUTES = (
    ("POST", "/v1/incidents", IncidentForm),
    ("POST", "/v1/reports", FiledReport),
    ("POST", "/v1/sources", SourceForm),
    ("PATCH", "/v1/incidents/{incident}", IncidentForm),
    ("PATCH", "/v1/reports/{report}", FiledReport),
    ("PATCH", "/v1/sources/{source}", SourceForm),
    ("PUT", "/v1/incidents/{incident}/reports/{report}", LinkForm),
)


@pytest.mark.parametrize("route", ROUTES, ids=lambda r: f"{r[0]} {r[1]}")
def test_any_body(api: Api, route: tuple[str, str, type[Any]]) -> None:
    method, template, form = route
    ids = {"incident": api.incident()["id"], "report": api.report()["id"], "source": api.source()["id"]}
    path = template.format(**ids)

    @QUICK
    @given(document=body_of(form) | anything)
    def sends(document: Any) -> None:
        before = state_of(api.database)
        response = api.editor.request(method, path, content=dumped(document), headers=JSON)
        assert response.status_code < 500, response.text
        if response.status_code >= 400:
            told = problem(response, response.status_code)
            if told["status"] in (400, 422):
                assert told["errors"], told
            assert state_of(api.database) == before
        else:
            kept = f"/v1/{path.split('/')[2]}/{response.json()['id']}"
            assert api.editor.get(kept).status_code == 200, "what was taken must be readable"
            again = api.editor.patch(kept, content=b"{}", headers=JSON)
            assert (again.status_code, again.json().get("outcome")) == (200, "unchanged"), again.text

    sends()


@QUICK
@given(raw=st.binary(max_size=40))
def test_any_bytes(api: Api, raw: bytes) -> None:
    _ = api.editor
    before = state_of(api.database)
    response = api.editor.post("/v1/incidents", content=raw, headers=JSON)
    assert response.status_code in (201, 400, 422), response.text
    if response.status_code != 201:
        assert state_of(api.database) == before


def names_of(kind: Kind) -> list[str]:
    return [*filters_of(kind), *(p.name for p in PAGING), "nonsense"]


raw_values = st.one_of(
    texts.map(lambda t: quote(t.encode("utf-8", "surrogatepass"), safe="")),
    st.sampled_from(
        [
            "%",
            "%zz",
            "%ED%A0%80",
            "%00",
            "%C0%80",
            "&",
            "=",
            ";",
            "1",
            "2016/2017",
            "0,0,1,1",
            "SYR",
            "date_start",
            "title",
            "true",
        ]
    ),
)


@pytest.mark.parametrize("kind", list(Kind))
def test_any_question(api: Api, kind: Kind) -> None:
    api.incident(title="A market", lon=37.1, lat=36.2)
    api.report()
    before = state_of(api.database)
    asked = st.lists(st.tuples(st.sampled_from(names_of(kind)) | raw_values, raw_values), max_size=4)

    @QUICK
    @given(pairs=asked)
    def asks(pairs: list[tuple[str, str]]) -> None:
        question = "&".join(f"{name}={value}" for name, value in pairs)
        for path in (f"/v1/{kind}s", "/v1/totals"):
            response = api.public.get(f"{path}?{question}")
            assert response.status_code in (200, 400), f"{question} {response.text}"
            if response.status_code == 400:
                assert problem(response, 400)["errors"]
            else:
                assert orjson.loads(response.content)["items"] is not None

    asks()
    assert state_of(api.database) == before
