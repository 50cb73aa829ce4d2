"""A record a line: newline-delimited JSON, and GeoJSON text sequences (RFC 8142)."""

from __future__ import annotations

from app.formats.form import Batches, Pieces, Shape
from app.formats.geo import feature

RECORD_SEPARATOR = "\x1e"


def ndjson(batches: Batches, shape: Shape) -> Pieces:
    """The documents as they come from the database; neither database puts a line feed into one."""
    for batch in batches:
        yield ("\n".join(batch) + "\n").encode()


def geojsonseq(batches: Batches, shape: Shape) -> Pieces:
    for batch in batches:
        yield "".join(f"{RECORD_SEPARATOR}{feature(document, shape)}\n" for document in batch).encode()
