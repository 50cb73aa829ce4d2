"""A redaction takes content away from every place where it is stored; the chain holds, and nobody reads it anywhere."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.query.fields import Kind, redactable
from tests.support.api import Api
from tests.support.indexes import check_indexes
from tests.support.secrets import new_word, places_of
from tests.support.state import problem

ANY = {"If-Match": "*"}
WHY = "Order of a court"


@pytest.fixture(autouse=True)
def sound_indexes(api: Api) -> Iterator[None]:
    yield
    check_indexes(api.database)


def redacted(api: Api, path: str, *fields: str, **more: Any) -> dict[str, Any]:
    answer = api.admin.post(f"{path}/redact", json={"fields": fields, "reason": WHY, **more}, headers=ANY)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def linked(api: Api, incident: str, report: str, **body: Any) -> None:
    answer = api.editor.put(f"/v1/incidents/{incident}/reports/{report}", json=body)
    assert answer.status_code in (200, 201), answer.text


def deleted(api: Api, path: str, reason: str) -> None:
    answer = api.editor.delete(path, params={"reason": reason}, headers=ANY)
    assert answer.status_code == 200, answer.text


def test_an_incident_forgets_and_reads_so_at_every_time(api: Api) -> None:
    word = new_word()
    headers = {"Idempotency-Key": "once"}
    body = {"title": f"{word} was hit", "summary": f"by {word}", "tags": [word, "x"], "workflow": "published",
            "place_names": {"en": word}, "attributions": [{"actor": word}], "external_id": word}  # fmt: skip
    answer = api.editor.post("/v1/incidents", json=body, headers=headers)
    assert answer.status_code == 201
    path = f"/v1/incidents/{answer.json()['id']}"
    api.patched(path, title=f"{word} and others were hit", killed_best=3, assessment_reason=f"{word} said so")
    api.patched(path, title="Others were hit")
    assert api.public.get("/v1/incidents", params={"q": word}).json()["items"]
    assert places_of(word, api.database)
    fields = ("title", "summary", "tags", "place_names", "attributions", "external_id", "assessment_reason")
    told = redacted(api, path, *fields)
    assert (told["outcome"], told["version"]) == ("updated", 4)
    assert places_of(word, api.database) == []
    first = told["redaction"]["salts"][0]["change"]
    for asked in ({}, {"as_of": first}, {"as_of": first + 1}, {"as_of": first + 2}):
        now = api.public.get(path, params=asked).json()
        shown = (now["summary"], now["tags"], now["place_names"], now["attributions"])
        assert (now["title"], *shown) == (None, None, [], {}, []), asked
    assert told["killed_best"] == 3
    assert api.public.get("/v1/incidents", params={"q": word}).json() == {"items": [], "next": None}
    again = api.editor.post("/v1/incidents", json=body, headers=headers)
    problem(again, 422, code="idempotency-key-reused")


def test_a_report_forgets_with_the_words_of_its_links_and_claims(api: Api) -> None:
    word = new_word()
    # So long that it fills pages of its own, and that the word index is written in many parts.
    excerpt = " ".join([*(f"w{number}" for number in range(6_000)), word])
    report = api.report(
        title=f"{word}: strike", excerpt=excerpt, url=f"https://{word}.example/1", notes=word
    )["id"]
    one, other = api.incident()["id"], api.incident()["id"]
    for incident in (one, other):
        claims = [
            {"metric": "killed", "wording": f"3 of the family {word}", "covers_note": word},
            {"metric": "wounded", "best": 2},
        ]
        linked(api, incident, report, date_wording=f"{word} day", note=word, claims=claims)
    linked(api, other, report, note=f"another {word}", claims=[{"metric": "killed", "wording": f"{word} 4"}])
    merged = {"into": one, "reason": "the same"}
    assert api.editor.post(f"/v1/incidents/{other}/merge", json=merged, headers=ANY).status_code == 200
    figures = ("killed_low", "killed_best", "killed_high", "wounded_best")
    before = api.public.get(f"/v1/incidents/{one}").json()
    told = redacted(api, f"/v1/reports/{report}", *redactable(Kind.report))
    assert told["redaction"]["records"] == 3
    assert places_of(word, api.database) == []
    after = api.public.get(f"/v1/incidents/{one}", params={"include": "reports,claims"}).json()
    assert {name: after[name] for name in figures} == {name: before[name] for name in figures}
    assert [claim["wording"] for claim in after["claims"]] == [None, None, None]
    for path in (
        f"/v1/incidents/{one}/explain",
        f"/v1/incidents/{one}/history",
        f"/v1/reports/{report}/history",
    ):
        for client in (api.public, api.editor):
            answer = client.get(path)
            assert answer.status_code == 200
            assert word not in answer.text
    assert api.editor.get(f"/v1/incidents/{one}/explain").json()["follows"] is True


def test_an_incident_forgets_the_words_of_claims_that_came_to_it_by_a_merge(api: Api) -> None:
    word = new_word()
    report = api.report()["id"]
    one, other, stranger = (api.incident()["id"] for _ in range(3))
    for incident in (other, stranger):
        linked(
            api,
            incident,
            report,
            note=f"{word} {incident}",
            claims=[{"metric": "killed", "wording": f"3 {word}"}],
        )
    body = {"into": one, "reason": "the same"}
    assert api.editor.post(f"/v1/incidents/{other}/merge", json=body, headers=ANY).status_code == 200
    redacted(api, f"/v1/incidents/{one}", "claims.wording", "links.note")
    claims = api.public.get("/v1/claims").json()["items"]
    assert {(claim["incident_id"], claim["wording"]) for claim in claims} == {
        (one, None),
        (stranger, f"3 {word}"),
    }, "what is another's stays"
    redacted(api, f"/v1/incidents/{stranger}", "claims.wording", "links.note")
    assert places_of(word, api.database) == []


def test_of_some_claims_alone(api: Api) -> None:
    word = new_word()
    incident, report = api.incident()["id"], api.report()["id"]
    claims = [{"metric": "killed", "wording": f"3 {word}"}, {"metric": "wounded", "wording": "dozens"}]
    linked(api, incident, report, claims=claims)
    killed, wounded = api.public.get(f"/v1/incidents/{incident}/claims").json()["items"]
    redacted(api, f"/v1/incidents/{incident}", "claims.wording", claims=[killed["id"]])
    found = api.public.get(f"/v1/incidents/{incident}/claims").json()["items"]
    assert [claim["wording"] for claim in found] == [None, "dozens"]
    assert (found[0]["low"], found[0]["best"]) == (killed["low"], killed["best"]) == (3, 3)
    assert places_of(word, api.database) == []
    body = {"fields": ["claims.wording"], "claims": [wounded["id"], "clm_" + "0" * 26], "reason": WHY}
    problem(api.admin.post(f"/v1/incidents/{incident}/redact", json=body, headers=ANY), 422, "claims[1]")


def test_a_source_keeps_its_voice_without_its_name(api: Api) -> None:
    """Two whose names are redacted are not one; two of one name are, until one of them is redacted."""
    word = new_word()
    sources = [api.source(name=f"{word} {number}")["id"] for number in range(2)]
    incident = api.incident()["id"]
    for source, killed in zip(sources, (3, 5), strict=True):
        report = api.report(source_id=source)["id"]
        linked(api, incident, report, claims=[{"metric": "killed", "best": killed}])
    api.patched(f"/v1/sources/{sources[0]}", protected=True, pseudonym="Source 7", notes=word, owner=word)
    kept = ("proposed_status", "spread", "killed_low", "killed_best", "killed_high")
    before = api.editor.get(f"/v1/incidents/{incident}").json()
    for source in sources:
        told = redacted(api, f"/v1/sources/{source}", "name", "notes", "owner")
        assert told["name"] == "redacted"
    assert places_of(word, api.database) == []
    after = api.editor.get(f"/v1/incidents/{incident}").json()
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert api.editor.get(f"/v1/incidents/{incident}/explain").json()["independent_origins"] == 2
    assert api.public.get(f"/v1/sources/{sources[0]}").json()["name"] == "Source 7"
    assert api.public.get(f"/v1/sources/{sources[1]}").json()["name"] == "redacted"


def test_a_pseudonym_goes_from_where_it_stands_for_the_name(api: Api) -> None:
    word = new_word()
    source = api.source(name=None, protected=True, pseudonym=word)["id"]
    told = redacted(api, f"/v1/sources/{source}", "pseudonym")
    assert (told["name"], told["pseudonym"]) == ("redacted", None)
    assert places_of(word, api.database) == []


def test_a_reason_goes_from_all_that_the_act_changed(api: Api) -> None:
    word = new_word()
    one, other, part = api.incident()["id"], api.incident()["id"], None
    part = api.incident(part_of=other)["id"]
    api.patched(f"/v1/incidents/{one}", title="Said otherwise")
    body = {"into": one, "reason": f"{word} says so"}
    assert api.editor.post(f"/v1/incidents/{other}/merge", json=body, headers=ANY).status_code == 200
    gone = api.public.get(f"/v1/incidents/{other}")
    assert word in problem(gone, 410)["detail"]
    (step,) = [
        step
        for item in api.public.get(f"/v1/incidents/{part}/history").json()["items"]
        for step in item["steps"]
        if step["reason"] is not None
    ]
    told = redacted(api, f"/v1/incidents/{part}", "reason", changes=[step["seq"]])
    assert told["redaction"]["records"] == 3
    assert places_of(word, api.database) == []
    assert problem(api.public.get(f"/v1/incidents/{other}"), 410)["reason"] is None
    body = {"fields": ["reason"], "changes": [step["seq"]], "reason": WHY}
    problem(api.admin.post(f"/v1/incidents/{part}/redact", json=body, headers=ANY), 422, "changes[0]")


def test_what_was_deleted_forgets_as_well(api: Api) -> None:
    word = new_word()
    for kind, values in (
        ("incidents", {"title": word}),
        ("reports", {"title": word}),
        ("sources", {"name": word}),
    ):
        path = f"/v1/{kind}/{getattr(api, kind[:-1])(**values)['id']}"
        deleted(api, path, f"{word} asked for it")
        item = api.editor.get(f"{path}/history").json()["items"][0]
        told = redacted(api, path, *values, "reason", changes=[item["seq"]])
        assert told["outcome"] == "updated"
        assert problem(api.editor.get(path), 410)["reason"] is None
        last = api.editor.get(f"{path}/history").json()["items"][0]
        assert last["steps"][0] | {"seq": 0} == {"seq": 0, "action": "redact", "reason": WHY}
    assert places_of(word, api.database) == []


def test_twice_is_once(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(title='Once', summary='Twice')['id']}"
    assert redacted(api, path, "title")["version"] == 2
    told = redacted(api, path, "title")
    assert (told["outcome"], told["version"]) == ("unchanged", 2)
    assert told["redaction"] == {"records": 0, "changes": 0, "salts": []}
    assert redacted(api, path, "title", "summary")["redaction"]["changes"] == 1


def test_sent_again_it_is_done_once_and_its_salts_are_not_kept(api: Api) -> None:
    path = f"/v1/incidents/{api.incident(title='Once')['id']}/redact"
    body, headers = {"fields": ["title"], "reason": WHY}, {**ANY, "Idempotency-Key": "redact-1"}
    first, again = (api.admin.post(path, json=body, headers=headers) for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true"
    salts = first.json()["redaction"]["salts"]
    assert len(salts) == 1
    assert again.json()["redaction"] == {**first.json()["redaction"], "salts": []}
    assert places_of(salts[0]["salt"], api.database) == []


@pytest.mark.parametrize("role", ["public", "reader", "contributor", "editor"])
def test_only_an_admin_redacts(api: Api, role: str) -> None:
    path = f"/v1/incidents/{api.incident(api.contributor, title='Mine', workflow='draft')['id']}"
    hidden = f"/v1/incidents/{api.incident(sharing='restricted')['id']}"
    client = api.client(role)
    body = {"fields": ["title"], "reason": WHY}
    answer = client.post(f"{path}/redact", json=body, headers=ANY)
    if role == "public":
        problem(answer, 401)
        return
    told = problem(answer, 403, code="forbidden")
    assert "role admin" in told["detail"] or role == "reader"
    problem(client.post(f"{hidden}/redact", json=body, headers=ANY), 403 if role == "editor" else 404)
    assert api.editor.get(path).json()["title"] == "Mine"


def test_what_cannot_be_redacted_is_named_with_what_can(api: Api) -> None:
    paths = {
        kind: f"/v1/{kind}s/{getattr(api, kind)()['id']}/redact"
        for kind in Kind
        if kind in ("incident", "report", "source")
    }

    def refused(kind: Kind, body: dict[str, Any], *fields: str) -> dict[str, Any]:
        return problem(api.admin.post(paths[kind], json={"reason": WHY, **body}, headers=ANY), 422, *fields)

    for kind, name in (
        (Kind.incident, "killed_best"), (Kind.incident, "date_start"), (Kind.incident, "sharing"), (Kind.incident, "id"),
        (Kind.incident, "name"), (Kind.report, "links.link_role"), (Kind.source, "claims.wording"), (Kind.source, "nonsense"),
    ):  # fmt: skip
        told = refused(kind, {"fields": [name, redactable(kind)[0]]}, "fields[0]")
        assert all(each in told["errors"][0]["detail"] for each in (name, *redactable(kind), "reason"))
    refused(Kind.incident, {"fields": []}, "fields")
    refused(Kind.incident, {"fields": ["title"], "changes": [3]}, "changes")
    refused(Kind.incident, {"fields": ["reason"]}, "changes")
    refused(Kind.incident, {"fields": ["reason"], "changes": [10**6]}, "changes[0]")
    refused(Kind.incident, {"fields": ["title"], "claims": ["clm_1"]}, "claims")
    refused(Kind.incident, {"fields": ["title"], "reason": ""}, "reason")
    refused(Kind.incident, {"fields": ["title"], "what": 1}, "what")
    body = {"fields": ["title"], "reason": WHY}
    problem(api.admin.post(paths[Kind.incident], json=body), 428)
    problem(api.admin.post(paths[Kind.incident], json=body, headers={"If-Match": '"7"'}), 412)
    problem(
        api.admin.post("/v1/incidents/inc_00000000000000000000000000/redact", json=body, headers=ANY), 404
    )
    assert [item["version"] for item in api.admin.get("/v1/incidents").json()["items"]] == [1]


def test_the_history_says_that_it_was_done_and_of_what(api: Api) -> None:
    incident = api.incident(title="A name", summary="Said", external_id="x-1")["id"]
    path = f"/v1/incidents/{incident}"
    report = api.report()["id"]
    linked(
        api,
        incident,
        report,
        note="A name",
        claims=[{"metric": "killed", "wording": "A name", "covers_note": "x"}],
    )
    api.patched(path, title="Another name", place="Aleppo")
    redacted(api, path, "title", "external_id", "links.note", "claims.wording")
    api.patched(path, title="What may be said")
    for client, knows in ((api.public, False), (api.editor, True)):
        items = client.get(f"{path}/history").json()["items"]
        assert [item["steps"][0]["action"] for item in items] == [
            "amend",
            "redact",
            "amend",
            "link",
            "create",
        ]
        said, done, amended, _, created = [
            {
                each["field"]: (each["before"], each["after"], each.get("redacted", False))
                for each in item["changes"]
            }
            for item in items
        ]
        assert said == {"title": (None, "What may be said", False)}
        assert items[1]["steps"][0]["reason"] == WHY
        hidden = {"external_id": (None, None, True)} if knows else {}
        assert done == {"title": (None, None, True), **hidden}
        assert (amended["title"], amended["place"]) == ((None, None, True), (None, "Aleppo", False))
        assert created["title"] == (None, None, True)
        assert created["summary"] == (None, "Said", False)
        assert created.get("external_id") == ((None, None, True) if knows else None)
        (told,) = items[3]["reports"]
        assert (told["note"], told["redacted"]) == (None, ["note"])
        (claim,) = told["claims"]
        assert (claim["wording"], claim["redacted"], claim["covers_note"]) == (None, ["wording"], "x")
    assert "A name" not in api.editor.get(f"{path}/history").text


def test_the_history_of_a_protected_source_tells_nobody_that_it_had_a_name(api: Api) -> None:
    path = f"/v1/sources/{api.source(name='A name', notes='x', protected=True, pseudonym='Source 7')['id']}"
    api.incident(source_id=path.rsplit("/", 1)[1])
    redacted(api, path, "name", "notes")
    for client, fields in ((api.public, []), (api.editor, ["name", "notes"])):
        items = client.get(f"{path}/history").json()["items"]
        for item in items:
            assert sorted(each["field"] for each in item["changes"] if each.get("redacted")) == fields


def test_a_citation_of_before_says_that_the_data_read_otherwise(api: Api) -> None:
    incident = api.incident(title="A name", killed_best=4, assessment_reason="counted")["id"]
    total = api.public.get("/v1/totals", params={"citation": "true"}).json()["citation"]["cite"]
    for path in (f"/v1/incidents/{incident}", "/v1/incidents"):
        cite = api.public.get(path, params={"citation": "true"}).json()["citation"]["cite"]
        assert api.public.get(path, params={"cite": cite}).json()["citation"]["as_cited"] is True
        redacted(api, f"/v1/incidents/{incident}", "title")
        told = api.public.get(path, params={"cite": cite})
        assert told.json()["citation"]["as_cited"] is False
        assert "A name" not in told.text
        api.patched(f"/v1/incidents/{incident}", title="A name")
    assert api.public.get("/v1/totals", params={"cite": total}).json()["citation"]["as_cited"] is True


@pytest.mark.parametrize("form", ["csv", "ndjson", "geojson"])
def test_an_export_of_then_does_not_tell_it_either(api: Api, form: str) -> None:
    word = new_word()
    path = f"/v1/incidents/{api.incident(title=word, place=word)['id']}"
    seq = api.public.get("/v1/changes/head").json()["seq"]
    asked = {"as_of": str(seq), "f": form}
    assert word in api.public.get("/v1/incidents", params=asked).text
    redacted(api, path, "title", "place")
    answer = api.public.get("/v1/incidents", params=asked)
    assert answer.status_code == 200
    assert path.rsplit("/", 1)[1] in answer.text
    assert word not in answer.text
    found = api.public.get("/v1/incidents", params={"as_of": str(seq), "filter": f"title LIKE '%{word}%'"})
    assert found.json()["items"] == []


def test_what_is_redacted_can_be_worked_on(api: Api) -> None:
    """Nothing that a form asks for is missing from then on: it is amended, published, split, merged and taken apart again."""
    word = new_word()
    source = api.source(name=word, owner=word)["id"]
    values = {"title": word, "place": word, "killed_best": 4, "assessment_reason": word, "attributions": [{"actor": word}],
              "place_names": {"en": word}, "tags": [word]}  # fmt: skip
    incident = api.incident(source_id=source, workflow="draft", **values)["id"]
    path, report = f"/v1/incidents/{incident}", api.report(title=word, source_id=source)["id"]
    linked(api, incident, report, note=word, claims=[{"metric": "killed", "wording": f"3 {word}"}])
    for kind, uid in ((Kind.incident, incident), (Kind.report, report), (Kind.source, source)):
        redacted(api, f"/v1/{kind}s/{uid}", *redactable(kind))
    assert places_of(word, api.database) == []
    assert api.patched(path, summary="What may be said")["killed_best"] == 4
    assert api.patched(f"/v1/reports/{report}", language="en")["title"] is None
    assert api.patched(f"/v1/sources/{source}", reliability="B")["name"] == "redacted"
    claim = api.editor.get(f"{path}/claims").json()["items"][0]["id"]
    other = api.incident()["id"]

    def done(what: str, **body: Any) -> dict[str, Any]:
        answer = api.editor.post(f"{path}/{what}", json={"reason": "so", **body}, headers=ANY)
        assert answer.status_code == 200, answer.text
        told: dict[str, Any] = answer.json()
        return told

    assert done("publish")["assessment_reason"] == "redacted"
    done("split", incidents=[{"reports": [{"report_id": report, "claims": [claim]}]}])
    done("merge", into=other)
    done("unmerge")
    assert done("retract")["verification_status"] == "retracted"
