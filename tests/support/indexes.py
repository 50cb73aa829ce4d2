"""Whether the search and map indexes, the rollup and the table of what is linked loosely hold what the live rows say, no more and no less."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection, select

from app.domain.spelling import sound_of
from app.storage import loosely_linked, rollup
from app.storage.columns import VERSIONS
from app.storage.database import Database
from app.storage.former_texts import COLUMNS, rows_of
from app.storage.former_texts import SEARCHED as SEARCHED_COLUMNS
from app.storage.tables import FOLDED, ROLLUP_KEY, former_texts, incident_rollup
from app.storage.unlinked import LINKED_WITH

SUMS = [c.name for c in incident_rollup.columns if c.name not in ("held_in_common", *ROLLUP_KEY)]
SEARCHED = ("incidents", "reports", "sources", "former_texts")


def check_indexes(database: Database) -> None:
    with database.writing.begin() as connection:
        _check_spellings(connection)
        _check_former_texts(connection)
        _check_rollup(database, connection)
        check_loosely_linked(database, connection)
        if database.is_embedded:
            _check_sqlite(connection)
        else:
            _check_postgresql(connection)


def _check_spellings(connection: Connection) -> None:
    """Every word that can sound like another is there, with its sound."""
    known = dict(_all(connection, "SELECT word, sound FROM spellings"))
    held = {
        word
        for table in SEARCHED
        for (text,) in _all(connection, f"SELECT search_text FROM {table}")
        for word in str(text).split()
    }
    assert {word: sound_of(word) for word in held if sound_of(word)}.items() <= known.items()
    assert all(sound == sound_of(str(word)) for word, sound in known.items())


def _check_former_texts(connection: Connection) -> None:
    """What the versions say that the record says no more, each as long as it said so; but for the order of names by language,
    which versions do not keep."""
    c = former_texts.c
    rows = connection.execute(select(*[c[name] for name in COLUMNS]).order_by(c.kind, c.record_ref, c.seq_to))
    kept = [(*row[:4], sorted(row.search_text.split()), *row[5:]) for row in rows]
    told = []
    for kind in sorted(SEARCHED_COLUMNS):
        v = VERSIONS[kind].c
        columns = [v[name] for name in SEARCHED_COLUMNS[kind]]
        versions = connection.execute(select(v.id, v.seq_from, *columns).order_by(v.id, v.seq_from))
        told += [(*row[:4], sorted(row[4].split()), *row[5:]) for row in rows_of(kind, versions)]
    names = 5 + FOLDED.index("place_names")
    for each in (kept, told):
        each[:] = [(*row[:names], sorted((row[names] or "").split()), *row[names + 1 :]) for row in each]
    assert kept == told


def _check_rollup(database: Database, connection: Connection) -> None:
    """As it would be made anew. A row that nothing is counted in any more may stay."""
    held = "SELECT * FROM incident_rollup WHERE incidents <> 0 ORDER BY held_in_common"
    kept = _all(connection, held)
    nothing = " AND ".join(f"{name} = 0" for name in SUMS)
    left = "SELECT count(*) FROM incident_rollup WHERE incidents = 0"
    assert _all(connection, left) == _all(connection, f"{left} AND {nothing}")
    rollup.rebuild(connection, database.dialect)
    assert kept == _all(connection, held)


def check_loosely_linked(database: Database, connection: Connection) -> None:
    """As it would be made anew, and as links and records say it in plain words."""
    held = "SELECT kind, record_ref, linked_to FROM loosely_linked ORDER BY kind, record_ref, linked_to"
    kept = _all(connection, held)
    assert kept == sorted(_loosely_linked(connection))
    loosely_linked.rebuild(connection, database.dialect)
    assert kept == _all(connection, held)


def _loosely_linked(connection: Connection) -> Iterator[tuple[str, int, str]]:
    columns = "id, deleted_at, workflow, effective_sharing, partner_ref"
    records = {
        kind: {row[0]: row[1:] for row in _all(connection, f"SELECT {columns} FROM {kind}s")}
        for kind in LINKED_WITH
    }
    pairs = _all(connection, "SELECT incident_ref, report_ref FROM links WHERE seq_to IS NULL")
    for place, (kind, far) in enumerate(LINKED_WITH.items()):
        ends: dict[object, list[Sequence[object]]] = {}
        for pair in pairs:
            ends.setdefault(pair[place], []).append(records[far][pair[1 - place]])
        for key, record in records[kind].items():
            standing = [end for end in ends.get(key, []) if end[0] is None]
            if record[0] is None and not any(_is_wherever(record, end) for end in standing):
                assert isinstance(key, int)
                yield kind.value, key, "hidden" if standing else "nothing"


def _is_wherever(record: Sequence[object], end: Sequence[object]) -> bool:
    """Whether nobody reads the record without being able to read the other."""
    nobody, own, partners, everybody = range(4)

    def readers(_: object, workflow: object, sharing: object, __: object) -> int:
        if workflow == "published" and sharing in ("public", "partners"):
            return everybody if sharing == "public" else partners
        return nobody if sharing == "restricted" else own

    its, others = readers(*record), readers(*end)
    if its == own == others:
        return record[3] == end[3]
    return its <= others


def _check_sqlite(connection: Connection) -> None:
    assert _all(connection, "PRAGMA integrity_check") == [("ok",)]
    assert _all(connection, "PRAGMA foreign_key_check") == []
    for table in SEARCHED:
        # Raises where the index and the rows that it is of differ.
        connection.exec_driver_sql(
            f"INSERT INTO {table}_search({table}_search, rank) VALUES ('integrity-check', 1)"
        )
    assert _all(connection, "SELECT rtreecheck('incidents_box')") == [("ok",)]
    placed = _all(connection, "SELECT id FROM incidents WHERE lon IS NOT NULL ORDER BY id")
    boxed = _all(
        connection,
        "SELECT id FROM incidents JOIN incidents_box USING (id)"
        " WHERE lon BETWEEN minlon AND maxlon AND lat BETWEEN minlat AND maxlat ORDER BY id",
    )
    assert boxed == placed
    assert _all(connection, "SELECT count(*) FROM incidents_box") == [(len(placed),)]


def _check_postgresql(connection: Connection) -> None:
    """Generated columns cannot differ from their rows; an index is asked for each row that it should lead to."""
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    for table in SEARCHED:
        lost = _all(
            connection,
            f"SELECT id FROM {table} WHERE search_words IS DISTINCT FROM"
            " array_to_tsvector(string_to_array(search_text, ' '))",
        )
        assert lost == []
    lost = _all(
        connection,
        "SELECT id FROM incidents WHERE (lon IS NULL) <> (geometry IS NULL)"
        " OR ST_X(geometry) <> lon OR ST_Y(geometry) <> lat",
    )
    assert lost == []


def _all(connection: Connection, sql: str) -> list[tuple[object, ...]]:
    return [tuple(row) for row in connection.exec_driver_sql(sql)]
