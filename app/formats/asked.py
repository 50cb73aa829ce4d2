"""What a format is written from: the question as the database gets it, and the shape of what comes back."""

from __future__ import annotations

from dataclasses import replace

from app.access.viewer import Viewer
from app.formats.form import POSITION, Format, Shape
from app.query import fields as catalogue
from app.query.spec import Query
from app.storage.shapes import wire_names


def for_reading(query: Query, viewer: Viewer, form: Format) -> tuple[Query, Shape]:
    """The question as the database gets it, and what is written of each record: a geometry needs the position as well."""
    names = wire_names(viewer, query.kind, query.fields)
    known = catalogue.BY_NAME[query.kind]
    whole = query.fields is None or not form.geometry or set(POSITION) <= set(names)
    if not whole and set(POSITION) <= known.keys():
        query = replace(query, fields=(*names, *POSITION))
    elif not whole:
        whole = True
    return query, Shape(query.kind, tuple(known[name] for name in names), whole)
