"""A total with all that it is made of: the rule, how many incidents stand how, and a page of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from app.access.viewer import Viewer
from app.domain.contributions import Also, Category, Contribution, rules
from app.domain.figures import Figure
from app.errors import InvalidParameter, Problem
from app.query.cursor import Cursor
from app.query.filter import Filter, OneOf, all_of
from app.storage.database import Reader
from app.storage.explaining.details import ENDS, Details, details_of
from app.storage.explaining.numbers import left_out_by_status, stands_in
from app.storage.explaining.relations import Relations
from app.storage.explaining.walking import LEFT_OUT, Place, Walk, place_of
from app.storage.moments import past
from app.storage.totals import COUNTING, NOT_COUNTED, counted, item, summed
from app.storage.verifying import head_told

MOST_PARTS = 20
"""Parts that are named beside a whole; how many there are is told."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which total, of which metric, and which page of what it is made of; of which change of the history, None: now."""

    where: Filter
    metric: str
    limit: int
    cursor: Cursor | None = None
    as_of: int | None = None


@dataclass(frozen=True, slots=True)
class Explanation:
    """`told` is the answer but for the address of the next page, as of change number `seq`; `head` that of the history
    then; `revision` that of all data when it was told."""

    told: dict[str, Any]
    next: Cursor | None
    revision: int
    seq: int
    head: str


def explain(reader: Reader, viewer: Viewer, question: Question) -> Explanation:
    """The total of the visible incidents that match, exactly as `totals` has it, and what each of them counts for."""
    where, metric = question.where, question.metric
    what_counts = counted(where)
    # A question that names verification statuses counts whatever it names.
    left_out = None if what_counts is where else all_of(where, OneOf("verification_status", NOT_COUNTED))
    with reader.snapshot():
        revision, as_of = reader.revision(), past(reader, question.as_of)
        incidents, sums, found = summed(reader, viewer, what_counts, as_of)
        relations = Relations(found, metric)
        walk = Walk(reader, viewer, metric, what_counts, left_out, relations, as_of)
        after = None if question.cursor is None else place_of(reader, question.cursor)
        if question.cursor is not None and after is None:
            raise InvalidParameter([Problem("cursor", "invalid_cursor", "names a record that is not here")])
        places = walk.places(after, question.limit + 1)
        page = places[: question.limit]
        told = {
            "metric": metric,
            "total": item(incidents, sums),
            "counting": {**COUNTING, "in_words": list(rules(leaves_out=left_out is not None))},
            **_categories(walk, incidents, sums[metric].unknown, sums[metric].open),
        }
        details = details_of(reader, viewer, _named(page, relations), metric, as_of)
        head = head_told(reader, as_of)
    items = [_item(place, details, relations, metric) for place in page]
    following = page[-1].cursor(items[-1]["id"]) if len(places) > len(page) else None
    assert head is not None
    return Explanation(told | {"items": items}, following, revision, head.head.seq, str(head.head))


def _categories(walk: Walk, incidents: int, unknown: int, open_: int) -> dict[str, dict[str, int]]:
    """How many of the whole list stand how: each in one category, and what else is so of those that are counted."""
    reader, viewer, as_of = walk.reader, walk.viewer, walk.as_of
    left_out = {} if walk.left_out is None else left_out_by_status(reader, viewer, walk.left_out, as_of)
    lessened = len(walk.relations.lessened)
    return {
        "categories": {
            Category.counted.value: incidents - unknown - lessened,
            Category.less_its_parts.value: lessened,
            Category.no_figure.value: unknown,
            **{status: left_out.get(status, 0) for status in NOT_COUNTED},
        },
        "also": {
            Also.open_ended.value: open_,
            Also.low_stands_in.value: stands_in(reader, viewer, walk.counted, walk.metric, as_of),
            Also.contained.value: walk.relations.contained,
        },
    }


def _named(page: list[Place], relations: Relations) -> list[int]:
    """The keys of all incidents that the page tells of."""
    keys = [place.key for place in page]
    for place in page:
        if place.section < LEFT_OUT:
            keys += _largest_parts(place.key, relations)
            container = relations.container(place.key)
            keys += [] if container is None else [container]
    return keys


def _largest_parts(key: int, relations: Relations) -> list[int]:
    def order(part: int) -> tuple[int, int]:
        return -(relations.accounts_for(part).best or 0), part

    return sorted(relations.parts.get(key, ()), key=order)[:MOST_PARTS]


def _item(place: Place, details: Details, relations: Relations, metric: str) -> dict[str, Any]:
    record = details[place.key]
    own = Figure(*(record[f"{metric}_{end}"] for end in ENDS))
    if place.section < LEFT_OUT:
        contribution = relations.contribution(place.key, own)
        container = relations.container(place.key)
        parts = [
            _part(details[part], relations.accounts_for(part))
            for part in _largest_parts(place.key, relations)
        ]
    else:
        contribution = Contribution(own, left_out=Category(record["verification_status"]))
        container, parts = None, []
    counts = contribution.counts
    return {
        **record,
        "counts_low": counts.low,
        "counts_best": counts.best,
        "counts_high": counts.high,
        "category": contribution.category,
        "also": list(contribution.also),
        "why": contribution.why(metric),
        "parts": parts,
        "parts_count": contribution.parts,
        "contained_in": None if container is None else details[container]["id"],
    }


def _part(record: dict[str, Any], accounts: Figure) -> dict[str, Any]:
    return {
        "id": record["id"],
        "title": record["title"],
        "accounts_for_low": accounts.low,
        "accounts_for_best": accounts.best,
        "accounts_for_high": accounts.high,
    }
