"""The Syrian events of 2016 to 2019 alone, then the citations of each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Done
from tests.support.files import CITATIONS, SYRIA, every_fourth, real, rows_of
from tests.support.importing import UNSTATED, Imported, figure, imported
from tests.support.tables import head, one

EVENTS = 16_566
DECEMBER = "2016-12-01/2016-12-31"
ALEPPO = "Aleppo Governorate"


@pytest.fixture(scope="module")
def syria(url: str, folder: Path) -> Iterator[Imported]:
    with imported(url, folder, real(SYRIA), "ucdp-ged") as found:
        yield found


@pytest.fixture(scope="module")
def cited(syria: Imported) -> Done:
    return syria.more(real(CITATIONS), "ucdp-ged-sources")


def test_every_row_is_created(syria: Imported) -> None:
    assert syria.done.code == 0
    assert syria.done.counts == {
        "created": EVENTS,
        "updated": 0,
        "unchanged": 0,
        "repaired": 101,
        "refused": 0,
    }
    total = syria.total()
    assert total["incidents"] == EVENTS
    assert figure(total, "killed") == (104_742, 112_337, 119_193)
    assert figure(total, "wounded") == UNSTATED


def test_december_2016_in_aleppo_is_the_known_answer(syria: Imported) -> None:
    start = syria.total(admin1=ALEPPO, date=DECEMBER, date_match="start")
    assert (start["incidents"], figure(start, "killed")) == (113, (1_092, 1_092, 1_095))
    overlap = syria.total(admin1=ALEPPO, date=DECEMBER, date_match="overlap")
    assert (overlap["incidents"], overlap["killed_best"]) == (114, 1_551)
    everywhere = syria.total(date=DECEMBER, date_match="overlap")
    assert (everywhere["incidents"], everywhere["killed_best"]) == (441, 19_478)
    assert all(figure(total, "wounded") == UNSTATED for total in (start, overlap, everywhere))


@pytest.mark.parametrize(
    ("question", "certain", "best", "possible"),
    [
        ({"date": "2016-12-06"}, (18, 46), (27, 12_058), (27, 12_058)),
        ({"date": DECEMBER}, (434, 2_496), (441, 14_496), (441, 14_496)),
        ({"admin1": ALEPPO}, (3_209, 18_393), (3_308, 18_667), (3_645, 38_213)),
        ({"bbox": "36,35,38.5,37.2"}, (5_308, 27_369), (7_113, 54_222), (8_959, 64_503)),
    ],
)
def test_a_year_is_not_december_and_a_province_is_not_its_capital(
    syria: Imported,
    question: dict[str, str],
    certain: tuple[int, int],
    best: tuple[int, int],
    possible: tuple[int, int],
) -> None:
    for certainty, expected in (("certain", certain), ("best", best), ("possible", possible)):
        total = syria.total(**question, certainty=certainty)
        assert (total["incidents"], total["killed_low"]) == expected, certainty


def test_a_list_counts_what_its_totals_count(syria: Imported) -> None:
    found = list(
        syria.pages("/v1/incidents", admin1=ALEPPO, date=DECEMBER, date_match="start", include="claims")
    )
    assert len({incident["id"] for incident in found}) == 113
    assert sum(incident["killed_best"] for incident in found) == 1_092
    assert {incident["wounded_best"] for incident in found} == {None}
    assert {(incident["country"], incident["admin1"]) for incident in found} == {("SYR", ALEPPO)}
    for incident in found:
        everyone, civilians = sorted(
            incident["claims"], key=lambda claim: claim["victim_status"] != "unknown"
        )
        assert everyone["best"] == incident["killed_best"]
        assert (civilians["low"], civilians["best"], civilians["high"]) == (
            None,
            incident["killed_civilians_best"],
            None,
        )


def test_civilians_and_others_are_what_the_file_says(syria: Imported) -> None:
    """UCDP states only a best figure of civilians: of the others any number up to all killed."""
    civilians = others = 0
    for row in rows_of(real(SYRIA)):
        civilians += int(row["deaths_civilians"])
        others += int(row["best"]) - int(row["deaths_civilians"])
    found = {
        item["victim_status"]: figure(item, "killed")
        for item in syria.asked("/v1/totals", group_by="victim_status")["items"]
    }
    assert found == {"civilian": (None, civilians, None), None: (0, others, 119_193)}
    assert (civilians, others) == (26_653, 85_684)


def test_what_a_cell_says_is_what_the_record_says(syria: Imported) -> None:
    """The longest event, and those whose cells hold line breaks or letters beyond ASCII."""
    rows = {row["id"]: row for row in rows_of(real(SYRIA))}
    longest = max(rows.values(), key=lambda row: (row["date_start"] != row["date_end"], row["date_end"]))
    foreign = next(row for row in rows.values() if not row["where_coordinates"].isascii())
    for row in (longest, foreign):
        found = one(
            syria.url,
            "SELECT cast(date_start AS text), cast(date_end AS text), place, lon, lat FROM incidents"
            f" WHERE external_id = 'ucdp-ged:{row['id']}'",
        )
        assert found == (
            row["date_start"][:10],
            row["date_end"][:10],
            row["where_coordinates"].strip(),
            float(row["longitude"]),
            float(row["latitude"]),
        )


def test_empty_cells_are_null_and_never_empty_text(syria: Imported) -> None:
    empty = sum(not row["adm_1"].strip() for row in rows_of(real(SYRIA)))
    assert empty == 339
    assert one(syria.url, "SELECT count(*) FROM incidents WHERE admin1 IS NULL") == (empty,)
    assert one(syria.url, "SELECT count(*) FROM incidents WHERE admin1 = '' OR place = ''") == (0,)


def test_each_citation_is_a_report_of_its_office_linked_to_its_event(syria: Imported, cited: Done) -> None:
    said = [
        (row["event_id"], (row["office"].strip(), row["date"].strip(), row["headline"].strip()))
        for row in rows_of(real(CITATIONS))
    ]
    sound = [(event, citation) for event, citation in said if citation[0] or citation[2]]
    assert (cited.code, cited.counts["refused"]) == (1, len(said) - len(sound))
    assert cited.counts["created"] == len(set(sound))
    assert cited.counts["unchanged"] == len(sound) - len(set(sound))
    assert one(syria.url, "SELECT count(*) FROM links WHERE seq_to IS NULL") == (EVENTS + len(set(sound)),)
    assert one(syria.url, "SELECT count(*) FROM reports") == (1 + len({citation for _, citation in sound}),)
    assert one(syria.url, "SELECT count(*) FROM sources") == (
        1 + len({citation[0] for _, citation in sound if citation[0]}),
    )
    assert syria.total()["killed_best"] == 112_337


def test_an_incident_shows_its_reports(syria: Imported, cited: Done) -> None:
    by_event: dict[str, set[str]] = {}
    for row in rows_of(real(CITATIONS)):
        by_event.setdefault(row["event_id"], set()).add(row["headline"].strip())
    event = max(by_event, key=lambda name: (len(by_event[name]), name))
    (uid,) = one(syria.url, f"SELECT uid FROM incidents WHERE external_id = 'ucdp-ged:{event}'")
    incident = syria.asked(f"/v1/incidents/{uid}", include="reports")
    titles = {report["title"] for report in incident["reports"]}
    assert {headline[:500] for headline in by_event[event]} <= titles
    assert incident["report_count"] == len(incident["reports"]) == len(by_event[event]) + 1


def test_refused_citations_are_told_and_kept_for_mending(syria: Imported, cited: Done) -> None:
    refused = list(rows_of(syria.folder / "ucdp_ged_syria_2016_2019_sources.refused.csv"))
    assert len(refused) == cited.counts["refused"] > 0
    for row in refused:
        assert f"row {int(row['_row']):,}: {row['_refused_because']}" in cited.err
        assert "office" in row["_refused_because"]


def test_citations_again_change_nothing(syria: Imported, cited: Done) -> None:
    file = every_fourth(real(CITATIONS), syria.folder / "again.csv")
    empty = sum(not row["office"].strip() and not row["headline"].strip() for row in rows_of(file))
    before = head(syria.url)
    again = syria.more(file, "ucdp-ged-sources")
    assert (again.counts["created"], again.counts["updated"]) == (0, 0)
    assert again.counts["refused"] == empty > 0
    assert again.counts["unchanged"] == len(list(rows_of(file))) - empty
    assert head(syria.url) == before
