"""Random acts on families of incidents: every total stays what a plain model says, and nothing behind it comes apart."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.http.test_transitions import do
from tests.support.api import Api
from tests.support.history import check_history
from tests.support.indexes import check_indexes

ANY = {"If-Match": "*"}
ENDS = ("low", "best", "high")
Said = dict[str, list[tuple[int, int]]]
"""What reports claim of an incident: (mark of the claim, number), by report."""


@dataclass
class Plain:
    """An incident as far as it counts. `into`: what it was merged into; `moved`: what that merge took along."""

    claims: Said
    part_of: str | None = None
    retracted: bool = False
    into: str | None = None
    moved: tuple[set[str], str | None] = field(default_factory=lambda: (set(), None))

    def figure(self, days: dict[str, int]) -> dict[str, int] | None:
        """The envelope: lowest, highest, and the best of the last report, of which the first number counts."""
        if not self.claims:
            return None
        numbers = [number for said in self.claims.values() for _, number in said]
        last = max(self.claims, key=lambda report: days[report])
        return {"low": min(numbers), "best": self.claims[last][0][1], "high": max(numbers)}


class Model:
    def __init__(self) -> None:
        self.incidents: dict[str, Plain] = {}
        self.days: dict[str, int] = {}

    def live(self) -> list[str]:
        return [uid for uid, incident in self.incidents.items() if incident.into is None]

    def above(self, uid: str | None) -> list[str]:
        found: list[str] = []
        while uid is not None:
            found.append(uid)
            uid = self.incidents[uid].part_of
        return found

    def parts(self, uid: str) -> set[str]:
        return {part for part in self.live() if self.incidents[part].part_of == uid}

    def mergeable(self, uid: str, into: str) -> bool:
        one, other = self.incidents[uid], self.incidents[into]
        return uid != into and not one.retracted and not other.retracted and uid not in self.above(into)

    def merge(self, uid: str, into: str) -> None:
        one, other = self.incidents[uid], self.incidents[into]
        for report, said in one.claims.items():
            own = other.claims.setdefault(report, [])
            own += [claim for claim in said if claim[1] not in {number for _, number in own}]
        inherited = None
        if other.part_of is None and one.part_of is not None and into not in self.above(one.part_of):
            inherited = other.part_of = one.part_of
        parts = self.parts(uid)
        for part in parts:
            self.incidents[part].part_of = into
        one.into, one.moved = into, (parts, inherited)

    def unmerge(self, uid: str) -> None:
        one = self.incidents[uid]
        assert one.into is not None
        into, other = one.into, self.incidents[one.into]
        marks = {mark for said in one.claims.values() for mark, _ in said}
        for report in list(one.claims):
            if report not in other.claims:
                del one.claims[report]  # what was ended on the survivor since stays ended
                continue
            left = [claim for claim in other.claims[report] if claim[0] not in marks]
            other.claims[report] = left
            if not left:
                del other.claims[report]
        parts, inherited = one.moved
        one.into = None
        if inherited is not None and other.part_of == inherited:
            other.part_of = None
        for part in parts:
            if self.incidents[part].into is None and self.incidents[part].part_of == into:
                self.incidents[part].part_of = uid
        while one.part_of is not None and self.incidents[one.part_of].into is not None:
            one.part_of = self.incidents[one.part_of].into
        seen, container = set(), one.part_of
        while container is not None and container not in seen and container != uid:
            seen.add(container)
            container = self.incidents[container].part_of
        if container == uid:
            one.part_of = None

    def total(self) -> dict[str, int | None]:
        """Nobody counted twice: a family is the larger of the whole and its parts, through what is retracted as well."""
        counted = [uid for uid in self.live() if not self.incidents[uid].retracted]
        figures = {uid: self.incidents[uid].figure(self.days) for uid in counted}
        under: dict[str | None, list[str]] = {}
        for uid in counted:
            above = [other for other in self.above(self.incidents[uid].part_of) if other in figures]
            under.setdefault(above[0] if above else None, []).append(uid)

        def family(uid: str, end: str) -> int:
            own = figures[uid]
            return max(own[end] if own else 0, sum(family(part, end) for part in under.get(uid, ())))

        stated = any(figures.values())
        ends: dict[str, int | None] = {
            f"killed_{end}": sum(family(uid, end) for uid in under.get(None, ())) if stated else None
            for end in ENDS
        }
        return {"incidents": len(counted), **ends}


class Acting:
    def __init__(self, api: Api, chance: random.Random) -> None:
        self.api, self.chance, self.model = api, chance, Model()
        self.done: dict[str, int] = {}
        for _ in range(9):
            self.model.incidents[api.incident(title="n")["id"]] = Plain({})
        for day in range(1, 13):
            self.report(day)

    def report(self, day: int) -> None:
        """One report of one or two incidents; reports of one day would rank alike, so each has its own."""
        linked = self.chance.sample(self.model.live(), self.chance.choice([1, 2, 3]))
        numbers = [self.chance.randint(1, 30) for _ in linked]
        incidents = [
            {"incident_id": uid, "claims": [{"metric": "killed", "wording": str(number)}]}
            for uid, number in zip(linked, numbers, strict=True)
        ]
        report = self.api.report(date_published=f"2016-12-{day:02}", incidents=incidents)["id"]
        self.model.days[report] = day
        for mark, (uid, number) in enumerate(zip(linked, numbers, strict=True)):
            self.model.incidents[uid].claims[report] = [(day * 10 + mark, number)]

    def act(self) -> None:
        uid, other = self.chance.choice(self.model.live()), self.chance.choice(self.model.live())
        merged = [uid for uid, incident in self.model.incidents.items() if incident.into is not None]
        match self.chance.choice(
            ["merge", "merge", "unmerge", "unmerge", "part", "part", "retract", "split"]
        ):
            case "merge":
                self.tried("merge", uid, self.model.mergeable(uid, other), into=other)
                if self.model.mergeable(uid, other):
                    self.model.merge(uid, other)
            case "unmerge" if merged:
                uid = self.chance.choice(merged)
                into = self.model.incidents[uid].into
                assert into is not None
                possible = self.model.incidents[into].into is None
                self.tried("unmerge", uid, possible)
                if possible:
                    self.model.unmerge(uid)
            case "split" if self.model.incidents[uid].claims and len(self.model.live()) < 14:
                self.split(uid)
            case "part":
                wanted = self.chance.choice([other, other, None])
                sound = wanted is None or uid not in self.model.above(wanted)
                answer = self.api.editor.patch(f"/v1/incidents/{uid}", json={"part_of": wanted}, headers=ANY)
                assert (answer.status_code == 200) is sound, answer.text
                if sound:
                    self.model.incidents[uid].part_of = wanted
            case "retract" if self.chance.random() < 0.6:
                was = self.model.incidents[uid].retracted
                if was:
                    self.api.patched(f"/v1/incidents/{uid}", verification_status="confirmed")
                else:
                    self.tried("retract", uid, True)
                self.model.incidents[uid].retracted = not was

    def split(self, uid: str) -> None:
        """One of its reports is of another incident."""
        was = self.model.incidents[uid]
        report = self.chance.choice(list(was.claims))
        parts = [{"reports": [{"report_id": report}]}]
        answer = do(self.api.editor, uid, "split", reason="r", incidents=parts)
        assert answer.status_code == (409 if was.retracted else 200), answer.text
        if not was.retracted:
            (new,) = answer.json()["split"]
            self.model.incidents[new] = Plain({report: was.claims.pop(report)}, was.part_of)
            self.done["split"] = self.done.get("split", 0) + 1

    def tried(self, verb: str, uid: str, possible: bool, **body: Any) -> None:
        answer = do(self.api.editor, uid, verb, reason="r", **body)
        assert answer.status_code == (200 if possible else 422 if body.get("into") == uid else 409), (
            answer.text
        )
        self.done[verb] = self.done.get(verb, 0) + possible

    def compare(self) -> None:
        for client in (self.api.public, self.api.editor):
            item = client.get("/v1/totals").json()["items"][0]
            expected = self.model.total()
            assert {name: item[name] for name in expected} == expected
            listed = client.get(
                "/v1/incidents?limit=100&fields=part_of,killed_low,killed_best,killed_high"
            ).json()["items"]
            parts = {record["id"]: record["part_of"] for record in listed}
            assert parts == {uid: self.model.incidents[uid].part_of for uid in self.model.live()}
        nothing = dict.fromkeys(ENDS)
        for record in listed:
            figure = self.model.incidents[record["id"]].figure(self.model.days)
            assert {end: record[f"killed_{end}"] for end in ENDS} == (figure or nothing)
        grouped = self.api.public.get("/v1/totals?group_by=verification_status").json()["items"]
        assert sum(group["killed_best"] or 0 for group in grouped) == (self.model.total()["killed_best"] or 0)


def acted(api: Api, chance: random.Random) -> Acting:
    acting = Acting(api, chance)
    for number in range(80):
        acting.act()
        acting.compare()
        if number % 20 == 19:
            check_indexes(api.database)
            check_history(api.database)
    return acting


def test_totals_stay_what_a_plain_model_says(api: Api, chance: random.Random) -> None:
    acted(api, chance)


@pytest.mark.parametrize("seed", range(2))
def test_they_do_after_each_of_the_verbs(api: Api, seed: int) -> None:
    """By numbers of which each is known to come by all of them."""
    done = acted(api, random.Random(seed)).done
    assert min(done.get(verb, 0) for verb in ("merge", "unmerge", "retract", "split")) >= 2, done
