"""Parquet with typed columns; incidents as GeoParquet 1.1, their points as WKB in the column `geometry`."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import orjson

from app.formats.delimited import NESTED, as_json
from app.formats.form import POSITION, Batches, Pieces, Shape
from app.formats.geo import position, wkb
from app.query.fields import BY_NAME, Type

ROW_GROUP = 10_000
GEOMETRY = "geometry"
_GEO = {
    "version": "1.1.0",
    "primary_column": GEOMETRY,
    # Without a `crs` it is longitude and latitude on WGS 84 (OGC:CRS84).
    "columns": {GEOMETRY: {"encoding": "WKB", "geometry_types": ["Point"]}},
}


def parquet(batches: Batches, shape: Shape) -> Pieces:
    """A row group at a time; the directory comes last, so that nothing has to be kept."""
    # Here and not above: a service that nobody asks for Parquet does not load the library.
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    located = set(POSITION) <= BY_NAME[shape.kind].keys()
    schema = _schema(pa, shape, located=located)
    buffer = io.BytesIO()
    with ParquetWriter(pa.PythonFile(buffer, mode="w"), schema, compression="zstd") as writer:
        for group in _groups(pa, _columns(pa, batches, schema, shape, located=located)):
            writer.write_table(group, row_group_size=ROW_GROUP)
            yield _taken(buffer)
    yield _taken(buffer)


def _columns(pa: Any, batches: Batches, schema: Any, shape: Shape, *, located: bool) -> Iterator[Any]:
    """Each batch in columns at once: as dictionaries a whole row group would take ten times the memory."""
    for batch in batches:
        records = [orjson.loads(document) for document in batch]
        columns = [_column(pa, records, field.name, field.type) for field in shape.fields]
        if located:
            columns.append(pa.array([wkb(position(record)) for record in records], pa.binary()))
        yield pa.Table.from_arrays(columns, schema=schema)


def _groups(pa: Any, tables: Iterator[Any]) -> Iterator[Any]:
    waiting: list[Any] = []
    rows = 0
    for table in tables:
        waiting.append(table)
        rows += table.num_rows
        while rows >= ROW_GROUP:
            whole = pa.concat_tables(waiting)
            yield whole.slice(0, ROW_GROUP)
            waiting, rows = [whole.slice(ROW_GROUP)], rows - ROW_GROUP
    if rows:
        yield pa.concat_tables(waiting)


def _schema(pa: Any, shape: Shape, *, located: bool) -> Any:
    types = {
        Type.integer: pa.int64(),
        Type.number: pa.float64(),
        Type.boolean: pa.bool_(),
        Type.date: pa.date32(),
        Type.timestamp: pa.timestamp("us", tz="UTC"),
    }
    columns = [pa.field(field.name, types.get(field.type, pa.string())) for field in shape.fields]
    if not located:
        return pa.schema(columns)
    columns.append(pa.field(GEOMETRY, pa.binary()))
    return pa.schema(columns, metadata={"geo": orjson.dumps(_GEO)})


def _column(pa: Any, records: list[dict[str, Any]], name: str, kind: Type) -> Any:
    values = [record[name] for record in records]
    if kind in NESTED:
        return pa.array([None if value is None else as_json(value) for value in values], pa.string())
    if kind is Type.integer:
        return pa.array(values, pa.int64())
    if kind is Type.number:
        return pa.array(values, pa.float64())
    if kind is Type.boolean:
        return pa.array(values, pa.bool_())
    text = pa.array(values, pa.string())
    if kind is Type.date:
        return text.cast(pa.date32())
    return text.cast(pa.timestamp("us", tz="UTC")) if kind is Type.timestamp else text


def _taken(buffer: io.BytesIO) -> bytes:
    piece = buffer.getvalue()
    buffer.seek(0)
    buffer.truncate()
    return piece
