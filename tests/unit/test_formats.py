"""Formats without a database: which one is chosen, and what a record becomes in it."""

from __future__ import annotations

import csv
import io
import json
import struct
from collections.abc import Iterator
from typing import Any

import openpyxl
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.errors import InvalidParameter
from app.formats import parquet, sheet
from app.formats.delimited import as_json, delimited, guarded
from app.formats.form import Shape
from app.formats.geo import collection, feature, wkb
from app.formats.lines import geojsonseq, ndjson
from app.formats.registry import BY_NAME, FORMATS, accepted
from app.query.fields import BY_NAME as FIELDS
from app.query.fields import CATALOGUE, Kind

BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"
RECORD: dict[str, Any] = {"id": "inc_1", "title": "=1+1", "lon": 37.5, "lat": -0.25, "killed_low": 0}


def shape(*names: str, kind: Kind = Kind.incident, **more: Any) -> Shape:
    return Shape(kind, tuple(FIELDS[kind][name] for name in names), **more)


def whole(pieces: Iterator[bytes]) -> bytes:
    return b"".join(pieces)


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("", "json"),
        ("*/*", "json"),
        (BROWSER, "json"),
        ("application/json, text/plain, */*", "json"),
        ("text/csv", "csv"),
        ("TEXT/CSV ; Header=present", "csv"),
        ("text/*", "csv"),
        ("text/csv, */*", "csv"),
        ("application/*", "json"),
        ("application/*, text/csv", "csv"),
        ("text/csv, application/json", "json"),
        ("application/json;q=0.5, text/csv", "csv"),
        ("text/csv;q=0.5, application/geo+json;q=0.6", "geojson"),
        ("*/*;q=0.1, application/json;q=0", "geojson"),
        ("*/*, application/json;q=0.2, application/geo+json;q=0.1", "ndjson"),
        ("application/x-ndjson", "ndjson"),
        ("application/geo+json-seq", "geojsonseq"),
        ("application/vnd.apache.parquet", "parquet"),
        ("text/html", "json"),
        ("text/csv;q=0", "json"),
        ("text/csv;q=2", "json"),
        ("text/csv;q=nan", "json"),
        (",,;q=1,/", "json"),
    ],
)
def test_accept_chooses(header: str, name: str) -> None:
    assert accepted(header).name == name


def test_every_format_is_told_apart() -> None:
    for attribute in ("name", "media_type", "extension"):
        assert len({getattr(form, attribute) for form in FORMATS}) == len(FORMATS) == len(BY_NAME)
    assert {form.name for form in FORMATS if form.is_page} == {"json", "geojson"}
    for form in FORMATS:
        assert accepted(form.media_type) is form


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "-"])
def test_a_text_that_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "a", "1-1", "'=1", " =1", "حلب", "#tag", "[1]"])
def test_any_other_text_is_left_alone(text: str) -> None:
    assert guarded(text) == text


def rows(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode(), newline="")))


def test_csv_cells() -> None:
    names = ("id", "title", "place_names", "killed_low", "killed_best", "lon", "tags", "summary")
    prose = 'two\r\nlines, "quoted"'
    record = ("inc_1", "=1", '{"ar": "حلب"}', 0, None, "-1.5", '["a", "b, c"]', prose)
    data = whole(delimited([[record], [record]], shape(*names)))
    assert data.count(b"\r\n") == 5
    header, row, again = rows(data)
    assert header == list(names)
    assert row == again
    assert row == [
        "inc_1", "'=1", '{"ar":"حلب"}', "0", "", "-1.5", '["a","b, c"]', 'two\r\nlines, "quoted"',
    ]  # fmt: skip


def test_csv_truth_and_headers() -> None:
    asked = shape("id", "protected", "url", kind=Kind.source)
    records = [[("src_1", truth, None) for truth in ("true", "false")]]
    assert whole(delimited(records, asked)) == b"id,protected,url\r\nsrc_1,true,\r\nsrc_1,false,\r\n"
    assert whole(delimited([], asked)) == b"id,protected,url\r\n"
    tagged = whole(delimited([], shape("id", "date_start", "lon", hxl=True, bom=True)))
    assert tagged == b"\xef\xbb\xbfid,date_start,lon\r\n,#date+start,#geo+lon\r\n"


ODD = ["", "a", "=1", "a,b", 'say "a"', "a\nb", "a\rb", "-,", "\t", "'", " a ", '@,"', "حلب"]


@given(
    st.lists(st.tuples(st.sampled_from(ODD) | st.text(), st.none() | st.integers(), st.none() | st.text()))
)
def test_csv_is_as_the_standard_library_writes_it(records: list[tuple[Any, ...]]) -> None:
    """Cell by cell, whatever a batch holds."""
    asked = shape("title", "killed_low", "summary")
    expected = io.StringIO(newline="")
    writer = csv.writer(expected, lineterminator="\r\n")
    writer.writerow(asked.names)
    for title, number, summary in records:
        writer.writerow([guarded(title), number, None if summary is None else guarded(summary)])
    batches = [records[:1], records[1:]]
    found = whole(delimited([batch for batch in batches if batch], asked))
    assert found == expected.getvalue().encode()


def test_json_in_a_cell() -> None:
    assert as_json(None) == ""
    assert as_json({"ar": "حلب"}) == '{"ar":"حلب"}'


def document_of(record: dict[str, Any]) -> str:
    """As the databases write one."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def test_a_feature_keeps_every_field() -> None:
    made = json.loads(feature(document_of(RECORD), shape(*RECORD)))
    assert made == {
        "type": "Feature",
        "id": "inc_1",
        "geometry": {"type": "Point", "coordinates": [37.5, -0.25]},
        "properties": RECORD,
    }


def test_a_feature_has_its_place_whatever_fields_were_asked_for() -> None:
    made = json.loads(feature(document_of(RECORD), shape("id", "title", whole=False)))
    assert made["geometry"]["coordinates"] == [37.5, -0.25]
    assert made["properties"] == {"id": "inc_1", "title": "=1+1"}


@pytest.mark.parametrize("position", [{"lon": None, "lat": None}, {"lon": 1.0, "lat": None}, {}])
def test_no_position_is_made_up(position: dict[str, Any]) -> None:
    document = document_of({"id": "inc_1", **position})
    assert json.loads(feature(document, shape("id", *position)))["geometry"] is None


confusing = (
    st.sampled_from(
        ['"lon":1,"lat":2', '\\"lon\\":1.5,\\"lat\\":2.5', '"lon":1,"lat":2}', "lon", '{"id":"x"']
    )
    | st.text()
)
degrees = st.floats(-90, 90) | st.sampled_from([0.0, -0.0, 1e-7, 5e-324, 37.0])


@given(
    title=confusing,
    names=st.dictionaries(st.sampled_from(["lon", "lat", "ar"]), confusing),
    position=st.none() | st.tuples(degrees, degrees),
    summary=confusing,
)
def test_the_place_is_that_of_the_record(
    title: str, names: dict[str, str], position: tuple[float, float] | None, summary: str
) -> None:
    """Whatever stands in its texts."""
    lon, lat = position or (None, None)
    record = {"id": "inc_1", "title": title, "place_names": names, "lon": lon, "lat": lat, "summary": summary}
    made = json.loads(feature(document_of(record), shape(*record)))
    assert (made["id"], made["properties"]) == ("inc_1", record)
    assert made["geometry"] == (position and {"type": "Point", "coordinates": list(position)})


@pytest.mark.parametrize("kind", [Kind.incident, Kind.report, Kind.source])
def test_a_place_is_found_where_the_catalogue_has_it(kind: Kind) -> None:
    names = [field.name for field in CATALOGUE[kind]]
    assert names[0] == "id"
    assert ("lon" in names) == (kind is Kind.incident)
    assert "lon" not in names or names[names.index("lon") + 1] == "lat"


def test_zero_is_a_position() -> None:
    made = json.loads(feature('{"id":"inc_1","lon":0.0,"lat":0.0}', shape("id", "lon", "lat")))
    assert made["geometry"]["coordinates"] == [0, 0]


def test_a_page_of_features() -> None:
    document, asked = document_of(RECORD), shape(*RECORD)
    made = json.loads(collection([document, document], asked, {"next": "u", "count": 2}))
    assert (made["type"], len(made["features"]), made["next"], made["count"]) == (
        "FeatureCollection", 2, "u", 2,
    )  # fmt: skip
    assert json.loads(collection([], asked, {"next": None})) == {
        "type": "FeatureCollection", "features": [], "next": None,
    }  # fmt: skip


def test_wkb_is_a_little_endian_point() -> None:
    made = wkb((37.5, -0.25))
    assert made is not None
    assert struct.unpack("<BIdd", made) == (1, 1, 37.5, -0.25)
    assert wkb(None) is None


def test_sequences() -> None:
    documents, asked = [['{"id":"a"}', '{"id":"b"}'], ['{"id":"c"}']], shape("id")
    assert whole(ndjson(documents, asked)) == b'{"id":"a"}\n{"id":"b"}\n{"id":"c"}\n'
    texts = whole(geojsonseq(documents, asked)).split(b"\x1e")
    assert texts[0] == b""
    assert all(text.endswith(b"\n") for text in texts[1:])
    assert [json.loads(text)["id"] for text in texts[1:]] == ["a", "b", "c"]


def test_a_workbook_holds_values_and_no_formula() -> None:
    names = ("id", "title", "date_start", "date_end", "killed_low", "killed_best", "tags", "updated_at")
    record = {
        **dict.fromkeys(names),
        "id": "inc_1",
        "title": "=1+1",
        "date_start": "1860-07-09",
        "date_end": "2016-12-06",
        "killed_low": 0,
        "tags": ["a"],
        "updated_at": "2016-12-06T09:30:00.125Z",
    }
    data = whole(sheet.workbook([[json.dumps(record)]], shape(*names)))
    first = openpyxl.load_workbook(io.BytesIO(data)).active
    header, row = first.iter_rows()
    assert [cell.value for cell in header] == list(names)
    told = [str(cell.value) if cell.is_date else cell.value for cell in row]
    assert told == [
        "inc_1", "=1+1", "1860-07-09", "2016-12-06 00:00:00", 0, None, '["a"]', "2016-12-06 09:30:00.125000",
    ]  # fmt: skip
    assert row[1].data_type == "s"


def test_a_text_that_no_cell_holds_is_refused() -> None:
    for length, fits in ((sheet.LONGEST_TEXT, True), (sheet.LONGEST_TEXT + 1, False)):
        made = sheet.workbook([[json.dumps({"id": "a" * length})]], shape("id"))
        if fits:
            whole(made)
        else:
            with pytest.raises(InvalidParameter, match="f=csv"):
                whole(made)


def test_row_groups_are_of_one_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet, "ROW_GROUP", 4)
    batches = [[f'{{"id":"{batch}.{n}","lon":null,"lat":null}}' for n in range(3)] for batch in range(3)]
    file = pq.ParquetFile(io.BytesIO(whole(parquet.parquet(batches, shape("id", "lon", "lat")))))
    assert [file.metadata.row_group(n).num_rows for n in range(file.num_row_groups)] == [4, 4, 1]
    assert file.read()["id"].to_pylist() == [f"{batch}.{n}" for batch in range(3) for n in range(3)]
