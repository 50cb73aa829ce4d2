"""Made-up incidents with reports and claims, the same for the same seed, skewed as real data are."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from app.domain import vocabulary as v
from app.domain.assessment import assess
from app.domain.folding import fold_all
from app.domain.ids import CLAIM, INCIDENT, REPORT, SOURCE, new_id
from app.query.fields import Kind
from app.storage.database import Database
from app.storage.history import Actor
from app.storage.write import Claim, Link, New, Transaction
from app.writing import partners
from app.writing.claims import columns_of, said

SEED = 20161206
BATCH = 1_000
SOURCES = 200
LAST_DAY = date(2021, 12, 31)

# (country, share, lon, lat, first administrative levels)
COUNTRIES = (
    ("SYR", 30, 38.0, 35.0, ("Aleppo", "Idlib", "Homs", "Hama", "Dar'a", "Rural Damascus")),
    ("AFG", 22, 66.0, 34.0, ("Kabul", "Helmand", "Kandahar", "Nangarhar", "Ghazni")),
    ("IRQ", 14, 43.5, 33.2, ("Ninewa", "Baghdad", "Al-Anbar", "Diyala", "Kirkuk")),
    ("YEM", 10, 45.0, 15.5, ("Taizz", "Sana'a", "Al Hodeidah", "Sa'dah")),
    ("NGA", 7, 10.0, 10.5, ("Borno", "Adamawa", "Yobe", "Kaduna")),
    ("SOM", 5, 45.3, 3.0, ("Banadir", "Lower Shabelle", "Bay")),
    ("UKR", 4, 36.0, 48.5, ("Donetsk", "Luhansk", "Kharkiv")),
    ("MLI", 3, -2.0, 15.0, ("Mopti", "Gao", "Kidal")),
    ("SSD", 2, 30.0, 7.0, ("Jonglei", "Unity", "Upper Nile")),
    ("COL", 2, -75.0, 4.0, ("Cauca", "Nariño", "Antioquia")),
    ("MMR", 1, 96.0, 21.0, ("Rakhine", "Shan", "Kachin")),
)
SYLLABLES = (
    "al",
    "ba",
    "dar",
    "el",
    "far",
    "ha",
    "ka",
    "kar",
    "lu",
    "ma",
    "na",
    "ra",
    "sa",
    "ta",
    "um",
    "za",
)
WORDS = ["market", "hospital", "school", "road", "checkpoint", "bakery", "camp", "village", "convoy", "mosque", "bridge",
         "house", "crowd", "square", "station", "river", "residents", "witnesses", "medics", "officials", "soldiers",
         "gunmen", "aircraft", "drone", "shells", "rockets", "mine", "blast", "fire", "wounded", "killed"]  # fmt: skip
EVENTS = ((v.EventType.shelling_artillery_missile, v.Cause.heavy_explosive), (v.EventType.air_or_drone_strike, v.Cause.heavy_explosive), (v.EventType.armed_clash, v.Cause.small_arms), (v.EventType.ied_or_landmine, v.Cause.planted_explosive_or_uxo), (v.EventType.attack_on_civilians, v.Cause.small_arms), (v.EventType.suicide_bomb, v.Cause.planted_explosive_or_uxo), (v.EventType.unknown, v.Cause.unknown))  # fmt: skip
EVENT_SHARES = (26, 24, 20, 12, 9, 4, 5)
REPORTS = (1, 2, 3, 4, 5, 8)
REPORT_SHARES = (37, 26, 16, 10, 6, 5)  # 2.5 on average
SHARED_REPORT = 0.12
"""Reports that speak of an earlier incident, too."""


@dataclass(slots=True)
class Filled:
    incidents: int = 0
    reports: int = 0
    claims: int = 0


@dataclass(slots=True)
class _Source:
    key: int
    uid: str
    reliability: str


@dataclass(slots=True)
class _Report:
    key: int
    uid: str
    source: _Source
    published: date | None
    workflow: str


@dataclass(slots=True)
class Generator:
    """Draws records; `partner` is the internal key of the organisation that holds them."""

    partner: int
    seed: int = SEED
    draw: random.Random = field(init=False)
    sources: list[_Source] = field(init=False, default_factory=list)
    earlier: list[_Report] = field(init=False, default_factory=list)
    number: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.draw = random.Random(self.seed)

    def _owned(self, prefix: str, external: str) -> dict[str, Any]:
        digest = hashlib.sha256(external.encode()).digest()
        return {
            "uid": new_id(prefix),
            "partner_ref": self.partner,
            "external_id": external,
            "submitted_digest": digest,
        }

    def _text(self, least: int, most: int) -> str:
        words = self.draw.choices(WORDS, k=self.draw.randint(least, most))
        return " ".join(words).capitalize() + "."

    def _place(self) -> str:
        return "".join(self.draw.choices(SYLLABLES, k=self.draw.randint(2, 4))).capitalize()

    def _figure(self) -> tuple[int | None, int | None, int | None]:
        """Mostly small with a heavy tail; some not stated, some with no upper end."""
        kind = self.draw.random()
        if kind < 0.08:
            return None, None, None
        best = min(20_000, int(self.draw.paretovariate(1.15)) - (1 if self.draw.random() < 0.4 else 0))
        if kind < 0.16:
            return best, best, None
        if kind < 0.70:
            return best, best, best
        spread = 1 + best // 4
        return max(0, best - self.draw.randint(0, spread)), best, best + self.draw.randint(0, spread)

    def some_sources(self) -> list[New]:
        kinds, grades = list(v.SourceType), list(v.Reliability)
        news = []
        for n in range(SOURCES):
            protected = self.draw.random() < 0.08
            name = f"{self._place()} {self.draw.choice(('News', 'Agency', 'Observatory', 'Hospital', 'Radio'))} {n}"
            shown = f"Source {n:03d}" if protected else name
            values = {
                **self._owned(SOURCE, f"source-{n}"),
                "sharing": "public",
                "effective_sharing": "public",
                "name": name,
                "pseudonym": shown if protected else None,
                "protected": protected,
                "display_name": shown,
                "source_type": str(self.draw.choice(kinds)),
                "reliability": str(self.draw.choice(grades)),
                "url": f"https://example.org/source/{n}",
                "search_text": fold_all(shown),
            }
            news.append(New(Kind.source, values))
        return news

    def report(self, day: date | None) -> tuple[New, _Report]:
        self.number += 1
        source = self.sources[min(SOURCES - 1, int(self.draw.expovariate(1 / 25)))]
        published = day + timedelta(days=min(30, int(self.draw.expovariate(0.7)))) if day else None
        workflow = "published" if self.draw.random() < 0.96 else "in_review"
        title, excerpt = self._text(5, 10)[:-1], self._text(15, 45)
        values = {
            **self._owned(REPORT, f"report-{self.number}"),
            "sharing": "public",
            "effective_sharing": "public",
            "workflow": workflow,
            "source_ref": source.key,
            "url": f"https://example.org/news/{self.number}",
            "language": self.draw.choice(("en", "en", "ar", "fr")),
            "title": title,
            "date_published": published,
            "excerpt": excerpt,
            "search_text": fold_all(title, excerpt),
        }
        new = New(Kind.report, values, {"source_id": source.uid})
        return new, _Report(0, values["uid"], source, published, workflow)

    def _claims(self, killed: tuple[int | None, ...], wounded: tuple[int | None, ...]) -> list[Claim]:
        claims = []
        for metric, (low, best, high) in (("killed", killed), ("wounded", wounded)):
            if (low is None and best is None and high is None) or self.draw.random() < 0.2:
                continue
            # Each report has its own idea of the figure.
            shift = self.draw.choice((0, 0, 0, 1, 2)) if best else 0
            ends = [None if end is None else end + shift for end in (low, best, high)]
            qualifier = "at_least" if ends[2] is None else "exact" if ends[0] == ends[2] else "range"
            claims.append(
                Claim(
                    uid=new_id(CLAIM),
                    metric=metric,
                    wording=f"{ends[1]} {metric}",
                    low=ends[0],
                    best=ends[1],
                    high=ends[2],
                    qualifier=qualifier,
                    victim_status="unknown",
                    sex="unknown",
                    age_group="unknown",
                    credibility=self.draw.choice("1223336"),
                    covers="whole",
                    covers_note=None,
                    wording_rule=None,
                )
            )
        return claims

    def day(self) -> date | None:
        """More of late years than of early ones; some unknown."""
        if self.draw.random() < 0.02:
            return None
        return LAST_DAY - timedelta(days=min(11_000, int(self.draw.expovariate(1 / 1_500))))

    def incident(self, number: int, day: date | None, reports: list[_Report]) -> New:
        draw = self.draw
        country, _, lon, lat, admins = draw.choices(COUNTRIES, [c[1] for c in COUNTRIES])[0]
        event, cause = draw.choices(EVENTS, EVENT_SHARES)[0]
        killed, wounded = self._figure(), self._figure()
        links = [Link(r.key, r.uid, "describes", claims=self._claims(killed, wounded)) for r in reports]
        counting = [
            said(claim, r.key, r.source.reliability, r.published)
            for r, link in zip(reports, links, strict=True)
            if r.workflow == "published"
            for claim in link.claims
        ]
        place, admin1 = self._place(), draw.choice(admins)
        source = reports[0].source if draw.random() < 0.5 else None
        located = draw.random() < 0.93
        title, summary = f"{event.replace('_', ' ').capitalize()} at {place}", self._text(10, 60)
        spans = day is not None and draw.random() < 0.08
        names = f'{{"ar":"{place}"}}' if draw.random() < 0.3 else "{}"
        actor = f'[{{"actor":"Group {draw.randint(1, 40)}","actor_type":"unknown","role":"alleged_perpetrator","status":"alleged_single_source"}}]'
        values = {
            **self._owned(INCIDENT, f"incident-{number}"),
            "sharing": "public",
            "effective_sharing": "public" if draw.random() < 0.98 else "partners",
            "workflow": "published" if draw.random() < 0.97 else "in_review",
            "title": title,
            "summary": summary if draw.random() < 0.8 else None,
            "date_start": day,
            "date_end": day + timedelta(days=draw.randint(1, 20)) if day and spans else day,
            "date_precision": "unknown" if day is None else "several_days" if spans else "day",
            "date_basis": None if day is None else "stated",
            "country": country,
            "admin1": admin1,
            "place": place,
            "place_names": names,
            "lon": round(draw.gauss(lon, 1.5), 5) if located else None,
            "lat": round(draw.gauss(lat, 1.2), 5) if located else None,
            "location_precision": "settlement" if located else "admin1",
            "event_type": str(event),
            "cause": str(cause),
            "assessment_rule": "envelope",
            "attributions": actor if draw.random() < 0.5 else "[]",
            "verification_status": draw.choice(("unreviewed", "pending", "single_source", "corroborated", "confirmed")),
            "source_ref": source.key if source else None,
            "tags": '["bench"]' if draw.random() < 0.2 else "[]",
            "search_text": fold_all(title, place, admin1, summary),
            **columns_of(assess(counting, "envelope")),
        }  # fmt: skip
        return New(Kind.incident, values, {"source_id": source.uid} if source else {}, links=links)

    def batches(self, incidents: int) -> Iterator[range]:
        for first in range(0, incidents, BATCH):
            yield range(first, min(first + BATCH, incidents))


def fill(database: Database, incidents: int, seed: int = SEED) -> Filled:
    """Fills a migrated, empty database through the service's own transactions: history, versions, indexes and all."""
    local = partners.ensure_local(database)
    assert local.partner_key is not None
    generator, filled = Generator(local.partner_key, seed), Filled()
    actor = Actor("local", local.partner_key)

    def sources(connection: Connection) -> None:
        transaction = Transaction(database, connection, actor)
        news = generator.some_sources()
        transaction.create(news)
        transaction.finish()
        generator.sources = [_Source(n.key, n.values["uid"], n.values["reliability"]) for n in news]

    database.write(sources)
    for numbers in generator.batches(incidents):
        database.write(lambda connection, numbers=numbers: _batch(database, connection, actor, generator, numbers, filled))  # fmt: skip
    settle(database)
    return filled


def _batch(
    database: Database,
    connection: Connection,
    actor: Actor,
    generator: Generator,
    numbers: range,
    filled: Filled,
) -> None:
    draw, transaction = generator.draw, Transaction(database, connection, actor)
    days = [generator.day() for _ in numbers]
    reports: list[list[_Report]] = []
    news: list[New] = []
    fresh: list[_Report] = []
    for day in days:
        told: dict[str, _Report] = {}
        for _ in range(draw.choices(REPORTS, REPORT_SHARES)[0]):
            if generator.earlier and draw.random() < SHARED_REPORT:
                report = draw.choice(generator.earlier)
            else:
                new, report = generator.report(day)
                news.append(new)
                fresh.append(report)
            told[report.uid] = report
        reports.append(list(told.values()))
    transaction.create(news)
    for report, new in zip(fresh, news, strict=True):
        report.key = new.key
    generator.earlier = fresh
    made = [generator.incident(n, d, r) for n, d, r in zip(numbers, days, reports, strict=True)]
    transaction.create(made)
    transaction.finish()
    filled.incidents += len(made)
    filled.reports += len(news)
    filled.claims += sum(len(link.claims) for new in made for link in new.links)


def settle(database: Database) -> None:
    """What the database's own housekeeping does some minutes after a large import."""
    with database.writing.connect() as connection:
        raw: Any = connection.connection.driver_connection
        if database.is_embedded:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        else:
            raw.autocommit = True
            raw.execute("VACUUM ANALYZE")
            raw.autocommit = False
