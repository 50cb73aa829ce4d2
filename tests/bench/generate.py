"""Made-up incidents with their reports, skewed as real data are: the same for the same seed, but for ids and moments.

A few countries hold most of them and a few places most of a country's; late years more than early ones; figures are
small with a heavy tail; one in three rows holds the common word, most words are rare. Figures are an editor's own
(`assessed`), so that no claims are needed to stand behind them.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from typing import Any

import orjson

from app.domain import vocabulary as v
from app.domain.folding import fold_all
from app.domain.ids import INCIDENT, REPORT, SOURCE, new_id, new_ids

SEED = 20161206
BLOCK = 5_000
"""Incidents that are in memory at once, with their reports."""
SOURCES = 200
PLACES = 12_000
LAST_DAY = date(2021, 12, 31)
COMMON = "civilians"
"""In about a third of the incidents."""

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
ARABIC_SPOKEN = ("SYR", "IRQ", "YEM", "SOM")
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
SPELLED = {"b": "ب", "d": "د", "f": "ف", "h": "ح", "j": "ج", "k": "ك", "l": "ل", "m": "م", "n": "ن", "q": "ق", "r": "ر",
           "s": "س", "t": "ت", "w": "و", "y": "ي", "z": "ز", "a": "ا", "i": "ي", "u": "و"}  # fmt: skip
WORDS = ["market", "hospital", "school", "road", "checkpoint", "bakery", "camp", "village", "convoy", "mosque", "bridge",
         "house", "crowd", "square", "station", "river", "residents", "witnesses", "medics", "officials", "soldiers",
         "gunmen", "aircraft", "drone", "shells", "rockets", "mine", "blast", "fire", "wounded", "killed"]  # fmt: skip
EVENTS = ((v.EventType.shelling_artillery_missile, v.Cause.heavy_explosive), (v.EventType.air_or_drone_strike, v.Cause.heavy_explosive), (v.EventType.armed_clash, v.Cause.small_arms), (v.EventType.ied_or_landmine, v.Cause.planted_explosive_or_uxo), (v.EventType.attack_on_civilians, v.Cause.small_arms), (v.EventType.suicide_bomb, v.Cause.planted_explosive_or_uxo), (v.EventType.unknown, v.Cause.unknown))  # fmt: skip
EVENT_SHARES = (26, 24, 20, 12, 9, 4, 5)
TITLES = {event: f"{event.value.replace('_', ' ').capitalize()} at " for event, _ in EVENTS}
STATUSES = ("unreviewed", "pending", "single_source", "corroborated", "confirmed", "discounted")
STATUS_SHARES = (25, 20, 25, 19, 10, 1)
REPORTS = (1, 2, 3, 4, 5, 8)
REPORT_SHARES = (37, 26, 16, 10, 6, 5)  # 2.5 on average
SHARED_REPORT = 0.12
"""Reports that speak of an earlier incident, too."""

Values = dict[str, Any]
"""Of one row, by column; without keys, versions and moments."""


@dataclass(frozen=True, slots=True)
class _Place:
    name: str
    names: str
    arabic: str | None
    country: str
    admin1: str
    lon: float
    lat: float


@dataclass(slots=True)
class Block:
    """Incidents with their reports. A link is (position of the incident here, number of the report from the first on)."""

    incidents: list[Values]
    reports: list[Values]
    links: list[tuple[int, int]]


class Generator:
    """`partner` is the internal key of the organisation that holds the records."""

    def __init__(self, partner: int, seed: int = SEED) -> None:
        self.partner = partner
        self.draw = random.Random(seed)
        self.words = [*WORDS, *(self._word(2, 4) for _ in range(12_000))]
        self.phrases = self._phrases(6_000)
        self.common = [f"{phrase} {COMMON}" for phrase in self.phrases[:500]]
        self.places, self.place_shares = self._places()
        self.sources_known = SOURCES
        self.incidents_made = 0
        self.reports_made = 0

    def _word(self, least: int, most: int) -> str:
        draw = self.draw
        made = [
            draw.choice("bdfhjklmnqrstwyz") + draw.choice("aaiu") for _ in range(draw.randint(least, most))
        ]
        return "".join(made) + draw.choice("bdfhklmnrst")

    def _phrases(self, count: int) -> list[str]:
        """Five to nine words each, by Zipf's law."""
        shares = list(accumulate(1 / (rank + 3) for rank in range(len(self.words))))
        return [
            " ".join(self.draw.choices(self.words, cum_weights=shares, k=self.draw.randint(5, 9)))
            for _ in range(count)
        ]

    def _places(self) -> tuple[list[_Place], list[float]]:
        draw, places, shares = self.draw, [], []
        for country, share, lon, lat, admins in COUNTRIES:
            ranks = range(PLACES * share // 100)
            # A few places hold most of a country's incidents.
            weights = [1 / (rank + 10) ** 0.8 for rank in ranks]
            shares += [share * weight / sum(weights) for weight in weights]
            for _ in ranks:
                name = self._word(2, 3)
                arabic = "".join(SPELLED[c] for c in name) if country in ARABIC_SPOKEN else None
                place = _Place(
                    name.capitalize(),
                    "{}" if arabic is None else orjson.dumps({"ar": arabic}).decode(),
                    arabic,
                    country,
                    draw.choice(admins),
                    draw.gauss(lon, 1.5),
                    draw.gauss(lat, 1.2),
                )
                places.append(place)
        return places, list(accumulate(shares))

    def _owned(self, uid: str, external: str) -> Values:
        digest = hashlib.sha256(external.encode()).digest()
        return {
            "uid": uid,
            "partner_ref": self.partner,
            "external_id": external,
            "submitted_digest": digest,
            "sharing": "public",
            "effective_sharing": "public",
        }

    def sources(self) -> list[Values]:
        draw, kinds, grades = self.draw, list(v.SourceType), list(v.Reliability)
        made = []
        for n in range(SOURCES):
            protected = draw.random() < 0.08
            name = f"{self._word(2, 3).capitalize()} {draw.choice(('News', 'Agency', 'Observatory', 'Hospital', 'Radio'))} {n}"
            shown = f"Source {n:03d}" if protected else name
            values = {
                **self._owned(new_id(SOURCE), f"source-{n}"),
                "name": name,
                "pseudonym": shown if protected else None,
                "protected": protected,
                "display_name": shown,
                "source_type": str(draw.choice(kinds)),
                "reliability": str(draw.choice(grades)),
                "url": f"https://example.org/source/{n}",
                "search_text": fold_all(shown),
            }
            made.append(values)
        return made

    def blocks(self, incidents: int, sources: list[int]) -> Iterator[Block]:
        """`sources` are the internal keys of the sources."""
        for first in range(0, incidents, BLOCK):
            yield self._block(min(BLOCK, incidents - first), sources)

    def _block(self, count: int, sources: list[int]) -> Block:
        draw = self.draw
        days = [self._day() for _ in range(count)]
        reports: list[Values] = []
        links: list[tuple[int, int]] = []
        first, earlier = self.reports_made, range(max(0, self.reports_made - 2 * BLOCK), self.reports_made)
        for position, linked in enumerate(draw.choices(REPORTS, REPORT_SHARES, k=count)):
            told: dict[int, None] = {}
            for _ in range(linked):
                if earlier and draw.random() < SHARED_REPORT:
                    told[draw.choice(earlier)] = None
                else:
                    told[first + len(reports)] = None
                    reports.append(self._report(first + len(reports), days[position], sources))
            links.extend((position, number) for number in told)
        for uid, report in zip(new_ids(REPORT, len(reports)), reports, strict=True):
            report["uid"] = uid
        self.reports_made += len(reports)
        return Block(self._incidents(days, sources), reports, links)

    def _day(self) -> date | None:
        """More of late years than of early ones; some unknown."""
        if self.draw.random() < 0.02:
            return None
        return LAST_DAY - timedelta(days=min(11_000, int(self.draw.expovariate(1 / 1_500))))

    def _source(self, sources: list[int]) -> int:
        return sources[min(len(sources) - 1, int(self.draw.expovariate(1 / 25)))]

    def _report(self, number: int, day: date | None, sources: list[int]) -> Values:
        draw = self.draw
        title, excerpt = draw.choice(self.phrases), draw.choice(self.phrases)
        return {
            **self._owned("", f"report-{number:08d}"),
            "workflow": "published" if draw.random() < 0.96 else "in_review",
            "source_ref": self._source(sources),
            "url": f"https://example.org/news/{number}",
            "language": draw.choice(("en", "en", "ar", "fr")),
            "title": title.capitalize(),
            "date_published": day + timedelta(days=min(30, int(draw.expovariate(0.7)))) if day else None,
            "excerpt": f"{excerpt.capitalize()}.",
            "search_text": fold_all(title, excerpt),
        }

    def _incidents(self, days: list[date | None], sources: list[int]) -> list[Values]:
        draw, count = self.draw, len(days)
        places = draw.choices(self.places, cum_weights=self.place_shares, k=count)
        events = draw.choices(EVENTS, EVENT_SHARES, k=count)
        statuses = draw.choices(STATUSES, STATUS_SHARES, k=count)
        uids = new_ids(INCIDENT, count)
        first = self.incidents_made
        self.incidents_made += count
        return [
            {
                **self._owned(uid, f"incident-{first + n:08d}"),
                "verification_status": status,
                "source_ref": self._source(sources) if draw.random() < 0.5 else None,
                **self._when(day),
                **self._where(place),
                **self._what(place, *event),
                **self._figures(),
            }
            for n, (uid, day, place, event, status) in enumerate(
                zip(uids, days, places, events, statuses, strict=True)
            )
        ]

    def _when(self, day: date | None) -> Values:
        spans = day is not None and self.draw.random() < 0.08
        last = day + timedelta(days=self.draw.randint(1, 20)) if day and spans else day
        return {
            "date_start": day,
            "date_end": last,
            "date_precision": "unknown" if day is None else "several_days" if spans else "day",
            "date_basis": None if day is None else "stated",
        }

    def _where(self, place: _Place) -> Values:
        draw = self.draw
        located = draw.random() < 0.93
        return {
            "country": place.country,
            "admin1": place.admin1,
            "place": place.name,
            "place_names": place.names,
            "lon": round(place.lon + draw.gauss(0, 0.02), 5) if located else None,
            "lat": round(place.lat + draw.gauss(0, 0.02), 5) if located else None,
            "location_precision": "settlement" if located else "admin1",
        }

    def _what(self, place: _Place, event: v.EventType, cause: v.Cause) -> Values:
        draw = self.draw
        phrases = draw.choices(self.phrases, k=draw.randint(1, 4)) if draw.random() < 0.8 else []
        if draw.random() < 0.27:
            phrases.append(draw.choice(self.common))
        title = TITLES[event] + place.name
        summary = ". ".join(phrases).capitalize() + "." if phrases else None
        actor = f'[{{"actor":"Group {draw.randint(1, 40)}","actor_type":"unknown","role":"alleged_perpetrator","status":"alleged_single_source"}}]'
        return {
            "effective_sharing": "public" if draw.random() < 0.98 else "partners",
            "workflow": "published" if draw.random() < 0.97 else "in_review",
            "title": title,
            "summary": summary,
            "event_type": event.value,
            "cause": cause.value,
            "attributions": actor if draw.random() < 0.5 else "[]",
            "tags": '["bench"]' if draw.random() < 0.2 else "[]",
            "search_text": fold_all(title, place.name, place.arabic, place.admin1, summary),
        }

    def _figures(self) -> Values:
        killed, wounded = self._figure(), self._figure()
        return {
            "assessment_rule": v.AssessmentRule.assessed.value,
            "assessment_reason": "Made up.",
            **dict(zip(("killed_low", "killed_best", "killed_high"), killed, strict=True)),
            **dict(zip(("wounded_low", "wounded_best", "wounded_high"), wounded, strict=True)),
        }

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


def fingerprint(seed: int) -> str:
    """Changes with whatever is made: with this file, and with the service's own folding of words."""
    generator = Generator(1, seed)
    block = generator._block(200, [1, 2, 3])
    rows = [{k: x for k, x in row.items() if k != "uid"} for row in (*block.incidents, *block.reports)]
    for row in rows:
        row["submitted_digest"] = None
    return hashlib.sha256(orjson.dumps([rows, block.links])).hexdigest()[:12]
