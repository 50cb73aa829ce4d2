"""What must hold of the history and of the kept versions, after whatever was done."""

from __future__ import annotations

import itertools
from collections import defaultdict
from functools import cache
from typing import Any

from sqlalchemy import Connection, Select, select

from app.storage import tables, verifying
from app.storage.columns import VERSIONS
from app.storage.database import Database
from app.storage.history import BEFORE_THE_FIRST, COLUMNS, sealed
from app.storage.verifying.vouching import Vouched, vouched

Rows = list[dict[str, Any]]


@cache
def _asked(table: str, *order: str) -> Select[Any]:
    """Made once: to spell out all columns of ten tables after each test costs more than to ask a few rows."""
    found = tables.metadata.tables[table]
    return select(found).order_by(*[found.c[name] for name in order])


def rows_of(connection: Connection, table: str, *order: str) -> Rows:
    found = connection.execute(_asked(table, *order))
    names = list(found.keys())  # once: a mapping for each row looks every name up again
    return [dict(zip(names, row, strict=True)) for row in found]


def check_history(database: Database) -> Rows:
    """The changes, after all that must hold of them."""
    with database.writing.begin() as connection:
        assert [str(found) for found in verifying.breaks(database, connection)] == []
        changes = rows_of(connection, "changes", "seq")
        head = rows_of(connection, "history_head")[0]
        _check_chain(changes, head, vouched(connection))
        told = {(c["record"], c["version"]): c["seq"] for c in changes}
        for kind, kept in VERSIONS.items():
            versions = rows_of(connection, kept.name, "id", "seq_from")
            _check_versions(rows_of(connection, f"{kind}s"), versions, told)
        seqs = {change["seq"] for change in changes}
        _check_links(rows_of(connection, "links"), rows_of(connection, "claims"), seqs)
    return changes


def _check_chain(changes: Rows, head: dict[str, Any], redacted: dict[int, Vouched]) -> None:
    """One gap-free sequence, each entry sealed with the hash of the one before; of what was redacted, and had been sealed
    without a salt, a redaction says with which hash."""
    assert [c["seq"] for c in changes] == list(range(1, len(changes) + 1))
    previous = BEFORE_THE_FIRST
    for change in changes:
        entry = [change[name] for name in COLUMNS if name != "hash"]
        unsalted = change["seq"] in redacted and change["content"] is None
        previous = bytes.fromhex(redacted[change["seq"]].sealed) if unsalted else sealed(previous, entry)
        assert bytes(change["hash"]) == previous, change
    assert (head["seq"], bytes(head["hash"])) == (len(changes), previous)


def _check_versions(live: Rows, kept: Rows, told: dict[tuple[str, int], int]) -> None:
    """Each version in its range of history, the ranges without a gap, the last one as the record is now."""
    versions: dict[int, Rows] = defaultdict(list)
    for row in kept:
        versions[row["id"]].append(row)
    assert set(versions) == {row["id"] for row in live}
    for row in live:
        mine = versions[row["id"]]
        assert [v["version"] for v in mine] == sorted({v["version"] for v in mine})
        for version, following in zip(mine, [*mine[1:], None], strict=True):
            assert version["seq_from"] == told[version["uid"], version["version"]]
            assert version["seq_to"] == (following["seq_from"] if following else None)
        last = {k: v for k, v in mine[-1].items() if k not in ("seq_from", "seq_to")}
        assert last == {k: v for k, v in row.items() if k in last}


def _check_links(links: Rows, claims: Rows, seqs: set[int]) -> None:
    """A link's claims come and go with it; of one pair, one link stands at a time."""

    def span(row: dict[str, Any]) -> tuple[Any, ...]:
        return (row["incident_ref"], row["report_ref"], row["seq_from"], row["seq_to"])

    spans = {span(link) for link in links}
    assert len(spans) == len(links)
    assert {span(claim) for claim in claims} <= spans
    pairs: dict[tuple[Any, ...], list[tuple[int, int | None]]] = defaultdict(list)
    for incident, report, start, end in sorted(spans, key=lambda s: s[2]):
        assert start in seqs
        assert end is None or (end in seqs and end > start)
        pairs[incident, report].append((start, end))
    for ranges in pairs.values():
        for (_, end), (start, _) in itertools.pairwise(ranges):
            assert end is not None
            assert end <= start
