"""Mass shootings in the USA: killed and wounded, and a report in each source cell."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import here
from tests.support.files import STANFORD, real, rows_of
from tests.support.importing import Imported, figure, imported
from tests.support.tables import head, one

CELLS = [f"Data Source {n}" for n in range(1, 8)]


@pytest.fixture(scope="module")
def stanford(url: str, folder: Path) -> Iterator[Imported]:
    with imported(url, folder, real(STANFORD), "stanford-msa") as found:
        yield found


def test_no_incident_is_lost_where_two_share_a_case_number(stanford: Imported) -> None:
    rows = list(rows_of(real(STANFORD)))
    assert len(rows) - len({row["CaseID"] for row in rows}) == 2
    assert (stanford.done.code, stanford.done.counts["created"], stanford.done.counts["refused"]) == (
        0,
        335,
        0,
    )
    assert len({incident["id"] for incident in stanford.pages("/v1/incidents")}) == len(rows) == 335


def test_killed_and_wounded_are_the_sums_of_the_file(stanford: Imported) -> None:
    rows = list(rows_of(real(STANFORD)))
    killed = sum(int(row["Total Number of Fatalities"]) for row in rows)
    wounded = sum(
        int(row["Number of Civilian Injured"]) + int(row["Number of Enforcement Injured"]) for row in rows
    )
    civilians = sum(int(row["Number of Civilian Fatalities"]) for row in rows)
    total = stanford.total()
    assert figure(total, "killed") == (killed, killed, killed)
    assert figure(total, "wounded") == (wounded, wounded, wounded)
    assert figure(total, "killed_civilians") == (civilians, civilians, civilians)


def test_each_source_cell_is_a_report(stanford: Imported) -> None:
    rows = list(rows_of(real(STANFORD)))
    cells = {row[name].strip() for row in rows for name in CELLS} - {""}
    pairs = sum(len({row[name].strip() for name in CELLS} - {""}) for row in rows)
    assert one(stanford.url, "SELECT count(*) FROM reports") == (len(cells) + 1,)
    assert one(stanford.url, "SELECT count(*) FROM links WHERE seq_to IS NULL") == (pairs + len(rows),)
    addresses = {cell for cell in cells if cell.startswith(("http://", "https://")) and " " not in cell}
    assert len(addresses) > 1_000
    kept = {report["url"] for report in stanford.pages("/v1/reports", fields="url")}
    assert addresses <= kept


def test_an_incident_reads_like_its_row(stanford: Imported) -> None:
    row = next(row for row in rows_of(real(STANFORD)) if row["Title"] == "Sandy Hook Elementary School")
    (found,) = stanford.asked("/v1/incidents", q="Sandy Hook Elementary", include="reports")["items"]
    month, day, year = row["Date"].split("/")
    assert found["date_start"] == f"{year}-{int(month):02}-{int(day):02}"
    assert (found["country"], found["admin1"], found["place"]) == ("USA", row["State"], row["City"])
    assert found["killed_best"] == int(row["Total Number of Fatalities"])
    cited = {row[name].strip() for name in CELLS} - {""}
    assert len(found["reports"]) == len(cited) + 1
    assert {report["url"] for report in found["reports"]} >= {c for c in cited if c.startswith("http")}


def test_the_file_again_changes_nothing(stanford: Imported) -> None:
    before = head(stanford.url)
    again = here(
        stanford.url,
        "import",
        real(STANFORD),
        "--profile",
        "stanford-msa",
        "--publish",
        cwd=stanford.folder,
    )
    assert (again.code, again.counts["unchanged"], again.counts["refused"]) == (0, 335, 0)
    assert head(stanford.url) == before
