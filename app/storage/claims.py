"""Claims as a list, the last recorded first: those of which the viewer may see both the incident and the report, of now or
as of a change."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, not_, select

from app.access.viewer import Viewer
from app.domain.vocabulary import Qualifier
from app.query.cursor import Cursor
from app.query.fields import BY_NAME, CLAIM, CLAIMED, Kind, Type
from app.storage import tables
from app.storage.columns import Scope, constant
from app.storage.compile import Binder, Statement, extras, prepare, visible
from app.storage.database import Reader
from app.storage.dialects.base import Bind
from app.storage.documents import Document
from app.storage.hints import leading, selective
from app.storage.moments import past
from app.storage.read import Page
from app.storage.shapes import REVISION
from app.storage.then import scope_of

RENAMED = {"incident_title": "title", "report_title": "title"}
OF_INCIDENT = ("incident_title", "date_start", "country", "place")


@dataclass(frozen=True, slots=True)
class Question:
    """`unread`: whether a rule was asked to read the wording, and understood nothing; None: either."""

    limit: int
    unread: bool | None = None
    metrics: tuple[str, ...] = ()
    cursor: Cursor | None = None
    as_of: int | None = None

    def shape(self) -> tuple[object, ...]:
        return self.unread, len(self.metrics), self.cursor is not None, self.as_of is not None


def claims(reader: Reader, viewer: Viewer, question: Question) -> Page:
    """A page of claims. The order is that of recording: a claim that is stated anew is a new one."""
    if question.as_of is None:
        return _claims(reader, viewer, question)
    with reader.snapshot():
        return _claims(reader, viewer, replace(question, as_of=past(reader, question.as_of)))


def _claims(reader: Reader, viewer: Viewer, question: Question) -> Page:
    statement = reader.prepared(
        ("claims", viewer.rank, question.shape()), lambda: _statement(reader, viewer, question)
    )
    values: list[Any] = [*question.metrics]
    if question.cursor is not None:
        values += (question.cursor.value, question.cursor.uid)
    values.append(question.limit + 1)

    def rows() -> list[tuple[Any, ...]]:
        bound = extras(viewer, question.as_of)
        return reader.answer(statement, values, bound)

    found = rows()
    if not found:
        # Nothing came to tell the revision: it has to be known before it is asked again.
        revision = reader.revision()
        found = rows()
    else:
        revision = found[0][3]
    following = None
    if len(found) > question.limit:
        _, uid, incident, _ = found[question.limit - 1]
        following = Cursor(incident, uid)
    return Page([row[0] for row in found[: question.limit]], following, revision)


def _statement(reader: Reader, viewer: Viewer, question: Question) -> Statement:
    claim, binder = tables.aliased(tables.claims, "claim"), Binder()
    incident = scope_of(Kind.incident, viewer, question.as_of, "i")
    report = scope_of(Kind.report, viewer, question.as_of, "r")
    standing = incident.linking(claim)
    if question.as_of is None:
        standing = selective(standing)
    where: list[ColumnElement[bool]] = [standing, visible(incident), visible(report)]
    if question.metrics:
        where.append(claim.c.metric.in_([binder(metric) for metric in question.metrics]))
    if question.unread is not None:
        where.append(_unread(claim) if question.unread else not_(_unread(claim)))
    if question.cursor is not None:
        where.append(claim.c.id < _key_of(question, question.cursor, incident, binder))
    document = _document(claim, incident, report)
    # From the claims in their order to the others: SQLite, which does not think of a page's end, would read all incidents.
    of_incident = incident.key == leading(claim.c.incident_ref)
    of_report = report.key == leading(claim.c.report_ref)
    joined = report.joined(
        incident.joined(claim.join(incident.table, of_incident)).join(report.table, of_report)
    )
    listed: Select[Any] = (
        select(document, claim.c.uid, incident.table.c.uid, REVISION)
        .select_from(joined)
        .where(and_(*where))
        .order_by(claim.c.id.desc())
        .limit(binder(question.limit + 1))
    )
    return prepare(listed, binder, reader.dialect)


def _key_of(question: Question, cursor: Cursor, scope: Scope, bind: Bind) -> Any:
    """Of the claim that a page ended with. It is found through its incident: ids of claims have no index."""
    claim, incident = tables.aliased(tables.claims, "last"), tables.aliased(tables.incidents, "of_last")
    # Of now, one that was ended since leads on as well; of another moment it is known which one stood.
    then = [] if question.as_of is None else [scope.linking(claim)]
    return (
        select(func.max(claim.c.id))
        .select_from(claim.join(incident, incident.c.id == claim.c.incident_ref))
        .where(incident.c.uid == bind(cursor.value), claim.c.uid == bind(cursor.uid), *then)
        .scalar_subquery()
    )


def _unread(claim: Any) -> ColumnElement[bool]:
    """A rule was asked to read the wording, and understood nothing."""
    unknown = claim.c.qualifier == constant(Qualifier.unknown.value)
    return and_(claim.c.wording_rule.is_not(None), unknown)


def _document(claim: Any, incident: Scope, report: Scope) -> Document:
    own = {"id": claim.c.uid, "incident_id": incident.table.c.uid, "report_id": report.table.c.uid}
    parts: list[tuple[str, ColumnElement[Any], Type]] = [
        (f.name, own[f.name] if f.name in own else claim.c[f.name], f.type) for f in CLAIM
    ]
    for f in CLAIMED:
        scope = incident if f.name in OF_INCIDENT else report
        name = RENAMED.get(f.name, f.name)
        assert name in BY_NAME[scope.kind]
        parts.append((f.name, scope.column(name), f.type))
    return Document(parts)
