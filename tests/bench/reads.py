"""The reading questions: each service is asked in turn, round after round; what counts is the ratio within a round."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select

from app.storage.database import Database
from app.storage.tables import incidents
from tests.bench.load import Load
from tests.bench.sameness import Asker, require_same
from tests.bench.services import Service

RECORDS = 400
"""Different incidents asked for, at random."""
COMPARED = 60
PAGE = 100
DEPTH = 1_000


@dataclass(slots=True)
class Row:
    """Ours against another, in requests a second, one entry of each a round."""

    question: str
    database: str
    against: str
    goal: float | None = None
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)

    @property
    def ratios(self) -> list[float]:
        return [a / b for a, b in zip(self.ours, self.theirs, strict=True)]


@dataclass(frozen=True, slots=True)
class Side:
    """What is asked of whom."""

    port: int
    targets: list[str]
    status: int = 200
    headers: dict[str, str] | None = None


@dataclass(slots=True)
class Questions:
    """What can be asked of a filled database."""

    uids: list[str]
    countries: list[str]
    dated: int

    @classmethod
    def of(cls, database: Database, seed: int) -> Questions:
        public = (
            incidents.c.workflow == "published",
            incidents.c.effective_sharing == "public",
            incidents.c.deleted_at.is_(None),
        )
        dated = incidents.c.date_start.is_not(None)
        with database.writing.connect() as connection:
            uids = list(
                connection.execute(select(incidents.c.uid).where(*public).order_by(incidents.c.id)).scalars()
            )
            counted = connection.execute(
                select(incidents.c.country, func.count()).where(*public, dated).group_by(incidents.c.country)
            ).all()
        draw = random.Random(seed)
        draw.shuffle(uids)
        full = sorted(country for country, count in counted if count > PAGE)
        if not full:
            raise SystemExit("too few incidents: no country has a full page of them; ask for more")
        return cls(uids[:RECORDS], full, sum(count for _, count in counted))


def measure(
    kind: str,
    database: Database,
    *,
    seed: int,
    seconds: float,
    rounds: int,
    load: Load,
    say: Callable[[str], None],
) -> list[Row]:
    """All questions on one database."""
    asked = Questions.of(database, seed)
    url = database.settings.url
    with ExitStack() as stack:
        ours = stack.enter_context(Service("ours", url=url))
        textbook = stack.enter_context(Service("textbook", url=url))
        one = [f"/v1/incidents/{uid}?include=reports" for uid in asked.uids]
        page = [f"/v1/incidents?country={country}&limit={PAGE}" for country in asked.countries]
        _compare(ours, textbook, one[:COMPARED], page)
        say(f"{kind}: the textbook service gives the same values; measuring")
        asker = Asker(ours.port)
        body, headers = asker.text(page[0])
        plain = stack.enter_context(Service("plain", one=_middling(asker, one), page=body))
        small = max(1, min(10, asked.dated // (DEPTH + 1)))
        first, deep = f"/v1/incidents?limit={small}", _walk(asker, small)
        asker.close()
        told = {"if-none-match": headers["etag"]}
        reports = "one incident with its reports"
        filtered = f"{PAGE} of a filter, newest first"
        listed = f"page {DEPTH:,} ({small} a page)"
        pairs = [
            (Row(reports, kind, "textbook", 8), Side(ours.port, one), Side(textbook.port, one)),
            (Row(reports, kind, "plain FastAPI, same bytes"), Side(ours.port, one), Side(plain.port, one)),
            (Row(filtered, kind, "textbook", 6 if kind == "SQLite" else 2.5), Side(ours.port, page), Side(textbook.port, page)),
            (Row(filtered, kind, "plain FastAPI, same bytes"), Side(ours.port, page), Side(plain.port, page)),
            (Row(listed, kind, "page 1", 1 / 1.2), Side(ours.port, [deep]), Side(ours.port, [first])),
            (Row(listed, kind, "textbook (OFFSET)"), Side(ours.port, [deep]), Side(textbook.port, [f"{first}&offset={small * (DEPTH - 1)}"])),
            (Row(f"{filtered}, unchanged: 304", kind, "textbook, 200"), Side(ours.port, page, 304, told), Side(textbook.port, page)),
        ]  # fmt: skip
        for number in range(rounds):
            _round(pairs, load, seconds, backwards=number % 2 == 1)
            say(f"{kind}: round {number + 1} of {rounds}")
    return [row for row, _, _ in pairs]


def _round(pairs: list[tuple[Row, Side, Side]], load: Load, seconds: float, *, backwards: bool) -> None:
    """Every side once, neighbours in time where they are compared; every other round the other way about."""
    known: dict[Any, float] = {}

    def rate(side: Side) -> float:
        name = (side.port, side.targets[0], side.status)
        if name not in known:
            known[name] = load.rate(
                side.port, side.targets, seconds, status=side.status, headers=side.headers
            )
        return known[name]

    for row, ours, theirs in reversed(pairs) if backwards else pairs:
        for side, rates in ((theirs, row.theirs), (ours, row.ours))[:: -1 if backwards else 1]:
            rates.append(rate(side))


def _compare(ours: Service, textbook: Service, one: list[str], pages: list[str]) -> None:
    with_both = [Asker(ours.port), Asker(textbook.port)]
    for target in one:
        require_same(*(asker.json(target) for asker in with_both), target)
    for target in pages:
        here, there = (asker.json(target) for asker in with_both)
        require_same(here["items"], there["items"], target)
        require_same(here["next"] is None, there["next"] is None, f"{target} next")
    for asker in with_both:
        asker.close()


def _middling(asker: Asker, targets: list[str]) -> str:
    """The answer of middle length: the plain service gives one for all."""
    answers = sorted((asker.text(target)[0] for target in targets[:COMPARED]), key=len)
    return answers[len(answers) // 2]


def _walk(asker: Asker, limit: int) -> str:
    """Where page 1,000 is: reached as a client would, page by page."""
    target = f"/v1/incidents?limit={limit}"
    for _ in range(DEPTH - 1):
        following = asker.json(target)["next"]
        if following is None:
            raise SystemExit("the list ended before its thousandth page; ask for more incidents")
        parts = urlsplit(following)
        target = f"{parts.path}?{parts.query}"
    return target


def ceiling(load: Load, seconds: float) -> float:
    """Requests a second that the load itself can make, of a server that does nothing."""
    with Service("trivial") as trivial:
        return load.rate(trivial.port, ["/"], seconds)
