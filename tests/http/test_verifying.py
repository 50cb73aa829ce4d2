"""`verify` finds what was changed behind the history's back, wherever it was."""

from __future__ import annotations

import random
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, LargeBinary, Table, select, text, update
from sqlalchemy.exc import DataError

from app.storage import tables, verifying
from app.storage.columns import VERSIONS
from app.storage.tables import NOT_KEPT
from app.storage.verifying import Head
from app.storage.verifying.reading import GREATEST, LEAST
from app.storage.verifying.records import Records
from tests.support.api import Api
from tests.support.tampering import check_found, found, resealed, tampering

FIGURES = {"killed_low": 3, "killed_best": 5, "killed_high": 9, "assessment_reason": "counted"}


@pytest.fixture
def lived(api: Api) -> Api:
    """Records that have seen something: amended, linked, linked otherwise, unlinked, deleted."""
    source = api.posted("/v1/sources", {"name": "A desk", "source_type": "ngo", "sharing": "public"})
    first = api.incident(title="First", source_id=source["id"], **FIGURES)
    second = api.incident(title="Second", part_of=first["id"], place_names={"ar": "السكري"}, tags=["x"])
    report = api.posted("/v1/reports", {"title": "One", "source_id": source["id"], "sharing": "public"})
    other = api.posted("/v1/reports", {"title": "Two", "sharing": "public"})
    for uid, body in (
        (report["id"], {"claims": [{"metric": "killed", "wording": "dozens"}]}),
        (report["id"], {"claims": [{"metric": "killed", "wording": "61"}, {"metric": "wounded", "best": 2}]}),
        (other["id"], {"role": "mentions"}),
    ):
        path = f"/v1/incidents/{second['id']}/reports/{uid}"
        answer = api.editor.put(path, json=body, headers={"If-Match": "*"})
        assert answer.status_code in (200, 201), answer.text
    answer = api.editor.delete(
        f"/v1/incidents/{second['id']}/reports/{other['id']}",
        params={"reason": "another place"},
        headers={"If-Match": "*"},
    )
    assert answer.status_code in (200, 204), answer.text
    api.patched(f"/v1/incidents/{first['id']}", title="Corrected", summary=None, part_of=None)
    third = api.incident(title="Third")
    answer = api.editor.delete(
        f"/v1/incidents/{third['id']}",
        params={"reason": "the same", "replaced_by": first["id"]},
        headers={"If-Match": "*"},
    )
    assert answer.status_code in (200, 204), answer.text
    api.posted("/v1/sources", {"name": "Nobody names it", "source_type": "ngo"})
    return api


def test_nothing_is_found_where_nothing_was_done(lived: Api) -> None:
    with tampering(lived) as connection:
        assert found(lived, connection) == []
        assert found(lived, connection, verifying.head(connection)) == []
        assert verifying.head(connection).seq > 10


def test_of_what_holds_nothing_is_looked_at_closely(lived: Api) -> None:
    """Or it would take ten times as long."""
    with tampering(lived) as connection:
        for kind in VERSIONS:
            records = Records(connection, lived.database.dialect, kind)
            chunk = records.shape.chunk(connection, LEAST, GREATEST)
            assert len(chunk.kept) > 1
            assert [key for key in chunk.kept if not records.screen.holds(chunk, key)] == []


@pytest.mark.parametrize(
    ("done", "says"),
    [
        ("UPDATE changes SET reason = 'another' WHERE seq = 4", "change 4 is not what was sealed"),
        ("UPDATE changes SET at = '2016-12-06T09:30:00.000Z' WHERE seq = 5", "change 5 is not what was sealed"),
        ("UPDATE changes SET after = '{' WHERE seq = 5", "change 5 is not what was sealed"),
        ("UPDATE changes SET before = NULL WHERE before IS NOT NULL", "is not what was sealed"),
        ("DELETE FROM changes WHERE seq = 3", "change 3 is missing"),
        ("DELETE FROM changes WHERE seq = (SELECT max(seq) FROM changes)", "is missing, or the head is wrong"),
        ("UPDATE history_head SET seq = seq - 1", "is missing, or the head is wrong"),
        ("DELETE FROM history_head", "is missing, or the head is wrong"),
        ("UPDATE incidents SET killed_high = 10 WHERE killed_best = 5", "is something else now: killed_high"),
        ("UPDATE incidents_versions SET killed_low = 2 WHERE killed_best = 5 AND seq_to IS NOT NULL", "was something else"),
        ("UPDATE incidents SET title = 'Second' WHERE title = 'Corrected'", "is something else now: title"),
        ("UPDATE incidents SET part_of_ref = NULL", "is something else now: part_of_ref"),
        ("UPDATE incidents SET deleted_at = NULL WHERE deleted_at IS NOT NULL", "is something else now: deleted_at"),
        ("DELETE FROM incidents_versions WHERE seq_to IS NOT NULL", "has lost the version of change"),
        ("DELETE FROM incidents_versions WHERE seq_to IS NULL", "has a version that ends where none follows"),
        ("UPDATE reports SET url = 'https://example.org'", "is something else now: url"),
        ("UPDATE sources SET reliability = 'a'", "is something else now: reliability"),
        ("UPDATE claims SET wording = '16' WHERE wording = '61'", "a link or a claim that is not what the history says"),
        ("UPDATE claims SET best = 3 WHERE best = 2", "a link or a claim that is not what the history says"),
        ("DELETE FROM claims WHERE wording = '61'", "has claims out of their order"),
        ("DELETE FROM claims", "a link or a claim that is not what the history says"),
        ("DELETE FROM links WHERE seq_to IS NOT NULL", "has a claim without its link"),
        ("UPDATE links SET note = 'x'", "a link or a claim that is not what the history says"),
        ("UPDATE links SET seq_to = NULL WHERE role = 'mentions'", "a link or a claim that is not what the history says"),
    ],
)  # fmt: skip
def test_what_was_done_in_quiet_is_found(lived: Api, done: str, says: str) -> None:
    check_found(lived, done, says)


def test_a_record_that_is_gone_with_all_its_versions_is_missed(lived: Api) -> None:
    with tampering(lived) as connection:
        for table in ("sources_versions", "sources"):
            connection.execute(text(f"DELETE FROM {table} WHERE name = 'Nobody names it'"))
        assert [each.split(" ", 1)[1] for each in found(lived, connection)] == [
            "is a source of the history and is not there"
        ]


def test_a_record_and_its_versions_changed_alike_are_found(lived: Api) -> None:
    with tampering(lived) as connection:
        for table in ("incidents", "incidents_versions"):
            connection.execute(text(f"UPDATE {table} SET killed_best = 6 WHERE killed_best = 5"))
        assert len(found(lived, connection)) == 1


def test_what_is_not_even_of_its_type_is_told_by_its_record(lived: Api) -> None:
    """PostgreSQL holds its columns to their types by itself."""
    with tampering(lived) as connection:
        if connection.dialect.name == "postgresql":
            with pytest.raises(DataError, match="invalid input syntax for type json"):
                connection.execute(text("UPDATE incidents SET tags = '[' WHERE id = 1"))
            return
        says = []
        for table, name, what in (
            ("incidents", "tags", "is something else now: tags"),
            ("reports", "created_at", "is something else now: created_at"),
            ("sources_versions", "updated_at", "was something else at 4: updated_at"),
        ):
            connection.execute(text(f"UPDATE {table} SET {name} = '[' WHERE id = 1"))
            uid = connection.execute(text(f"SELECT uid FROM {table} WHERE id = 1")).scalar_one()
            says.append(f"{uid} {what}")
        assert found(lived, connection) == says


@pytest.mark.parametrize(
    "place", ["incidents_versions.title", "reports.title", "claims.wording", "links.role"]
)
def test_what_is_no_text_any_more_is_told_by_its_record(lived: Api, place: str) -> None:
    """A flipped bit may leave bytes that are no UTF-8. PostgreSQL takes none such."""
    table, _, name = place.partition(".")
    record = "incident_ref" if table in ("claims", "links") else "id"
    with tampering(lived) as connection:
        if connection.dialect.name == "postgresql":
            return
        row = connection.execute(text(f"SELECT rowid, {record} FROM {table} ORDER BY {record} DESC")).first()
        assert row is not None
        connection.execute(text(f"UPDATE {table} SET {name} = CAST(x'41ff' AS TEXT) WHERE rowid = {row[0]}"))
        records = "reports" if table == "reports" else "incidents"
        uid = connection.execute(text(f"SELECT uid FROM {records} WHERE id = {row[1]}")).scalar_one()
        told = found(lived, connection)
        assert len(told) == 1
        assert told[0].startswith(uid)


def test_an_entry_that_is_no_text_any_more_is_told(lived: Api) -> None:
    with tampering(lived) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text("UPDATE changes SET reason = CAST(x'41ff' AS TEXT) WHERE seq = 4"))
            assert found(lived, connection) == ["change 4 cannot be read any more"]
            connection.execute(text("UPDATE changes SET after = CAST(x'41ff' AS TEXT) WHERE seq = 4"))
            assert found(lived, connection)[0] == "change 4 cannot be read any more"


@pytest.mark.parametrize("key", [-1, 0, 7_000_000])
def test_a_record_that_was_put_in_is_found(lived: Api, key: int) -> None:
    """Wherever its key stands."""
    names = ", ".join(str(c.name) for c in tables.sources.c if c.name not in ("id", "uid"))
    with tampering(lived) as connection:
        copied = (
            f"INSERT INTO sources (id, uid, {names}) SELECT {key}, 'src_x', {names} FROM sources WHERE id = 1"
        )
        connection.execute(text(copied))
        assert found(lived, connection) == ["src_x is there, and the history knows nothing of it"]


def test_a_claim_of_no_record_is_found(lived: Api) -> None:
    """Between the keys of others, too."""
    names = ", ".join(str(c.name) for c in tables.claims.c if c.name not in ("id", "incident_ref"))
    for key in (0, 7_000_000):
        with tampering(lived) as connection:
            connection.execute(
                text(
                    f"INSERT INTO claims (id, incident_ref, {names}) SELECT 900, {key}, {names} FROM claims WHERE id = 1"
                )
            )
            assert found(lived, connection) == ["claims tells of a record that is not there"]


def test_a_history_sealed_anew_is_found_by_a_head_that_was_kept(lived: Api) -> None:
    with tampering(lived) as connection:
        kept = verifying.head(connection)
        middle = connection.execute(select(tables.changes).where(tables.changes.c.seq == kept.seq - 3)).one()
        connection.execute(text("UPDATE changes SET reason = 'another' WHERE seq = 4"))
        resealed(connection)
        assert found(lived, connection) == [], "by itself it holds"
        for head in (kept, Head(middle.seq, bytes(middle.hash))):
            assert found(lived, connection, head) == [
                f"change {head.seq} or one before it is not what it was when the head was kept"
            ]
        later = Head(kept.seq + 1, kept.hash)
        assert "the head that was kept is later" in found(lived, connection, later)[0]


def columns_that_tell(table: Table) -> list[str]:
    """All but keys inside the database, and what follows from others."""
    hidden = {"id", "incident_ref", "report_ref", *NOT_KEPT}
    return [str(c.name) for c in table.columns if c.name not in hidden]


ORDERED = {"low", "best", "high"}
TOLD = [
    (table, name)
    for table in (tables.changes, tables.incidents, tables.incident_versions, tables.reports, tables.report_versions,
                  tables.sources, tables.source_versions, tables.links, tables.claims)
    for name in columns_that_tell(table)
]  # fmt: skip


def test_every_byte_that_flips_is_found(lived: Api) -> None:
    """In every column of every table that the history answers for, in one row of each by chance."""
    chance = random.Random(20161206)
    flipped = 0
    for table, name in TOLD:
        with tampering(lived) as connection:
            rows = connection.execute(select(table).where(table.c[name].is_not(None))).mappings().all()
            if not rows:
                continue
            row = dict(chance.choice(rows))
            if not _flip(connection, table, name, row, chance):
                continue
            flipped += 1
            assert found(lived, connection), (table.name, name)
    assert flipped > 100


def _flip(
    connection: Connection, table: Table, name: str, row: dict[str, Any], chance: random.Random
) -> bool:
    """One bit of one value, where the database lets it be: the constraints find many by themselves."""
    value = row[name]
    if isinstance(table.c[name].type, LargeBinary):
        at = chance.randrange(len(value))
        value = bytes(value[:at]) + bytes([value[at] ^ 1 << chance.randrange(8)]) + bytes(value[at + 1 :])
    elif isinstance(value, bool):
        value = not value
    elif isinstance(value, int | float):
        value += 1
    elif isinstance(value, str):
        at = chance.randrange(len(value)) if value else 0
        value = value[:at] + chr((ord(value[at]) if value else 0) ^ 1) + value[at + 1 :]
    elif isinstance(value, datetime):
        value += timedelta(milliseconds=1)
    elif isinstance(value, date):
        value += timedelta(days=1)
    else:
        value = [*value, "x"] if isinstance(value, list) else {**value, "x": "y"}
    keys = [column.name for column in table.primary_key]
    where = [table.c[key] == row[key] for key in keys]
    try:
        with connection.begin_nested():
            connection.execute(update(table).where(*where).values({name: value}))
    except Exception:  # noqa: BLE001 - a constraint
        return False
    return True
