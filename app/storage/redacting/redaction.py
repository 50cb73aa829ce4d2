"""A redaction as a whole: what is asked leaves the record, its versions, its links, the history and all that was made of them,
and a change is written that vouches for how the history reads from now on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Row, select

from app.domain.redaction import ACTION, REDACTED, is_mark
from app.query.fields import Kind
from app.storage import former_texts, history
from app.storage.columns import TABLES
from app.storage.redacting import rows, traces
from app.storage.redacting.asked import Asked, Rule, Words
from app.storage.redacting.entries import Taken, entries_of, rewrite
from app.storage.redacting.same_act import told_beside
from app.storage.types import Json
from app.storage.write import Amendment, Transaction

GIVEN = frozenset({"delete_reason", "retraction_reason", "assessment_reason"})
"""Columns that repeat the reason of a change."""
NAMES = frozenset({"name", "pseudonym", "display_name"})
"""Columns of a source of which one may be a copy of another."""
AT_ONCE = 1_000


@dataclass(frozen=True, slots=True)
class Redacted:
    """The entries that were rewritten, each with its salt; `records`: how many records they are of."""

    taken: list[Taken]
    records: int


def reasons_of(transaction: Transaction, uid: str) -> frozenset[int]:
    """The changes of a record that were given a reason which still stands."""
    return frozenset(row.seq for row in entries_of(transaction, [uid]) if row.reason is not None)


def redact(
    transaction: Transaction, kind: Kind, row: Mapping[str, Any], asked: Asked, reason: str
) -> Redacted | None:
    """Takes away what is asked of a record, whose row is locked; None where nothing of it stands anywhere."""
    entries = entries_of(transaction, [row["uid"]])
    own = _own_rule(transaction, kind, row, asked, entries)
    rules = {row["uid"]: own}
    # In this order: what is told is read before it goes.
    words = traces.words_held(transaction, kind, row["id"])
    keys = _beside(transaction, entries, own, rules)
    pairs = _words(transaction, kind, row, asked.words, rules)
    with transaction.dialect.forgetting(transaction.connection, TABLES[kind]):
        taken = rewrite(transaction, rules)
        if not taken:
            return None
        for other, key, uid in keys:
            rows.clear_versions(transaction, other, key, rules[uid])
            rows.clear_live(transaction, other, key, rules[uid])
        if kind is Kind.report:
            # Of a whole dataset these are a hundred thousand links: at one stroke.
            rows.clear_words(transaction, row["id"], asked.words)
        else:
            for incident, report, each in pairs:
                rows.clear_words(transaction, report, each, incident)
        rows.clear_versions(transaction, kind, row["id"], own)
        former_texts.retell(transaction.connection, transaction.dialect, kind, row["id"])
        transaction.amend([_amendment(kind, row, own, asked, taken, reason)])
        traces.forget_words(transaction, words)
        traces.forget_answers(transaction, rules.keys())
        traces.forget_digests(transaction, kind, row["id"], {incident for incident, _, _ in pairs})
    return Redacted(taken, len(rules))


def _own_rule(
    transaction: Transaction, kind: Kind, row: Mapping[str, Any], asked: Asked, entries: Sequence[Row[Any]]
) -> Rule:
    like = GIVEN | (NAMES if kind is Kind.source and NAMES & asked.columns else frozenset())
    texts = {
        *_texts(rows.values_held(transaction, kind, row["id"], asked.columns)),
        *_texts(value for entry in entries for value in _told(entry, asked.columns)),
        *(entry.reason for entry in entries if entry.seq in asked.changes and entry.reason is not None),
    }
    reasons = {entry.seq for entry in entries if entry.seq in asked.changes or entry.reason in texts}
    return Rule(asked.columns, frozenset(texts), like, frozenset(reasons))


def _texts(values: Any) -> set[str]:
    return {value for value in values if isinstance(value, str) and value != REDACTED}


def _told(entry: Row[Any], names: frozenset[str]) -> list[Any]:
    documents = [orjson.loads(text) for text in (entry.before, entry.after) if text is not None]
    return [told[name] for told in documents for name in names if name in told and not is_mark(told[name])]


def _beside(
    transaction: Transaction, entries: Sequence[Row[Any]], own: Rule, rules: dict[str, Rule]
) -> list[tuple[Kind, int, str]]:
    """Rules for the records that the same acts changed, giving the same reasons; which these are."""
    found: dict[str, tuple[Kind, set[int], set[str]]] = {}
    for entry in entries:
        if entry.reason is None or entry.seq not in own.reasons:
            continue
        for other in told_beside(transaction, entry):
            _, seqs, texts = found.setdefault(other.record, (Kind(other.kind), set(), set()))
            seqs.add(other.seq)
            texts.add(entry.reason)
    for uid, (_, seqs, texts) in found.items():
        rules[uid] = Rule(texts=frozenset(texts), like=GIVEN, reasons=frozenset(seqs))
    keys = []
    for kind in sorted({kind for kind, _, _ in found.values()}):
        uids = [uid for uid, (each, _, _) in found.items() if each is kind]
        keys += [(kind, key, uid) for key, uid in _locked(transaction, kind, "uid", uids)]
    return keys


def _words(
    transaction: Transaction, kind: Kind, row: Mapping[str, Any], words: Words, rules: dict[str, Rule]
) -> list[tuple[int, int, Words]]:
    """Rules for the incidents whose history tells of the links; the links by (incident, report), each with what goes of it."""
    if not words:
        return []
    if kind is Kind.report:
        pairs = [(incident, row["id"], words) for incident in rows.linked_incidents(transaction, row["id"])]
    else:
        held = rows.claims_of(transaction, kind, row["id"])
        others = Words(words.link, words.claim, held if words.claims is None else words.claims & held)
        pairs = [
            (incident, report, words if incident == row["id"] else others)
            for incident, report in sorted(rows.pairs_of(transaction, row["id"]))
        ]
    incidents = dict(_locked(transaction, Kind.incident, "id", sorted({pair[0] for pair in pairs})))
    reports = dict(_locked(transaction, Kind.report, "id", sorted({pair[1] for pair in pairs}), lock=False))
    told: dict[str, dict[str, Words]] = {}
    for incident, report, each in pairs:
        told.setdefault(incidents[incident], {})[reports[report]] = each
    for uid, by_report in told.items():
        rules.setdefault(uid, Rule()).words = by_report
    return pairs


def _locked(
    transaction: Transaction, kind: Kind, by: str, values: Sequence[Any], *, lock: bool = True
) -> list[tuple[int, str]]:
    """Keys and ids of records, held until the commit: nobody writes anew meanwhile what is on its way out."""
    table, found = TABLES[kind], []
    for start in range(0, len(values), AT_ONCE):
        among = transaction.dialect.among(table.c[by], values[start : start + AT_ONCE])
        statement = select(table.c.id, table.c.uid).where(among).order_by(table.c.id)
        if lock:
            found += [(row["id"], row["uid"]) for row in transaction.locked_rows(statement)]
        else:
            found += [(row.id, row.uid) for row in transaction.connection.execute(statement)]
    return found


def _amendment(
    kind: Kind, row: Mapping[str, Any], own: Rule, asked: Asked, taken: Sequence[Taken], reason: str
) -> Amendment:
    """The change that the redaction is. What a partner sent is not known again by its digest, of which it could be guessed."""
    blank = rows.now_blank(kind, row, own)
    told: dict[str, Any] = {"fields": list(asked.fields), "changes": {str(t.seq): t.told() for t in taken}}
    if asked.words.claims is not None:
        told["claims"] = sorted(asked.words.claims)
    columns = TABLES[kind].c
    values = {
        name: orjson.dumps(value).decode() if isinstance(columns[name].type, Json) else value
        for name, value in blank.items()
    }
    if not blank.keys().isdisjoint(former_texts.SEARCHED[kind]):
        values["search_text"] = former_texts.search_text(kind, {**row, **blank})
    return Amendment(
        kind,
        row,
        {**values, "submitted_digest": None},
        reason=reason,
        action=ACTION,
        told=history.written({**blank, REDACTED: told}),
        forgets=True,
    )
