"""The running service against the OpenAPI 3.0 document of ``/ogc``, with requests that schemathesis makes up."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis import GenerationMode

from tests.contract.test_schemathesis import faults_of
from tests.ogc.conftest import World


def with_any_limit(document: dict[str, Any]) -> dict[str, Any]:
    """The document tells the most of a page, but the standard wants more than that to be taken for the most, not refused."""
    limits = [
        parameter["schema"]
        for path in document["paths"].values()
        for operation in path.values()
        for parameter in operation.get("parameters", ())
        if parameter.get("name") == "limit"
    ]
    assert len(limits) == 2, "of the items of each collection"
    for limit in limits:
        del limit["maximum"]
    return document


def test_the_service_keeps_to_its_document(world: World) -> None:
    schema = schemathesis.openapi.from_dict(with_any_limit(world.public.get("/ogc/api").json()))
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) == 12
    ids = {"incidents": world.ids["aleppo"], "reports": world.reports["early"]}
    faults = [
        fault
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for fault in faults_of(operation, mode, f"{world.api.running.url}/ogc", {"public": {}}, ids)
    ]
    assert not faults, "\n\n".join(faults)
