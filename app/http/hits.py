"""Where the words of `q` stand, beside each record of a page."""

from __future__ import annotations

from dataclasses import replace

import orjson

from app.domain.hits import hits_in, texts_of
from app.query.fields import SEARCH_TEXTS
from app.query.filter import words_asked
from app.query.spec import Query
from app.storage.read import Page


def for_hits(query: Query) -> Query:
    """The question with the fields that hits are looked for in."""
    if not query.hits or query.fields is None:
        return query
    return replace(query, fields=(*query.fields, *SEARCH_TEXTS[query.kind]))


def with_hits(page: Page, query: Query, asked: Query) -> Page:
    """The page with `hits` in each record, the fields as they were asked for."""
    words = words_asked(query.where)
    if not asked.hits or words is None:
        return page
    extra = set() if asked.fields is None else set(SEARCH_TEXTS[asked.kind]) - {*asked.fields}
    documents = []
    for text in page.documents:
        document = orjson.loads(text)
        hits = hits_in(texts_of(document, SEARCH_TEXTS[asked.kind]), words.wanted)
        kept = {name: value for name, value in document.items() if name not in extra}
        documents.append(orjson.dumps(kept | {"hits": [hit._asdict() for hit in hits]}).decode())
    return replace(page, documents=documents)
