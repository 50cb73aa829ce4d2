"""What is asked of a made-up database: ids, countries, boxes and words that give full answers, the same for the same seed."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass

from sqlalchemy import func, select

from app.storage.database import Database
from app.storage.tables import incidents
from tests.bench.generate import COMMON, COUNTRIES, Generator
from tests.bench.sameness import Asker

NAMES = ("record", "page", "features", "text", "totals", "depth", "unchanged", "growth", "tail")
RECORDS = 400
"""Different incidents asked for, at random."""
PAGE = 100
FEATURES = 1_000
HITS = 50
DEPTH = 1_000
BOXES = 8
RARE_WORDS = 6
RARE = (60, 600)
"""How many incidents hold a rare word."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question's values, before a service's own way of asking it."""

    uids: list[str]
    countries: list[str]
    boxes: list[str]
    words: dict[str, list[str]]
    small: int
    """Records in a page, so that there are a thousand of them."""


def asked_of(database: Database, port: int, seed: int) -> Asked:
    """`port` is that of our service: it counts what a box or a word gives."""
    with closing(Asker(port)) as asker:
        uids, number = _uids(database, seed)
        countries = [c[0] for c in COUNTRIES if number * c[1] / 100 > 1.9 * PAGE]
        boxes = [box for c in COUNTRIES if (box := _box(asker, c[2], c[3])) is not None][:BOXES]
        if not countries or not boxes:
            raise SystemExit("too few incidents for full pages; ask for more")
        words = {"rare": list(_rare_words(asker, seed)), "common": [COMMON]}
        return Asked(uids, countries, boxes, words, max(1, min(10, int(number * 0.9) // (DEPTH + 1))))


def _uids(database: Database, seed: int) -> tuple[list[str], int]:
    """Public, dated incidents, drawn from all; and how many there are of any kind."""
    draw, c = random.Random(seed), incidents.c
    with database.writing.connect() as connection:
        number = connection.execute(select(func.max(c.id))).scalar_one()
        drawn = draw.sample(range(1, number + 1), min(number, 2 * RECORDS))
        public = (c.workflow == "published", c.effective_sharing == "public", c.date_start.is_not(None))
        found = connection.execute(select(c.uid).where(c.id.in_(drawn), *public)).scalars()
        uids = sorted(found)
    draw.shuffle(uids)
    return uids[:RECORDS], number


def _count(asker: Asker, question: str) -> int:
    return int(asker.json(f"/v1/incidents?limit=1&count=true&{question}")["count"])


def _box(asker: Asker, lon: float, lat: float) -> str | None:
    """Around the middle of a country, just wide enough for a full answer."""
    narrow, wide = 0.0, 8.0
    for _ in range(16):
        half = (narrow + wide) / 2
        box = f"{lon - half:.4f},{lat - half:.4f},{lon + half:.4f},{lat + half:.4f}"
        count = _count(asker, f"bbox={box}")
        if FEATURES * 1.2 <= count <= FEATURES * 2:
            return box
        narrow, wide = (half, wide) if count < FEATURES * 1.2 else (narrow, half)
    return None


def _rare_words(asker: Asker, seed: int) -> Iterator[str]:
    generator = Generator(1, seed)
    draw = random.Random(seed)
    candidates = [*generator.words, *(place.name.lower() for place in generator.places)]
    found = 0
    for word in draw.sample(candidates, len(candidates)):
        if RARE[0] <= _count(asker, f"q={word}") <= RARE[1]:
            found += 1
            yield word
        if found == RARE_WORDS:
            return
