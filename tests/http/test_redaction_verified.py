"""Verifying after a redaction: the chain holds, heads that were kept still check, and whatever else is altered is found."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from sqlalchemy import select, text, update

from app.domain.redaction import mark
from app.storage import tables, verifying
from app.storage.history import BEFORE_THE_FIRST, as_it_reads, content_of, sealed, written
from app.storage.verifying import Head
from tests.http.test_redaction import ANY, linked, redacted
from tests.support.api import Api
from tests.support.tampering import check_found, found, resealed, tampering

HEAD = "/v1/changes/head"


@pytest.fixture
def lived(api: Api) -> Api:
    """A history with redactions in it, of one entry several times; change 12 and 13 one after the other."""
    source = api.source(name="A desk")["id"]
    report = api.report(title="Who was hit", excerpt="In his words", source_id=source)["id"]
    incident = api.incident(title="A name", summary="Another name", place="A house", source_id=source)["id"]
    linked(api, incident, report, note="his note", claims=[{"metric": "killed", "wording": "dozens of them"}])
    path = f"/v1/incidents/{incident}"
    api.patched(path, title="A second name")
    api.patched(path, title="A third name", summary="Yet another")
    redacted(api, path, "title")
    redacted(api, path, "summary", "claims.wording")
    redacted(api, f"/v1/reports/{report}", "excerpt", "links.note")
    redacted(api, f"/v1/sources/{source}", "name")
    api.patched(path, title="What may be said")
    return api


def entries(api: Api, *actions: str) -> list[Any]:
    with api.database.reading.connect() as connection:
        rows = connection.execute(select(tables.changes).order_by(tables.changes.c.seq)).all()
    return [row for row in rows if not actions or row.action in actions]


def test_nothing_is_found_and_earlier_heads_stand(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(title='A name')['id']}"
    api.patched(path, title="Another name")
    heads = [
        api.public.get(HEAD, params={"at": seq}).json()
        for seq in range(api.public.get(HEAD).json()["seq"] + 1)
    ]
    hashes = [bytes(row.hash) for row in entries(api)]
    redacted(api, path, "title")
    assert [bytes(row.hash) for row in entries(api)][: len(hashes)] == hashes
    for head in heads:
        assert api.public.get(HEAD, params={"at": head["seq"]}).json() == head
        with tampering(api) as connection:
            assert found(api, connection, Head.parse(head["head"])) == []
    assert api.editor.get(HEAD, params={"verify": "true"}).json()["verified"] is True


def test_of_what_was_redacted_the_history_holds_hashes(lived: Api) -> None:
    created = next(row for row in entries(lived) if row.kind == "incident" and row.action == "create")
    told = orjson.loads(created.after)
    for name in ("title", "summary"):
        assert set(told[name]) == {"redacted"}
        assert len(told[name]["redacted"]["hmac-sha256"]) == 64
    assert told["place"] == "A house"
    assert created.salt is None
    redactions = [orjson.loads(row.after)["redacted"] for row in entries(lived, "redact")]
    assert [list(each) for each in redactions] == [["changes", "fields"]] * 4
    assert str(created.seq) in redactions[0]["changes"]
    assert str(created.seq) in redactions[1]["changes"]


@pytest.mark.parametrize("name", ["title", "excerpt", "name"])
def test_who_holds_the_original_and_the_salt_can_prove_it(api: Api, name: str) -> None:
    """By the hash of the value, and by the seal of the whole entry, which was there before the redaction."""
    kind = {"title": "incident", "excerpt": "report", "name": "source"}[name]
    uid = getattr(api, kind)(**{name: "The very words"})["id"]
    before = entries(api)[-1]
    told = redacted(api, f"/v1/{kind}s/{uid}", name)
    salts = {each["change"]: bytes.fromhex(each["salt"]) for each in told["redaction"]["salts"]}
    after = next(row for row in entries(api) if row.seq == before.seq)
    stands = orjson.loads(after.after)[name]
    assert stands == mark(salts[before.seq], "The very words")
    assert stands != mark(salts[before.seq], "Other words")
    says = [getattr(before, each) for each in ("reason", "before", "after")]
    assert content_of(salts[before.seq], *says) == bytes(after.content)
    previous = next((bytes(row.hash) for row in entries(api) if row.seq == before.seq - 1), BEFORE_THE_FIRST)
    assert sealed(previous, after[:-1]) == bytes(before.hash)


def test_no_guess_can_be_tried_on_what_is_left(api: Api) -> None:
    """Whoever has the whole database and knows all of an entry but the name cannot see which name fits."""
    uid = api.source(name="The name")["id"]
    before = entries(api)[-1]
    redacted(api, f"/v1/sources/{uid}", "name")
    rows = entries(api)
    previous = next(bytes(row.hash) for row in rows if row.seq == before.seq - 1)
    kept = str(rows).encode() + b"".join(
        bytes(value) for row in rows for value in row if isinstance(value, bytes)
    )
    assert bytes(before.hash) in kept
    for salt in (None, b"", bytes(16)):
        guess = [*before[:-3], salt, None]
        assert sealed(previous, guess) not in kept
    assert bytes(before.salt) not in kept
    assert bytes(before.salt).hex().encode() not in kept


ENTRY = "(SELECT min(seq) FROM changes WHERE kind = 'incident')"
LEFT = "is not what the redaction in change"


@pytest.mark.parametrize(
    ("done", "says"),
    [
        (f"UPDATE changes SET after = replace(after, 'A house', 'A hut') WHERE seq = {ENTRY}", LEFT),
        (f"UPDATE changes SET after = replace(after, 'hmac-sha256\":\"', 'hmac-sha256\":\"0') WHERE seq = {ENTRY}", LEFT),
        (f"UPDATE changes SET reason = 'x' WHERE seq = {ENTRY}", LEFT),
        (f"UPDATE changes SET before = '{{}}' WHERE seq = {ENTRY}", LEFT),
        (f"UPDATE changes SET partner = 'x' WHERE seq = {ENTRY}", LEFT),
        (f"UPDATE changes SET hash = (SELECT hash FROM changes WHERE seq = 1) WHERE seq = {ENTRY}", LEFT),
        (f"UPDATE changes SET content = (SELECT hash FROM changes WHERE seq = 1) WHERE seq = {ENTRY}", LEFT),
        (f"UPDATE changes SET content = NULL WHERE seq = {ENTRY}", LEFT),
        (f"UPDATE changes SET salt = hash WHERE seq = {ENTRY}", LEFT),
        ("UPDATE changes SET after = replace(after, 'sealed', 'sold') WHERE action = 'redact'", "change"),
        ("UPDATE changes SET reason = 'another' WHERE action = 'redact'", "is not what was sealed"),
        ("UPDATE changes SET action = 'amend' WHERE action = 'redact'", "is not what was sealed"),
        ("UPDATE changes SET content = hash, salt = NULL, reason = 'x' WHERE seq = 3", "change 3 is not what was sealed"),
        ("UPDATE incidents_versions SET title = 'A name' WHERE version = 1", "was something else"),
        ("UPDATE incidents_versions SET summary = '' WHERE version = 2", "was something else"),
        ("UPDATE incidents SET summary = 'Another name'", "is something else now: summary"),
        ("UPDATE sources SET name = 'A desk'", "is something else now: name"),
        ("UPDATE sources_versions SET display_name = 'A desk' WHERE version = 1", "was something else"),
        ("UPDATE claims SET wording = 'dozens of them'", "a link or a claim that is not what the history says"),
        ("UPDATE claims SET low = 1", "a link or a claim that is not what the history says"),
        ("UPDATE links SET note = 'his note'", "a link or a claim that is not what the history says"),
    ],
)  # fmt: skip
def test_what_was_done_in_quiet_is_found(lived: Api, done: str, says: str) -> None:
    check_found(lived, done, says)


def test_a_redaction_that_is_no_text_any_more_is_found(lived: Api) -> None:
    """And what the others vouch for still holds. PostgreSQL takes no such text."""
    last = entries(lived, "redact")[-1].seq
    with tampering(lived) as connection:
        if connection.dialect.name == "sqlite":
            connection.execute(text(f"UPDATE changes SET after = CAST(x'41ff' AS TEXT) WHERE seq = {last}"))
            told = found(lived, connection)
            assert len(told) == 2
            assert "is not what was sealed" in told[0]
            assert "cannot be read any more" in told[1]


def test_the_original_put_back_is_found_as_well(api: Api) -> None:
    """It would recompute: but what was redacted stays so, or the history is not what it was made."""
    path = f"/v1/incidents/{api.incident(title='A name')['id']}"
    before = entries(api)[-1]
    redacted(api, path, "title")
    with tampering(api) as connection:
        values = {name: getattr(before, name) for name in ("after", "salt", "content")}
        connection.execute(update(tables.changes).where(tables.changes.c.seq == before.seq).values(values))
        connection.execute(text("UPDATE incidents_versions SET title = 'A name' WHERE version = 1"))
        assert LEFT in found(api, connection)[0]


@pytest.mark.parametrize("recomputed", [True, False])
def test_what_stands_before_a_redacted_entry_is_bound_by_heads_of_before_the_redaction(
    api: Api, recomputed: bool
) -> None:
    """Whoever seals everything anew is found: a redacted entry hides nothing of those before it."""
    api.incident(title="Of a name", place="A house")
    path = f"/v1/incidents/{api.incident(title='A name')['id']}"
    kept = Head.parse(api.public.get(HEAD).json()["head"])
    redacted(api, path, "title")
    with tampering(api) as connection:
        connection.execute(text("UPDATE changes SET at = '2016-12-06T09:30:00.000Z' WHERE seq = 4"))
        _resealed_with_redactions(connection, recomputed=recomputed)
        by_itself = verifying.first_break(connection)
        assert (by_itself is None) is recomputed, "a hash that is kept does not follow upon what was altered"
        assert verifying.first_break(connection, kept) is not None


def _resealed_with_redactions(connection: Any, *, recomputed: bool) -> None:
    """As somebody would who can write everything: what redactions vouch for is made to fit, too. Not `recomputed`: redacted
    entries keep their hashes, so that those up to the redaction, and the heads of them, stay what they were."""
    previous, digests = BEFORE_THE_FIRST, {}
    for row in connection.execute(select(tables.changes).order_by(tables.changes.c.seq)).all():
        entry = list(row[:-1])
        if row.action == "redact":
            told = orjson.loads(row.after)
            told["redacted"]["changes"] = {n: digests[int(n)] for n in told["redacted"]["changes"]}
            entry[10] = written(told).decode()
        kept = row.content is not None and not recomputed
        digest = bytes(row.hash) if kept else sealed(previous, entry)
        digests[row.seq] = {"sealed": digest.hex(), "reads": as_it_reads(previous, entry).hex()}
        connection.execute(
            update(tables.changes).where(tables.changes.c.seq == row.seq).values(hash=digest, after=entry[10])
        )
        previous = digest
    connection.execute(update(tables.history_head).values(hash=previous))


def test_what_no_redaction_vouches_for_may_not_stand_by_its_digest(api: Api) -> None:
    """Else anybody who can write could say that he redacted, and put in other words."""
    api.incident(title="A name")
    last = entries(api)[-1]
    content = content_of(last.salt, last.reason, last.before, last.after)
    with tampering(api) as connection:
        values = {"content": content, "salt": None, "after": last.after.replace("A name", "Another")}
        connection.execute(update(tables.changes).where(tables.changes.c.seq == last.seq).values(values))
        assert f"change {last.seq} is not what was sealed" in found(api, connection)


def test_entries_of_before_there_were_salts_are_redacted_as_well(api: Api) -> None:
    """Their seal does not recompute any more: the redaction vouches for it, and binds what stood before."""
    path = f"/v1/incidents/{api.incident(title='A name', place='A house')['id']}"
    api.patched(path, title="Another name")
    with api.database.writing.begin() as connection:
        connection.execute(text("UPDATE changes SET salt = NULL"))
        resealed(connection)
    with tampering(api) as connection:
        assert found(api, connection) == []
    head = Head.parse(api.public.get(HEAD).json()["head"])
    told = redacted(api, path, "title")
    assert [len(each["salt"]) for each in told["redaction"]["salts"]] == [32, 32]
    seqs = [each["change"] for each in told["redaction"]["salts"]]
    with tampering(api) as connection:
        assert found(api, connection, head) == []
    for done in (
        f"UPDATE changes SET after = replace(after, 'A house', 'A hut') WHERE seq = {seqs[0]}",
        f"UPDATE changes SET hash = (SELECT hash FROM changes WHERE seq = 1) WHERE seq = {seqs[0]}",
        f"UPDATE changes SET hash = (SELECT hash FROM changes WHERE seq = 1) WHERE seq = {seqs[1]}",
        f"UPDATE changes SET partner = 'x' WHERE seq = {seqs[0] - 1}",
    ):
        with tampering(api) as connection:
            assert connection.execute(text(done)).rowcount == 1
            assert found(api, connection), done


def test_a_redaction_is_redacted_where_its_own_reason_tells_too_much(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(title='A name')['id']}"
    redacted(api, path, "title", reason="It said A name")
    seq = api.editor.get(f"{path}/history").json()["items"][0]["seq"]
    redacted(api, path, "reason", changes=[seq])
    with tampering(api) as connection:
        assert found(api, connection) == []
        connection.execute(text(f"UPDATE changes SET after = '{{}}' WHERE seq = {seq}"))
        assert found(api, connection)


def test_a_note_of_places_that_looks_like_a_mark_is_none(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(place_names={'redacted': 'a' * 64})['id']}"
    api.patched(path, title="Otherwise")
    with tampering(api) as connection:
        assert found(api, connection) == []
    deleted = api.editor.delete(path, params={"reason": "x"}, headers=ANY)
    assert deleted.status_code == 200
