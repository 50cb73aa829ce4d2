"""The whole of UCDP GED 1989-2020, and every fourth of its Syrian events on top of it: the same incidents, revised.

In the order of the file: what is asked of the first import comes before the second.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Done
from tests.support.files import GED, SYRIA, every_fourth, real, repaired, rows_of, stated, sums
from tests.support.importing import UNSTATED, Imported, figure, imported
from tests.support.tables import head, one

EVENTS = 176_579
SHARED = 3_630
REVISED = 4_141
"""Enough for three batches; test_import_syria.py has all of them."""
AS_STATED = (1_461_366, 1_797_771, 2_818_326)
AS_ASSESSED = (1_459_424, 1_797_771, 2_821_035)


@pytest.fixture(scope="module")
def whole(url: str, folder: Path) -> Iterator[Imported]:
    with imported(url, folder, real(GED), "ucdp-ged") as found:
        yield found


@pytest.fixture(scope="module")
def revision(folder: Path) -> Path:
    return every_fourth(real(SYRIA), folder / "revision.csv")


@pytest.fixture(scope="module")
def revised(whole: Imported, revision: Path) -> Done:
    """These events, imported after the whole."""
    return whole.more(revision, "ucdp-ged")


def test_every_row_is_created(whole: Imported) -> None:
    assert whole.done.code == 0
    assert whole.done.counts == {
        "created": EVENTS,
        "updated": 0,
        "unchanged": 0,
        "repaired": 1_462,
        "refused": 0,
    }
    assert sorted(path.name for path in whole.folder.glob("*.refused.csv")) == []


def test_totals_are_the_known_answers(whole: Imported) -> None:
    total = whole.total()
    assert total["incidents"] == EVENTS
    assert figure(total, "killed") == AS_ASSESSED
    assert (total["killed_unknown"], total["killed_open"]) == (0, 0)
    assert figure(total, "wounded") == UNSTATED
    assert total["wounded_unknown"] == EVENTS


def test_totals_of_a_country_are_those_of_its_rows(whole: Imported) -> None:
    mine = [row["id"] for row in rows_of(real(GED)) if row["country"] == "Afghanistan"]
    figures = stated(real(GED))
    total = whole.total(country="AFG")
    assert total["incidents"] == len(mine) > 10_000
    assert figure(total, "killed") == sums([repaired(figures[event]) for event in mine])


def test_pages_lead_to_every_incident_once_with_the_claim_as_stated(whole: Imported) -> None:
    seen: set[str] = set()
    count = 0
    said = [0, 0, 0]
    for incident in whole.pages("/v1/incidents", fields="id", include="claims"):
        count += 1
        seen.add(incident["id"])
        (claim,) = incident["claims"]
        for end, name in enumerate(("low", "best", "high")):
            said[end] += claim[name]
    assert (count, len(seen)) == (EVENTS, EVENTS)
    assert tuple(said) == AS_STATED


def test_stated_zero_stays_zero(whole: Imported) -> None:
    nobody = sum(best == 0 for _, best, _ in stated(real(GED)).values())
    assert nobody == 14_372
    assert whole.total(killed_at_most=0)["incidents"] == nobody
    assert one(whole.url, "SELECT count(*) FROM incidents WHERE killed_best IS NULL") == (0,)
    assert one(whole.url, "SELECT count(*) FROM incidents WHERE wounded_best IS NOT NULL") == (0,)


def test_the_planner_knows_what_came(whole: Imported) -> None:
    """PostgreSQL would look by itself some time later; the embedded database plans without statistics."""
    if whole.url.startswith("sqlite"):
        assert one(whole.url, "SELECT count(*) FROM sqlite_master WHERE name LIKE 'sqlite_stat%'") == (0,)
        return
    (rows,) = one(whole.url, "SELECT reltuples FROM pg_class WHERE relname = 'incidents'")
    assert 0.9 * EVENTS <= rows <= 1.1 * EVENTS
    for table in ("incidents", "links", "claims", "reports", "changes"):
        told = f"SELECT analyze_count FROM pg_stat_user_tables WHERE relname = '{table}'"
        assert one(whole.url, told)[0] >= 1, table
    asked = ("country", "date_start", "geometry", "killed_best", "search_words", "workflow")
    known = f"SELECT count(*) FROM pg_stats WHERE tablename = 'incidents' AND attname IN {asked}"
    assert one(whole.url, known) == (len(asked),)


def test_a_second_file_of_the_same_incidents_revises_them(
    whole: Imported, revision: Path, revised: Done
) -> None:
    assert revised.code == 0
    assert revised.counts == {
        "created": REVISED - SHARED,
        "updated": SHARED,
        "unchanged": 0,
        "repaired": 31,
        "refused": 0,
    }
    now = stated(real(GED)) | stated(revision)
    total = whole.total()
    assert total["incidents"] == len(now) == EVENTS + REVISED - SHARED
    assert figure(total, "killed") == sums([repaired(three) for three in now.values()])
    assert figure(total, "wounded") == UNSTATED


def test_both_versions_are_kept(whole: Imported, revision: Path, revised: Done) -> None:
    def kept(condition: str) -> int:
        return int(one(whole.url, f"SELECT count(*) FROM incidents_versions WHERE {condition}")[0])

    assert kept("version = 1 AND seq_to IS NOT NULL") == SHARED
    assert kept("version = 2 AND seq_to IS NULL") == SHARED
    assert kept("version = 1 AND seq_to IS NULL") == EVENTS + REVISED - 2 * SHARED
    assert kept("version > 2") == 0
    before, after = stated(real(GED)), stated(revision)
    event = next(e for e in sorted(after) if e in before and repaired(before[e]) != repaired(after[e]))
    for version, figures in ((1, before), (2, after)):
        condition = f"external_id = 'ucdp-ged:{event}' AND version = {version}"
        found = one(
            whole.url,
            f"SELECT killed_low, killed_best, killed_high FROM incidents_versions WHERE {condition}",
        )
        assert found == repaired(figures[event])


def test_the_revision_brings_what_the_short_layout_lacks(whole: Imported, revised: Done) -> None:
    assert one(whole.url, "SELECT count(*) FROM incidents WHERE location_precision <> 'unknown'") == (
        REVISED,
    )
    assert one(
        whole.url, "SELECT count(*) FROM claims WHERE seq_to IS NULL AND victim_status = 'civilian'"
    ) == (REVISED,)


def test_the_same_file_again_changes_nothing(whole: Imported, revision: Path, revised: Done) -> None:
    before = head(whole.url)
    again = whole.more(revision, "ucdp-ged")
    assert (again.code, again.counts["unchanged"], again.counts["refused"]) == (0, REVISED, 0)
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)
    assert head(whole.url) == before
