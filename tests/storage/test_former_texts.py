"""What records said before is kept as versions came and went: what never stood alone was never said."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from app.domain.inputs import IncidentForm
from app.domain.reading import read_form
from app.query.fields import Kind
from app.storage import tables
from app.storage.database import Database
from app.writing import incidents, partners
from app.writing.work import Work, working


def together(database: Database, work: Callable[[Work], Any]) -> Any:
    """In one transaction of the command line's."""
    return working(database, partners.ensure_local(database), work)


def created(work: Work, title: str) -> str:
    told = {"title": title, "date_start": "2016-12-06", "date_precision": "day"}
    return incidents.record(work, read_form(IncidentForm, told), told).uid


def amended(*titles: str | None, uid: str, names: dict[str, str] | None = None) -> Callable[[Work], Any]:
    def amend(work: Work) -> None:
        for title in titles:
            incidents.amend(work, uid, {"title": title} | ({"place_names": names} if names else {}), None)

    return amend


def said(database: Database, uid: str) -> list[tuple[str | None, str | None, str]]:
    """Titles, names and whole texts that ended, each from where the one before it did."""
    c = tables.former_texts.c
    record = select(tables.incidents.c.id).where(tables.incidents.c.uid == uid).scalar_subquery()
    found = select(c.seq_from, c.seq_to, c.title, c.place_names, c.search_text).where(
        c.kind == Kind.incident.value, c.record_ref == record
    )
    with database.reading.connect() as connection:
        rows = connection.execute(found.order_by(c.seq_to)).all()
    assert [row.seq_from for row in rows] == [0, *(row.seq_to for row in rows)][: len(rows)]
    return [tuple(row[2:]) for row in rows]


def test_what_one_transaction_said_on_its_way_was_never_said(held: Database) -> None:
    made = []

    def create(work: Work) -> None:
        made.append(created(work, "First"))
        amended("Second", uid=made[0])(work)

    together(held, create)
    (uid,) = made
    assert said(held, uid) == []
    together(held, amended("Third", "Second", uid=uid))
    assert said(held, uid) == []
    together(held, amended("Third", "Fourth", uid=uid))
    assert said(held, uid) == [("second", None, "second")]
    together(held, amended("Fifth", uid=uid, names={"ar": "السوق"}))
    together(held, amended("Fifth", uid=uid, names={"ar": "السوق"}))
    assert [title for title, *_ in said(held, uid)] == ["second", "fourth"]
    together(held, amended("Sixth", uid=uid))
    assert said(held, uid)[2] == ("fifth", "السوق", "fifth السوق")


@pytest.mark.parametrize("count", [2, 300])
def test_many_at_once_are_kept_as_one_by_one(held: Database, count: int) -> None:
    uids = together(held, lambda work: [created(work, f"Word{n}") for n in range(count)])

    def all_to(step: str) -> Callable[[Work], Any]:
        return lambda work: [amended(f"Then {step} {n}", uid=uid)(work) for n, uid in enumerate(uids)]

    together(held, all_to("a"))
    together(held, all_to("b"))
    for number, uid in enumerate(uids):
        assert [title for title, *_ in said(held, uid)] == [f"word{number}", f"then a {number}"]
