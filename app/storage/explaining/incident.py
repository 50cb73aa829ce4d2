"""What a viewer may see of an incident, as its explanation needs it: all read in one state of the data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson

from app.access.rules import knows_persons
from app.access.viewer import Viewer
from app.domain.assessment.origins import Trails
from app.domain.explaining import Document, Shown, explained
from app.domain.figures import METRICS
from app.query.fields import Kind
from app.storage import single
from app.storage.database import Reader
from app.storage.shapes import MOST_INCLUDED
from app.storage.single import Found, Wanted
from app.storage.verifying import head_told

LEADS = ("derived_from", "same_origin_as")
SOURCE = ("id", "name", "owner", "source_type", "scale", "reliability")
DECIDED = ("seq", "at", "partner", "action", "reason")


@dataclass(frozen=True, slots=True)
class ExplainedIncident:
    """`told` is the explanation; `incident` the record that it is of, as of change number `seq`."""

    told: Document
    incident: Document
    version: int
    revision: int
    seq: int
    head: str


def explain_incident(reader: Reader, viewer: Viewer, uid: str, as_of: int | None = None) -> ExplainedIncident:
    """As things are, or were at a change. Raises as `single.one` does."""
    with reader.snapshot():
        included = ("reports", "claims")
        found = single.one(reader, viewer, Kind.incident, uid, include=included, as_of=as_of)
        head = head_told(reader, as_of)
        assert head is not None
        incident = orjson.loads(found.document)
        reports = incident["reports"]
        read = _Read(reader, viewer, as_of)
        shown = Shown(
            incident,
            read.sources(reports),
            read.leads(reports),
            {metric: read.decided(uid, metric, head.head.seq) for metric in METRICS},
        )
    whole = len(reports) < MOST_INCLUDED and len(incident["claims"]) < MOST_INCLUDED
    seq, name = head.head.seq, str(head.head)
    told = explained(shown) | {"whole": whole, "revision": seq, "head": name}
    return ExplainedIncident(told, incident, found.version, found.revision, seq, name)


@dataclass(frozen=True, slots=True)
class _Read:
    """What stands around an incident, of one moment and as one viewer may see it."""

    reader: Reader
    viewer: Viewer
    as_of: int | None

    def sources(self, reports: list[Document]) -> dict[str, Document]:
        ids = dict.fromkeys(report["source_id"] for report in reports if report["source_id"] is not None)
        return self._documents(Kind.source, list(ids), SOURCE)

    def leads(self, reports: list[Document]) -> dict[str, tuple[str | None, str | None]]:
        """Whom these reports lead to, and whom those, as far as the viewer may see."""
        leads: dict[str, tuple[str | None, str | None]] = {
            r["id"]: (r[LEADS[0]], r[LEADS[1]]) for r in reports
        }
        while unknown := Trails(leads).unknown():
            found = self._documents(Kind.report, unknown, ("id", *LEADS))
            leads |= dict.fromkeys(unknown, (None, None))
            leads |= {uid: (told[LEADS[0]], told[LEADS[1]]) for uid, told in found.items()}
        return leads

    def _documents(self, kind: Kind, ids: list[str], fields: tuple[str, ...]) -> dict[str, Document]:
        if not ids:
            return {}
        wanted = [Wanted(kind, uid, fields, (), self.as_of) for uid in ids]
        return {
            uid: orjson.loads(found.document)
            for uid, found in zip(ids, single.several(self.reader, self.viewer, wanted), strict=True)
            if isinstance(found, Found)
        }

    def _was_in_sight(self, uid: str, seq: int) -> bool:
        """Whether the viewer could read the incident as that change left it."""
        (then,) = single.several(self.reader, self.viewer, [Wanted(Kind.incident, uid, ("id",), (), seq)])
        return isinstance(then, Found)

    def decided(self, uid: str, metric: str, until: int) -> Document | None:
        """The change that last said something of the figure, or of the rule behind it."""
        mark = "%s" if self.reader.dialect.name == "postgresql" else "?"
        names = (*(f"{metric}_{end}" for end in ("low", "best", "high")), "assessment_rule")
        # A quotation mark inside a value is escaped, so that only the name of a member reads so.
        told = " OR ".join(f"after LIKE {mark}" for _ in names)
        query = (
            f"SELECT {', '.join(DECIDED)}, api_key FROM changes WHERE record = {mark} AND seq <= {mark}"
            f" AND (action = 'create' OR {told}) ORDER BY seq DESC LIMIT 1"
        )
        rows = self.reader.rows(query, (uid, until, *(f'%"{name}":%' for name in names)))
        if not rows:
            return None
        *told_of, key = rows[0]
        decided: dict[str, Any] = dict(zip(DECIDED, told_of, strict=True))
        if not self._was_in_sight(uid, decided["seq"]):
            decided["reason"] = None  # it was given while the record was not yet in this viewer's sight
        return decided | ({"key": key} if knows_persons(self.viewer, decided["partner"]) else {})
