"""A new wording rule is run over all claims, and touches none of them."""

from __future__ import annotations

from typing import Any

import pytest

from app.domain import wording
from app.domain.vocabulary import Qualifier
from app.domain.wording import Reading, read_wording
from app.writing.assessing import Summary, assess_all
from tests.support.api import Api
from tests.support.tables import head, one


def _v2(text: str) -> Reading:
    """As v1, but that a handful are three to five."""
    return Reading(3, None, 5, Qualifier.range) if "handful" in text else read_wording(text)


@pytest.fixture(autouse=True)
def two_rules(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(wording.RULES, "v2", _v2)


def _claimed(api: Api, words: str | None) -> str:
    incident: str = api.incident()["id"]
    claim: dict[str, Any] = {"metric": "killed", **({"best": 7} if words is None else {"wording": words})}
    link = api.editor.put(f"/v1/incidents/{incident}/reports/{api.report()['id']}", json={"claims": [claim]})
    assert link.status_code == 201
    return incident


def _again(api: Api, rule: str | None, *, dry_run: bool = False) -> Summary:
    return assess_all(api.database, api.local, rule, dry_run=dry_run)


def test_figures_follow_and_claims_stay(api: Api) -> None:
    handful, plain, number = (_claimed(api, words) for words in ("a handful of people", "61 killed", None))
    claims = {uid: api.editor.get(f"/v1/incidents/{uid}/claims").json() for uid in (handful, plain, number)}
    before = one(api.running.settings.database.url, "SELECT count(*) FROM changes")

    tried = _again(api, "v2", dry_run=True)
    assert one(api.running.settings.database.url, "SELECT count(*) FROM changes") == before
    done = _again(api, "v2")
    assert tried == done
    assert (done.incidents, done.changed, done.figures) == (3, 2, 1)
    assert done.told == [(handful, {"killed_low": (None, 3), "killed_high": (None, 5)})]

    for uid, expected in (
        (handful, (3, None, 5, "v2")),
        (plain, (61, 61, 61, "v2")),
        (number, (None, 7, None, None)),
    ):
        record = api.public.get(f"/v1/incidents/{uid}").json()
        found = record["killed_low"], record["killed_best"], record["killed_high"], record["wording_rule"]
        assert found == expected
        assert api.editor.get(f"/v1/incidents/{uid}/claims").json() == claims[uid]
    reason = "SELECT reason FROM changes WHERE action = 'assess' AND seq = (SELECT max(seq) FROM changes)"
    assert one(api.running.settings.database.url, reason) == ("wordings read by rule v2",)

    kept = head(api.running.settings.database.url)
    assert _again(api, "v2").changed == 0
    assert _again(api, None).changed == 0, "each incident keeps the rule that it has"
    assert head(api.running.settings.database.url) == kept


def test_a_report_that_comes_later_is_read_by_the_incidents_rule(api: Api) -> None:
    incident = _claimed(api, "61 killed")
    _again(api, "v2")
    report = api.report(source_id=api.source(name="Another")["id"])["id"]
    claims = [{"metric": "killed", "wording": "a handful"}]
    told = api.editor.put(f"/v1/incidents/{incident}/reports/{report}", json={"claims": claims}).json()
    assert (told["killed_low"], told["killed_high"], told["spread"]) == (3, 61, 56)
    later = next(claim for claim in told["claims"] if claim["report_id"] == report)
    assert (later["wording_rule"], later["low"]) == ("v1", None), "the claim says by what it was first read"


def test_going_back_to_the_former_rule_gives_the_former_figures(api: Api) -> None:
    incident = _claimed(api, "a handful of people")
    for rule, low in (("v2", 3), ("v1", None), ("v2", 3)):
        _again(api, rule)
        assert api.public.get(f"/v1/incidents/{incident}").json()["killed_low"] == low
