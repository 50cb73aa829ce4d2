"""``/v1/sources``."""

from __future__ import annotations

from app.domain.inputs import SourceForm
from app.http.routes.records import Verbs, router_of
from app.query.fields import Kind
from app.writing import sources

router = router_of(Verbs(Kind.source, SourceForm, sources.record, sources.amend, sources.delete))
