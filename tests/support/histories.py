"""Random histories: writers who record, amend, link and delete, and what each viewer was told after each change."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import orjson

from app.access.viewer import Viewer
from app.domain.inputs import FiledReport, IncidentForm, LinkForm, SourceForm
from app.domain.reading import read_form
from app.domain.spelling import wanted_of
from app.domain.vocabulary import Role
from app.errors import Gone, IncidentRecordsError, NotFound
from app.query.fields import INCLUDES, RELEVANCE, Kind
from app.query.filter import EVERYTHING, Words
from app.query.grouping import Grouping
from app.query.spec import Query, default_order
from app.storage import read, single
from app.storage.claims import Question as Asked
from app.storage.claims import claims
from app.storage.database import Database, Reader
from app.storage.explaining import Question, explain
from app.storage.facets import facets
from app.storage.grouping import grouped_totals
from app.storage.single import Found, Wanted
from app.storage.spellings import Asked as Searched
from app.storage.spellings import forgiving
from app.storage.totals import totals
from app.writing import incidents, partners, reports, sources
from app.writing.partners import PartnerForm
from app.writing.work import working

LEVELS = ("restricted", "organisation", "partners", "public")
STAGES = ("draft", "in_review", "published")
COARSE = (None, "settlement", "admin1")
KINDS = (Kind.incident, Kind.report, Kind.source)
ORDERS = {
    Kind.incident: ("-killed_best", "updated_at"),
    Kind.report: ("updated_at",),
    Kind.source: ("-updated_at",),
}
FACETS = ("country", "event_type", "source", "month")
WORDS = {
    Kind.incident: ("amended", "told 3 place", "moved"),
    Kind.report: ("amended 2",),
    Kind.source: ("secret1",),
}
"""What is searched for: words of all texts that change, and beginnings."""
SEARCHED = 3
"""Of so many changes words are searched for as of one: PostgreSQL plans such questions longer than it answers them."""

Told = dict[str, Any]
"""What one viewer is told at one moment: lists by kind, single records by id, totals, facets."""


@dataclass
class Historian:
    """Writes one history into one database. `tightens`: what was to be seen may be taken out of sight again."""

    database: Database
    chance: random.Random
    tightens: bool
    local: Viewer = field(init=False)
    viewers: dict[str, Viewer] = field(init=False)
    owners: list[Viewer] = field(init=False)
    made: dict[Kind, list[str]] = field(default_factory=lambda: {kind: [] for kind in KINDS})
    states: dict[str, dict[str, Any]] = field(default_factory=dict)
    """What was stated last of each record that stands."""
    last: dict[str, dict[str, Any]] = field(default_factory=dict)
    """And of those that were deleted."""
    number: int = 0

    def __post_init__(self) -> None:
        self.local = partners.ensure_local(self.database)
        self.viewers, self.owners = {"public": Viewer(), "editor": self.local}, []
        for slug in ("alpha", "beta"):
            form = PartnerForm(slug=slug, name=slug)
            key = working(self.database, self.local, lambda w, form=form: partners.add(w, form)).key
            self.viewers[slug] = Viewer(Role.reader, slug, key)
            self.owners.append(Viewer(Role.editor, slug, key))

    def step(self) -> bool:
        """One act of one writer; whether it was accepted."""
        acts: list[tuple[int, Callable[[], None]]] = [
            (2, self._source), (3, self._report), (4, self._incident), (8, self._amend), (4, self._link),
            (2, self._unlink), (1, self._delete), (2, self._amend_source),
        ]  # fmt: skip
        act = self.chance.choices([act for _, act in acts], [weight for weight, _ in acts])[0]
        try:
            act()
        except IncidentRecordsError:
            return False
        return True

    def _work(self, work: Callable[[Any], Any]) -> Any:
        return working(self.database, self.local, work)

    def _any(self, kind: Kind) -> str | None:
        standing = [uid for uid in self.made[kind] if uid in self.states]
        return self.chance.choice(standing) if standing else None

    def _looser(self, options: tuple[Any, ...], now: Any) -> Any:
        """Any of them; where nothing is tightened, none that comes before."""
        return self.chance.choice(options if self.tightens else options[options.index(now) :])

    def _open(self, options: tuple[str, ...]) -> str:
        """Mostly what everybody may see: of that there is most to tell."""
        return self.chance.choice((*options, *[options[-1]] * 4))

    def _kept(self, kind: Kind, uid: str, state: dict[str, Any]) -> None:
        self.made[kind].append(uid)
        self.states[uid] = self.last[uid] = state

    def _owned(self, work: Callable[[Any], Any]) -> Any:
        return working(self.database, self.chance.choice(self.owners), work)

    def _source(self) -> None:
        self.number += 1
        state = {
            "name": f"Secret{self.number}name",
            "protected": self.chance.random() < 0.3,
            "sharing": self._open(LEVELS),
            "url": f"https://secret{self.number}name.example",
            "source_type": self.chance.choice(["ngo", "eyewitness"]),
        }
        self._kept(
            Kind.source,
            self._owned(lambda w: sources.record(w, read_form(SourceForm, state), state)).uid,
            state,
        )

    def _amend_source(self) -> None:
        uid = self._any(Kind.source)
        if uid is None:
            return
        state = self.states[uid]
        patch = {
            "sharing": self._looser(LEVELS, state["sharing"]),
            "protected": self._looser((True, False), state["protected"]),
            "reliability": self.chance.choice("ABCDEF"),
        }
        self._work(lambda w: sources.amend(w, uid, patch, None))
        self.states[uid] = self.last[uid] = state | patch

    def _report(self) -> None:
        self.number += 1
        state = {
            "title": f"Report {self.number}",
            "workflow": self._open(STAGES),
            "sharing": self._open(LEVELS),
            "url": f"https://address{self.number}of.example",
            "date_published": self.chance.choice([None, "2016-12-06", "2016-12-08"]),
            "source_id": self._any(Kind.source),
        }
        form = read_form(FiledReport, state)
        self._kept(Kind.report, self._owned(lambda w: reports.file(w, form, state)).uid, state)

    def _incident(self) -> None:
        self.number += 1
        number = self.number
        state = {
            "title": f"Incident {number}",
            "workflow": self._open(STAGES),
            "sharing": self._open(LEVELS),
            "country": self.chance.choice(["SYR", "IRQ", None]),
            "place": f"Place{number}exact",
            "summary": f"Told {number % 4} times",
            "date_start": self.chance.choice(["2016-12-05", "2017-01-06", None]),
            "lon": 30.0123 + number / 7,  # of which nothing that is told is the beginning
            "lat": 30 + number / 11,
            "location_precision": "exact_point",
            "location_generalised_to": self.chance.choice(COARSE),
            "source_id": self.chance.choice([None, self._any(Kind.source)]),
            "part_of": self.chance.choice([None, self._any(Kind.incident)]),
        }
        if self.chance.random() < 0.5:
            state |= {"killed_best": self.chance.randint(0, 9), "assessment_reason": "counted"}
        form = read_form(IncidentForm, {k: v for k, v in state.items() if v is not None})
        self._kept(Kind.incident, self._owned(lambda w: incidents.record(w, form, state)).uid, state)

    def _amend(self) -> None:
        kind = self.chance.choice([Kind.incident, Kind.incident, Kind.report])
        uid = self._any(kind)
        if uid is None:
            return
        state, amend = self.states[uid], incidents.amend if kind is Kind.incident else reports.amend
        patch: dict[str, Any] = {"title": f"Amended {self.chance.randint(0, 99)}"}
        if self.chance.random() < 0.5:
            patch["sharing"] = self._looser(LEVELS, state["sharing"])
        if self.chance.random() < 0.5:
            patch["workflow"] = self._looser(STAGES, state["workflow"])
        if self.tightens and self.chance.random() < 0.3:
            patch["source_id"] = self.chance.choice([None, self._any(Kind.source)])
        if kind is Kind.incident:
            patch |= self._of_incident(state)
        self._work(lambda w: amend(w, uid, patch, None))
        self.states[uid] = self.last[uid] = state | patch

    def _of_incident(self, state: dict[str, Any]) -> dict[str, Any]:
        patch: dict[str, Any] = {"country": self.chance.choice(["SYR", "IRQ", "LBN"])}
        if self.chance.random() < 0.3:
            patch["part_of"] = self.chance.choice([None, self._any(Kind.incident)])
        if self.chance.random() < 0.4 and self.tightens:
            patch["location_generalised_to"] = self.chance.choice(COARSE)
            patch["place"] = self.chance.choice([None, state["place"]])
        elif self.chance.random() < 0.2:
            patch["location_generalised_to"] = None
        if self.chance.random() < 0.3:
            patch["summary"] = self.chance.choice([None, f"Told {self.chance.randint(0, 9)}"])
        if self.chance.random() < 0.2:
            patch |= {"place_names": {"en": f"Moved {self.chance.randint(0, 9)}"}, "admin1": "Moved far"}
        if "killed_best" in state and self.chance.random() < 0.5:
            patch["killed_best"] = self.chance.randint(0, 9)
        return patch

    def _link(self) -> None:
        incident, report = self._any(Kind.incident), self._any(Kind.report)
        if incident is None or report is None:
            return
        claim = {"metric": self.chance.choice(["killed", "wounded"]), "best": self.chance.randint(0, 9)}
        form = read_form(LinkForm, {"role": "describes", "claims": [claim]})
        self._work(lambda w: reports.link(w, incident, report, form)[0])

    def _unlink(self) -> None:
        incident, report = self._any(Kind.incident), self._any(Kind.report)
        if incident is not None and report is not None:
            self._work(lambda w: reports.unlink(w, incident, report, "in error"))

    def _delete(self) -> None:
        kind = self.chance.choice(KINDS)
        uid = self._any(kind)
        if uid is None:
            return
        delete = {Kind.incident: incidents.delete, Kind.report: reports.delete, Kind.source: sources.delete}[
            kind
        ]
        self._work(lambda w: delete(w, uid, "twice", None))
        del self.states[uid]

    def told(self, who: str, as_of: int | None = None) -> Told:
        """All that the viewer is told, of now or as of a change."""
        viewer = self.viewers[who]
        return self.database.read(lambda reader: dict(self._told(reader, viewer, as_of)))

    def _told(self, reader: Reader, viewer: Viewer, as_of: int | None) -> Iterator[tuple[str, Any]]:
        for kind in KINDS:
            sort, descending = default_order(kind)
            lists = INCLUDES.get(kind, ())
            query = Query(
                kind, EVERYTHING, sort, descending, limit=1000, include=lists, count=True, as_of=as_of
            )
            page = read.page(reader, viewer, query)
            yield kind.value, [orjson.loads(document) for document in page.documents]
            assert page.count == len(page.documents)
            wanted = [Wanted(kind, uid, None, lists, as_of) for uid in self.made[kind]]
            for each, found in zip(wanted, single.several(reader, viewer, wanted), strict=True):
                yield each.uid, _said(found)
            for order in ORDERS[kind]:
                yield f"{kind}s by {order}", list(_in_order(reader, viewer, kind, order, as_of))
        yield "total", totals(reader, viewer, EVERYTHING, as_of)
        for names in (("country", "source"), ("month", "victim_status"), ("cell",)):
            grouping = Grouping(names, "incidents", descending=True)
            yield f"by {names}", grouped_totals(reader, viewer, EVERYTHING, grouping, as_of).items
        yield "explained", list(_explained(reader, viewer, as_of))
        yield "claims", list(_claims(reader, viewer, as_of))
        yield "facets", facets(reader, viewer, EVERYTHING, FACETS, (), as_of).values
        for kind, texts in WORDS.items() if searched(reader.revision() if as_of is None else as_of) else ():
            for text in texts:
                yield f"{kind}s with {text}", _with_words(reader, viewer, kind, text, as_of)

    def head(self) -> int:
        return self.database.read(lambda reader: reader.revision())


def _in_order(reader: Reader, viewer: Viewer, kind: Kind, order: str, as_of: int | None) -> Iterator[str]:
    """The ids in an order, page by page."""
    sort, descending = order.removeprefix("-"), order.startswith("-")
    query: Query | None = Query(kind, EVERYTHING, sort, descending, limit=12, fields=("id",), as_of=as_of)
    while query is not None:
        page = read.page(reader, viewer, query)
        yield from (orjson.loads(document)["id"] for document in page.documents)
        query = None if page.next is None else replace(query, cursor=page.next)


def searched(seq: int) -> bool:
    """Whether words are searched for as of this change."""
    return seq % SEARCHED == 0


def _with_words(reader: Reader, viewer: Viewer, kind: Kind, text: str, as_of: int | None) -> Told:
    """The ids in their order and by relevance, page by page; what the words were read as; how many were ranked."""
    sort, descending = default_order(kind)
    query = Query(
        kind, Words(wanted_of(text)), sort, descending, limit=1000, fields=("id",), count=True, as_of=as_of
    )
    asked = Searched(reader, viewer, kind, as_of)
    page, read_as = forgiving(asked, query.where, lambda where: read.page(reader, viewer, replace(query, where=where)),
                              lambda page: not page.documents)  # fmt: skip
    found = [orjson.loads(document)["id"] for document in page.documents]
    assert page.count == (len(found) if not read_as else page.count)
    in_order = replace(query, where=replace(query.where, widespread=True))  # the other way of finding them
    walked = read.page(reader, viewer, in_order)
    assert read_as or [orjson.loads(document)["id"] for document in walked.documents] == found
    told: Told = {"ids": found, "read as": read_as, "ranked": []}
    ranked: Query | None = replace(query, sort=RELEVANCE.name, descending=False, limit=12, count=False)
    while ranked is not None:
        page = read.page(reader, viewer, ranked)
        told["ranked"] += [orjson.loads(document)["id"] for document in page.documents]
        ranked = None if page.next is None else replace(ranked, cursor=page.next)
    if kind is Kind.incident:
        told |= {"total": totals(reader, viewer, query.where, as_of),
                 "facets": facets(reader, viewer, query.where, FACETS[:1], (), as_of).values}  # fmt: skip
    return told


def _explained(reader: Reader, viewer: Viewer, as_of: int | None) -> Iterator[Told]:
    """Page by page: each says the total, and goes on where the one before ended."""
    question: Question | None = Question(EVERYTHING, "killed", 8, as_of=as_of)
    while question is not None:
        found = explain(reader, viewer, question)
        yield found.told
        question = None if found.next is None else replace(question, cursor=found.next)


def _claims(reader: Reader, viewer: Viewer, as_of: int | None) -> Iterator[Told]:
    question: Asked | None = Asked(8, as_of=as_of)
    while question is not None:
        page = claims(reader, viewer, question)
        yield from map(orjson.loads, page.documents)
        question = None if page.next is None else replace(question, cursor=page.next)


def _said(found: Found | NotFound | Gone) -> Any:
    if isinstance(found, Found):
        return orjson.loads(found.document)
    return ["gone", dict(found.extra())] if isinstance(found, Gone) else None
