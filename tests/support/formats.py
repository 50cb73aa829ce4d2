"""Each format read back, by a reader that is not ours, to records by field name as JSON has them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

import httpx
import openpyxl
import pyarrow.parquet as pq

from app.query.fields import BY_NAME, Kind, Type

Records = list[dict[str, Any]]
EXPORTS = ("ndjson", "geojsonseq", "csv", "xlsx", "parquet")
NESTED = (Type.document, Type.documents, Type.words)


def of_json(answer: httpx.Response, kind: Kind) -> Records:
    items: Records = answer.json()["items"]
    return items


def of_geojson(answer: httpx.Response, kind: Kind) -> Records:
    features = answer.json()["features"]
    assert all(each["id"] == each["properties"]["id"] for each in features)
    return [each["properties"] for each in features]


def of_ndjson(answer: httpx.Response, kind: Kind) -> Records:
    lines = answer.content.split(b"\n")
    assert lines.pop() == b""
    return [json.loads(line) for line in lines]


def of_geojsonseq(answer: httpx.Response, kind: Kind) -> Records:
    texts = answer.content.split(b"\x1e")
    assert texts.pop(0) == b""
    return [json.loads(text)["properties"] for text in texts]


def of_csv(answer: httpx.Response, kind: Kind) -> Records:
    header, *rows = csv.reader(io.StringIO(answer.content.decode(), newline=""))
    return [
        {name: _uncelled(cell, BY_NAME[kind][name].type) for name, cell in zip(header, row, strict=True)}
        for row in rows
    ]


def _uncelled(cell: str, kind: Type) -> Any:
    if cell == "":
        return None
    if kind in (*NESTED, Type.integer, Type.number, Type.boolean):
        return json.loads(cell)
    return cell[1:] if cell[0] == "'" and cell[1] in "=+-@\t\r" else cell


def of_xlsx(answer: httpx.Response, kind: Kind) -> Records:
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    assert book.sheetnames == [f"{kind}s"]
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f"]
    header, *rows = book.active.iter_rows(values_only=True)
    return [_typed(dict(zip(header, row, strict=True)), kind) for row in rows]


def of_parquet(answer: httpx.Response, kind: Kind) -> Records:
    rows = pq.read_table(io.BytesIO(answer.content)).to_pylist()
    return [_typed({name: row[name] for name in row if name != "geometry"}, kind) for row in rows]


def _typed(row: dict[str, Any], kind: Kind) -> dict[str, Any]:
    """Dates as their text, lists out of theirs."""
    found = {}
    for name, value in row.items():
        travels = BY_NAME[kind][name].type
        if value is not None and travels is Type.timestamp:
            value = value.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"
        elif value is not None and travels is Type.date and not isinstance(value, str):
            value = (value.date() if isinstance(value, datetime) else value).isoformat()
        elif value is not None and travels in NESTED:
            value = json.loads(value)
        assert not isinstance(value, date)
        found[name] = value
    return found


READERS: dict[str, Callable[[httpx.Response, Kind], Records]] = {
    "json": of_json,
    "geojson": of_geojson,
    "ndjson": of_ndjson,
    "geojsonseq": of_geojsonseq,
    "csv": of_csv,
    "xlsx": of_xlsx,
    "parquet": of_parquet,
}
