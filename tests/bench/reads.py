"""The reading questions: each service is asked in turn, round after round; what counts is the ratio within a round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from itertools import cycle
from typing import Any
from urllib.parse import urlsplit

from app.settings import DatabaseSettings
from app.storage.database import Database
from tests.bench.load import Load
from tests.bench.peers import Absent, Peer, targets
from tests.bench.questions import DEPTH, FEATURES, HITS, PAGE, Asked, asked_of
from tests.bench.sameness import Asker, Different, require_same
from tests.bench.services import Service
from tests.bench.store import CACHE, KINDS

COMPARED = 60
SLOW = 4.0
"""Answers a second below which one round has to do: another would take as long as all the rest."""
SEVERAL = 4
"""Large answers that are compared of each question."""
LEAST_WORDS = 3
CROWD = 64
Say = Callable[[str], None]


@dataclass(slots=True)
class Row:
    """Ours against another, in requests a second, one entry of each a round."""

    question: str
    database: str
    against: str
    goal: float | None = None
    ours: list[float] = field(default_factory=list)
    theirs: list[float] = field(default_factory=list)
    once: bool = False
    """Whether the other was too slow to be measured in every round."""

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

    @property
    def name(self) -> Any:
        """Rows that ask the same of the same share its rate."""
        return self.port, len(self.targets), self.targets[0], self.status


@dataclass(slots=True)
class Crowded:
    """Times of answers when many ask at once."""

    question: str
    database: str
    median_ms: float
    p99_ms: float
    refused: int


@dataclass(slots=True)
class Measured:
    rows: list[Row] = field(default_factory=list)
    crowded: list[Crowded] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)


Pairs = list[tuple[Row, Side, Side]]


@dataclass(slots=True)
class Bench:
    """One database, the services on it, and what is asked of them."""

    kind: str
    asked: Asked
    ours: Service
    textbook: Service
    plain: Service
    small: Service | None
    """Ours on few incidents."""
    peers: dict[str, Peer]
    depth: tuple[str, str]
    """Addresses of the first and the thousandth page."""
    told: dict[str, str]
    """The header that says what the caller has already."""

    @property
    def name(self) -> str:
        return KINDS[self.kind]

    @property
    def mine(self) -> dict[str, list[str]]:
        return ours_asked(self.asked)

    def against(
        self, question: str, words: str, goal: float | None, peer_goal: float | None = None
    ) -> Iterator[tuple[Row, Side, Side]]:
        """Ours against the textbook service and the peers that know the question."""
        ours = Side(self.ours.port, self.mine[question])
        twin = textbook_asked(self.asked)
        if self.kind == "sqlite" and f"{question}, FTS5" in twin:
            # LIKE takes a second for a rare word: it is measured once, by turns with a common one.
            through = Side(self.textbook.port, twin[f"{question}, FTS5"])
            yield Row(words, self.name, "textbook, through FTS5", goal), ours, through
        else:
            yield Row(words, self.name, "textbook", goal), ours, Side(self.textbook.port, twin[question])
        for name, peer in self.peers.items():
            theirs = targets(name, self.asked).get(question)
            if theirs is not None:
                yield Row(words, self.name, name, peer_goal), ours, Side(peer.port, theirs)


def ours_asked(asked: Asked) -> dict[str, list[str]]:
    hits = {kind: [_hits(word) for word in words] for kind, words in asked.words.items()}
    return {
        "record": [f"/v1/incidents/{uid}?include=reports" for uid in asked.uids],
        "page": [f"/v1/incidents?country={country}&limit={PAGE}" for country in asked.countries],
        "features": [f"/v1/incidents?f=geojson&bbox={box}&limit={FEATURES}" for box in asked.boxes],
        "totals": [f"/v1/totals?group_by=month&country={country}" for country in asked.countries],
        "text": [target for pair in zip(hits["rare"], cycle(hits["common"])) for target in pair],
        **{f"text {kind}": targets for kind, targets in hits.items()},
    }


def _hits(word: str) -> str:
    """The order is said: the textbook service knows this one only, and hears of none."""
    return f"/v1/incidents?q={word}&sort=-date_start&limit={HITS}"


def textbook_asked(asked: Asked) -> dict[str, list[str]]:
    found = ours_asked(asked)
    found["features"] = [f"/v1/features?bbox={box}&limit={FEATURES}" for box in asked.boxes]
    # Of a common word FTS5 gives all rows to the sort: seconds, where LIKE finds a page of them at once.
    found["text rare, FTS5"] = [f"{target}&words=fts" for target in found["text rare"]]
    return found


def _record(bench: Bench) -> Iterator[tuple[Row, Side, Side]]:
    words = "one incident with its reports"
    yield from bench.against("record", words, 8, 2)
    mine = bench.mine["record"]
    plain = Row(words, bench.name, "plain FastAPI, same bytes")
    yield plain, Side(bench.ours.port, mine), Side(bench.plain.port, mine)


def _page(bench: Bench) -> Iterator[tuple[Row, Side, Side]]:
    words, mine = f"{PAGE} of a filter, newest first", bench.mine["page"]
    yield from bench.against("page", words, 8 if bench.kind == "sqlite" else 3, 1)
    plain = Row(words, bench.name, "plain FastAPI, same bytes")
    yield plain, Side(bench.ours.port, mine), Side(bench.plain.port, mine)


def _features(bench: Bench) -> Iterator[tuple[Row, Side, Side]]:
    yield from bench.against("features", f"{FEATURES:,} GeoJSON features in a box", 15)


def _text(bench: Bench) -> Iterator[tuple[Row, Side, Side]]:
    goal = 30 if bench.kind == "sqlite" else 5
    yield from bench.against("text", f"{HITS} hits, a rare and a common word by turns", goal)
    for kind in bench.asked.words:
        newest = bench.mine[f"text {kind}"]
        yield from bench.against(f"text {kind}", f"{HITS} hits of a {kind} word, newest first", None)
        best = [target.replace("sort=-date_start", "sort=relevance") for target in newest]
        row = Row(f"{HITS} hits of a {kind} word, best first", bench.name, "newest first")
        yield row, Side(bench.ours.port, best), Side(bench.ours.port, newest)


def _totals(bench: Bench) -> Iterator[tuple[Row, Side, Side]]:
    yield from bench.against("totals", "totals by month of a country", 100)


def _depth(bench: Bench) -> Iterator[tuple[Row, Side, Side]]:
    first, deep = bench.depth
    words, ours = f"page {DEPTH:,} ({bench.asked.small} a page)", Side(bench.ours.port, [deep])
    yield Row(words, bench.name, "page 1", 1 / 1.2), ours, Side(bench.ours.port, [first])
    offset = f"{first}&offset={bench.asked.small * (DEPTH - 1)}"
    yield Row(words, bench.name, "textbook (OFFSET)"), ours, Side(bench.textbook.port, [offset])


def _unchanged(bench: Bench) -> Iterator[tuple[Row, Side, Side]]:
    words, mine = f"{PAGE} of a filter, unchanged: 304", bench.mine["page"]
    ours = Side(bench.ours.port, mine, 304, bench.told)
    yield (
        Row(words, bench.name, "plain FastAPI, 304", 0.7),
        ours,
        Side(bench.plain.port, mine, 304, bench.told),
    )
    yield Row(words, bench.name, "textbook, 200"), ours, Side(bench.textbook.port, mine)


def _growth(bench: Bench) -> Iterator[tuple[Row, Side, Side]]:
    if bench.small is None:
        return
    with closing(Asker(bench.small.port)) as asker:
        items = asker.json(f"/v1/incidents?limit={PAGE}")["items"]
    few = {
        "record": [f"/v1/incidents/{item['id']}?include=reports" for item in items],
        "page": bench.mine["page"],
    }
    for question, words in (
        ("record", "one incident with its reports"),
        ("page", f"{PAGE} of a filter, newest first"),
    ):
        row = Row(words, bench.name, "the same of 10,000 incidents", 1 / 1.5)
        yield row, Side(bench.ours.port, bench.mine[question]), Side(bench.small.port, few[question])


ASKS = {"record": _record, "page": _page, "features": _features, "text": _text, "totals": _totals, "depth": _depth,
        "unchanged": _unchanged, "growth": _growth}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run measures."""

    questions: tuple[str, ...]
    peers: tuple[str, ...]
    seed: int
    seconds: float
    rounds: int


def measure(kind: str, url: str, small_url: str | None, plan: Plan, load: Load, say: Say) -> Measured:
    """All questions on one database."""
    measured = Measured()
    with ExitStack() as stack:
        bench = _opened(kind, url, small_url, plan, stack, measured, say)
        say(f"{KINDS[kind]}: the textbook service gives the same values; measuring")
        pairs = [pair for name in plan.questions if name in ASKS for pair in ASKS[name](bench)]
        slow: dict[Any, float] = {}
        for number in range(plan.rounds):
            _round(pairs, load, plan.seconds, slow, backwards=number % 2 == 1)
            say(f"{KINDS[kind]}: round {number + 1} of {plan.rounds}")
        if "tail" in plan.questions:
            measured.crowded = list(_crowded(bench, load, plan))
    measured.rows = [row for row, _, _ in pairs]
    return measured


def _opened(
    kind: str, url: str, small_url: str | None, plan: Plan, stack: ExitStack, measured: Measured, say: Say
) -> Bench:
    ours = stack.enter_context(Service("ours", url=url))
    textbook = stack.enter_context(Service("textbook", url=url))
    with closing(Database(DatabaseSettings(url=url))) as database:
        asked = asked_of(database, ours.port, plan.seed)
    compare(ours, textbook, asked, plan.questions)
    with closing(Asker(ours.port)) as asker:
        mine = ours_asked(asked)
        body, headers = asker.text(mine["page"][0])
        plain = Service("plain", one=_middling(asker, mine["record"]), page=body, tag=headers["etag"])
        stack.enter_context(plain)
        first = f"/v1/incidents?limit={asked.small}"
        depth = (first, _walk(asker, first) if "depth" in plan.questions else first)
    small = None
    if small_url is not None and "growth" in plan.questions:
        small = stack.enter_context(Service("ours", url=small_url))
    peers = {}
    for name in plan.peers:
        say(f"{KINDS[kind]}: starting {name}")
        try:
            peers[name] = stack.enter_context(Peer(name, url, CACHE, say))
            _require_full(peers[name], asked, plan.questions)
        except Absent as why:
            peers.pop(name, None)
            say(f"!!! {name} IS NOT MEASURED: {why}")
            measured.absent.append(f"{name} on {KINDS[kind]} IS NOT MEASURED: {why}")
    told = {"if-none-match": headers["etag"]}
    return Bench(kind, asked, ours, textbook, plain, small, peers, depth, told)


def _require_full(peer: Peer, asked: Asked, questions: tuple[str, ...]) -> None:
    """As many rows as were asked for: a peer that answers with less would look fast."""
    wanted = {"page": PAGE, "features": FEATURES, "text rare": HITS, "text common": HITS}
    with closing(Asker(peer.port)) as asker:
        for question, theirs in targets(peer.name, asked).items():
            if question not in wanted or question.partition(" ")[0] not in questions:
                continue
            for target in theirs:
                try:
                    answer = asker.json(target)
                except (OSError, RuntimeError) as fault:
                    raise Absent(f"{question}: {str(fault)[:300]}") from fault
                found = len(answer.get("rows") or answer.get("features") or ())
                if found != wanted[question]:
                    raise Absent(f"{question} gives {found} of {wanted[question]}: {target}")


def _round(pairs: Pairs, load: Load, seconds: float, slow: dict[Any, float], *, backwards: bool) -> None:
    """Every side once, neighbours in time where they are compared; every other round the other way about."""
    known: dict[Any, float] = {}

    def rate(side: Side) -> float:
        name = side.name
        if name in slow:
            return slow[name]
        if name not in known:
            known[name] = load.rate(
                side.port, side.targets, seconds, status=side.status, headers=side.headers
            )
            if known[name] < SLOW:
                slow[name] = known[name]
        return known[name]

    for row, ours, theirs in reversed(pairs) if backwards else pairs:
        for side, rates in ((theirs, row.theirs), (ours, row.ours))[:: -1 if backwards else 1]:
            rates.append(rate(side))
        row.once = theirs.name in slow


def _crowded(bench: Bench, load: Load, plan: Plan) -> Iterator[Crowded]:
    """Four times as many connections as elsewhere, and nobody turned away."""
    records, pages = bench.mine["record"], bench.mine["page"]
    mixed = [target for n, record in enumerate(records) for target in (record, pages[n % len(pages)])]
    for words, asked in (
        ("one incident with its reports", records),
        (f"{PAGE} of a filter", pages),
        ("both, by turns", mixed),
    ):
        told = load.answer(bench.ours.port, asked, max(2.0, 2 * plan.seconds), CROWD)
        yield Crowded(words, bench.name, told["p50"] * 1000, told["p99"] * 1000, told["wrong"])


def compare(ours: Service, textbook: Service, asked: Asked, questions: tuple[str, ...]) -> None:
    """Refuses to go on where the answers differ. Rare words on which they do are left out: LIKE finds them within others."""
    with closing(Asker(ours.port)) as here, closing(Asker(textbook.port)) as there:
        mine, theirs = ours_asked(asked), textbook_asked(asked)
        for target in mine["record"][:COMPARED]:
            require_same(here.json(target), there.json(target), target)
        for target in mine["page"]:
            _same_lists(here.json(target), there.json(target), target)
        for question in ("features", "totals"):
            if question in questions:
                for target, other in list(zip(mine[question], theirs[question], strict=True))[:SEVERAL]:
                    _same_lists(here.json(target), there.json(other), target)
        if "text" in questions:
            for target in mine["text common"]:
                _same_lists(here.json(target), there.json(target), target)
            asked.words["rare"][:] = [word for word in asked.words["rare"] if _agree(here, there, word)]
            if len(asked.words["rare"]) < LEAST_WORDS:
                raise Different("hardly any word is found alike by the service and the textbook one")


def _agree(here: Asker, there: Asker, word: str) -> bool:
    target = _hits(word)
    try:
        for more in ("", "&words=fts"):
            _same_lists(here.json(target), there.json(target + more), target)
    except Different:
        return False
    return True


def _same_lists(mine: Any, theirs: Any, where: str) -> None:
    name = "features" if "features" in mine else "items"
    require_same(mine[name], theirs[name], where)
    if "next" in mine:
        require_same(mine["next"] is None, theirs["next"] is None, f"{where} next")


def _middling(asker: Asker, asked: list[str]) -> str:
    """The answer of middle length: the plain service gives one for all."""
    answers = sorted((asker.text(target)[0] for target in asked[:COMPARED]), key=len)
    return answers[len(answers) // 2]


def _walk(asker: Asker, target: str) -> str:
    """Where page 1,000 is: reached as a client would, page by page."""
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
