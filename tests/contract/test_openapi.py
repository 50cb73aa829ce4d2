"""The OpenAPI document: valid, true to the service, and only ever growing (rule 13).

openapi.json beside this file is the document as it was published last. After a change that only adds, renew it:

    INCIDENTS_TEST_RENEW=1 python -m pytest tests/contract/test_openapi.py -k snapshot

A change that takes away or narrows what is published does not belong into v1, and a renewal does not hide it: the
test for growth fails first. It asks of each operation, parameter, field, value and status that was published
whether it is still there and still means the same.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import jsonschema_rs
import orjson
import pytest
import schemathesis

from app.http.filters import filters_of
from app.http.operations import ID_EXAMPLES
from app.main import create_app
from app.query.fields import Kind
from tests.contract.growth import losses
from tests.support.api import Api

SNAPSHOT = Path(__file__).with_name("openapi.json")
RENEW = "INCIDENTS_TEST_RENEW"
METHODS = ("get", "post", "put", "patch", "delete")
# What the example of an operation's body is sent by, and where; ids are filled in from the service.
ROLES = dict.fromkeys(("/v1/keys", "/v1/partners", "/v1/partners/{id}"), "admin") | {
    f"/v1/{kind}/{{id}}/redact": "admin" for kind in ("incidents", "reports", "sources")
}
Document = dict[str, Any]


@pytest.fixture(scope="module")
def document() -> Document:
    found: Document = create_app().openapi()
    return found


def operations(document: Document) -> Iterator[tuple[str, str, Document]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            assert method in METHODS
            yield method, path, operation


def test_the_document_is_valid(document: Document) -> None:
    assert document["openapi"].startswith("3.1")
    schemathesis.openapi.from_dict(document).validate()
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(names) == len(set(names)), "a generated client has a function for each"


def test_every_schema_is_valid_and_every_reference_leads_somewhere(document: Document) -> None:
    schemas = document["components"]["schemas"]
    for name, schema in schemas.items():
        jsonschema_rs.validator_for({**schema, "components": document["components"]})
        assert name.isidentifier(), name

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                assert node["$ref"].rpartition("/")[2] in schemas, node
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)


def test_every_operation_tells_of_its_errors(document: Document) -> None:
    for method, path, operation in operations(document):
        for status, response in operation["responses"].items():
            if int(status) >= 400:
                assert list(response["content"]) == ["application/problem+json"], (method, path, status)
        statuses = set(operation["responses"])
        if method != "get" and not path.endswith("/search"):
            assert {"401", "403", "422", "503"} <= statuses, (method, path)
        if "If-Match" in [p["name"] for p in operation.get("parameters", [])]:
            assert {"412", "428"} <= statuses, (method, path)


def test_the_published_document_only_grows(document: Document) -> None:
    published = orjson.loads(SNAPSHOT.read_bytes())
    assert losses(published, document) == []


def test_the_snapshot_is_the_document_of_now(document: Document) -> None:
    written = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
    if os.environ.get(RENEW) == "1":
        assert not SNAPSHOT.exists() or losses(orjson.loads(SNAPSHOT.read_bytes()), document) == []
        SNAPSHOT.write_bytes(written)
    current = SNAPSHOT.read_bytes() == written
    assert current, f"the API has grown: renew {SNAPSHOT.name} ({RENEW}=1, see the top of this file)"


def test_the_served_document_is_this_one(api: Api, document: Document) -> None:
    assert api.public.get("/openapi.json").json() == document


def test_the_page_about_it_asks_nobody_else(api: Api) -> None:
    page = api.public.get("/docs")
    assert page.status_code == 200
    named = re.findall(r"""(?:src|href|url)["']?\s*[=:]\s*["']([^"']+)""", page.text)
    assert {name.rsplit(".")[-1] for name in named} == {"js", "css", "png", "json"}
    for name in named:
        assert name.startswith("/")
        assert api.public.get(name).status_code == 200
    assert "://" not in page.text


EDITORS = {
    "spread",
    *(filters_of(Kind.incident).keys() - filters_of(Kind.incident, editor=False).keys()),
}
"""Parameters and orders of which only editors know."""


def ids_of(api: Api) -> dict[str, str]:
    """Records that the examples can be sent to."""
    return {
        "incidents": api.incident(by=api.editor)["id"],
        "reports": api.report(by=api.editor)["id"],
        "sources": api.source(by=api.editor)["id"],
        "partners": api.admin.get("/v1/partners").json()["items"][0]["id"],
        "keys": api.admin.get("/v1/keys").json()["items"][0]["id"],
    }


def for_transition(api: Api, path: str, named: str) -> dict[str, str]:
    """An incident of its own in a state for the transition that the path names; nothing for other paths. `named`: the
    incident that the example of a body names."""
    if not path.startswith("/v1/incidents/{id}/") or path.endswith(("}", "/claims", "/explain")):
        return {}
    workflow = "draft" if path.endswith("/publish") else "published"
    uid = api.incident(by=api.editor, workflow=workflow)["id"]
    if path.endswith("/unmerge"):
        body = {"into": api.incident(by=api.editor)["id"], "reason": "twice"}
        api.editor.post(f"/v1/incidents/{uid}/merge", json=body, headers={"If-Match": "*"})
    if path.endswith("/undistinguish"):
        body = {"other": named, "reason": "an hour apart"}
        api.editor.post(f"/v1/incidents/{uid}/distinguish", json=body, headers={"If-Match": "*"})
    return {"incidents": uid}


def filled(path: str, ids: dict[str, str]) -> str:
    kind = path.split("/")[2] if path.count("/") > 1 else ""
    return path.replace("{report_id}", ids["reports"]).replace("{id}", ids.get(kind, ""))


def valid(document: Document, operation: Document, response: httpx.Response) -> None:
    """The answer is one that the document tells of, down to each member."""
    told = operation["responses"].get(str(response.status_code))
    assert told is not None, (response.request.url, response.status_code, response.text[:300])
    if "content" not in told:
        assert response.content == b""
        return
    kind = response.headers["content-type"].partition(";")[0]
    schema = told["content"][kind]["schema"]
    told_of = events_of(response) if kind == "text/event-stream" else [response.json()]
    for each in told_of:
        sound(document, schema, each)
        if each.get("event") == "change":
            sound(document, {"$ref": "#/components/schemas/ChangedRecord"}, orjson.loads(each["data"]))


def sound(document: Document, schema: Document, value: Any) -> None:
    whole = {**schema, "components": document["components"]}
    jsonschema_rs.validator_for(whole, validate_formats=True).validate(value)


def events_of(response: httpx.Response) -> list[dict[str, str | int]]:
    """The lines of each event as members."""
    found = []
    for block in response.text.strip().split("\n\n"):
        lines = dict(line.split(": ", 1) for line in block.split("\n"))
        found.append({name: int(text) if name == "retry" else text for name, text in lines.items()})
    assert found
    return found


def test_every_example_of_a_body_is_true(api: Api, document: Document) -> None:
    ids = ids_of(api)
    sent = 0
    for method, path, operation in operations(document):
        for kind, content in operation.get("requestBody", {}).get("content", {}).items():
            assert "example" in content, (method, path)
            client = api.admin if ROLES.get(path) == "admin" else api.editor
            headers = {"Content-Type": kind, "If-Match": "*"}
            address = filled(path, ids | for_transition(api, path, ids["incidents"]))
            # An incident that an example names is one that is there.
            named = (
                orjson.dumps(content["example"])
                .decode()
                .replace(ID_EXAMPLES[Kind.incident], ids["incidents"])
            )
            body = named.encode()
            answer = client.request(method.upper(), address, content=body, headers=headers)
            assert answer.status_code in (200, 201), f"{method} {path}: {answer.text}"
            valid(document, operation, answer)
            sent += 1
    assert sent >= 10


def test_every_example_of_a_parameter_is_true(api: Api, document: Document) -> None:
    ids = ids_of(api)
    for method, path, operation in operations(document):
        if method != "get":
            continue
        for parameter in operation.get("parameters", []):
            schema = parameter["schema"]
            if parameter["in"] != "query":
                continue
            values = [schema[name] for name in ("example", "default") if name in schema] + schema.get(
                "enum", []
            )
            for value in values:
                text = str(value).lower() if isinstance(value, bool) else str(value)
                beside = {
                    "near": {"radius": "5"},
                    "certainty": {"killed_at_least": "1"},
                    "date_match": {"date": "2016"},
                    "actor_role": {"actor": "Air force"},
                    "filter-lang": {
                        "filter": "1 = 1" if text == "cql2-text" else '{"op": "=", "args": [1, 1]}'
                    },
                }
                if path == "/v1/totals":
                    beside |= {name: {"group_by": "month"} for name in ("sort", "limit", "fill")}
                    beside["cell_degrees"] = {"group_by": "cell"}
                if path in ("/v1/changes", "/v1/changes/stream"):
                    name = parameter["name"]
                    kinds = [kind.value for kind in Kind if name in filters_of(kind)] or ["incident"]
                    needed = {"kind": kinds[0]} if name != "kind" else {}
                    beside[name] = {**beside.get(name, {}), **needed}
                if text == "relevance":
                    beside["sort"] = {"q": "example"}
                question = {parameter["name"]: text, **beside.get(parameter["name"], {})}
                needs_key = {} not in operation["security"]
                editors = needs_key or parameter["name"] in EDITORS or text.removeprefix("-") in EDITORS
                client = api.editor if editors else api.public
                with client.stream("GET", filled(path, ids), params=question) as answer:
                    if answer.status_code not in (404, 200):
                        raise AssertionError(f"{path} {question}: {answer.read().decode()}")


@pytest.mark.parametrize("role", ["public", "reader", "contributor", "editor", "admin"])
def test_every_answer_of_a_seeded_service_is_as_the_document_says(
    api: Api, document: Document, role: str
) -> None:
    ids = ids_of(api)
    example = document["paths"]["/v1/reports"]["post"]["requestBody"]["content"]["application/json"][
        "example"
    ]
    report = api.posted("/v1/reports", {**example, "workflow": "published"})
    ids |= {"reports": report["id"], "sources": report["source_id"]}
    ids["incidents"] = api.public.get(f"/v1/incidents?report={report['id']}").json()["items"][0]["id"]
    client = api.client(role, "desk") if role != "public" else api.public
    for method, path, operation in operations(document):
        if method != "get":
            continue
        names = {p["name"] for p in operation.get("parameters", [])}
        questions: list[dict[str, str]] = [{}, {"nonsense": "1"}]
        if "count" in names:
            questions.append({"count": "true", "limit": "1"})
        if "include" in names:
            kind = path.split("/")[2]
            questions.append({"include": "reports,claims" if kind == "incidents" else "incidents,claims"})
        for question in questions:
            answer = client.get(filled(path, ids), params=question)
            valid(document, operation, answer)
            if answer.status_code == 200 and "etag" in answer.headers:
                again = client.get(
                    filled(path, ids), params=question, headers={"If-None-Match": answer.headers["etag"]}
                )
                valid(document, operation, again)
                assert again.status_code == 304
