"""``/v1/reports``: a POST may bring its source, its incidents and its claims along."""

from __future__ import annotations

from app.domain.inputs import FiledReport
from app.http.routes.records import Verbs, router_of
from app.query.fields import Kind
from app.writing import reports

router = router_of(
    Verbs(
        Kind.report,
        FiledReport,
        reports.file,
        reports.amend,
        reports.delete,
        include_after=("incidents", "claims"),
    )
)
