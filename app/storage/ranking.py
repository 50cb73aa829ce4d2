"""How well a record fits the words of a question: how early in its search text they stand.

The search text begins with the title, then come place, provinces and summary: a word of the title counts before one of
the summary, a whole word before one that merely begins so. A rule that both databases compute alike and that can be
told in a sentence, where their own ranks differ from each other and from version to version.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Integer, case, cast, literal_column

from app.query.filter import Words
from app.storage.columns import Scope
from app.storage.dialects.base import Bind, DatabaseDialect

_MERE_BEGINNING: ColumnElement[Any] = literal_column("1000")
_NOWHERE: ColumnElement[Any] = literal_column("1000000")


def rank(scope: Scope, words: Words, bind: Bind, dialect: DatabaseDialect) -> ColumnElement[int]:
    """The lower, the better. Binds `rank_values`, in their order."""
    sought = rank_values(words)
    *whole, beginnings = words.wanted

    def stands(last: bool = False) -> ColumnElement[Any]:
        place = dialect.found_at(scope.table, bind(next(sought)))
        return case((place > 0, place + _MERE_BEGINNING if last else place), else_=_NOWHERE)

    parts = [dialect.least(_NOWHERE, *[stands() for _ in group]) for group in whole]
    ends = [end for _ in beginnings for end in (stands(), stands(last=True))]
    parts.append(dialect.least(_NOWHERE, *ends))
    total: ColumnElement[Any] = parts[0]
    for part in parts[1:]:
        total = total + part
    return cast(total, Integer)


def rank_values(words: Words) -> Iterator[str]:
    *whole, beginnings = words.wanted
    for group in whole:
        yield from (f" {word} " for word in group)
    for word in beginnings:
        yield from (f" {word} ", f" {word}")
