"""The formats there are, and which of them a caller wants."""

from __future__ import annotations

import re

from app.formats.delimited import delimited
from app.formats.form import Format
from app.formats.lines import geojsonseq, ndjson
from app.formats.parquet import parquet
from app.formats.sheet import MOST_RECORDS, workbook

JSON = Format("json", "application/json", "json", takes_lists=True)
GEOJSON = Format("geojson", "application/geo+json", "geojson", geometry=True)
FORMATS: tuple[Format, ...] = (
    JSON,
    GEOJSON,
    Format("ndjson", "application/x-ndjson", "ndjson", ndjson, takes_lists=True),
    Format("geojsonseq", "application/geo+json-seq", "geojsons", geojsonseq, geometry=True),
    Format("csv", "text/csv", "csv", delimited, "; charset=utf-8; header=present", takes_cells=True),
    Format(
        "xlsx",
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "xlsx",
        workbook,
        most=MOST_RECORDS,
    ),
    Format("parquet", "application/vnd.apache.parquet", "parquet", parquet, geometry=True),
)
"""In the order in which they are preferred where a caller has no preference."""
BY_NAME: dict[str, Format] = {form.name: form for form in FORMATS}

_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")


def accepted(header: str) -> Format:
    """The format that an Accept header likes best (RFC 9110): by weight, then by how closely it is named, then by our order.

    A header that names nothing of ours, or makes no sense, gets JSON.
    """
    ranges = [_range(part) for part in header.split(",")]
    best, chosen = (0.0, 0), JSON
    for form in FORMATS:
        kind = form.media_type.partition("/")[0]
        closeness = {form.media_type: 3, f"{kind}/*": 2, "*/*": 1}
        named = [(closeness[name], weight) for name, weight in ranges if name in closeness]
        if not named:
            continue
        close, weight = max(named)
        if weight > 0 and (weight, close) > best:
            best, chosen = (weight, close), form
    return chosen


def _range(part: str) -> tuple[str, float]:
    """A media range and its weight; a weight that makes no sense is none."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            value = value.strip()
            return name, float(value) if _WEIGHT.fullmatch(value) else 0.0
    return name, 1.0
