"""Pages of a question that has several disjoint parts, walked one after another.

A box also matches what has no position, a time what has no date. Asked in one breath (this or that), no index helps and
every record is looked at; asked part by part each is a plain question of ``/v1``. What is known comes first.
"""

from __future__ import annotations

import re
from contextlib import nullcontext
from dataclasses import dataclass, replace
from itertools import product

from app.access.viewer import Viewer
from app.http.values import fault
from app.query import cursor as cursors
from app.query.cursor import Cursor
from app.query.filter import Filter, all_of
from app.query.spec import Query
from app.storage import read
from app.storage.database import Reader

Choices = list[tuple[Filter, ...]]
"""All have to hold, each by one of its alternatives, of which no two hold of one record."""
_TOKEN = re.compile(r"([0-9])\.([A-Za-z0-9_-]*)")


@dataclass(frozen=True, slots=True)
class Asked:
    """`parts` in the order of the walk, which begins in the one numbered `start`; that one may have a cursor."""

    parts: tuple[Query, ...]
    start: int

    @property
    def is_first(self) -> bool:
        """Whether nothing came before."""
        return self.start == 0 and self.parts[0].cursor is None


@dataclass(frozen=True, slots=True)
class Walked:
    """A page: its documents, where the next one starts, the revision it was read at, and how many match if they were counted."""

    documents: list[str]
    next: str | None
    revision: int
    matched: int | None


def asked_for(query: Query, choices: Choices, token: str | None, secret: str) -> Asked:
    """The question by its parts, from where the token says. InvalidParameter for a token that is none of them."""
    parts = [replace(query, where=all_of(query.where, *chosen)) for chosen in product(*choices)]
    if token is None:
        return Asked(tuple(parts), 0)
    found = _TOKEN.fullmatch(token)
    if found is None or int(found[1]) >= len(parts):
        raise fault("cursor", "is not a cursor of this list; start again without it", "invalid_cursor")
    number = int(found[1])
    if found[2]:
        start = cursors.decode(found[2], order=_order(query, number), secret=secret)
        parts[number] = replace(parts[number], cursor=start)
    return Asked(tuple(parts), number)


def _order(query: Query, number: int) -> str:
    return f"ogc:{query.order}:{number}"


def _token(query: Query, number: int, after: Cursor, secret: str) -> str:
    return f"{number}.{cursors.encode(after, order=_order(query, number), secret=secret)}"


def walk(reader: Reader, viewer: Viewer, asked: Asked, *, secret: str, most: int) -> Walked:
    """A page of `limit` records; `matched` is counted up to `most`, and None beyond it."""
    # One state of the data, or a record that changes meanwhile could be in two parts, or in none.
    with reader.snapshot() if len(asked.parts) > 1 else nullcontext():
        documents, following, revision = _page(reader, viewer, asked, secret)
        if asked.is_first and following is None:
            return Walked(documents, None, revision, len(documents))
        return Walked(documents, following, revision, _matched(reader, viewer, asked, most))


def _page(reader: Reader, viewer: Viewer, asked: Asked, secret: str) -> tuple[list[str], str | None, int]:
    documents: list[str] = []
    revision: int | None = None
    for number in range(asked.start, len(asked.parts)):
        query = asked.parts[number]
        left = query.limit - len(documents)
        page = read.page(reader, viewer, replace(query, limit=left or 1))
        revision = page.revision if revision is None else revision
        if not left:
            if page.documents:  # the page was full just where its part ended
                return documents, f"{number}.", revision
            continue
        documents += page.documents
        if page.next is not None:
            return documents, _token(query, number, page.next, secret), revision
    assert revision is not None
    return documents, None, revision


def _matched(reader: Reader, viewer: Viewer, asked: Asked, most: int) -> int | None:
    """How many records match; None beyond `most`: 17-069r4 lets a server leave out what it does not know."""
    found = 0
    for query in asked.parts:
        found += read.count(reader, viewer, query, most - found)
        if found > most:
            return None
    return found
