"""Which records may read otherwise after a stretch of the history: those that it changed, and those that tell of them.

Who tells of whom is read from what is so now. Where that was otherwise in between, the record that tells was changed
itself, then or later, and comes by itself. What a change took away is read from the versions before it.

Whoever comes from far behind is told each record as it is now, with its own changes. What these made different in others need
not be told again: they are left out where they were told on the way here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Select, exists, or_, select, union

from app.query.fields import Kind
from app.storage import tables
from app.storage.columns import TABLES, VERSIONS
from app.storage.compile import Binder, Statement, prepare
from app.storage.database import Reader
from app.storage.feed.window import Window, since, until

Among = Callable[[ColumnElement[int]], ColumnElement[bool]]
Leads = Callable[[Among], Select[tuple[int]]]
"""Asked only where no statement of these ways is kept: a window is read thousands of times a minute."""


THEMSELVES = "themselves"


class Way(NamedTuple):
    """From changed records, given by their keys, to those that tell of them."""

    name: str
    keys: Sequence[int]
    leads: Leads


def touched(
    reader: Reader, window: Window, kind: Kind, include: Sequence[str], after: str | None, most: int
) -> list[int]:
    """Keys in ascending order, those after a record. `include`: the lists that ride along, by name."""
    ways = [way for way in (*WAYS[kind](window), *_riding(window, kind, include)) if way.keys]
    if not ways:
        return []
    following, on_the_way = after is not None, window.told_since < window.since
    shape = ("touched", kind, tuple(way.name for way in ways), following, on_the_way)
    statement = reader.prepared(
        shape, lambda: _statement(reader, kind, ways, following=following, on_the_way=on_the_way)
    )
    values: list[Any] = [way.keys for way in ways]
    values += [*([window.told_since] if on_the_way else []), *([after] if following else []), most]
    found = reader.answer(statement, values, window.bounds)
    return [row[0] for row in found]


def _statement(
    reader: Reader, kind: Kind, ways: Sequence[Way], *, following: bool, on_the_way: bool
) -> Statement:
    binder, dialect = Binder(), reader.dialect
    leads = {way.name: way.leads(lambda key: dialect.listed(key, binder)) for way in ways}
    if on_the_way:
        told_since, kept = binder(0), VERSIONS[kind]
        for name in leads.keys() - {THEMSELVES}:
            (key,) = leads[name].selected_columns
            told = exists().where(kept.c.id == key, kept.c.seq_from > told_since, kept.c.seq_from <= since())
            leads[name] = leads[name].where(~told)
    found = union(*leads.values()).subquery("found")
    (key,) = found.c
    statement = select(key).distinct().where(key.is_not(None)).order_by(key)
    if following:
        live = TABLES[kind]
        last = select(live.c.id).where(live.c.uid == binder("")).scalar_subquery()
        statement = statement.where(key > last)
    return prepare(statement.limit(binder(1)), binder, dialect)


def _naming(kind: Kind, reference: str) -> Leads:
    """Records that name one of the keys, and were there by the end of the window."""
    live, kept = TABLES[kind], VERSIONS[kind]

    def leads(among: Among) -> Select[tuple[int]]:
        begun = exists().where(kept.c.id == live.c.id, kept.c.seq_from <= until())
        return select(live.c.id).where(among(live.c[reference]), begun)

    return leads


def _themselves(kind: Kind) -> Leads:
    live = TABLES[kind]
    return lambda among: select(live.c.id).where(among(live.c.id))


def _named(kind: Kind) -> Leads:
    """The sources that records of this kind named at some time in the window."""
    kept = VERSIONS[kind]

    def leads(among: Among) -> Select[tuple[int]]:
        stood = (kept.c.seq_from <= until(), or_(kept.c.seq_to.is_(None), kept.c.seq_to > since()))
        return select(kept.c.source_ref).where(among(kept.c.id), *stood)

    return leads


def _linked(near: Kind, far: Kind, to: Leads | None = None) -> Leads:
    """What some records, or those that `to` leads to, are linked with."""
    links = tables.links.c

    def leads(among: Among) -> Select[tuple[int]]:
        ends = links[f"{near}_ref"]
        meant = among(ends) if to is None else ends.in_(to(among))
        return select(links[f"{far}_ref"]).where(meant, links.seq_to.is_(None), links.seq_from <= until())

    return leads


def _links_begun(among: Among) -> Select[tuple[int]]:
    links = tables.links.c
    begun = (links.seq_to.is_(None), links.seq_from > since(), links.seq_from <= until())
    return select(links.report_ref).where(among(links.incident_ref), *begun)


def _links_ended(among: Among) -> Select[tuple[int]]:
    links = tables.links.c
    ended = (links.seq_to > since(), links.seq_to <= until())
    return select(links.report_ref).where(among(links.incident_ref), *ended)


def _passing_on(reference: str) -> Leads:
    """Reports that name one of these sources': whether they may say so hangs on whether it is protected."""
    reports, named = tables.reports, tables.aliased(tables.reports, "named")
    return lambda among: select(reports.c.id).where(
        reports.c[reference].in_(select(named.c.id).where(among(named.c.source_ref)))
    )


def _own(window: Window, kind: Kind) -> list[Way]:
    return [
        Way(THEMSELVES, window.keys[kind], _themselves(kind)),
        Way("rewritten", window.rewritten[kind], _themselves(kind)),
    ]


def _sources(window: Window) -> list[Way]:
    return [
        *_own(window, Kind.source),
        Way("reports", window.turned[Kind.report], _named(Kind.report)),
        Way("incidents", window.turned[Kind.incident], _named(Kind.incident)),
    ]


def _reports(window: Window) -> list[Way]:
    moved = window.moved
    return [
        *_own(window, Kind.report),
        Way("source", moved[Kind.source], _naming(Kind.report, "source_ref")),
        *(
            way
            for reference in ("derived_from_ref", "same_origin_as_ref")
            for way in (
                Way(reference, moved[Kind.report], _naming(Kind.report, reference)),
                Way(f"source of {reference}", moved[Kind.source], _passing_on(reference)),
            )
        ),
        Way("incidents", moved[Kind.incident], _linked(Kind.incident, Kind.report)),
        Way("begun", window.keys[Kind.incident], _links_begun),
        Way("ended", window.keys[Kind.incident], _links_ended),
    ]


def _incidents(window: Window) -> list[Way]:
    moved = window.moved
    return [
        *_own(window, Kind.incident),
        Way("source", moved[Kind.source], _naming(Kind.incident, "source_ref")),
        Way("reports", moved[Kind.report], _linked(Kind.report, Kind.incident)),
        Way("part_of", moved[Kind.incident], _naming(Kind.incident, "part_of_ref")),
    ]


def _riding(window: Window, kind: Kind, include: Sequence[str]) -> Iterator[Way]:
    """From whatever leads to a record that rides along to those that carry it. Claims need no way of their own: where they change,
    their link does; who may see them hangs on the record at its other end, and that is followed anyway."""
    for name in include:
        if name in RIDING:
            other = RIDING[name]
            for way in WAYS[other](window):
                yield Way(f"{name}: {way.name}", way.keys, _linked(other, kind, way.leads))


RIDING = {"reports": Kind.report, "incidents": Kind.incident}
WAYS: dict[Kind, Callable[[Window], list[Way]]] = {
    Kind.source: _sources,
    Kind.report: _reports,
    Kind.incident: _incidents,
}
