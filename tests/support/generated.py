"""A hundred and fifty incidents of every kind of oddity, the same in any database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from copy import copy
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from app.access.viewer import Viewer
from app.domain.inputs import FiledReport, IncidentForm, LinkForm, SourceForm
from app.domain.reading import read_form
from app.domain.sharing import strictest
from app.domain.vocabulary import Cause, EventType, LocationPrecision, Role, VerificationStatus, Workflow
from app.settings import DatabaseSettings
from app.storage.database import Database
from app.writing import incidents, partners, reports, sources
from app.writing.partners import PartnerForm
from app.writing.work import Work, working
from tests.support.migrated import migrated_postgresql, migrated_sqlite
from tests.support.postgres import Server

COUNT = 150
WORDS = [
    "missile", "Missiles", "market", "Élysée", "elysee", "حَلَب", "حلب", "أطفال", "ambulance's", "ambulance", "1e5", "007",
    "x2", "2016", "٢٠١٦", "Straße", "strasse", "İstanbul", "กรุงเทพ", "서울", "語文", "𞤀𞤁", "ᦰᦱ", "৴৵", "½", "AND", "NOT", "near",
    "a", "ab", "abc", "Müller-Straße", "o’clock", "a" * 300, "z" * 100, "z" * 101,
]  # fmt: skip
COUNTRIES = [None, "SYR", "IRQ", "LBN"]
PLACES = [None, "Aleppo", "aleppo", "Ḥalab", "Mosul", "ß", "Z", "é"]
DAYS = [None, *(date(2016, 12, 1) + timedelta(n) for n in range(0, 40, 7)), date(1, 1, 1), date(9999, 12, 31)]
NUMBERS = [None, None, 0, 1, 3, 5, 61, 2_000_000_000]
POINTS = [
    None, None, (37.16, 36.2), (37.17, 36.2), (37.1600001, 36.2), (180.0, -17.0), (-180.0, -17.0), (179.999, 0.0),
    (-179.999, 0.0), (0.0, 90.0), (10.0, 89.9999), (-170.0, 89.9999), (12.0, -90.0), (0.0, 0.0), (33.3, 44.4),
]  # fmt: skip
SHARING = ["public", "public", "public", "partners", "organisation", "restricted"]
PARTNERS = ["alpha", "beta"]
APART = ("source", "reports", "partner", "part_of")
"""What a specification says of other records, by their numbers."""


def specifications(seed: int = 7, count: int = COUNT) -> list[dict[str, Any]]:
    """What each incident states."""
    chance = random.Random(seed)
    return [_specification(chance, n) for n in range(count)]


def _specification(chance: random.Random, n: int) -> dict[str, Any]:
    start = chance.choice(DAYS)
    end = (
        None
        if start is None
        else min(date(9999, 12, 31), max(start, chance.choice([start, start, date(2016, 12, 31)])))
    )
    low, best, high = (chance.choice(NUMBERS) for _ in range(3))
    stated = sorted(v for v in (low, best, high) if v is not None)
    killed = {
        name: stated.pop(0) for name, v in (("low", low), ("best", best), ("high", high)) if v is not None
    }
    point = chance.choice(POINTS)
    values: dict[str, Any] = {
        "code": f"n{n:03}",
        "title": " ".join(chance.sample(WORDS, chance.randint(0, 3))) or None,
        "country": chance.choice(COUNTRIES),
        "admin1": chance.choice(PLACES),
        "place": chance.choice(PLACES),
        "date_start": start,
        "date_end": end,
        "event_type": chance.choice(list(EventType)[:3]).value,
        "cause": chance.choice(list(Cause)[:3]).value,
        "verification_status": chance.choice(list(VerificationStatus)).value,
        "workflow": chance.choice([*Workflow, Workflow.published, Workflow.published]).value,
        "sharing": chance.choice(SHARING),
        "external_id": chance.choice([None, f"x{n}"]),
        **{f"killed_{end}": number for end, number in killed.items()},
        "wounded_best": chance.choice(NUMBERS),
        "lon": None if point is None else point[0],
        "lat": None if point is None else point[1],
        # Not by chance, which would change everything that comes after it.
        "location_precision": list(LocationPrecision)[n % len(LocationPrecision)].value,
    }
    if killed or values["wounded_best"] is not None:
        values["assessment_reason"] = "generated"
    values["source"] = chance.choice([None, 0, 1, 2])
    values["reports"] = sorted(chance.sample(range(4), chance.randint(0, 2)))
    values["partner"] = chance.choice(PARTNERS)
    return values


class Filled:
    """One database with the generated incidents in it, and what is known of each."""

    def __init__(self, database: Database, specs: list[dict[str, Any]]) -> None:
        self.database = database
        self.local = partners.ensure_local(database)
        self.viewers = {"public": Viewer(), "editor": self.local}
        for slug in PARTNERS:
            form = PartnerForm(slug=slug, name=slug)
            key = working(database, self.local, lambda w, form=form: partners.add(w, form)).key
            self.viewers[slug] = Viewer(Role.editor, slug, key)
        self.sources = [self._source(sharing) for sharing in ("public", "partners", "restricted")]
        self.reports = [self._report(n) for n in range(4)]
        self.records: list[dict[str, Any]] = []
        for spec in specs:
            self.records.append(self._incident(spec))
        for slug in PARTNERS:  # from now on they only read
            self.viewers[slug] = Viewer(Role.reader, slug, self.viewers[slug].partner_key)

    def _source(self, sharing: str) -> dict[str, str]:
        sent = {"name": f"Source {sharing}", "sharing": sharing}
        done = self._working(self.local, lambda w: sources.record(w, read_form(SourceForm, sent), sent))
        return {"id": done.uid, "sharing": sharing}

    def _report(self, n: int) -> dict[str, Any]:
        values = {
            "title": f"report {n}",
            "workflow": "draft" if n == 3 else "published",
            "source_id": self.sources[n % 3]["id"],
        }
        form = read_form(FiledReport, values)
        done = self._working(self.local, lambda w: reports.file(w, form, values))
        return {"id": done.uid, **values, "source": self.sources[n % 3]}

    def _incident(self, spec: dict[str, Any]) -> dict[str, Any]:
        source = None if spec["source"] is None else self.sources[spec["source"]]
        sent = {k: v for k, v in spec.items() if k not in APART and v is not None}
        if source is not None:
            sent["source_id"] = source["id"]
        if spec.get("part_of") is not None:
            sent["part_of"] = self.records[spec["part_of"]]["id"]
        form = read_form(IncidentForm, sent)
        mark = {"code": spec["code"]}
        done = self._working(self.viewers[spec["partner"]], lambda w: incidents.record(w, form, mark))
        for n in spec["reports"]:
            self._working(
                self.local,
                lambda w, n=n: reports.link(w, done.uid, self.reports[n]["id"], LinkForm(role="describes")),
            )
        return self._told(spec, form, done.uid, source)

    def _told(
        self, spec: dict[str, Any], form: IncidentForm, uid: str, source: dict[str, str] | None
    ) -> dict[str, Any]:
        figures = {f"killed_{end}": spec.get(f"killed_{end}") for end in ("low", "best", "high")}
        return {
            **{name: getattr(form, name) for name in IncidentForm.model_fields},
            **figures,
            "id": uid,
            "partner": spec["partner"],
            "effective_sharing": strictest(spec["sharing"], source["sharing"] if source else None),
            "words": " ".join(t for t in (form.title, form.place, form.admin1, form.code) if t),
            "reports": [self.reports[n]["id"] for n in spec["reports"]],
            "report_count": len(spec["reports"]),
            "sources": [
                *([source["id"]] if source else []),
                *(self.reports[n]["source"]["id"] for n in spec["reports"]),
            ],
        }

    def _working(self, viewer: Viewer, work: Any) -> Any:
        def within(w: Work) -> Any:
            return work(w)

        return working(self.database, viewer, within)


@contextmanager
def opened_anew(filled: dict[str, Filled]) -> Iterator[dict[str, Filled]]:
    """The same records through connections of one's own, on which nothing was asked before."""
    with ExitStack() as stack:
        found = {}
        for name, each in filled.items():
            found[name] = copy(each)
            found[name].database = stack.enter_context(closing(Database(each.database.settings)))
        yield found


@contextmanager
def on_both(folder: Path, server: Server) -> Iterator[dict[str, Database]]:
    """An empty database of each kind, of its own."""
    with migrated_postgresql(server, "generated") as url:
        urls = {"sqlite": migrated_sqlite(folder / "generated.db"), "postgresql": url}
        databases = {name: Database(DatabaseSettings(url=url)) for name, url in urls.items()}
        try:
            yield databases
        finally:
            for database in databases.values():
                database.close()
