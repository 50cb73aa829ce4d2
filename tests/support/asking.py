"""Asking a generated database as a client would: page by page."""

from __future__ import annotations

import orjson

from app.query.spec import Query
from app.storage import read
from tests.support.generated import Filled


def answered(filled: Filled, who: str, query: Query) -> list[str]:
    """The codes on all pages."""
    codes: list[str] = []
    while True:
        page = filled.database.read(lambda reader, query=query: read.page(reader, filled.viewers[who], query))
        codes += [orjson.loads(text)["code"] for text in page.documents]
        if page.next is None:
            if query.count:
                assert page.count == len(codes)
            return codes
        query = Query(
            query.kind,
            query.where,
            query.sort,
            query.descending,
            page.next,
            query.limit,
            query.fields,
            count=query.count,
        )
