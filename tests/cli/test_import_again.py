"""Files that meet what was done to their records since: deleted, amended, published."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from app.settings import DEFAULT_SECRET, DatabaseSettings, KeySettings, Settings
from tests.support.api import serving
from tests.support.command import Done
from tests.support.editor import editor_of
from tests.support.files import write_events
from tests.support.history import check_history
from tests.support.loopback import NO_TLS
from tests.support.tables import one, opened

Importing = Callable[..., Done]
ANYWAY = {"If-Match": "*"}
HEADER = "event_id,office,date,headline\n"


@contextmanager
def editor(url: str) -> Iterator[httpx.Client]:
    settings = Settings(database=DatabaseSettings(url=url), keys=KeySettings(secret=DEFAULT_SECRET))
    with opened(url) as database:
        key = editor_of(database)
    with (
        serving(settings) as running,
        httpx.Client(
            base_url=running.url, headers={"Authorization": f"Bearer {key}"}, verify=NO_TLS
        ) as client,
    ):
        yield client


def uid_of(url: str, table: str, external_id: str) -> str:
    return str(one(url, f"SELECT uid FROM {table} WHERE external_id = '{external_id}'")[0])


def delete(client: httpx.Client, path: str) -> None:
    answer = client.delete(path, params={"reason": "not ours"}, headers=ANYWAY)
    assert answer.status_code == 200, answer.text


def test_a_citation_of_an_unknown_event_leaves_neither_report_nor_source(
    importing: Importing, migrated_url: str, tmp_path: Path
) -> None:
    importing(write_events(tmp_path / "events.csv", 2), "--profile", "ucdp-ged")
    (tmp_path / "cited.csv").write_text(
        f"{HEADER}1,An office,2016-12-06,Known\n99,Another,2016-12-06,Unknown\n"
    )
    done = importing("cited.csv", "--profile", "ucdp-ged-sources")
    assert (done.code, done.counts["created"], done.counts["refused"]) == (1, 1, 1)
    assert "row 2: there is no incident ucdp-ged:99; import the incidents first" in done.err
    assert one(migrated_url, "SELECT count(*) FROM reports WHERE external_id LIKE '%citation%'") == (1,)
    assert one(migrated_url, "SELECT count(*) FROM sources WHERE name = 'Another'") == (0,)


def test_rows_of_deleted_records_are_refused_alone(
    importing: Importing, migrated_url: str, tmp_path: Path
) -> None:
    importing(write_events(tmp_path / "events.csv", 3), "--profile", "ucdp-ged")
    citations = [f"{n},Office {n},2016-12-06,Headline {n}\n" for n in (1, 2, 3)]
    (tmp_path / "cited.csv").write_text(HEADER + "".join(citations))
    assert importing("cited.csv", "--profile", "ucdp-ged-sources").code == 0
    with editor(migrated_url) as client:
        delete(client, f"/v1/incidents/{uid_of(migrated_url, 'incidents', 'ucdp-ged:1')}")
        reports = client.get("/v1/reports", params={"q": "Headline 2"}).json()["items"]
        delete(client, f"/v1/reports/{reports[0]['id']}")
        delete(client, f"/v1/sources/{uid_of(migrated_url, 'sources', 'ucdp-ged:office:Office 2')}")
    more = ["2,Office 2,2017-01-01,Another headline\n", "3,Office 3,2017-01-01,Another headline\n"]
    (tmp_path / "more.csv").write_text(HEADER + "".join(citations + more))
    done = importing("more.csv", "--profile", "ucdp-ged-sources")
    assert (done.code, done.counts["created"], done.counts["unchanged"], done.counts["refused"]) == (
        1,
        1,
        1,
        3,
    )
    assert "row 1: ucdp-ged:1 was deleted here" in done.err
    assert "row 2: the report ucdp-ged:citation:" in done.err
    assert "row 4: the source ucdp-ged:office:Office 2 was deleted here" in done.err
    events = importing("events.csv", "--profile", "ucdp-ged")
    assert (events.code, events.counts["unchanged"], events.counts["refused"]) == (1, 2, 1)
    assert one(migrated_url, "SELECT count(*) FROM incidents WHERE deleted_at IS NULL") == (2,)
    with opened(migrated_url) as database:
        check_history(database)


def test_what_an_editor_amended_is_not_undone_by_the_same_file(
    importing: Importing, migrated_url: str, tmp_path: Path
) -> None:
    importing(write_events(tmp_path / "events.csv", 2), "--profile", "ucdp-ged")
    uid = uid_of(migrated_url, "incidents", "ucdp-ged:1")
    with editor(migrated_url) as client:
        changes = {"title": "By an editor", "killed_best": 40, "killed_low": 30, "killed_high": 50}
        changes |= {"assessment_rule": "assessed", "assessment_reason": "counted anew"}
        answer = client.patch(f"/v1/incidents/{uid}", json=changes, headers=ANYWAY)
        assert answer.status_code == 200, answer.text
        again = importing("events.csv", "--profile", "ucdp-ged")
        assert (again.code, again.counts["unchanged"]) == (0, 2)
        assert client.get(f"/v1/incidents/{uid}").json()["title"] == "By an editor"
        write_events(tmp_path / "events.csv", 2, revision=1)
        assert importing("events.csv", "--profile", "ucdp-ged").counts["updated"] == 2
        now = client.get(f"/v1/incidents/{uid}?include=claims").json()
    assert now["title"] == "Conflict 1 revised 1", "the file says something new"
    assert (now["killed_low"], now["killed_best"], now["killed_high"]) == (30, 40, 50), "set by an editor"
    assert [claim["high"] for claim in now["claims"]] == [4]


def test_drafts_are_published_by_importing_their_file_for_publication(
    importing: Importing, migrated_url: str, tmp_path: Path
) -> None:
    file = write_events(tmp_path / "events.csv", 3)
    assert importing(file, "--profile", "ucdp-ged").counts["created"] == 3
    assert one(migrated_url, "SELECT count(*) FROM incidents WHERE workflow = 'published'") == (0,)
    done = importing(file, "--profile", "ucdp-ged", "--publish")
    assert (done.code, done.counts["updated"], done.counts["created"]) == (0, 3, 0)
    with editor(migrated_url) as client:
        public = httpx.get(f"{client.base_url}/v1/incidents", verify=NO_TLS).json()["items"]
        assert len(public) == 3
        assert all(incident["killed_best"] is not None for incident in public)
        assert all(incident["report_count"] == 1 for incident in public)
    assert importing(file, "--profile", "ucdp-ged", "--publish").counts["unchanged"] == 3
    assert importing(file, "--profile", "ucdp-ged").counts["unchanged"] == 3, "nothing is taken back"
    with opened(migrated_url) as database:
        check_history(database)


def test_rows_rest_on_what_became_of_their_source_and_report(
    importing: Importing, migrated_url: str, tmp_path: Path
) -> None:
    importing(write_events(tmp_path / "first.csv", 1), "--profile", "ucdp-ged", "--publish")
    with editor(migrated_url) as client:
        source = uid_of(migrated_url, "sources", "ucdp")
        client.patch(f"/v1/sources/{source}", json={"sharing": "restricted"}, headers=ANYWAY)
        importing(write_events(tmp_path / "more.csv", 2), "--profile", "ucdp-ged", "--publish")
        second = client.get(f"/v1/incidents/{uid_of(migrated_url, 'incidents', 'ucdp-ged:2')}").json()
        assert second["effective_sharing"] == "restricted"
        assert second["killed_best"] is not None
        report = uid_of(migrated_url, "reports", "ucdp-ged")
        client.patch(f"/v1/reports/{report}", json={"workflow": "in_review"}, headers=ANYWAY)
        importing(write_events(tmp_path / "most.csv", 3), "--profile", "ucdp-ged", "--publish")
        third = client.get(f"/v1/incidents/{uid_of(migrated_url, 'incidents', 'ucdp-ged:3')}").json()
        assert third["killed_best"] is None, "no published report speaks of it"
        created = one(
            migrated_url, f"SELECT after FROM changes WHERE record = '{third['id']}' AND version = 1"
        )[0]
        assert "killed_best" not in created
        assert '"effective_sharing":"restricted"' in created
