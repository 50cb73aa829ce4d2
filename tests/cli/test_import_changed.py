"""Rows that say something else than at the last import: the records follow, and one that cannot does not stop the rest."""

from __future__ import annotations

import csv
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import text

from app.storage.database import Database
from app.writing import incidents, partners
from app.writing.work import answered
from tests.cli.test_import_again import ANYWAY, editor, uid_of
from tests.support.command import Done
from tests.support.command import incidents as command
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.tables import one, opened

Importing = Callable[..., Done]
MAPPING = """
[file]
title = "A list with one day to an event"

[incident]
external_id = "Ref"
title = "What"
date_start = "Day"
country = {value = "SYR"}
lon = {value = 37.16}
lat = {value = 36.2}
location_precision = "Precision"

[report]
url = "Link"

[[claims]]
metric = {value = "killed"}
wording = "Killed"
"""
ROW = {
    "Ref": "A1",
    "What": "Air strike",
    "Day": "2016-12-06",
    "Precision": "settlement",
    "Link": "https://example.org/a1",
    "Killed": "61",
}


@pytest.fixture
def sent(importing: Importing, migrated_url: str, tmp_path: Path) -> Callable[..., Done]:
    """Imports rows, each ROW but for what is named; `beside` the test in a process of its own."""
    mapping = tmp_path / "list.toml"
    mapping.write_text(MAPPING, "utf-8")

    def imported(*rows: dict[str, str], options: tuple[str, ...] = (), beside: bool = False) -> Done:
        file = tmp_path / "list.csv"
        with file.open("w", encoding="utf-8", newline="") as out:
            table = csv.DictWriter(out, ROW)
            table.writeheader()
            table.writerows({**ROW, **row} for row in rows)
        if beside:
            return command(migrated_url, "import", file, "--profile", mapping, *options, cwd=tmp_path)
        return importing(file, "--profile", str(mapping), *options)

    return imported


@pytest.mark.parametrize("day", ["2016-12-08", "2016-11-30"])
def test_a_day_that_moves_takes_its_end_with_it(
    sent: Callable[..., Done], migrated_url: str, day: str
) -> None:
    first = sent({})
    assert first.counts["created"] == 1, first.err
    done = sent({"Day": day})
    assert (done.code, done.counts["updated"], done.counts["refused"]) == (0, 1, 0)
    dates = one(migrated_url, "SELECT date_start, date_end, date_precision FROM incidents")
    assert tuple(map(str, dates)) == (day, day, "day")


def test_a_row_that_what_is_stored_contradicts_is_refused_alone(
    sent: Callable[..., Done], migrated_url: str, tmp_path: Path
) -> None:
    rows = [{"Ref": f"A{n}", "Link": f"https://example.org/{n}"} for n in range(4)]
    sent(*rows)
    with editor(migrated_url) as client:
        path = f"/v1/incidents/{uid_of(migrated_url, 'incidents', 'A2')}"
        answer = client.patch(path, json={"location_generalised_to": "admin1"}, headers=ANYWAY)
        assert answer.status_code == 200, answer.text
        done = sent(*({**row, "Precision": "country", "Killed": "62"} for row in rows))
        assert (done.code, done.counts["updated"], done.counts["refused"]) == (1, 3, 1)
        assert "location_generalised_to" in done.err
        assert (tmp_path / "list.refused.csv").read_text("utf-8").count("A2") == 1
        kept = client.get(path).json()
        assert (kept["location_precision"], kept["killed_best"]) == ("admin1", 61)
    assert one(migrated_url, "SELECT count(*) FROM incidents WHERE killed_best = 62") == (3,)
    with opened(migrated_url) as database:
        check_history(database)
        check_indexes(database)


def test_what_an_editor_added_stays(sent: Callable[..., Done], migrated_url: str) -> None:
    sent({})
    added = {
        "attributions": [{"actor": "Somebody"}],
        "tags": ["market"],
        "admin1": "Aleppo",
        "cause": "heavy_explosive",
    }
    with editor(migrated_url) as client:
        path = f"/v1/incidents/{uid_of(migrated_url, 'incidents', 'A1')}"
        assert client.patch(path, json=added, headers=ANYWAY).status_code == 200
        before = client.get(path).json()
        assert sent({"What": "Another title", "Killed": "62"}).counts["updated"] == 1
        now = client.get(path).json()
    assert (now["title"], now["killed_best"]) == ("Another title", 62)
    assert {name: now[name] for name in added} == {name: before[name] for name in added}


def test_what_shares_a_report_is_published_with_it_and_counts_it(
    sent: Callable[..., Done], migrated_url: str
) -> None:
    """Half of the rows are changed besides; all of them rest on one report that was a draft until now."""
    rows = [{"Ref": f"A{n}", "Killed": str(n)} for n in range(1, 8)]
    sent(*rows)
    done = sent(
        *(row | ({"What": "More"} if n % 2 else {}) for n, row in enumerate(rows)), options=("--publish",)
    )
    assert (done.code, done.counts["updated"]) == (0, 7)
    assert one(
        migrated_url,
        "SELECT count(*), sum(killed_best), min(version), max(version) FROM incidents WHERE workflow = 'published'",
    ) == (7, 28, 2, 2)
    assert one(migrated_url, "SELECT count(*), max(version) FROM reports WHERE workflow = 'published'") == (
        1,
        2,
    )
    with opened(migrated_url) as database:
        check_history(database)
        check_indexes(database)


@pytest.mark.parametrize("row", [{"Killed": "60"}, {"What": "Shelling"}], ids=["claim", "title"])
def test_what_is_deleted_while_a_file_comes_in_stays_deleted(
    sent: Callable[..., Done], migrated_url: str, row: dict[str, str]
) -> None:
    """The import finds the record standing, and waits for the one who deletes it."""
    assert sent({}, {"Ref": "A2", "Link": "https://example.org/a2"}).counts["created"] == 2
    uid = uid_of(migrated_url, "incidents", "A1")
    with opened(migrated_url) as database, ThreadPoolExecutor(1) as beside:

        def meanwhile(_: object, __: object) -> Future[Done]:
            rows = (row, {"Ref": "A2", "Link": "https://example.org/a2", **row})
            importing = beside.submit(sent, *rows, beside=True)
            await_somebody(database)
            return importing

        local = partners.ensure_local(database)
        done = answered(
            database, local, lambda work: incidents.delete(work, uid, "a test", None), meanwhile
        ).result()
        assert (done.counts["updated"], done.counts["refused"]) == (1, 1), done.err
        assert "A1 was deleted here" in done.err
        check_history(database)
    assert one(migrated_url, f"SELECT version, title FROM incidents WHERE uid = '{uid}'") == (2, "Air strike")


def await_somebody(database: Database) -> None:
    """Until another process waits for this one's transaction. On SQLite, where nothing tells, for long enough."""
    if database.is_embedded:
        time.sleep(3)
        return
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
    )
    for _ in range(300):
        with database.reading.connect() as connection:
            if connection.execute(waiting).scalar_one():
                return
        time.sleep(0.1)
    pytest.fail("nobody waits")
