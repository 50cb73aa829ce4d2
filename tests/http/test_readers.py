"""What people open our files with: pandas, GeoPandas, DuckDB and openpyxl read what the API says."""

from __future__ import annotations

import io
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import geopandas
import openpyxl
import pandas as pd
import pytest

from app.access.rules import fields_for
from app.access.viewer import PUBLIC
from app.query.fields import Kind, Type
from tests.support.api import Api

FORMATS = ("csv", "ndjson", "geojson", "xlsx", "parquet")
INTEGERS = [field.name for field in fields_for(PUBLIC, Kind.incident).values() if field.type is Type.integer]
FIGURES = ("killed_low", "killed_best", "killed_high", "wounded_best")
Records = list[dict[str, Any]]


@pytest.fixture
def filled(api: Api, tmp_path: Path) -> tuple[Records, Path]:
    """What JSON says of some incidents, oldest first, and a folder with a file of them in each format."""
    common = {"assessment_reason": "a test", "location_precision": "exact_point"}
    api.incident(**common, title="=1+1", killed_best=0, lon=37.16, lat=36.2, date_start="2016-12-06")
    api.incident(title="-5, or so", place="حلب", date_start=None, tags=["a", "b, c"])
    api.incident(
        **common, title='said "two"\nlines', killed_low=3, lon=-0.5, lat=0.0, date_start="2016-12-07"
    )
    for name in FORMATS:
        answer = api.public.get(f"/v1/incidents?f={name}&sort=id&limit=100")
        assert answer.status_code == 200
        (tmp_path / f"incidents.{name}").write_bytes(answer.content)
    records: Records = api.public.get("/v1/incidents?sort=id").json()["items"]
    return records, tmp_path


def figures(records: Records) -> list[list[int | None]]:
    return [[record[name] for name in FIGURES] for record in records]


def nulled(frame: pd.DataFrame, names: tuple[str, ...]) -> list[list[Any]]:
    """The values of a frame, its several kinds of nothing as None."""
    return [
        [None if pd.isna(value) else value for value in row] for row in frame[list(names)].values.tolist()
    ]


def test_pandas_reads_csv(filled: tuple[Records, Path]) -> None:
    records, folder = filled
    types = dict.fromkeys(INTEGERS, "Int64")
    frame = pd.read_csv(folder / "incidents.csv", dtype=types, parse_dates=["date_start", "updated_at"])
    assert list(frame.columns) == list(records[0])
    assert all(str(frame[name].dtype) == "Int64" for name in INTEGERS)
    assert nulled(frame, FIGURES) == figures(records)
    assert nulled(frame, ("lon", "lat")) == [[r["lon"], r["lat"]] for r in records]
    days = [None if pd.isna(day) else day.date().isoformat() for day in frame["date_start"]]
    assert days == [record["date_start"] for record in records]
    assert str(frame["updated_at"].dt.tz) == "UTC"
    titles = [title.removeprefix("'") for title in frame["title"]]
    assert titles == [record["title"] for record in records]
    assert frame["killed_best"].sum() == 0
    assert frame["killed_best"].count() == 1, "what was not stated is not counted"


def test_pandas_reads_lines_and_sheets_and_columns(filled: tuple[Records, Path]) -> None:
    records, folder = filled
    lines = pd.read_json(folder / "incidents.ndjson", lines=True, dtype=False)
    assert nulled(lines, FIGURES) == figures(records)
    assert [list(tags) for tags in lines["tags"]] == [record["tags"] for record in records]
    sheet = pd.read_excel(folder / "incidents.xlsx", dtype=dict.fromkeys(INTEGERS, "Int64"))
    assert nulled(sheet, FIGURES) == figures(records)
    assert list(sheet["title"]) == [record["title"] for record in records]
    table = pd.read_parquet(folder / "incidents.parquet", dtype_backend="numpy_nullable")
    assert nulled(table, FIGURES) == figures(records)
    assert all(str(table[name].dtype) == "Int64" for name in INTEGERS)
    days = [None if pd.isna(day) else day for day in table["date_start"]]
    assert days == [r["date_start"] and date.fromisoformat(r["date_start"]) for r in records]
    moments = [moment.isoformat(timespec="milliseconds") for moment in table["updated_at"]]
    assert moments == [record["updated_at"].replace("Z", "+00:00") for record in records]


@pytest.mark.parametrize("name", ["geojson", "parquet"])
def test_geopandas_reads_points(filled: tuple[Records, Path], name: str) -> None:
    records, folder = filled
    file = folder / f"incidents.{name}"
    frame = geopandas.read_parquet(file) if name == "parquet" else geopandas.read_file(file)
    assert frame.crs is not None
    assert frame.crs.to_authority() in (("EPSG", "4326"), ("OGC", "CRS84"))
    assert frame.active_geometry_name == "geometry"
    points = [None if point is None else (point.x, point.y) for point in frame.geometry]
    assert points == [None if r["lon"] is None else (r["lon"], r["lat"]) for r in records]
    assert nulled(frame, FIGURES) == figures(records)
    assert list(frame["id"]) == [record["id"] for record in records]
    east = frame.cx[0:180, -90:90]
    assert list(east["title"]) == ["=1+1"], "and asks by place"


def test_duckdb_reads_files(filled: tuple[Records, Path]) -> None:
    records, folder = filled
    with duckdb.connect() as connection:
        for name, read in (
            ("csv", "read_csv('{}')"),
            ("ndjson", "read_ndjson('{}')"),
            ("parquet", "read_parquet('{}')"),
        ):
            source = read.format(folder / f"incidents.{name}")
            columns = ", ".join((*FIGURES, "CAST(date_start AS DATE)", "lon", "lat"))
            rows = connection.execute(f"SELECT {columns} FROM {source} ORDER BY id").fetchall()
            expected = [
                (*row, r["date_start"] and date.fromisoformat(r["date_start"]), r["lon"], r["lat"])
                for row, r in zip(figures(records), records, strict=True)
            ]
            assert rows == expected, name
            asked = (
                f"SELECT typeof(killed_best), typeof(date_start), count(killed_best) OVER () FROM {source}"
            )
            told = connection.execute(f"{asked} WHERE killed_best = 0").fetchall()
            assert told == [("BIGINT", "DATE", 1)], name


def test_openpyxl_reads_cells(filled: tuple[Records, Path]) -> None:
    records, folder = filled
    book = openpyxl.load_workbook(io.BytesIO((folder / "incidents.xlsx").read_bytes()))
    header, *rows = book.active.iter_rows(values_only=True)
    found = [dict(zip(header, row, strict=True)) for row in rows]
    assert [[record[name] for name in FIGURES] for record in found] == figures(records)
    assert all(value is None or type(value) is int for record in found for value in map(record.get, FIGURES))
    days = [record["date_start"] and record["date_start"].date().isoformat() for record in found]
    assert days == [record["date_start"] for record in records]
    assert all(isinstance(record["updated_at"], datetime) for record in found)
    assert [record["title"] for record in found] == [record["title"] for record in records]
