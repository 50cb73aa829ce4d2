"""The schema: up from nothing, down and up again with records in it, and the same as the tables say."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, inspect, text

import migrations
from app.settings import DEFAULT_SECRET, DatabaseSettings, KeySettings, Settings
from app.storage import migrate
from app.storage.database import Database
from app.storage.history import BEFORE_THE_FIRST
from app.storage.tables import metadata
from tests.support.api import serving
from tests.support.editor import editor_of
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.loopback import NO_TLS
from tests.support.reporting import report
from tests.support.tables import head, one, opened

FOLDER = Path(migrations.__file__).parent
SECOND = ("search_words", "geometry")
QUESTIONS = (
    "/v1/incidents?q=incident n1",
    "/v1/incidents?q=n7",
    "/v1/reports?q=report n2",
    "/v1/sources?q=outlet",
    "/v1/incidents?bbox=36,35,36.4,35.5",
    "/v1/incidents?bbox=36,35,36.4,35.5&q=n1",
    "/v1/incidents?include=reports,claims",
    "/v1/totals",
)


@contextmanager
def service_on(url: str) -> Iterator[httpx.Client]:
    settings = Settings(database=DatabaseSettings(url=url), keys=KeySettings(secret=DEFAULT_SECRET))
    with opened(url) as database:
        key = editor_of(database)
    with (
        serving(settings) as running,
        httpx.Client(base_url=running.url, timeout=30, verify=NO_TLS) as client,
    ):
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


def answers(client: httpx.Client) -> dict[str, Any]:
    found = {}
    for question in QUESTIONS:
        answer = client.get(question)
        assert answer.status_code == 200, answer.text
        found[question] = answer.json()
    return found


def fill(client: httpx.Client) -> None:
    """Reports with their incidents, and every kind of change to them."""
    for number in range(1, 25):
        assert client.post("/v1/reports", json=report(number)).status_code == 201
    uids = [item["id"] for item in client.get("/v1/incidents").json()["items"]]
    anyway = {"If-Match": "*"}
    moved = {"title": "Incident n1000", "lon": 36.1, "lat": 35.2}
    assert client.patch(f"/v1/incidents/{uids[0]}", json=moved, headers=anyway).status_code == 200
    gone = client.delete(f"/v1/incidents/{uids[1]}", params={"reason": "twice"}, headers=anyway)
    assert gone.status_code == 200, gone.text


def test_there_is_one_line_of_migrations() -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    scripts = ScriptDirectory.from_config(config)
    assert len(scripts.get_heads()) == len(scripts.get_bases()) == 1
    revisions = [script.revision for script in scripts.walk_revisions()]
    assert sorted(revisions, reverse=True) == revisions
    names = sorted(path.name for path in (FOLDER / "versions").glob("[0-9]*.py"))
    assert [name.partition("_")[0] for name in names] == sorted(revisions)
    assert scripts.get_current_head() == migrate.newest()


@pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")
def test_the_migrated_schema_is_that_of_the_tables(database: Database) -> None:
    migrate.upgrade(database)
    with database.writing.connect() as connection:
        # Raises with the differences, as the project's own env.py sees them.
        command.check(migrate.config_on(connection))
        migrated = described(connection)
    migrate.downgrade(database, migrate.BASE)
    with database.writing.begin() as connection:
        metadata.create_all(connection)
    with database.writing.connect() as connection:
        assert migrated == described(connection)


def described(connection: Connection) -> dict[str, Any]:
    """Each table down to defaults and checks, which Alembic passes over; without what only the second migration makes."""
    found = inspect(connection)
    return {
        name: {
            "columns": {
                column["name"]: (str(column["type"]), column["nullable"], column["default"])
                for column in found.get_columns(name)
                if column["name"] not in SECOND
            },
            "indexes": {
                index["name"]: (index["column_names"], index["unique"])
                for index in found.get_indexes(name)
                if not str(index["name"]).endswith(SECOND)
            },
            "unique": {
                unique["name"]: unique["column_names"] for unique in found.get_unique_constraints(name)
            },
            "checks": {check["name"]: check["sqltext"] for check in found.get_check_constraints(name)},
            "foreign": {
                key["name"]: (key["constrained_columns"], key["referred_table"])
                for key in found.get_foreign_keys(name)
            },
            "primary": found.get_pk_constraint(name)["constrained_columns"],
        }
        for name in sorted(metadata.tables)
    }


def test_from_nothing_there_is_an_empty_history_and_a_second_time_nothing_happens(
    url: str, database: Database
) -> None:
    assert migrate.current(database) is None
    migrate.upgrade(database)
    assert migrate.current(database) == migrate.newest()
    assert head(url) == (0, BEFORE_THE_FIRST)
    migrate.upgrade(database)
    migrate.require_newest(database)
    check_history(database)
    check_indexes(database)


def test_indexes_that_are_dropped_and_made_again_answer_the_same(url: str, database: Database) -> None:
    migrate.upgrade(database)
    with service_on(url) as client:
        fill(client)
        before = answers(client)
        assert all(answer.get("items") for answer in before.values())
    stands = head(url)
    migrate.downgrade(database, "0001")
    assert migrate.current(database) == "0001"
    assert search_tables(database) == []
    migrate.upgrade(database)
    check_history(database)
    check_indexes(database)
    assert head(url) == stands
    with service_on(url) as client:
        after = answers(client)
        assert plain(after) == plain(before)
        assert client.post("/v1/reports", json=report(100)).status_code == 201
        assert len(client.get("/v1/incidents?q=n100").json()["items"]) == 2
    check_indexes(database)


def check_told_as_before(
    database: Database, url: str, stands: Any, before: dict[str, Any], histories: dict[str, Any]
) -> None:
    """The head, each of some incidents, and their histories."""
    assert head(url) == stands
    check_history(database)
    with service_on(url) as client:
        for uid, was in before.items():
            assert client.get(f"/v1/incidents/{uid}").json() == was
            assert client.get(f"/v1/incidents/{uid}/history").json()["items"] == histories[uid]


@pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")
def test_why_incidents_were_retracted_comes_back_from_the_history(url: str, database: Database) -> None:
    """The column goes with its migration, with what stood in it; each version gets its own reason again."""
    migrate.upgrade(database)
    with service_on(url) as client:
        fill(client)
        uids = [item["id"] for item in client.get("/v1/incidents").json()["items"]]
        twice, once, untouched = uids[2], uids[3], uids[4]

        def retracted(uid: str, reason: str) -> None:
            answer = client.post(
                f"/v1/incidents/{uid}/retract", json={"reason": reason}, headers={"If-Match": "*"}
            )
            assert answer.status_code == 200, answer.text

        def patched(uid: str, **patch: str) -> None:
            answer = client.patch(f"/v1/incidents/{uid}", json=patch, headers={"If-Match": "*"})
            assert answer.status_code == 200, answer.text

        retracted(twice, "the hospital named another town")
        patched(twice, title="Still retracted")
        patched(twice, verification_status="contested")
        retracted(twice, 'it was "another day"')
        retracted(once, "تكرار")
        patched(untouched, title='A title with "retraction_reason": in it')
        before = {uid: client.get(f"/v1/incidents/{uid}").json() for uid in (twice, once, untouched)}
        histories = {uid: client.get(f"/v1/incidents/{uid}/history").json()["items"] for uid in before}
    live, kept, stands = (
        _stored(database, "retraction_reason", "incidents"),
        _stored(database, "retraction_reason", "incidents_versions"),
        head(url),
    )
    assert sorted(reason for reason in live.values() if reason) == sorted(['it was "another day"', "تكرار"])
    assert sum(reason is not None for reason in kept.values()) == 4
    migrate.downgrade(database, "0010")
    with database.writing.connect() as connection:
        for table in ("incidents", "incidents_versions"):
            assert "retraction_reason" not in {c["name"] for c in inspect(connection).get_columns(table)}
    migrate.upgrade(database)
    assert _stored(database, "retraction_reason", "incidents") == live
    assert _stored(database, "retraction_reason", "incidents_versions") == kept
    check_told_as_before(database, url, stands, before, histories)
    with service_on(url) as client:
        retracted(untouched, "and on it goes")
    check_history(database)


@pytest.mark.filterwarnings("ignore:Did not recognize type 'geometry'")
def test_which_incidents_are_two_comes_back_from_the_history(url: str, database: Database) -> None:
    """The column goes with its migration; each version says again what it said."""
    migrate.upgrade(database)
    with service_on(url) as client:
        fill(client)
        uids = [item["id"] for item in client.get("/v1/incidents").json()["items"]]
        one, other, third = uids[2:5]

        def said(verb: str, uid: str, named: str) -> None:
            body = {"other": named, "reason": 'an hour apart: "distinct_from":'}
            answer = client.post(f"/v1/incidents/{uid}/{verb}", json=body, headers={"If-Match": "*"})
            assert answer.status_code == 200, answer.text

        said("distinguish", one, other)
        said("distinguish", third, one)
        said("undistinguish", other, one)
        patch = client.patch(f"/v1/incidents/{other}", json={"title": "Since"}, headers={"If-Match": "*"})
        assert patch.status_code == 200
        before = {uid: client.get(f"/v1/incidents/{uid}").json() for uid in (one, other, third)}
        histories = {uid: client.get(f"/v1/incidents/{uid}/history").json()["items"] for uid in before}
    assert [record["distinct_from"] for record in before.values()] == [[third], [], [one]]
    live, kept, stands = (
        _stored(database, "distinct_from", "incidents"),
        _stored(database, "distinct_from", "incidents_versions"),
        head(url),
    )
    assert sum(str(each) != "[]" for each in kept.values()) == 5
    migrate.downgrade(database, "0014")
    with database.writing.connect() as connection:
        for table in ("incidents", "incidents_versions"):
            assert "distinct_from" not in {c["name"] for c in inspect(connection).get_columns(table)}
            names = {str(index["name"]) for index in inspect(connection).get_indexes(table)}
            assert f"ix_{table}_merged_into_ref" not in names
    migrate.upgrade(database)
    assert _stored(database, "distinct_from", "incidents") == live
    assert _stored(database, "distinct_from", "incidents_versions") == kept
    check_told_as_before(database, url, stands, before, histories)
    with service_on(url) as client:
        said("undistinguish", one, third)
        said("distinguish", one, other)
    check_history(database)


def _stored(database: Database, name: str, table: str) -> dict[tuple[Any, ...], Any]:
    """A column of the table by its key."""
    key = "id" if table == "incidents" else "id, seq_from"
    with database.writing.connect() as connection:
        rows = connection.execute(text(f"SELECT {name}, {key} FROM {table}"))
        return {tuple(rest): value for value, *rest in rows}


def plain(found: Any) -> Any:
    """The links of pages name the port."""
    return {question: answer.get("items") for question, answer in found.items()}


def search_tables(database: Database) -> list[str]:
    """What only the second migration makes."""
    wanted = (
        "SELECT name FROM sqlite_master WHERE name LIKE '%\\_search%' ESCAPE '\\' OR name LIKE '%\\_box%' ESCAPE '\\'"
        if database.is_embedded
        else "SELECT column_name FROM information_schema.columns WHERE table_schema = 'public'"
        " AND column_name IN ('search_words', 'geometry')"
    )
    with database.writing.connect() as connection:
        return [str(row[0]) for row in connection.execute(text(wanted))]


def test_what_was_said_before_is_made_of_the_versions(url: str, database: Database) -> None:
    migrate.upgrade(database)
    anyway = {"If-Match": "*"}
    titles = ("{not json", "A bridge", "A bridge", "A mill")

    def found(client: httpx.Client) -> dict[str, Any]:
        asked = [
            (word, at) for word in ("json", "bridge", "mill", "السوق") for at in range(1, moments[-1] + 1)
        ]
        told = {each: client.get("/v1/incidents", params={"q": each[0], "as_of": each[1], "fields": "title"}) for each in asked}  # fmt: skip
        return {str(each): answer.json()["items"] for each, answer in told.items()}

    with service_on(url) as client:
        fill(client)
        body = {"title": titles[0], "workflow": "published", "place_names": {"ar": "السوق", "en": "Market"}}
        uid = client.post("/v1/incidents", json=body).json()["id"]
        moments = [head(url)[0]]
        for number, title in enumerate(titles[1:]):
            patch = {"title": title, "tags": [f"{number}"], **({"place_names": None} if number == 2 else {})}
            assert client.patch(f"/v1/incidents/{uid}", json=patch, headers=anyway).status_code == 200
            moments.append(head(url)[0])
        before = found(client)
    assert [len(before[str((word, moments[at]))]) for word, at in (("json", 0), ("bridge", 2), ("السوق", 2), ("json", 1))] == [1, 1, 1, 0]  # fmt: skip
    kept = one(url, "SELECT count(*) FROM former_texts")
    assert kept[0] >= 2
    check_indexes(database)
    migrate.downgrade(database, "0013")
    with database.writing.connect() as connection:
        assert "former_texts" not in inspect(connection).get_table_names()
    migrate.upgrade(database)
    assert one(url, "SELECT count(*) FROM former_texts") == kept
    check_indexes(database)
    with service_on(url) as client:
        assert found(client) == before
        assert (
            client.patch(f"/v1/incidents/{uid}", json={"title": "A yard"}, headers=anyway).status_code == 200
        )
    check_indexes(database)


def test_what_is_linked_loosely_is_found_again(url: str, database: Database) -> None:
    """Under the former rule each draft was, of a report that everybody may read none."""
    stages = ("draft", "in_review", "published")
    levels = ("public", "partners", "organisation", "restricted")

    def stored() -> list[tuple[Any, ...]]:
        with database.writing.begin() as connection:
            rows = connection.execute(text("SELECT kind, record_ref, linked_to FROM loosely_linked"))
            return sorted(tuple(row) for row in rows)

    migrate.upgrade(database)
    with service_on(url) as client:
        for far in [(stage, level) for stage in stages for level in levels]:
            about = [{"incident": {"title": "n", "workflow": stage, "sharing": level}} for stage in stages for level in levels]  # fmt: skip
            body = {"title": "r", "workflow": far[0], "sharing": far[1], "incidents": about}
            assert client.post("/v1/reports", json=body).status_code == 201
        assert client.post("/v1/incidents", json={"title": "alone"}).status_code == 201
    check_indexes(database)
    kept = stored()
    migrate.downgrade(database, "0016")
    former = stored()
    without = ("incident", 12 * 12 + 1, "nothing")
    # Of twelve reports one is published for all, and of each report's incidents one.
    assert former == [
        *(("incident", number, "hidden") for number in range(1, 145) if (number - 1) // 12 != 8),
        without,
    ]
    assert {without} < set(kept) < set(former)
    migrate.upgrade(database)
    assert stored() == kept
    check_indexes(database)


def test_down_to_nothing_and_up_again(url: str, database: Database) -> None:
    migrate.upgrade(database)
    with service_on(url) as client:
        fill(client)
    migrate.downgrade(database, migrate.BASE)
    assert migrate.current(database) is None
    with database.writing.connect() as connection:
        left = set(inspect(connection).get_table_names())
    assert left <= {"alembic_version", "spatial_ref_sys"}
    migrate.upgrade(database)
    assert head(url) == (0, BEFORE_THE_FIRST)
    with service_on(url) as client:
        fill(client)
        assert all(answer.get("items") for answer in answers(client).values())
    check_history(database)
    check_indexes(database)


def test_foreign_keys_hold_after_a_migration(url: str, database: Database) -> None:
    migrate.upgrade(database)
    orphan = "INSERT INTO links (id, incident_ref, report_ref, role, created_at, seq_from) VALUES (1, 99, 99, 'describes', '2020-01-01T00:00:00.000000Z', 1)"
    with pytest.raises(Exception, match=r"(?i)foreign key"), database.writing.begin() as connection:
        connection.exec_driver_sql(orphan)
    assert one(url, "SELECT count(*) FROM links") == (0,)


def test_a_migration_that_breaks_references_is_undone(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'incidents.db'}"
    with opened(url) as database:
        migrate.upgrade(database, "0001")
        with database.writing.connect() as connection:
            connection.connection.cursor().execute("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql(
                "INSERT INTO idempotency_keys VALUES (99, 'k', x'00', 200, '{}', '', '2020-01-01')"
            )
            connection.commit()
        with pytest.raises(RuntimeError, match="broken references"):
            migrate.upgrade(database)
        assert migrate.current(database) == "0001"
        assert search_tables(database) == []


def test_a_migration_that_fails_leaves_the_schema_as_it_was(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second one fails at its very end, after all its statements."""
    migrate.upgrade(database, "0001")

    def fail(table: str) -> None:
        raise RuntimeError("struck by lightning")

    with monkeypatch.context() as patch:
        patch.setattr("migrations.helpers.add_map", fail)
        with pytest.raises(RuntimeError, match="struck by lightning"):
            migrate.upgrade(database)
    assert migrate.current(database) == "0001"
    assert search_tables(database) == []
    migrate.upgrade(database)
    assert migrate.current(database) == migrate.newest()
    check_indexes(database)
