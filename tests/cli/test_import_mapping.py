"""A log of somebody's own, read by a mapping file: odd dates, words for figures, and rows that cannot be taken."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.conftest import KINDS
from tests.support.command import Done, here
from tests.support.loopback import NO_TLS
from tests.support.migrated import migrated_postgresql, migrated_sqlite
from tests.support.service import serve
from tests.support.tables import head, one

MAPPING = """
[file]
title = "Our log of incidents"
delimiter = ";"

[incident]
external_id = "Ref"
title = "What"
date_start = {column = "Date", format = "%d/%m/%Y"}
country = "Country"
place = "Place"
lon = "Lon"
lat = "Lat"
event_type = {column = "Type", map = {"Air strike" = "air_or_drone_strike", "Mine" = "ied_or_landmine"}, default = "unknown"}
tags = {column = "Tags", split = ","}
location_precision = {value = "settlement"}

[source]
name = "Outlet"

[report]
url = "Link"
date_published = {column = "Published", format = "%d.%m.%y"}

[[claims]]
metric = {value = "killed"}
wording = "Killed"

[[claims]]
metric = {value = "wounded"}
low = "Wounded min"
high = "Wounded max"
"""
HEADER = ("Ref", "What", "Date", "Country", "Place", "Lon", "Lat", "Type", "Tags", "Outlet", "Link", "Published", "Killed", "Wounded min", "Wounded max")  # fmt: skip
SOUND = {
    "Ref": "A1",
    "What": "Strike; on a market",
    "Date": "06/12/2016",
    "Country": "Syria",
    "Place": "حلب",
    "Lon": "37.1628",
    "Lat": "36.2021",
    "Type": "Air strike",
    "Tags": "market, two words",
    "Outlet": "An outlet",
    "Link": "https://example.org/a1",
    "Published": "7.12.16",
    "Killed": "dozens",
    "Wounded min": "10",
    "Wounded max": "1,200",
}
TAKEN: list[dict[str, str]] = [
    {"Ref": "A1"},
    {"Ref": "A2", "Killed": "at least 12", "Country": "Türkiye", "Date": "7/1/2017", "Type": "Mine"},
    {"Ref": "A3", "Killed": "0", "Country": "IRQ", "What": "first line\nsecond; line"},
    {"Ref": "A4", "Killed": "around 40", "Wounded min": "9", "Wounded max": "4"},
    {"Ref": "A5", "Killed": "many", "Country": "Democratic Republic of the Congo", "Link": "", "Outlet": ""},
    dict.fromkeys(HEADER, "") | {"Ref": "A6"},
]
REFUSED: list[tuple[dict[str, str], str]] = [
    ({"Ref": "B1", "Type": "Flood"}, "'Flood' is not in the map"),
    ({"Ref": "B2", "Date": "2016-12-06"}, "Date: '2016-12-06' is not a date of the form %d/%m/%Y"),
    ({"Ref": "B3", "Date": "30/02/2017"}, "Date: '30/02/2017' is not a date"),
    ({"Ref": "B4", "Country": "Atlantis"}, "Country: "),
    ({"Ref": "B5", "Place": "Alep\udce9po"}, "place: "),
    ({"Ref": "B6", "Place": "Alep\x00po"}, "place: "),
    ({"Ref": "A1", "What": "the first again"}, "A1 stood in row 1 already"),
    ({"Ref": "B7", "Lon": "east"}, "Lon: must be a number, not 'east'"),
    ({"Ref": "B8", "Lat": "95"}, "lat: "),
    ({"Ref": "B9", "Lat": ""}, "lat"),
    ({"Ref": "B10", "Wounded min": "-3"}, "Wounded min: must be a whole number, not '-3'"),
    ({"Ref": "B11", "Lon": "nan"}, "lon: "),
    ({"Ref": "", "What": "nobody's"}, "Ref: is empty"),
]
BEYOND = "beyond"
RAGGED = "B20;too short;06/12/2016\r\nB21" + ";" * len(HEADER) + "one; too many\r\n"


def written(path: Path, rows: list[dict[str, str]], more: str = "") -> Path:
    with path.open("w", encoding="utf-8", errors="surrogateescape", newline="") as file:
        file.write("\ufeff")
        table = csv.DictWriter(file, HEADER, delimiter=";")
        table.writeheader()
        table.writerows({**SOUND, **row} for row in rows)
        file.write(more)
    return path


@dataclass
class Log:
    """The imported log; `found` are the records by the log's own references."""

    url: str
    folder: Path
    done: Done
    found: dict[str, dict[str, Any]]

    def importing(self, file: Path, *options: str) -> Done:
        return here(
            self.url, "import", file, "--profile", "log.toml", "--partner", "desk", *options, cwd=self.folder
        )


@pytest.fixture(scope="module", params=KINDS)
def log(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Log]:
    folder = tmp_path_factory.mktemp("log")
    if request.param == "sqlite":
        yield from _log(migrated_sqlite(folder / "log.db"), folder)
    else:
        with migrated_postgresql(request.getfixturevalue("postgres_server"), "log") as url:
            yield from _log(url, folder)


def _log(url: str, folder: Path) -> Iterator[Log]:
    (folder / "log.toml").write_text(MAPPING, "utf-8")
    assert here(url, "partners", "add", "desk", "--name", "The desk", cwd=folder).code == 0
    key = here(url, "keys", "issue", "--partner", "desk", "--role", "contributor", cwd=folder).out
    written(folder / "log.csv", [*TAKEN, *(row for row, _ in REFUSED)], RAGGED)
    log = Log(url, folder, Done(0, "", ""), {})
    before = head(url), one(url, "SELECT count(*) FROM reports")
    trial = log.importing(folder / "log.csv", "--dry-run")
    assert (head(url), one(url, "SELECT count(*) FROM reports")) == before
    log.done = log.importing(folder / "log.csv")
    assert (trial.code, trial.counts) == (log.done.code, log.done.counts)
    with (
        serve(url, folder) as service,
        httpx.Client(
            base_url=service.url, headers={"Authorization": f"Bearer {key.strip()}"}, verify=NO_TLS
        ) as client,
    ):
        answer = client.get("/v1/incidents", params={"include": "reports,claims"})
        assert answer.status_code == 200, answer.text
        log.found = {item["external_id"]: item for item in answer.json()["items"]}
        assert httpx.get(f"{service.url}/v1/incidents", verify=NO_TLS).json()["items"] == []
    yield log


def test_sound_rows_are_taken_and_the_others_refused_alone(log: Log) -> None:
    assert log.done.code == 1
    assert log.done.counts == {
        "created": len(TAKEN),
        "updated": 0,
        "unchanged": 0,
        "repaired": 1,
        "refused": len(REFUSED) + 2,
    }
    assert set(log.found) == {row["Ref"] for row in TAKEN}
    assert {record["workflow"] for record in log.found.values()} == {"draft"}


def test_a_row_reads_as_it_was_meant(log: Log) -> None:
    first = log.found["A1"]
    assert (first["title"], first["date_start"], first["date_end"], first["country"], first["place"]) == (
        "Strike; on a market",
        "2016-12-06",
        "2016-12-06",
        "SYR",
        "حلب",
    )
    assert (first["lon"], first["lat"], first["event_type"]) == (37.1628, 36.2021, "air_or_drone_strike")
    assert first["tags"] == ["market", "two words"]
    assert (first["source_name"], first["partner"]) == ("An outlet", "desk")
    (report,) = first["reports"]
    assert (report["url"], report["date_published"]) == ("https://example.org/a1", "2016-12-07")
    assert [(c["metric"], c["wording"], c["low"], c["best"], c["high"]) for c in first["claims"]] == [
        ("killed", "dozens", 24, None, None),
        ("wounded", None, 10, None, 1200),
    ]
    assert (log.found["A2"]["country"], log.found["A2"]["date_start"]) == ("TUR", "2017-01-07")
    assert log.found["A3"]["title"].splitlines() == ["first line", "second; line"]
    assert log.found["A5"]["country"] == "COD"


def test_figures_are_those_of_the_words_and_null_is_not_zero(log: Log) -> None:
    def of(ref: str, metric: str) -> tuple[Any, ...]:
        return tuple(log.found[ref][f"{metric}_{end}"] for end in ("low", "best", "high"))

    assert of("A1", "killed") == (24, None, None)
    assert of("A2", "killed") == (12, None, None)
    assert of("A3", "killed") == (0, 0, 0)
    assert of("A5", "killed") == (None, None, None)
    assert [c["wording"] for c in log.found["A5"]["claims"] if c["metric"] == "killed"] == ["many"]
    assert of("A6", "killed") == of("A6", "wounded") == (None, None, None)


def test_figures_that_contradict_each_other_stay_in_the_claim_and_are_repaired_in_the_record(
    log: Log,
) -> None:
    record = log.found["A4"]
    (claim,) = [c for c in record["claims"] if c["metric"] == "wounded"]
    assert (claim["low"], claim["high"]) == (9, 4)
    assert (record["wounded_low"], record["wounded_high"]) == (4, 9)


def test_empty_cells_say_nothing(log: Log) -> None:
    record = log.found["A6"]
    assert {record[name] for name in ("title", "date_start", "country", "place", "lon", "lat")} == {None}
    assert (record["tags"], record["claims"], record["event_type"]) == ([], [], "unknown")
    assert [report["title"] for report in record["reports"]] == ["Our log of incidents"]


def test_each_refused_row_is_told_with_its_number_and_reason(log: Log) -> None:
    refused = refused_rows(log.folder / "log.refused.csv")
    for number, (row, reason) in enumerate(REFUSED, start=len(TAKEN) + 1):
        told = next(r for r in refused if r["_row"] == str(number))
        assert reason in told["_refused_because"], told
        assert told["Ref"] == row["Ref"]
        assert f"row {number}: {told['_refused_because']}" in log.done.err
    short, long = refused[-2:]
    assert (short["Ref"], short["What"]) == ("B20", "too short")
    assert "3 cells" in short["_refused_because"]
    assert f"{len(HEADER) + 2} cells" in long["_refused_because"]
    assert (long["Ref"], long.get(BEYOND)) == ("B21", ["one", " too many"])
    assert "log.refused.csv" in log.done.err


def refused_rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8-sig", errors="surrogateescape", newline="") as file:
        return list(csv.DictReader(file, restkey=BEYOND, delimiter=";"))


def test_refused_rows_are_mended_where_they_lie_and_imported_again(log: Log) -> None:
    rows = refused_rows(log.folder / "log.refused.csv")
    mended = log.folder / "mended.csv"
    with mended.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys(), delimiter=";", extrasaction="ignore")
        table.writeheader()
        table.writerows({**row, **SOUND, "Ref": f"M{n}"} for n, row in enumerate(rows))
    done = log.importing(mended)
    assert (done.code, done.counts["created"], done.counts["refused"]) == (0, len(REFUSED) + 2, 0)
    again = log.importing(mended)
    assert (again.code, again.counts["unchanged"]) == (0, len(REFUSED) + 2)


def test_the_log_again_changes_nothing(log: Log) -> None:
    before = head(log.url)
    again = log.importing(log.folder / "log.csv")
    assert (again.code, again.counts["unchanged"]) == (1, len(TAKEN))
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)
    assert head(log.url) == before
