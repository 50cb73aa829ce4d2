"""Incidents that were recorded twice: merged without losing what anybody said, and taken apart again."""

from __future__ import annotations

import threading
from typing import Any

import httpx
import pytest

from tests.http.test_transitions import ANY, do, done
from tests.support.api import Api
from tests.support.history import check_history
from tests.support.indexes import check_indexes
from tests.support.loopback import NO_TLS
from tests.support.state import problem, state_of

Record = dict[str, Any]


def killed(number: int, **more: Any) -> Record:
    return {"metric": "killed", "low": number, "best": number, "high": number, **more}


def reported(api: Api, day: str, *of: tuple[str, Record], **more: Any) -> str:
    """A report of that day, linked to incidents with a claim of each."""
    incidents = [{"incident_id": uid, "claims": [claim]} for uid, claim in of]
    uid: str = api.report(date_published=f"2016-12-{day}", incidents=incidents, **more)["id"]
    return uid


def read(api: Api, uid: str, client: httpx.Client | None = None) -> Record:
    answer = (client or api.editor).get(f"/v1/incidents/{uid}?include=reports,claims")
    assert answer.status_code == 200, answer.text
    record: Record = answer.json()
    return record


def matter(record: Record) -> Record:
    """All of a record but what every change moves."""
    moving = ("version", "updated_at")
    told = {name: value for name, value in record.items() if name not in moving}
    links = [{n: v for n, v in link.items() if n not in moving} for link in record["reports"]]
    return told | {"reports": links}


def total(api: Api, client: httpx.Client | None = None) -> tuple[int, int | None]:
    item = (client or api.public).get("/v1/totals").json()["items"][0]
    return item["incidents"], item["killed_best"]


class Twice:
    """One event under two names: each with a report of its own, one report linked to both, and a part."""

    def __init__(self, api: Api) -> None:
        self.whole = api.incident(title="The day", killed_best=61, assessment_reason="counted")["id"]
        self.kept = api.incident(title="Mashhad", part_of=self.whole)["id"]
        self.other = api.incident(title="Al Mashhad")["id"]
        self.part = api.incident(title="One house", part_of=self.other)["id"]
        self.own = reported(api, "07", (self.kept, killed(4)))
        self.both = reported(api, "08", (self.kept, killed(5)), (self.other, killed(7, wording="seven")))
        self.theirs = reported(api, "09", (self.other, killed(6)))
        reported(api, "06", (self.part, killed(2)))
        path = f"/v1/incidents/{self.other}/reports/{self.both}"
        link = {"role": "corrects", "note": "of the house", "claims": [killed(7, wording="seven"), killed(5)]}
        assert api.editor.put(path, json=link).status_code == 200

    def merged(self, api: Api) -> Record:
        return done(api.editor, self.other, "merge", into=self.kept, reason="one strike under two names")


def test_a_merge_loses_nothing_that_was_said(api: Api) -> None:
    twice = Twice(api)
    survivor = twice.merged(api)
    assert (survivor["id"], survivor["merged"]["id"]) == (twice.kept, twice.other)
    kept = read(api, twice.kept)
    assert [r["id"] for r in kept["reports"]] == [twice.own, twice.both, twice.theirs]
    assert [r["link_role"] for r in kept["reports"]] == ["describes", "corrects", "describes"]
    assert kept["reports"][1]["note"] == "of the house"
    said = [(c["report_id"], c["best"], c["wording"]) for c in kept["claims"]]
    assert said == [
        (twice.own, 4, None),
        (twice.both, 5, None),
        (twice.both, 7, "seven"),
        (twice.theirs, 6, None),
    ]
    figures = [kept[f"killed_{end}"] for end in ("low", "best", "high")]
    assert figures == [5, 6, 7], "the second report corrects the first; the best is that of the last"
    assert read(api, twice.part)["part_of"] == twice.kept
    check_indexes(api.database)


def test_what_was_merged_leads_on_and_is_nowhere_else(api: Api) -> None:
    twice = Twice(api)
    tag = api.public.get("/v1/incidents").headers["etag"]
    assert total(api) == (4, 61 + 6)
    twice.merged(api)
    for client in (api.public, api.contributor, api.editor):
        gone = problem(client.get(f"/v1/incidents/{twice.other}"), 410, code="gone")
        assert gone["merged_into"] == gone["replaced_by"] == twice.kept
        assert twice.kept in gone["detail"]
        assert gone["reason"] == "one strike under two names"
        for path in ("explain", "claims"):
            problem(client.get(f"/v1/incidents/{twice.other}/{path}"), 410)
        for question in ("/v1/incidents?limit=100", "/v1/incidents?f=ndjson", "/ogc/collections/incidents/items?f=json",
                         "/v1/reports?include=incidents", f"/v1/incidents?report={twice.theirs}"):  # fmt: skip
            found = client.get(question, headers={"If-None-Match": tag})
            assert found.status_code == 200, question
            assert twice.other not in found.text, question
    assert total(api) == (3, 61)
    facets = api.public.get("/v1/incidents/facets?facets=country").json()["facets"]["country"]
    assert facets == [{"value": "SYR", "incidents": 3}]
    assert api.public.get(f"/ogc/collections/incidents/items/{twice.other}").status_code in (404, 410)
    for method, path in (("patch", ""), ("delete", "?reason=r"), ("put", f"/reports/{twice.own}")):
        body = {} if method == "delete" else {"json": {}}
        answer = getattr(api.editor, method)(f"/v1/incidents/{twice.other}{path}", headers=ANY, **body)
        problem(answer, 410)
    problem(api.editor.post("/v1/incidents", json={"part_of": twice.other}), 422, "part_of")


def test_undoing_restores_all_of_it(api: Api) -> None:
    twice = Twice(api)
    ids = (twice.kept, twice.other, twice.part, twice.whole)
    before, counted = [matter(read(api, uid)) for uid in ids], total(api)
    answer = twice.merged(api)
    headers = {"If-Match": f'"{answer["merged"]["version"]}"'}
    undone = do(api.editor, twice.other, "unmerge", headers, reason="two strikes after all")
    assert (undone.status_code, undone.json()["not_restored"]) == (200, [])
    assert undone.json()["id"] == twice.other
    assert [matter(read(api, uid)) for uid in ids] == before
    assert total(api) == counted
    told = [c for c in check_history(api.database) if c["action"] in ("merge", "unmerge")]
    assert [(c["action"], c["record"]) for c in told] == [
        (action, uid)
        for action, first, then in (("merge", twice.other, twice.kept), ("unmerge", twice.other, twice.kept))
        for uid in (first, then, twice.part)
    ]
    assert {c["reason"] for c in told} == {"one strike under two names", "two strikes after all"}
    check_indexes(api.database)
    assert twice.merged(api)["merged"]["id"] == twice.other, "and once more"


def test_the_container_comes_along_where_there_was_none(api: Api) -> None:
    whole = api.incident(killed_best=61, assessment_reason="counted")["id"]
    part, alone = api.incident(part_of=whole)["id"], api.incident()["id"]
    reported(api, "07", (part, killed(4)))
    reported(api, "08", (alone, killed(4)))
    assert total(api) == (3, 65)
    assert done(api.editor, part, "merge", into=alone, reason="same")["part_of"] == whole
    assert total(api) == (2, 61)
    done(api.editor, part, "unmerge", reason="not the same")
    assert (read(api, alone)["part_of"], read(api, part)["part_of"]) == (None, whole)
    assert total(api) == (3, 65)


def test_rings_are_refused_and_a_part_goes_into_its_whole(api: Api) -> None:
    whole = api.incident(title="whole")["id"]
    part = api.incident(title="part", part_of=whole)["id"]
    piece = api.incident(title="piece", part_of=part)["id"]
    before = state_of(api.database)
    for into in (part, piece):
        assert "part of" in problem(do(api.editor, whole, "merge", into=into, reason="r"), 409)["detail"]
    assert state_of(api.database) == before
    done(api.editor, part, "merge", into=whole, reason="r")
    assert read(api, piece)["part_of"] == whole
    assert read(api, whole)["part_of"] is None


def test_what_was_changed_since_stays_and_is_told(api: Api) -> None:
    twice = Twice(api)
    lost = reported(api, "10", (twice.other, killed(9)))
    twice.merged(api)
    elsewhere = api.incident()["id"]
    api.patched(f"/v1/incidents/{twice.part}", part_of=elsewhere)
    changed = api.editor.put(
        f"/v1/incidents/{twice.kept}/reports/{twice.theirs}", json={"claims": [killed(8)]}
    )
    assert changed.status_code == 200
    ended = api.editor.delete(f"/v1/incidents/{twice.kept}/reports/{lost}?reason=another+event")
    assert ended.status_code == 200
    told = done(api.editor, twice.other, "unmerge", reason="two after all")["not_restored"]
    assert {(kept["what"], kept["id"]) for kept in told} == {
        ("part", twice.part),
        ("link", twice.theirs),
        ("link", lost),
    }
    assert read(api, twice.part)["part_of"] == elsewhere
    kept, other = read(api, twice.kept), read(api, twice.other)
    assert [(c["report_id"], c["best"]) for c in kept["claims"]] == [
        (twice.own, 4),
        (twice.both, 5),
        (twice.theirs, 8),
    ]
    assert [(c["report_id"], c["best"]) for c in other["claims"]] == [
        (twice.theirs, 6),
        (twice.both, 7),
        (twice.both, 5),
    ]


def test_a_report_that_says_the_same_of_both(api: Api) -> None:
    kept, other = api.incident(title="kept")["id"], api.incident(title="other")["id"]
    reported(api, "07", (kept, killed(4)), (other, killed(4)))
    before = [matter(read(api, uid)) for uid in (kept, other)]
    done(api.editor, other, "merge", into=kept, reason="r")
    assert [c["best"] for c in read(api, kept)["claims"]] == [4], "said once"
    assert done(api.editor, other, "unmerge", reason="r")["not_restored"] == []
    assert [matter(read(api, uid)) for uid in (kept, other)] == before


def test_merges_are_undone_in_any_order_that_makes_sense(api: Api) -> None:
    one, two, three = (api.incident(title=f"n{n}")["id"] for n in range(3))
    report = reported(api, "07", (one, killed(1)), (two, killed(2)), (three, killed(3)))
    before = [matter(read(api, uid)) for uid in (one, two, three)]
    done(api.editor, two, "merge", into=one, reason="r")
    done(api.editor, three, "merge", into=one, reason="r")
    assert [c["best"] for c in read(api, one)["claims"]] == [1, 2, 3]
    told = done(api.editor, two, "unmerge", reason="r")["not_restored"]
    assert [(kept["what"], kept["id"]) for kept in told] == [("link", report)], "a later merge changed it"
    assert [c["best"] for c in read(api, one)["claims"]] == [1, 3]
    done(api.editor, three, "unmerge", reason="r")
    assert [matter(read(api, uid)) for uid in (one, two, three)] == before


def test_a_chain_of_merges_leads_to_its_end(api: Api) -> None:
    first, second, third = (api.incident(title=f"n{n}")["id"] for n in range(3))
    done(api.editor, first, "merge", into=second, reason="r")
    done(api.editor, second, "merge", into=third, reason="r")
    assert problem(api.public.get(f"/v1/incidents/{first}"), 410)["merged_into"] == third
    assert second in problem(do(api.editor, first, "unmerge", reason="r"), 409)["detail"]
    api.patched(f"/v1/incidents/{third}", sharing="restricted")
    assert problem(api.public.get(f"/v1/incidents/{first}"), 410)["merged_into"] is None
    assert third not in api.public.get(f"/v1/incidents/{first}").text
    done(api.editor, second, "unmerge", reason="r")
    done(api.editor, first, "unmerge", reason="r")
    assert read(api, first)["title"] == "n0"


def test_containers_that_are_gone_or_would_go_round(api: Api) -> None:
    whole, later = api.incident(title="whole")["id"], api.incident(title="later")["id"]
    kept, other = api.incident()["id"], api.incident(part_of=whole)["id"]
    api.patched(f"/v1/incidents/{kept}", part_of=later)
    done(api.editor, other, "merge", into=kept, reason="r")
    done(api.editor, whole, "merge", into=later, reason="r")
    told = done(api.editor, other, "unmerge", reason="r")["not_restored"]
    assert [(t["what"], t["id"]) for t in told] == [("part_of", whole)]
    assert read(api, other)["part_of"] == later
    piece = api.incident(part_of=other)["id"]
    done(api.editor, other, "merge", into=kept, reason="r")
    api.patched(f"/v1/incidents/{kept}", part_of=None)
    api.patched(f"/v1/incidents/{later}", part_of=piece)
    told = done(api.editor, other, "unmerge", reason="r")["not_restored"]
    assert [(t["what"], t["id"]) for t in told] == [("part_of", later)]
    assert (read(api, other)["part_of"], read(api, piece)["part_of"]) == (None, other)


def test_a_survivor_that_was_deleted_since(api: Api) -> None:
    kept, other = api.incident()["id"], api.incident()["id"]
    reported(api, "07", (other, killed(4)))
    done(api.editor, other, "merge", into=kept, reason="r")
    assert api.editor.delete(f"/v1/incidents/{kept}?reason=wrong", headers=ANY).status_code == 200
    assert problem(api.public.get(f"/v1/incidents/{other}"), 410)["merged_into"] is None
    assert done(api.editor, other, "unmerge", reason="r")["killed_best"] == 4


@pytest.mark.parametrize(
    ("duplicate", "survivor"),
    [
        ({}, {"workflow": "draft"}),
        ({}, {"workflow": "in_review"}),
        ({}, {"sharing": "partners"}),
        ({"sharing": "restricted"}, {}),
        ({"workflow": "draft", "sharing": "organisation"}, {"workflow": "draft"}),
        ({}, {"verification_status": "discounted"}),
        ({"verification_status": "discounted"}, {}),
        ({}, {"verification_status": "retracted"}),
    ],
)
def test_nothing_vanishes_and_nothing_is_told_more_widely(
    api: Api, duplicate: Record, survivor: Record
) -> None:
    other, kept = api.incident(**duplicate)["id"], api.incident(**survivor)["id"]
    before = state_of(api.database)
    document = problem(do(api.editor, other, "merge", into=kept, reason="r"), 409)
    assert kept in document["detail"]
    assert state_of(api.database) == before


def test_organisations_do_not_read_each_other_by_a_merge(api: Api) -> None:
    other, kept = (
        api.incident(api.client("editor", partner), sharing="organisation")["id"]
        for partner in ("alpha", "beta")
    )
    problem(do(api.editor, other, "merge", into=kept, reason="r"), 409)


def test_bad_input(api: Api) -> None:
    uid, gone = api.incident()["id"], api.incident()["id"]
    api.editor.delete(f"/v1/incidents/{gone}?reason=r", headers=ANY)
    before = state_of(api.database)
    for into in (uid, gone, "inc_01je7pysj4ez3v6p9b7q2v5w8x", "x" * 65, "\x00", 7, None):
        problem(do(api.editor, uid, "merge", into=into, reason="r"), 422, "into")
    problem(do(api.editor, uid, "merge", reason="r"), 422, "into")
    problem(do(api.editor, gone, "unmerge", reason="r"), 410)
    assert state_of(api.database) == before


def test_an_external_id_that_was_merged_is_told_so(api: Api) -> None:
    other = api.incident(api.contributor, external_id="mine", workflow="draft")["id"]
    kept = api.incident(api.contributor, workflow="draft")["id"]
    done(api.editor, other, "merge", into=kept, reason="r")
    again = problem(api.contributor.post("/v1/incidents", json={"external_id": "mine"}), 409)
    assert other in again["detail"]
    assert "merged" in again["detail"]


def _at_once(*acts: Any) -> list[httpx.Response]:
    answers: list[httpx.Response] = []
    threads = [threading.Thread(target=lambda act=act: answers.append(act())) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers


def test_two_merges_at_once(api: Api) -> None:
    """Into each other, and of one into two: one of them happens, and nobody leads to nobody."""
    for n in range(4):
        a, b, c = (api.incident(title=f"{name}{n}")["id"] for name in "abc")
        reported(api, "07", (a, killed(1)), (b, killed(2)))
        pair = [(a, b), (b, a)] if n % 2 else [(a, b), (a, c)]

        def act(one: str, into: str) -> httpx.Response:
            with httpx.Client(
                base_url=api.running.url, headers=api.editor.headers, timeout=30, verify=NO_TLS
            ) as client:
                return do(client, one, "merge", into=into, reason="r")

        answers = _at_once(*(lambda one=one, into=into: act(one, into) for one, into in pair))
        codes = sorted(answer.status_code for answer in answers)
        assert codes[0] == 200, [answer.text for answer in answers]
        assert codes[1] in (409, 410, 422), [answer.text for answer in answers]
    check_indexes(api.database)


def test_a_merge_against_other_writers(api: Api) -> None:
    """A patch, a link and a new part that come at the same time are before the merge or refused; none is lost."""
    for n in range(4):
        kept, other = api.incident(title=f"k{n}")["id"], api.incident(title=f"o{n}")["id"]
        report = api.report()["id"]

        def sent(method: str, path: str, body: Record) -> httpx.Response:
            with httpx.Client(
                base_url=api.running.url, headers=api.editor.headers, timeout=30, verify=NO_TLS
            ) as client:
                return client.request(method, path, json=body, headers=ANY)

        path = f"/v1/incidents/{other}"
        answers = _at_once(
            lambda path=path, kept=kept: sent("POST", f"{path}/merge", {"into": kept, "reason": "r"}),
            lambda path=path: sent("PATCH", path, {"summary": "more"}),
            lambda path=path, report=report: sent("PUT", f"{path}/reports/{report}", {"claims": [killed(3)]}),
            lambda other=other: sent("POST", "/v1/incidents", {"part_of": other, "workflow": "published"}),
            lambda kept=kept, other=other: sent("PATCH", f"/v1/incidents/{kept}", {"part_of": other}),
        )
        codes = {f"{a.request.method} {a.request.url.path}": a.status_code for a in answers}
        assert 500 not in codes.values(), codes
        assert 503 not in codes.values(), codes
        if codes[f"POST {path}/merge"] == 200:
            linked = [r["id"] for r in read(api, kept)["reports"]]
            assert (report in linked) is (codes[f"PUT {path}/reports/{report}"] == 201)
            for record in api.editor.get("/v1/incidents?fields=part_of").json()["items"]:
                assert record["part_of"] != other
            with api.database.reading.connect() as connection:
                lost = connection.exec_driver_sql(
                    "SELECT count(*) FROM incidents p JOIN incidents w ON w.id = p.part_of_ref"
                    " WHERE p.deleted_at IS NULL AND w.deleted_at IS NOT NULL"
                ).scalar_one()
            assert lost == 0, codes
        else:
            assert codes[f"PATCH /v1/incidents/{kept}"] == 200, codes
    check_indexes(api.database)
