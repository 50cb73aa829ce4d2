"""Sources that very many records name: a page of these is found sooner by reading the records in order, as with widespread words,
than through the source, which would yield all of them first. Of others the records are few, and are sought by the source; so are all
of them, where all are wanted."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from app.access.viewer import Viewer
from app.query.fields import Kind
from app.query.filter import And, Filter, Related
from app.storage.single import Found, Wanted, several

if TYPE_CHECKING:
    from app.storage.database import Reader

PROLIFIC = 8_000
"""Records that name a source, from which on the order serves better."""
NAMING = {Kind.incident: (Kind.incident, Kind.report), Kind.report: (Kind.report,)}
"""Kinds through which a source leads to records of a kind."""


def prolific_told(reader: Reader, viewer: Viewer, kind: Kind, where: Filter) -> Filter:
    """The question of a page, with a source that very many records name marked as such. Not one that the viewer may not know
    of: all records there are would be looked at, to find none."""
    match where:
        case And(parts):
            return And(tuple(prolific_told(reader, viewer, kind, part) for part in parts))
        case Related("source", uid, False):
            many = any(_name_it(reader, naming, uid) for naming in NAMING[kind])
            return replace(where, many=many and _is_known(reader, viewer, uid))
    return where


def _is_known(reader: Reader, viewer: Viewer, uid: str) -> bool:
    (found,) = several(reader, viewer, [Wanted(Kind.source, uid, fields=("id",))])
    return isinstance(found, Found)


def _name_it(reader: Reader, kind: Kind, uid: str) -> bool:
    """By an index alone, which takes a fraction of a millisecond."""
    mark = "%s" if reader.dialect.name == "postgresql" else "?"
    found = f"SELECT 1 FROM {kind}s WHERE source_ref = (SELECT id FROM sources WHERE uid = {mark}) LIMIT {PROLIFIC}"
    ((number,),) = reader.rows(f"SELECT count(*) FROM ({found}) AS found", (uid,))
    return int(number) >= PROLIFIC
