"""What records said in words until they said otherwise: so that `q` finds as of another moment what it would have found then.

The word indexes are of now. A text is kept here when it ends, so recording costs nothing more, and a record whose texts
never changed is found by what is indexed anyway. All of it follows from the versions and can be made of them anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, bindparam, delete, func, insert, select
from sqlalchemy.sql.dml import ReturningInsert

from app.domain.folding import fold_all
from app.query.fields import SEARCH_TEXTS, Kind
from app.storage.columns import VERSIONS
from app.storage.dialects.base import DatabaseDialect
from app.storage.tables import FOLDED, former_texts

SEARCHED = {**SEARCH_TEXTS, Kind.source: ("display_name",)}
"""The columns of which search text is made, in their order."""
COLUMNS = ("kind", "record_ref", "seq_from", "seq_to", "search_text", *FOLDED)
FIRST = 0
"""Where the range of a record's first text begins: which of its changes created it does not matter."""


class Ended(NamedTuple):
    """A version that a change ended: the columns of the record as they were, and those that are something else now."""

    seq: int
    was: Mapping[str, Any]
    now: Mapping[str, Any]


def texts_of(values: Iterable[Any]) -> list[str]:
    """The texts of searched columns: of names by language each."""
    found: list[str] = []
    for value in values:
        found += value.values() if isinstance(value, dict) else [value] if value is not None else []
    return found


def search_text(kind: Kind, row: Mapping[str, Any]) -> str:
    return fold_all(*texts_of(row[name] for name in SEARCHED[kind]))


def keep(connection: Connection, dialect: DatabaseDialect, kind: Kind, ended: Mapping[int, Ended]) -> None:
    """Of records by their keys: what they said in the version that just ended, where they say something else now."""
    names, rows = SEARCHED[kind], []
    for key in sorted(ended):
        seq, was, now = ended[key]
        if any(name in now and now[name] != was[name] for name in names):
            said = {name: was[name] for name in names}
            rows.append(row_of(kind, key, (FIRST, seq), said, was["search_text"]))
    if not rows:
        return
    given = [f"a_{name}" for name in COLUMNS]
    kept = connection.execute(_following(), [dict(zip(given, row, strict=True)) for row in rows])
    dialect.index_created(connection, former_texts, kept.scalars().all())


@cache
def _following() -> ReturningInsert[int]:
    """A row each, from where on the record's text before it ended. Made once: a write takes no longer to do than to have this
    spelled out."""
    given = {name: bindparam(f"a_{name}", type_=former_texts.c[name].type) for name in COLUMNS}
    before = former_texts.alias("before")
    ended = select(func.max(before.c.seq_to)).where(
        before.c.kind == given["kind"], before.c.record_ref == given["record_ref"]
    )
    begun = func.coalesce(ended.scalar_subquery(), given["seq_from"])
    return insert(former_texts).values({**given, "seq_from": begun}).returning(former_texts.c.id)


def retell(connection: Connection, dialect: DatabaseDialect, kind: Kind, key: int) -> None:
    """Makes a record's former texts anew of its versions: what was redacted in these stands nowhere here, either."""
    c, kept = former_texts.c, VERSIONS[kind]
    mine = (c.kind == kind.value, c.record_ref == key)
    gone = connection.execute(select(c.id).where(*mine).order_by(c.id)).scalars().all()
    dialect.before_amend(connection, former_texts, gone)
    connection.execute(delete(former_texts).where(*mine))
    names = SEARCHED[kind]
    versions = connection.execute(
        select(kept.c.id, kept.c.seq_from, *[kept.c[name] for name in names])
        .where(kept.c.id == key)
        .order_by(kept.c.seq_from)
    )
    _insert(connection, dialect, list(rows_of(kind, versions)))


def rows_of(kind: Kind, versions: Iterable[Sequence[Any]]) -> Iterator[tuple[Any, ...]]:
    """Rows in the order of `COLUMNS` of all versions of some records: (key, from which change on, what is searched), in the
    order of both."""
    names = SEARCHED[kind]
    record, since, said = None, FIRST, None
    for key, seq, *values in versions:
        now = [orjson.loads(v) if n == "place_names" and isinstance(v, str) else v for n, v in zip(names, values, strict=True)]  # fmt: skip
        if key != record:
            record, since, said = key, FIRST, now
        elif now != said:
            assert said is not None
            yield row_of(kind, key, (since, seq), dict(zip(names, said, strict=True)))
            since, said = seq, now


def row_of(
    kind: Kind, key: int, within: tuple[int, int], said: Mapping[str, Any], text: str | None = None
) -> tuple[Any, ...]:
    """A row of what was said; `text`: all of it folded, where that is at hand."""
    folded = {name: fold_all(*texts_of([value])) or None for name, value in said.items()}
    whole = search_text(kind, said) if text is None else text
    return (kind.value, key, *within, whole, *(folded.get(name) for name in FOLDED))


def _insert(connection: Connection, dialect: DatabaseDialect, rows: Sequence[tuple[Any, ...]]) -> None:
    if not rows:
        return
    keys = dialect.allocate(connection, former_texts, len(rows))
    keyed = [(key, *row) for key, row in zip(keys, rows, strict=True)]
    dialect.insert(connection, former_texts, ("id", *COLUMNS), keyed, len(keyed))
    dialect.index_created(connection, former_texts, keys)
