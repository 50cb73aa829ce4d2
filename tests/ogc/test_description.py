"""Where a client begins: landing page, conformance, and the OpenAPI 3.0 document."""

from __future__ import annotations

from typing import Any

import pytest
import schemathesis

from tests.support.api import Api

OPENAPI = "application/vnd.oai.openapi+json;version=3.0"


def links(document: dict[str, Any], rel: str) -> list[dict[str, Any]]:
    return [link for link in document["links"] if link["rel"] == rel]


@pytest.mark.parametrize("path", ["/ogc", "/ogc/"])
def test_the_root_answers_with_and_without_a_stroke(api: Api, path: str) -> None:
    answer = api.public.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    document = answer.json()
    for rel in ("self", "alternate", "service-desc", "service-doc", "conformance", "data"):
        for link in links(document, rel):
            assert {"href", "type", "title"} <= link.keys()
        assert links(document, rel), rel
    assert links(document, "service-desc")[0]["type"] == OPENAPI


def test_every_link_of_the_landing_page_answers_with_its_type(api: Api) -> None:
    for link in api.public.get("/ogc").json()["links"]:
        answer = api.public.get(link["href"])
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(link["type"]), link


def test_conformance_names_what_is_there(api: Api) -> None:
    named = api.public.get("/ogc/conformance").json()["conformsTo"]
    assert len(named) == len(set(named))
    for end in (
        "features-1/1.0/conf/core",
        "features-1/1.0/conf/oas30",
        "features-1/1.0/conf/html",
        "features-1/1.0/conf/geojson",
        "features-3/1.0/conf/features-filter",
        "cql2/1.0/conf/basic-cql2",
        "cql2/1.0/conf/cql2-text",
    ):
        assert any(name.endswith(end) for name in named), end
    assert not any("features-2" in name or "arithmetic" in name for name in named)


@pytest.fixture
def document(api: Api) -> dict[str, Any]:
    answer = api.public.get("/ogc/api")
    assert answer.headers["content-type"] == OPENAPI
    found: dict[str, Any] = answer.json()
    return found


def test_the_document_is_valid_openapi_3_0(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.0.")
    schemathesis.openapi.from_dict(document).validate()


def test_it_stands_alone(document: dict[str, Any]) -> None:
    """No reference to elsewhere, each leads somewhere, and nothing of 3.1: a list of types, a null among them."""

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                assert node["$ref"].startswith("#/components/schemas/")
                assert node["$ref"].rpartition("/")[2] in document["components"]["schemas"]
            assert not isinstance(node.get("type"), list)
            assert "anyOf" not in node
            assert "const" not in node
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)


def test_its_server_is_the_root(api: Api, document: dict[str, Any]) -> None:
    assert document["servers"][0]["url"] == f"{api.running.url}/ogc"
    for path in document["paths"]:
        answer = api.public.get(f"{document['servers'][0]['url']}{path.replace('{featureId}', 'inc_0')}")
        assert answer.status_code == (404 if "{" in path else 200), path


@pytest.mark.parametrize("collection", ["incidents", "reports"])
def test_parameters_are_spelled_as_programs_read_them(
    api: Api, document: dict[str, Any], collection: str
) -> None:
    stated = document["paths"][f"/collections/{collection}/items"]["get"]["parameters"]
    parameters = {parameter["name"]: parameter for parameter in stated}
    assert len(parameters) == len(stated)
    for name in ("bbox", "limit", "datetime"):
        found = parameters[name]
        assert (found["in"], found["style"], found["explode"], found["required"]) == (
            "query",
            "form",
            False,
            False,
        )
    bbox = parameters["bbox"]["schema"]
    assert (bbox["type"], bbox["minItems"], bbox["maxItems"], bbox["items"]) == (
        "array",
        4,
        6,
        {"type": "number"},
    )
    limit = parameters["limit"]["schema"]
    assert (limit["type"], limit["minimum"], limit["maximum"], limit["default"]) == ("integer", 1, 1000, 50)
    queryables = api.public.get(f"/ogc/collections/{collection}/queryables").json()["properties"]
    assert queryables.keys() - {"geometry"} <= parameters.keys()


def test_the_services_own_document_leaves_it_out(api: Api) -> None:
    assert not [path for path in api.public.get("/openapi.json").json()["paths"] if path.startswith("/ogc")]


def test_an_unknown_parameter_is_refused_everywhere(api: Api) -> None:
    one = "/collections/incidents"
    for path in ("", "/api", "/conformance", "/collections", one, f"{one}/queryables", f"{one}/items"):
        answer = api.public.get(f"/ogc{path}", params={"limits": "1"})
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["field"] == "limits"
        assert api.public.get(f"/ogc{path}", params={"f": "xml"}).status_code == 400
        assert api.public.head(f"/ogc{path}").status_code == 200
        assert api.public.post(f"/ogc{path}").status_code == 405
