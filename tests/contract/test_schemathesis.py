"""The running service against its own document, with requests that schemathesis makes up."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import Any

import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.core.failures import Failure, FailureGroup

from app.domain.example import aleppo_report
from tests.support.api import Api

load_all_checks()
LEFT_OUT = {
    # The document cannot say that low <= best <= high, that a date has an end only with a start, or that an id is there.
    "positive_data_acceptance",
    # These follow a chain of calls; each case here stands alone.
    "use_after_free",
    "ensure_resource_availability",
    "object_level_authorization",
}
EXAMPLES = int(os.environ.get("INCIDENTS_TEST_EXAMPLES", "2"))
MUST = {
    "GET /v1/incidents",
    "POST /v1/incidents/search",
    "POST /v1/reports/search",
    "POST /v1/sources/search",
    "GET /v1/incidents/facets",
    "GET /v1/totals",
    "GET /v1/totals/explain",
    "GET /v1/changes",
    "GET /v1/changes/stream",
    "GET /v1/changes/head",
    "GET /v1/fields",
    "POST /v1/reports",
    "POST /v1/keys",
}
"""Among others: an operation that falls out of the document is not asked at all."""
Ids = dict[str, str]


def the_checks() -> list[Any]:
    return [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in LEFT_OUT]


QUICK = settings(
    max_examples=EXAMPLES,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def faults_of(
    operation: Any, mode: GenerationMode, url: str, viewers: dict[str, dict[str, str]], ids: Ids
) -> list[str]:
    """What schemathesis has to say of an operation, so that all operations are told of at once.

    Each viewer sends the same cases, by the headers that it sends with them: to make one up takes longer than to send it.
    """
    found: list[str] = []

    @QUICK
    @given(case=operation.as_strategy(generation_mode=mode))
    def sends(case: Any) -> None:
        if mode is GenerationMode.POSITIVE and case.method in ("GET", "PATCH", "PUT"):
            for name in case.path_parameters:  # made-up ids are never there: aim at records that are
                case.path_parameters[name] = ids[
                    "reports" if name == "report_id" else case.path.split("/")[2]
                ]
        for viewer, headers in viewers.items():
            try:
                case.call_and_validate(url, headers=headers, checks=the_checks())
            except (FailureGroup, Failure) as fault:
                parts = getattr(fault, "exceptions", [fault])
                found.append(
                    f"{operation.label}, {mode.value}, {viewer}:\n"
                    + "\n".join(f"{type(part).__name__} {part}" for part in parts)
                )

    with suppress(Unsatisfiable):  # an operation that takes nothing cannot be given anything wrong
        sends()
    return found


def seeded(api: Api) -> Ids:
    """An id of each kind of record that everybody may read, and of the kinds that few may."""
    report = api.posted("/v1/reports", {**aleppo_report(), "workflow": "published"})
    first = {
        kind: api.admin.get(f"/v1/{kind}").json()["items"][0]["id"]
        for kind in ("incidents", "partners", "keys")
    }
    return {**first, "reports": report["id"], "sources": report["source_id"]}


def test_the_service_keeps_to_its_document(api: Api) -> None:
    ids = seeded(api)
    config = SchemathesisConfig.from_dict(
        {"checks": {"missing_required_header": {"expected-statuses": [400, 401, 403, 404, 422, 428]}}}
    )
    schema = schemathesis.openapi.from_dict(api.public.get("/openapi.json").json(), config=config)
    viewers: dict[str, dict[str, str]] = {"public": {}}
    for role in ("reader", "contributor", "editor", "admin"):
        viewers[role] = {"Authorization": f"Bearer {api.key(role, 'robots')}"}
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 25
    assert {operation.label for operation in operations} >= MUST
    faults = [
        fault
        for operation in operations
        for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE)
        for fault in faults_of(operation, mode, api.running.url, viewers, ids)
    ]
    assert not faults, "\n\n".join(faults)
