"""Documents of SQLite's come as one row, and are what they would have been each in a row of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Column, Double, Integer, LargeBinary, MetaData, Select, Table, Text, literal, select

from app.access.viewer import PUBLIC, Viewer
from app.domain.places import Box
from app.domain.vocabulary import Role
from app.http.params import sortable
from app.query.fields import BY_NAME, Kind, Type
from app.query.filter import EVERYTHING, Filter, InBox, Words, equals
from app.query.spec import Query
from app.settings import DatabaseSettings
from app.storage.compile import Binder, Statement, prepare
from app.storage.database import Database, Reader
from app.storage.dialects.sqlite import SqliteDialect
from app.storage.documents import Document
from app.storage.read import part_asked
from tests.support.migrated import migrated_sqlite

SAID = Table("said", MetaData(), Column("id", Integer), Column("words", Text), Column("word", Text))
WORDS = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\x00"), max_size=20)
"""All that is recorded: NUL and halves of characters are refused."""
NUMBERS = st.integers(-(2**63), 2**63 - 1)


@pytest.fixture(scope="module")
def reader() -> Iterator[Reader]:
    with closing(sqlite3.connect(":memory:")) as raw:
        raw.execute("CREATE TABLE said (id INTEGER, words TEXT, word TEXT)")
        yield Reader(raw, SqliteDialect())


def documents(*more: Any) -> Select[Any]:
    members = [("words", SAID.c.words, Type.text)]
    return select(Document(members), SAID.c.id, SAID.c.word, *more).order_by(SAID.c.id.desc())


@given(rows=st.lists(st.tuples(NUMBERS, WORDS, st.none() | WORDS), max_size=12, unique_by=lambda row: row[0]))
def test_nothing_is_lost_on_the_way(reader: Reader, rows: list[tuple[int, str, str | None]]) -> None:
    reader.rows("DELETE FROM said")
    for row in rows:
        reader.rows("INSERT INTO said VALUES (?, ?, ?)", row)
    plain = prepare(documents(), Binder(), reader.dialect)
    gathered = prepare(documents(), Binder(), reader.dialect, documents=True)
    assert gathered.gathered
    assert len(reader.rows(gathered.sql)) == 1
    assert reader.answer(gathered) == reader.answer(plain)


@pytest.mark.parametrize(
    "value", [literal(0.1, Double()), literal(b"\x00", LargeBinary())], ids=["fraction", "bytes"]
)
def test_what_json_would_not_bring_comes_row_by_row(reader: Reader, value: Any) -> None:
    statement = prepare(documents(value), Binder(), reader.dialect, documents=True)
    assert not statement.gathered


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    url = migrated_sqlite(tmp_path_factory.mktemp("gathered") / "gathered.db")
    with closing(Database(DatabaseSettings(url=url))) as database:
        yield database


def asked(database: Database, viewer: Viewer, query: Query) -> Statement:
    field = BY_NAME[query.kind][query.sort]
    return database.read(
        lambda reader: part_asked(reader, viewer, query, field, 51, nulls=False, at_once=True)[0]
    )


@pytest.mark.parametrize("kind", [Kind.incident, Kind.report, Kind.source])
def test_each_order_of_a_list_comes_as_one(database: Database, kind: Kind) -> None:
    for viewer in (PUBLIC, Viewer(Role.editor, "local", 1)):
        for name in sortable(kind, editor=viewer.is_editor):
            assert asked(database, viewer, Query(kind, EVERYTHING, name, True, limit=50)).gathered, name


@pytest.mark.parametrize(
    ("where", "order", "in_order"),
    [
        (EVERYTHING, "date_start", True),
        (EVERYTHING, "killed_best", True),
        (equals("country", "SYR"), "date_start", True),
        (equals("country", "SYR"), "killed_best", False),
        (InBox(Box(35, 32, 42, 37)), "date_start", False),
        (Words((("rare",),)), "date_start", False),
    ],
)
def test_what_no_index_has_in_order_is_told_once_the_page_is_found(
    database: Database, where: Filter, order: str, in_order: bool
) -> None:
    statement = asked(database, PUBLIC, Query(Kind.incident, where, order, True, limit=50))
    assert ("AS page" in statement.sql) is not in_order, statement.sql
