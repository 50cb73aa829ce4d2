"""The running service against the OpenAPI 3.0 document of ``/ogc``, with requests that schemathesis makes up."""

from __future__ import annotations

import schemathesis
from schemathesis import GenerationMode

from tests.contract.test_schemathesis import faults_of
from tests.ogc.conftest import World


def test_the_service_keeps_to_its_document(world: World) -> None:
    schema = schemathesis.openapi.from_dict(world.public.get("/ogc/api").json())
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
