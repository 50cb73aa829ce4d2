"""From the filter tree to SQL, for both databases, in one place. Visibility is always added here.

An unknown node raises: it never means "everything".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import (
    ClauseElement,
    ColumnElement,
    Double,
    Select,
    and_,
    bindparam,
    case,
    cast,
    exists,
    false,
    func,
    literal_column,
    not_,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.sql.compiler import SQLCompiler

from app.access.rules import visible_to
from app.access.viewer import Viewer
from app.domain.places import Box
from app.query import filter as ask
from app.query.fields import BY_NAME, MOST_LINKED, Kind, Type
from app.query.filter import Operator, Value
from app.storage import tables, unlinked
from app.storage.attributions import Attributed
from app.storage.columns import AS_OF, SINCE, SPECIAL, UNTIL, VIEWER_PARTNER, Scope, constant
from app.storage.dialects.base import Bind, DatabaseDialect, Position
from app.storage.hints import leading
from app.storage.unlinked import LINKED_WITH

COMPARISONS: dict[Operator, Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[bool]]] = {
    Operator.equal: lambda a, b: a == b,
    Operator.different: lambda a, b: a != b,
    Operator.less: lambda a, b: a < b,
    Operator.at_most: lambda a, b: a <= b,
    Operator.greater: lambda a, b: a > b,
    Operator.at_least: lambda a, b: a >= b,
}

ORDERING = (
    ask.Operator.less,
    ask.Operator.at_most,
    ask.Operator.greater,
    ask.Operator.at_least,
)
ARITHMETIC: dict[ask.Sign, Callable[[Any, Any], ColumnElement[Any]]] = {
    ask.Sign.plus: lambda a, b: a + b,
    ask.Sign.minus: lambda a, b: a - b,
    ask.Sign.times: lambda a, b: a * b,
    ask.Sign.over: lambda a, b: a.op("/")(func.nullif(b, 0.0)),
    ask.Sign.whole: func.whole_quotient,
    ask.Sign.rest: func.remainder,
    ask.Sign.power: func.power_of,
}
Expression = Callable[[Scope], ColumnElement[Any]]
Adapt = Callable[[Any], Any]


@dataclass(slots=True)
class Binder:
    """Numbers the values of a statement in the order of the walk, as `Filter.values` yields them."""

    adapts: list[Adapt | None] = field(default_factory=list)

    def __call__(self, value: Value, *, adapt: Adapt | None = None) -> ColumnElement[Any]:
        name = f"p{len(self.adapts)}"
        self.adapts.append(adapt)
        # Else a number beside a column of whole ones would be made whole.
        return bindparam(name, value, type_=Double() if isinstance(value, float) else None)


def inline(value: Value, *, adapt: Adapt | None = None) -> ColumnElement[Any]:
    """A constant of ours, written into the statement: visibility asks only for words of the value lists."""
    return constant(str(value))


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL text with the names of its parameters in order, ready for the driver."""

    sql: str
    names: tuple[str, ...]
    adapts: tuple[Adapt | None, ...]
    positional: bool
    constants: Mapping[str, Any]
    """Parameters that SQLAlchemy added of its own accord."""
    gathered: bool = False
    """Its rows come as one: see the dialect's `gathered`."""

    def parameters(
        self, values: Sequence[Value | Sequence[int]], extra: Mapping[str, Any], dialect: DatabaseDialect
    ) -> Any:
        bound = {**self.constants, **extra}
        for number, (adapt, value) in enumerate(zip(self.adapts, values, strict=True)):
            bound[f"p{number}"] = dialect.stored(adapt(value) if adapt else value)
        return tuple(bound[name] for name in self.names) if self.positional else bound


def prepare(
    statement: ClauseElement, binder: Binder, dialect: DatabaseDialect, *, documents: bool = False
) -> Statement:
    """`documents`: it is a select of a document and what goes with it, of which many are wanted at once."""
    compiled = statement.compile(dialect=dialect.compiler, compile_kwargs={"render_postcompile": True})
    assert isinstance(compiled, SQLCompiler)
    names = tuple(compiled.positiontup or ()) if compiled.positional else tuple(compiled.params)
    ours = {VIEWER_PARTNER, AS_OF, SINCE, UNTIL, *(f"p{n}" for n in range(len(binder.adapts)))}
    constants = {name: value for name, value in compiled.params.items() if name not in ours}
    sql, gathered = compiled.string, None
    if documents:
        assert isinstance(statement, Select)
        gathered = dialect.gathered(sql, tuple(statement.selected_columns))
    return Statement(
        gathered or sql,
        names,
        tuple(binder.adapts),
        bool(compiled.positional),
        constants,
        gathered is not None,
    )


def visible(scope: Scope) -> ColumnElement[bool]:
    """What the viewer may know of, less what was deleted."""
    return and_(permitted(scope), scope.standing)


def permitted(scope: Scope) -> ColumnElement[bool]:
    """What the viewer may know of, deleted or not: a tombstone is told to those who could read the record. Of another
    moment: what it might know of then, and may know of today."""
    known = and_(
        scope.current, _Compiler(scope, inline, None).condition(visible_to(scope.viewer, scope.kind))
    )
    return known if scope.today is None else and_(known, permitted(scope.today))


def condition(where: ask.Filter, scope: Scope, bind: Bind, dialect: DatabaseDialect) -> ColumnElement[bool]:
    return _Compiler(scope, bind, dialect).condition(where)


class _Compiler:
    def __init__(self, scope: Scope, bind: Bind, dialect: DatabaseDialect | None) -> None:
        self.scope = scope
        self.bind = bind
        self.dialect = dialect

    def condition(self, node: ask.Filter) -> ColumnElement[bool]:
        match node:
            case ask.And(parts):
                return and_(true(), *[self.condition(part) for part in parts])
            case ask.Or(parts):
                return or_(false(), *[self.condition(part) for part in parts])
            case ask.Not(part):
                return self.negated(part)
            case ask.Compare(name, operator, value):
                column = self.scope.column(name)
                if operator in ORDERING and isinstance(value, str):
                    column = self._database().by_code_point(column)
                return COMPARISONS[operator](column, self.value(name, value))
            case ask.Comparison(left, operator, right):
                return self.comparison(left, operator, right)
            case ask.Like(of, pattern):
                database = self._database()
                return database.fits(self.operand(of), self.operand(pattern, adapt=database.pattern))
            case ask.InArea(area, edge):
                database = self._database()
                near = self.in_box(area.bounds)
                return and_(near, database.in_area(self.position, area.wkb, self.bind, edge=edge))
            case ask.OneOf(name, options):
                return self.scope.column(name).in_([self.value(name, option) for option in options])
            case ask.Missing(name):
                return self.scope.column(name).is_(None)
            case ask.InBox(box):
                return self.in_box(box)
            case ask.Near(lon, lat, radius):
                to = (self.bind(float(lon)), self.bind(float(lat)))
                return self._database().distance(self.position.lon, self.position.lat, to) <= self.bind(
                    float(radius)
                )
            case ask.Words():
                database, scope = self._database(), self.scope
                if node.widespread:
                    return database.holds_words(scope.search_text, node, self.bind)
                (words,) = node.values()
                return scope.with_words(database, str(words), self.bind)
            case ask.Related(relation):
                return RELATED[self.scope.kind, relation](self.scope, self.bind, node)
            case ask.Linked():
                return _is_linked(self.scope)
            case ask.Cited():
                return _cited(self.scope)
            case ask.Attributed(actor, roles):
                return Attributed(self.scope.column("attributions"), self.bind(actor), roles)
        raise NotImplementedError(f"no SQL for {node!r}")

    def negated(self, node: ask.Filter) -> ColumnElement[bool]:
        """Pushed down to the leaves: a record without a point lies neither inside nor outside of a box."""
        match node:
            case ask.And(parts):
                return or_(false(), *[self.negated(part) for part in parts])
            case ask.Or(parts):
                return and_(true(), *[self.negated(part) for part in parts])
            case ask.Not(part):
                return self.condition(part)
            case ask.InBox() | ask.InArea():
                return and_(self.position.lon.is_not(None), not_(self.condition(node)))
            case ask.Linked(many_without) if self.scope.stands_now:
                return _is_unlinked(self.scope, many=many_without)
        return not_(self.condition(node))

    def in_box(self, box: Box) -> ColumnElement[bool]:
        """Through the map index, which is of the live table; of another moment by the columns."""
        database, scope = self._database(), self.scope
        if scope.today is None:
            return database.in_box(scope.key, scope.table, box, self.bind)
        west, south, east, north = (
            self.bind(float(edge)) for edge in (box.minlon, box.minlat, box.maxlon, box.maxlat)
        )
        return and_(self.position.lon.between(west, east), self.position.lat.between(south, north))

    @property
    def position(self) -> Position:
        """The record's point as the viewer may see it; of now, it is stored as a geometry, too."""
        scope = self.scope
        stored = scope.table if scope.today is None else None
        return Position(scope.column("lon"), scope.column("lat"), stored)

    def comparison(
        self, left: ask.Operand, operator: ask.Operator, right: ask.Operand
    ) -> ColumnElement[bool]:
        a, b = self.operand(left), self.operand(right)
        if operator in ORDERING and self._is_text(left):
            a = self._database().by_code_point(a)
        return COMPARISONS[operator](a, b)

    def operand(self, node: ask.Operand, *, adapt: Adapt | None = None) -> ColumnElement[Any]:
        match node:
            case ask.Property(name):
                return self.scope.column(name)
            case ask.Literal(value):
                return self.bind(value, adapt=adapt)
            case ask.Folded(of, folding):
                return self._database().folded(self.operand(of, adapt=adapt), folding)
            case ask.Arithmetic(left, sign, right):
                a, b = (cast(self.operand(side), Double) for side in (left, right))
                return ARITHMETIC[sign](a, b)
        raise NotImplementedError(f"no SQL for {node!r}")

    def _is_text(self, node: ask.Operand) -> bool:
        match node:
            case ask.Property(name):
                return BY_NAME[self.scope.kind][name].type in (Type.text, Type.word, Type.id)
            case ask.Literal(value):
                return isinstance(value, str)
        return isinstance(node, ask.Folded)

    def value(self, name: str, value: Value) -> ColumnElement[Any]:
        return self.scope.own_key() if name == "partner_key" else self.bind(value)

    def _database(self) -> DatabaseDialect:
        assert self.dialect is not None
        return self.dialect


def _linked(scope: Scope, near: Kind, far: Scope, *conditions: ColumnElement[bool]) -> Any:
    links = tables.aliased(tables.links, f"{scope.table.name}_related")
    seen = visible(far)
    return (
        select(links.c.id)
        .select_from(far.joined().join(links, far.key == links.c[f"{far.kind}_ref"]))
        .where(links.c[f"{near}_ref"] == scope.key, scope.linking(links), seen, *conditions)
        .correlate(scope.table)
    )


def _source_key(bound: ColumnElement[Any]) -> Any:
    return select(tables.sources.c.id).where(tables.sources.c.uid == bound).scalar_subquery()


def _incidents_of_source(scope: Scope, bind: Bind, related: ask.Related) -> ColumnElement[bool]:
    report = scope.beside(Kind.report, f"{scope.table.name}_report")
    key = _source_key(bind(related.record))
    if scope.stands_now and not related.many:
        # Uncorrelated, as below; of another moment the versions that a source leads to may be many.
        own = scope.beside(Kind.incident, f"{scope.table.name}_own")
        return scope.key.in_(union_all(_of_source(own, key, own.key), _linked_of_source(report, key)))
    named = and_(scope.column("source_id").is_not(None), scope.table.c.source_ref == key)
    known = report.column("source_id").is_not(None)
    linked = _linked(scope, Kind.incident, report, report.table.c.source_ref == key, known)
    if not related.many:
        return or_(named, exists(linked))
    # Not EXISTS: PostgreSQL would hash all reports of the source, to look up the few records that fill a page.
    return or_(named, linked.limit(literal_column("1")).scalar_subquery().is_not(None))


def _of_source(
    named: Scope, key: Any, told: ColumnElement[int], *conditions: ColumnElement[bool]
) -> Select[Any]:
    """Of records that name the source, as far as the viewer may know of it."""
    known = and_(named.table.c.source_ref == key, named.column("source_id").is_not(None), *conditions)
    return select(told).select_from(named.joined()).where(known)


def _linked_of_source(report: Scope, key: Any) -> Select[Any]:
    """Incidents that reports of the source are linked to, where the viewer may see the report."""
    links = tables.aliased(tables.links, f"{report.table.name}_related")
    linked = and_(report.key == links.c.report_ref, report.linking(links))
    return _of_source(report, key, links.c.incident_ref, visible(report)).join(links, linked)


def _reports_of_source(scope: Scope, bind: Bind, related: ask.Related) -> ColumnElement[bool]:
    named: ColumnElement[Any] = scope.table.c.source_ref
    known = scope.column("source_id").is_not(None)
    return and_((leading(named) if related.many else named) == _source_key(bind(related.record)), known)


def _incidents_of_report(scope: Scope, bind: Bind, related: ask.Related) -> ColumnElement[bool]:
    report = scope.beside(Kind.report, f"{scope.table.name}_report")
    links = tables.aliased(tables.links, f"{scope.table.name}_related")
    # Uncorrelated: the report's links are few beside the incidents, and both databases read them first.
    return scope.key.in_(
        select(links.c.incident_ref)
        .select_from(report.joined().join(links, report.key == links.c.report_ref))
        .where(report.named(lambda uid: uid == bind(related.record)), scope.linking(links), visible(report))
    )


def _reports_of_incident(scope: Scope, bind: Bind, related: ask.Related) -> ColumnElement[bool]:
    incident = scope.beside(Kind.incident, f"{scope.table.name}_incident")
    links = tables.aliased(tables.links, f"{scope.table.name}_related")
    return scope.key.in_(
        select(links.c.report_ref)
        .select_from(incident.joined().join(links, incident.key == links.c.incident_ref))
        .where(
            incident.named(lambda uid: uid == bind(related.record)), scope.linking(links), visible(incident)
        )
    )


RELATED: dict[tuple[Kind, str], Callable[[Scope, Bind, ask.Related], ColumnElement[bool]]] = {
    (Kind.incident, "source"): _incidents_of_source,
    (Kind.incident, "report"): _incidents_of_report,
    (Kind.report, "source"): _reports_of_source,
    (Kind.report, "incident"): _reports_of_incident,
}


def _is_linked(scope: Scope) -> ColumnElement[bool]:
    """As `report_count` and `incident_count` have it: some record is linked that the viewer may see."""
    return exists(_links(scope))


def _links(scope: Scope) -> Any:
    kind = LINKED_WITH[scope.kind]
    return _linked(scope, scope.kind, scope.beside(kind, f"{scope.table.name}_{kind}"))


def _is_unlinked(scope: Scope, *, many: bool) -> ColumnElement[bool]:
    """The contrary, sought among those that are linked loosely."""
    loosely = unlinked.among_loose(scope, many=many)
    if unlinked.settled(scope.viewer, scope.kind):
        return loosely
    # Not EXISTS: PostgreSQL would join all that is linked for it, where few records are asked about.
    first = _links(scope).limit(literal_column("1"))
    return and_(loosely, first.scalar_subquery().is_(None))


def _cited(scope: Scope) -> ColumnElement[bool]:
    """Some visible report or incident names the source."""
    cited = []
    for kind in (Kind.report, Kind.incident):
        other = scope.beside(kind, f"{scope.table.name}_{kind}")
        rows = (
            select(other.key)
            .select_from(other.joined())
            .where(other.table.c.source_ref == scope.key, visible(other))
            .correlate(scope.table)
        )
        cited.append(other.any_of(rows))
    return or_(*cited)


def _count(kind: Kind, near: str, far: str) -> Expression:
    def counted(scope: Scope) -> ColumnElement[int]:
        other = scope.beside(kind, f"{scope.table.name}_{far[:1]}")
        links = tables.aliased(tables.links, f"{scope.table.name}_links")
        found = (
            select(literal_column("1").label("one"))
            .select_from(other.joined().join(links, other.key == links.c[f"{far}_ref"]))
            .where(links.c[f"{near}_ref"] == scope.key, scope.linking(links), visible(other))
            .correlate(scope.table)
            .limit(literal_column(str(MOST_LINKED)))
            .subquery(f"{scope.table.name}_counted")
        )
        return select(func.count()).select_from(found).correlate(scope.table).scalar_subquery()

    return counted


def _report(reference: str) -> Expression:
    """Another report; of a protected source's to editors only, for it says with whom that source speaks."""

    def named(scope: Scope) -> ColumnElement[Any]:
        other = scope.beside(Kind.report, f"{scope.table.name}_{reference}")
        key = scope.table.c[f"{reference}_ref"]
        where = [other.key == key, visible(other)]
        if not scope.viewer.is_editor:
            where.append(~other.protected)
        found = select(other.table.c.uid).select_from(other.joined()).where(*where)
        return case((key.is_not(None), found.correlate(scope.table).scalar_subquery()))

    return named


def _incident(reference: str) -> Expression:
    def named(scope: Scope) -> ColumnElement[Any]:
        other = scope.beside(Kind.incident, f"{scope.table.name}_{reference}")
        key = scope.table.c[f"{reference}_ref"]
        found = select(other.table.c.uid).select_from(other.joined()).where(other.key == key, visible(other))
        # Few records name another: the CASE spares all others the search.
        return case((key.is_not(None), found.correlate(scope.table).scalar_subquery()))

    return named


SPECIAL.update(
    report_count=_count(Kind.report, "incident", "report"),
    incident_count=_count(Kind.incident, "report", "incident"),
    part_of=_incident("part_of"),
    merged_into=_incident("merged_into"),
    derived_from=_report("derived_from"),
    same_origin_as=_report("same_origin_as"),
)

__all__ = [
    "VIEWER_PARTNER",
    "Binder",
    "Statement",
    "condition",
    "inline",
    "permitted",
    "prepare",
    "visible",
]


def matching(
    scope: Scope, where: ask.Filter, dialect: DatabaseDialect, binder: Binder, *columns: ColumnElement[Any]
) -> Select[Any]:
    """A select over the visible records that match."""
    matches = condition(where, scope, binder, dialect)
    found = select(*columns).select_from(scope.joined()).where(matches, visible(scope))
    return unlinked.led(found, scope, where)


def extras(viewer: Viewer, as_of: int | None = None) -> dict[str, Any]:
    return {VIEWER_PARTNER: viewer.partner_key, AS_OF: as_of}
