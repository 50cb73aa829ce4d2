"""What was told at a moment is told again as of it, but for what was taken out of sight since."""

from __future__ import annotations

import random
from typing import Any

import orjson
import pytest

from app.domain.folding import fold_all
from app.domain.spelling import wanted_of
from app.query.fields import SEARCH_TEXTS, Kind
from app.storage.database import Database
from app.storage.explaining.details import SHOWN
from app.storage.former_texts import texts_of
from tests.support.emptying import empty
from tests.support.histories import KINDS, ORDERS, WORDS, Historian, Told, searched
from tests.support.indexes import check_indexes

STEPS = 40
WHO = ("public", "alpha", "beta", "editor")


def written(database: Database, seed: int, *, tightens: bool) -> tuple[Historian, dict[int, dict[str, Told]]]:
    """A history, and what each viewer was told after each act; on PostgreSQL, which is slower to ask, after each second."""
    empty(database)
    historian = Historian(database, random.Random(seed), tightens)
    remembered: dict[int, dict[str, Told]] = {}
    heads, between = set[int](), 1 if database.is_embedded else 2
    while len(heads) < STEPS:
        if historian.step():
            heads.add(historian.head())
            if len(heads) % between == 0:
                remembered[historian.head()] = {who: historian.told(who) for who in WHO}
    return historian, remembered


def unmade(uids: set[str], told: Told) -> Told:
    """Without records that were made only later: of these nothing was asked."""
    return {name: value for name, value in told.items() if name not in uids}


def later(historian: Historian, before: Told) -> set[str]:
    return {uid for uids in historian.made.values() for uid in uids if uid not in before}


@pytest.mark.parametrize("seed", [1, 2])
def test_where_nothing_was_taken_out_of_sight_all_is_told_again(held: Database, seed: int) -> None:
    historian, remembered = written(held, seed, tightens=False)
    check_indexes(held)
    found = set()
    for seq, told in remembered.items():
        for who in WHO:
            now = historian.told(who, seq)
            added = later(historian, told[who])
            assert all(now[uid] is None for uid in added)
            for name, value in unmade(added, now).items():
                assert value == told[who][name], (seq, who, name)
            found.add((len(now["incident"]), len(now["report"]), len(now["source"])))
    assert len(found) > len(remembered) / 2  # the moments do differ
    for kind in ("incident", "report", "source"):
        assert any(told[who][kind] for told in remembered.values() for who in ("public", "alpha", "beta"))


@pytest.mark.parametrize("seed", [11, 12])
def test_what_was_taken_out_of_sight_is_not_told_and_nothing_else_differs(held: Database, seed: int) -> None:
    historian, remembered = written(held, seed, tightens=True)
    today = {who: historian.told(who) for who in WHO}
    hidden, masked, worded = 0, 0, 0
    for seq, told in remembered.items():
        for who in WHO:
            now, before = historian.told(who, seq), told[who]
            if who == "editor":
                assert unmade(later(historian, before), now) == before
                continue
            secrets = _secrets(historian, today, who)
            text = orjson.dumps(list(now.values())).decode()
            assert not [secret for secret in secrets if secret in text], (seq, who)
            for kind in ("incident", "report", "source"):
                stood = {record["id"]: record for record in before[kind]}
                shown = {record["id"]: record for record in now[kind]}
                assert shown.keys() <= stood.keys()
                hidden += len(stood) - len(shown)
                for uid in stood.keys() - shown.keys():
                    # Of a source nothing is known, either, where all that named it then is out of sight.
                    assert today[who][uid] is None or (kind == "source" and uid not in text), (seq, who, uid)
                for uid, record in shown.items():
                    masked += _only_less(record, stood[uid], today["editor"][uid])
                    assert now[uid] == record
            _adds_up(now)
            worded += _found_by_what_is_told(now) if searched(seq) else 0
    check_indexes(held)
    assert worded > len(remembered) / 2
    assert hidden > len(remembered) / 4
    assert masked > len(remembered) / 4


def _secrets(historian: Historian, today: dict[str, Told], who: str) -> set[str]:
    """What nobody but editors may read today: ids of what is out of sight, names of protected sources, exact places."""
    known = today[who]
    # A source is known of through what is known of, a tombstone, too: that something was deleted is no secret.
    named = {state.get("source_id") for uid, state in historian.last.items() if known[uid] is not None}
    found = {uid for uids in historian.made.values() for uid in uids if known[uid] is None} - named
    for uid in historian.made[Kind.source]:
        source = today["editor"][uid]
        if isinstance(source, dict) and source["protected"]:
            found |= {source["name"], source["url"]}
    for uid in historian.made[Kind.incident]:
        incident = today["editor"][uid]
        if isinstance(incident, dict) and incident["location_generalised_to"] is not None:
            found |= {f'"lon":{orjson.dumps(incident["lon_exact"]).decode()}'}
    for uid in historian.made[Kind.report]:
        report = today["editor"][uid]
        source = today["editor"].get(report["source_id"]) if isinstance(report, dict) else None
        if isinstance(source, dict) and source["protected"]:
            found.add(report["url"])
    return found


LISTS = ("reports", "incidents", "claims")
COUNTS = ("report_count", "incident_count")


def _only_less(shown: dict[str, Any], stood: dict[str, Any], today: Any) -> int:
    """How many members differ from what stood: each is withheld, or as it is today."""
    differing = 0
    for name, value in shown.items():
        if value == stood[name]:
            continue
        differing += 1
        if name in COUNTS:
            assert value < stood[name], name
        elif name in LISTS:
            assert [each["id"] for each in value] == [
                each["id"] for each in stood[name] if each["id"] in {other["id"] for other in value}
            ]
        else:
            as_today = isinstance(today, dict) and value == today.get(name)
            is_pseudonym = name in ("name", "source_name", "source_type", "pseudonym", "protected", "scale")
            assert value in (None, {}, "unknown") or as_today or is_pseudonym, (name, value, stood[name])
    return differing


def _explained(now: Told) -> None:
    """What a total is made of adds up to it, and is what the list shows, told by the same masks."""
    pages, shown = now["explained"], {record["id"]: record for record in now["incident"]}
    items = [item for page in pages for item in page["items"]]
    assert all(page["total"] == now["total"] for page in pages)
    assert sorted(item["id"] for item in items) == sorted(shown)
    for end in ("low", "best"):
        stated = [item[f"counts_{end}"] for item in items if item[f"counts_{end}"] is not None]
        assert (sum(stated) if stated else None) == now["total"][f"killed_{end}"]
    for item in items:
        record = shown[item["id"]]
        assert {name: item[name] for name in SHOWN} == {name: record[name] for name in SHOWN}
        assert item["contained_in"] is None or item["contained_in"] in shown
        assert all(shown[part["id"]]["title"] == part["title"] for part in item["parts"])


def _claimed(now: Told) -> None:
    """The list of claims holds those that the incidents carry, told by the same masks."""
    shown = {kind: {record["id"]: record for record in now[kind]} for kind in ("incident", "report")}
    carried = [claim["id"] for record in now["incident"] for claim in record["claims"]]
    assert sorted(claim["id"] for claim in now["claims"]) == sorted(carried)
    for claim in now["claims"]:
        incident, report = shown["incident"][claim["incident_id"]], shown["report"][claim["report_id"]]
        assert (claim["incident_title"], claim["report_title"]) == (incident["title"], report["title"])
        assert all(claim[name] == incident[name] for name in ("date_start", "country", "place"))
        assert claim["source_name"] == report["source_name"]


def _found_by_what_is_told(now: Told) -> int:
    """Words find the records whose texts, as they are told, hold them, and no others; how many these are."""
    number = 0
    for kind in KINDS:
        shown = {record["id"]: fold_all(*texts_of(record.get(name) for name in SEARCH_TEXTS[kind])).split() for record in now[kind]}  # fmt: skip
        for text in WORDS[kind]:
            found = now[f"{kind}s with {text}"]
            *whole, beginnings = [tuple(found["read as"].get(group[0], group)) for group in wanted_of(text)]
            holding = {
                uid
                for uid, words in shown.items()
                if all(not set(group).isdisjoint(words) for group in whole)
                and any(word.startswith(beginnings) for word in words)
            }
            assert set(found["ids"]) == holding, (kind, text)
            number += len(holding)
            if not found["read as"]:
                assert sorted(found["ranked"]) == sorted(found["ids"])
                if kind is Kind.incident:
                    assert found["total"]["incidents"] == len(holding)
                    assert sum(each["incidents"] for each in found["facets"]["country"]) == len(holding)
    return number


def _adds_up(now: Told) -> None:
    """Totals and facets count what the list shows, and nothing else; every order has all of it."""
    for kind, orders in ORDERS.items():
        for order in orders:
            assert sorted(now[f"{kind}s by {order}"]) == sorted(record["id"] for record in now[kind.value])
    number = len(now["incident"])
    assert now["total"]["incidents"] == number
    assert sum(each["incidents"] for each in now["facets"]["country"]) == number
    assert sum(each["incidents"] for each in now["by ('cell',)"]) == number
    stated = [record["killed_best"] for record in now["incident"] if record["killed_best"] is not None]
    assert (now["total"]["killed_best"] or 0) <= sum(
        max(record["killed_best"] or 0, record["killed_low"] or 0) for record in now["incident"]
    )
    assert (now["total"]["killed_best"] is None) <= (not stated)
    _explained(now)
    _claimed(now)
    seen = {record["id"] for record in now["source"]}
    assert {each["value"] for each in now["facets"]["source"]} - {None} <= seen
