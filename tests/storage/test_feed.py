"""A copy that follows the feed is what a fresh one would be, whoever follows, whatever is asked, however far behind it was."""

from __future__ import annotations

import random
from typing import Any

import pytest

from app.access.rules import fields_for
from app.access.viewer import Viewer
from app.query import cql2
from app.query.fields import Kind
from app.query.filter import Linked, Not, Related, equals
from app.storage.database import Database
from app.storage.feed import Following, Place, following
from tests.support.emptying import empty
from tests.support.followers import Copy, Follower, listed
from tests.support.histories import Historian

STEPS = 120
WHO = ("public", "alpha", "editor")


def cql2_of(kind: Kind, text: str) -> Following:
    return Following((kind,), cql2.read(text, kind, fields_for(Viewer(), kind)))


def questions(historian: Historian) -> dict[str, Following]:
    """What followers ask for, once there is something to ask of."""
    source, incident = historian.made[Kind.source][0], historian.made[Kind.incident][0]
    return {
        "all": Following(),
        "incidents": Following((Kind.incident,)),
        "syria": Following((Kind.incident,), equals("country", "SYR")),
        "figures": cql2_of(Kind.incident, "NOT (killed_best > 3)"),
        "places": cql2_of(Kind.incident, "place LIKE 'Place%' AND country <> 'IRQ'"),
        "of a source": Following((Kind.incident,), Related("source", source)),
        "of an incident": Following((Kind.report,), Related("incident", incident)),
        "unlinked": Following((Kind.report,), Not(Linked())),
        "by name": cql2_of(Kind.report, "source_name LIKE 'Secret%' OR title LIKE 'Amended%'"),
        "protected": Following((Kind.source,), equals("protected", value=True)),
        "titles": Following((Kind.report, Kind.incident), fields=("id", "title")),
        "with reports": Following((Kind.incident,), include=("reports",)),
        "with claims": Following((Kind.incident,), fields=("id", "title"), include=("claims",)),
        "with incidents": Following((Kind.report,), include=("incidents",)),
        "with incidents and claims": Following(
            (Kind.report,), Linked(), fields=("id",), include=("incidents", "claims")
        ),
    }


def listed_by(database: Database, viewer: Viewer) -> Copy:
    return database.read(lambda reader: listed(reader, viewer, Following()))


class Crowd:
    """Followers of all kinds behind one historian, and what each viewer could have known of."""

    def __init__(self, database: Database, seed: int) -> None:
        empty(database)
        self.database = database
        self.chance = random.Random(seed)
        self.historian = Historian(database, self.chance, tightens=True)
        self.followers: list[Follower] = []
        self.syncing: list[Follower] = []
        self.ever: dict[str, set[str]] = {who: set() for who in WHO}

    def begin(self) -> None:
        """One more, who has the place and not yet the lists; or who starts from nothing."""
        asked_of = questions(self.historian)
        # Of what rides along the most can go wrong.
        name = self.chance.choice([*asked_of, *[name for name, one in asked_of.items() if one.include]])
        asked = asked_of[name]
        who = self.chance.choice(WHO)
        follower = Follower(self.database, self.historian.viewers[who], asked, self.chance, f"{who}: {name}")
        self.followers.append(follower)
        if self.chance.random() < 0.7:
            follower.sync()
            self.syncing.append(follower)

    def step(self) -> None:
        self.historian.step()
        for who, known in self.ever.items():
            viewer = self.historian.viewers[who]
            known.update(listed_by(self.database, viewer))
        while self.syncing and self.chance.random() < 0.5:
            self.syncing.pop().take_lists()
        ready = [f for f in self.followers if f not in self.syncing]
        for follower in self.chance.sample(ready, min(3, len(ready))):
            follower.poll()

    def check(self, follower: Follower) -> None:
        if follower in self.syncing:
            return
        follower.catch_up()
        assert follower.copy == follower.fresh(), follower.name

    def finish(self) -> None:
        for follower in self.syncing:
            follower.take_lists()
        self.syncing = []
        for follower in self.followers:
            self.check(follower)


@pytest.mark.parametrize(("seed", "window"), [(1, following.AT_LEAST), (5, following.AT_LEAST), (3, 5)])
def test_a_copy_that_follows_is_what_a_fresh_one_would_be(
    held: Database, seed: int, window: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(following, "AT_LEAST", window)  # of few changes many windows
    crowd = Crowd(held, seed)
    while not all(crowd.historian.made.values()):
        crowd.step()
    for number in range(STEPS):
        if number < STEPS * 3 / 4:
            crowd.begin()
        crowd.step()
        crowd.check(crowd.chance.choice(crowd.followers))
    crowd.finish()
    told = [item for follower in crowd.followers for item in follower.items]
    assert {item["event"] for item in told} == {"put", "remove"}
    assert {item.get("because") for item in told} == {None, "deleted", "out_of_sight", "no_match"}
    for follower in crowd.followers:
        who = follower.name.partition(":")[0]
        unknown = {item["id"] for item in follower.items} - crowd.ever[who]
        assert not unknown, follower.name


@pytest.mark.parametrize("seed", [11])
def test_nothing_comes_out_that_is_out_of_sight(held: Database, seed: int) -> None:
    """Whoever asks only now for what was long ago is told what is so now."""
    crowd = Crowd(held, seed)
    for _ in range(STEPS):
        crowd.step()
    historian = crowd.historian
    for who in WHO:
        viewer = historian.viewers[who]
        fresh = listed_by(held, viewer)
        for place in range(0, historian.head(), 5):
            follower = Follower(held, viewer, Following(), crowd.chance, who, Place(place))
            follower.catch_up()
            for item in follower.items:
                if item["event"] == "put":
                    assert item["record"] == fresh[item["id"]]
                    continue
                gone = {"event", "kind", "id", "because", "changes"}
                assert item.keys() == gone | ({"tombstone"} if item["because"] == "deleted" else set())
                assert item["because"] == "deleted" or item["changes"] == []
                assert item["id"] not in fresh


def test_who_comes_from_far_behind_is_told_once_of_what_others_changed(
    held: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With its own changes a record comes again; for what a later change of another made different in it, it need not."""
    crowd = Crowd(held, seed=4)
    for _ in range(STEPS):
        crowd.step()

    def told_from(place: int, window: int, limit: int) -> list[dict[str, Any]]:
        monkeypatch.setattr(following, "AT_LEAST", window)
        editor = crowd.historian.viewers["editor"]
        follower = Follower(held, editor, Following(), crowd.chance, "editor", Place(place))
        while follower.poll(limit).place != Place(crowd.historian.head()):
            pass
        return follower.items

    def changes_of(items: list[dict[str, Any]]) -> list[int]:
        return sorted(change["seq"] for item in items for change in item["changes"])

    others = {}
    for place in (0, crowd.historian.head() // 2):
        items, at_once = told_from(place, 5, 3), told_from(place, 10_000, 1000)
        assert changes_of(items) == changes_of(at_once)
        told: set[str] = set()
        for item in items:
            assert item["changes"] or item["id"] not in told
            if item["changes"]:
                told.add(item["id"])
        others[place] = sum(not item["changes"] for item in items)
    nothing, some = others.values()
    assert nothing == 0 < some
