"""Which records are linked loosely follows whatever is done to either end of a link, and lists by it are as without it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import httpx
import orjson
import pytest

from app.access.viewer import PUBLIC, Viewer
from app.domain.vocabulary import Role
from app.query import filter as ask
from app.query.fields import Kind
from app.query.filter import Filter, Linked, Not, equals
from app.query.spec import Query
from app.storage import unlinked
from app.storage.columns import Scope
from app.storage.database import Database
from app.storage.export import Export
from app.storage.read import page
from app.storage.totals import totals
from tests.http.test_transitions import do
from tests.support.api import Api
from tests.support.history import check_history
from tests.support.indexes import check_indexes, check_loosely_linked
from tests.support.tables import one

ANY = {"If-Match": "*"}
LEVELS = ("public", "public", "public", "partners", "organisation", "restricted")
UNLINKED = Not(Linked())
QUESTIONS: tuple[Filter, ...] = (
    UNLINKED,
    ask.And((equals("workflow", "published"), UNLINKED)),
    ask.Or((equals("workflow", "draft"), UNLINKED)),
    Not(ask.And((equals("workflow", "published"), Linked()))),
    Linked(),
)
ACTS = (
    "record", "record", "file", "file", "link", "link", "unlink", "stage", "stage", "stage", "share", "share", "source",
    "protect", "delete", "merge", "unmerge", "split", "dispute", "send-back",
)  # fmt: skip


class Acting:
    """Random acts of several organisations. What is refused is refused: `done` counts what was not."""

    def __init__(self, api: Api, chance: random.Random) -> None:
        self.api, self.chance = api, chance
        self.writers = [api.editor, api.client("contributor", "alpha"), api.client("contributor", "beta")]
        self.sources = [api.source(name=f"Source {n}", sharing="public")["id"] for n in range(3)]
        self.incidents = [api.incident(title="n")["id"] for _ in range(6)]
        self.reports = [api.report(title="r")["id"] for _ in range(6)]
        self.done: dict[str, int] = {}

    def act(self) -> None:
        act = self.chance.choice(ACTS)
        answer = getattr(self, "_" + act.replace("-", "_"))()
        assert answer.status_code < 500, (act, answer.text)
        if answer.status_code == 410:
            self._forget()
        if answer.is_success:
            self.done[act] = self.done.get(act, 0) + 1
            self._made(answer.json())

    def _made(self, record: dict[str, Any]) -> None:
        """Whatever came of it may be acted upon, too."""
        incidents = (
            [record, *record.get("incidents", ())] if isinstance(record.get("incidents"), list) else [record]
        )
        found = [each.get("id", "") for each in incidents] + list(record.get("split", ()))
        found.append((record.get("dispute") or {}).get("id", ""))
        for mine, prefix in ((self.incidents, "inc_"), (self.reports, "rep_")):
            mine += [uid for uid in found if uid.startswith(prefix) and uid not in mine]

    def _forget(self) -> None:
        """What is gone is seldom of use; of what is not, there are always two of each."""
        gone = "SELECT uid FROM {} WHERE deleted_at IS NOT NULL"
        with self.api.database.writing.begin() as connection:
            for table, mine in (("incidents", self.incidents), ("reports", self.reports)):
                left = set(mine).difference(connection.exec_driver_sql(gone.format(table)).scalars())
                mine[:] = [uid for uid in mine if uid in left]
        for make, mine in ((self.api.incident, self.incidents), (self.api.report, self.reports)):
            while len(mine) < 2:
                mine.append(make(title="n")["id"])

    def _of_somebody(self) -> tuple[httpx.Client, dict[str, Any]]:
        by = self.chance.choice(self.writers)
        stages = ["draft", "in_review", *(["published"] * 3 if by is self.api.editor else [])]
        values = {"title": "n", "workflow": self.chance.choice(stages), "sharing": self.chance.choice(LEVELS)}
        return by, values | {"source_id": self.chance.choice([None, *self.sources])}

    def _record(self) -> httpx.Response:
        by, body = self._of_somebody()
        return by.post("/v1/incidents", json=body)

    def _file(self) -> httpx.Response:
        by, body = self._of_somebody()
        claims = [{"metric": "killed", "wording": str(self.chance.randint(1, 9))} for _ in range(2)]
        about: list[dict[str, Any]] = [
            {"incident_id": uid, "claims": claims}
            for uid in self.chance.sample(self.incidents, self.chance.choice([0, 1, 2]))
        ]
        if self.chance.random() < 0.3:
            about.append({"incident": {"title": "n"}, "claims": claims})
        return by.post("/v1/reports", json=body | {"incidents": about})

    def _pair(self) -> str:
        return (
            f"/v1/incidents/{self.chance.choice(self.incidents)}/reports/{self.chance.choice(self.reports)}"
        )

    def _link(self) -> httpx.Response:
        return self.chance.choice(self.writers).put(self._pair(), json={"claims": []})

    def _unlink(self) -> httpx.Response:
        uid = self.chance.choice(self.incidents)
        told = self.api.editor.get(f"/v1/incidents/{uid}", params={"include": "reports"})
        linked = [report["id"] for report in told.json().get("reports", ())]
        report = self.chance.choice(linked or self.reports)
        return self.api.editor.delete(f"/v1/incidents/{uid}/reports/{report}", params={"reason": "r"})

    def _some(self) -> str:
        return self.chance.choice(
            [
                f"/v1/incidents/{self.chance.choice(self.incidents)}",
                f"/v1/reports/{self.chance.choice(self.reports)}",
            ]
        )

    def _amended(self, path: str, **patch: Any) -> httpx.Response:
        return self.api.editor.patch(path, json=patch, headers=ANY)

    def _stage(self) -> httpx.Response:
        if self.chance.random() < 0.4:
            return do(self.api.editor, self.chance.choice(self.incidents), "publish")
        return self._amended(
            self._some(), workflow=self.chance.choice(["draft", "in_review", "published", "published"])
        )

    def _share(self) -> httpx.Response:
        return self._amended(self._some(), sharing=self.chance.choice(LEVELS))

    def _source(self) -> httpx.Response:
        return self._amended(
            f"/v1/sources/{self.chance.choice(self.sources)}", sharing=self.chance.choice(LEVELS)
        )

    def _protect(self) -> httpx.Response:
        patch = {"protected": self.chance.random() < 0.5, "pseudonym": "Somebody"}
        return self._amended(f"/v1/sources/{self.chance.choice(self.sources)}", **patch)

    def _delete(self) -> httpx.Response:
        return self.api.editor.delete(self._some(), params={"reason": "r"}, headers=ANY)

    def _merge(self) -> httpx.Response:
        uid, into = self.chance.sample(self.incidents, 2)
        stored = self.api.editor.get(f"/v1/incidents/{uid}").json()
        self._amended(
            f"/v1/incidents/{into}",
            **{name: stored.get(name) for name in ("workflow", "sharing", "source_id")},
        )
        return do(self.api.editor, uid, "merge", reason="r", into=into)

    def _unmerge(self) -> httpx.Response:
        merged = "SELECT uid FROM incidents WHERE merged_into_ref IS NOT NULL ORDER BY id LIMIT 1"
        with self.api.database.writing.begin() as connection:
            found = list(connection.exec_driver_sql(merged).scalars())
        return do(self.api.editor, found[0] if found else self.incidents[0], "unmerge", reason="r")

    def _split(self) -> httpx.Response:
        uid = self.chance.choice(self.incidents)
        told = self.api.editor.get(f"/v1/incidents/{uid}", params={"include": "reports"})
        linked = [report["id"] for report in told.json().get("reports", ())] or self.reports
        parts = [{"reports": [{"report_id": self.chance.choice(linked)}]}]
        return do(self.api.editor, uid, "split", reason="r", incidents=parts)

    def _dispute(self) -> httpx.Response:
        return do(self.chance.choice(self.writers), self.chance.choice(self.incidents), "dispute", reason="r")

    def _send_back(self) -> httpx.Response:
        return do(self.api.editor, self.chance.choice(self.incidents), "send-back", reason="r")


def acted(api: Api, chance: random.Random) -> Acting:
    acting = Acting(api, chance)
    for number in range(140):
        acting.act()
        with api.database.writing.begin() as connection:
            check_loosely_linked(api.database, connection)
        if number % 70 == 69:
            check_lists(api.database)
    check_indexes(api.database)
    check_history(api.database)
    return acting


def test_it_follows_what_people_do(api: Api, chance: random.Random) -> None:
    acted(api, chance)


def test_it_follows_each_of_the_acts(api: Api) -> None:
    """By a number that is known to come by all of them, and by records of each sort."""
    acting = acted(api, random.Random(0))
    assert set(ACTS) == acting.done.keys(), acting.done
    for linked_to in unlinked.LINKED_TO:
        for kind in unlinked.LINKED_WITH:
            row = f"SELECT count(*) FROM loosely_linked WHERE kind = '{kind}' AND linked_to = '{linked_to}'"
            assert one(str(api.database.settings.url), row)[0] > 0, (kind, linked_to)


def check_lists(database: Database) -> None:
    """Each viewer's lists, exports, counts and totals, from the few and in the order, are those of asking every record."""
    partner = "SELECT id, slug FROM partners WHERE slug IN ('alpha', 'beta', 'desk')"
    with database.writing.begin() as connection:
        partners = list(connection.exec_driver_sql(partner))
    viewers = [
        PUBLIC,
        Viewer(Role.editor, "desk", 1),
        *(Viewer(Role.reader, slug, key) for key, slug in partners),
    ]
    with asked_plainly(database) as plainly:
        plain = [told(plainly, viewer, where) for viewer in viewers for where in QUESTIONS]
    assert [told(database, viewer, where) for viewer in viewers for where in QUESTIONS] == plain
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MANY", "MANY_IN_DOUBT"):
            patch.setattr(unlinked, name, 1)
        assert [told(database, viewer, where) for viewer in viewers for where in QUESTIONS] == plain


@contextmanager
def asked_plainly(database: Database) -> Iterator[Database]:
    """The same database, where links are looked for one record at a time."""
    with pytest.MonkeyPatch.context() as patch, closing(Database(database.settings)) as plainly:
        patch.setattr(Scope, "stands_now", False)
        yield plainly


def told(database: Database, viewer: Viewer, where: Filter) -> list[Any]:
    found: list[Any] = []
    for kind in unlinked.LINKED_WITH:
        sort = "date_start" if kind is Kind.incident else "date_published"
        query = Query(kind=kind, where=where, limit=500, sort=sort, descending=True, count=True)
        listed = database.read(lambda reader, query=query: page(reader, viewer, query))
        ids = [orjson.loads(document)["id"] for document in listed.documents]
        exported = [
            orjson.loads(document)["id"]
            for batch in Export(database, viewer, query, limit=None).batches()
            for document in batch
        ]
        assert exported == ids
        assert listed.count == len(ids)
        found.append(ids)
    found.append(database.read(lambda reader: totals(reader, viewer, where)))
    assert found[-1]["incidents"] <= len(found[0])
    return found
