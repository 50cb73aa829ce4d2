"""What was redacted does not come back by being sent again; an editor may state it anew."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.domain.redaction import REDACTED
from tests.http.test_redaction import ANY, linked, redacted
from tests.support.api import Api
from tests.support.secrets import new_word, places_of
from tests.support.state import problem


def sent(api: Api, path: str, body: dict[str, Any], status: int = 200) -> dict[str, Any]:
    answer = api.contributor.post(path, json=body)
    assert answer.status_code == status, answer.text
    told: dict[str, Any] = answer.json()
    return told


@pytest.mark.parametrize(
    ("kind", "field"),
    [("incidents", "title"), ("incidents", "tags"), ("reports", "excerpt"), ("sources", "name")],
)
def test_what_a_partner_sends_again_is_taken_without_it(api: Api, kind: str, field: str) -> None:
    word = new_word()
    body: dict[str, Any] = {
        "external_id": "x-1",
        field: [word] if field == "tags" else word,
        "sharing": "partners",
    }
    uid = sent(api, f"/v1/{kind}", body, 201)["id"]
    assert sent(api, f"/v1/{kind}", body)["outcome"] == "unchanged"
    redacted(api, f"/v1/{kind}/{uid}", field)
    again = sent(api, f"/v1/{kind}", body)
    assert (again["id"], again["version"], again["left_out"]) == (uid, 2, [field])
    other = sent(api, f"/v1/{kind}", {**body, "sharing": "public"})
    assert (other["outcome"], other["sharing"], other["left_out"]) == ("updated", "public", [field])
    assert places_of(word, api.database) == []
    told = problem(api.contributor.patch(f"/v1/{kind}/{uid}", json={field: body[field]}, headers=ANY), 403)
    assert field in told["detail"]
    assert places_of(word, api.database) == []
    assert (
        api.patched(f"/v1/{kind}/{uid}", **{field: ["y"] if field == "tags" else "What may stand"})["version"]
        == 4
    )
    assert field in sent(api, f"/v1/{kind}", body)["left_out"]
    assert places_of(word, api.database) == []
    found = api.editor.get(f"/v1/{kind}/{uid}").json()[field]
    assert found in (["y"], "What may stand")


def test_a_whole_report_that_is_sent_again_brings_nothing_back(api: Api) -> None:
    word = new_word()
    body = {
        "external_id": "rep-1", "title": f"{word} 1", "source": {"name": f"{word} 2", "external_id": "src-1"},
        "incidents": [{
            "incident": {"external_id": "inc-1", "title": f"{word} 3", "summary": "Shelling"},
            "note": f"{word} 4", "claims": [{"metric": "killed", "wording": f"3 {word}"}],
        }],
    }  # fmt: skip
    report = sent(api, "/v1/reports", body, 201)
    incident = api.contributor.get("/v1/incidents").json()["items"][0]["id"]
    redacted(api, f"/v1/reports/{report['id']}", "title", "links.note", "claims.wording")
    redacted(api, f"/v1/sources/{report['source_id']}", "name")
    redacted(api, f"/v1/incidents/{incident}", "title")
    assert places_of(word, api.database) == []
    with api.database.reading.connect() as connection:
        held = connection.execute(text("SELECT submitted_digest FROM reports")).scalars().all()
    assert held == [None], "a digest of all that was sent would let it be guessed"
    again = sent(api, "/v1/reports", body)
    assert again["left_out"] == ["source.name", "title", "incidents[0].claims", "incidents[0].incident.title"]
    assert again["source_name"] == REDACTED
    assert places_of(word, api.database) == []
    claims = api.contributor.get(f"/v1/incidents/{incident}/claims").json()["items"]
    assert [(claim["wording"], claim["best"]) for claim in claims] == [(None, 3)]
    assert (
        api.contributor.get(f"/v1/incidents/{incident}/history").json()["items"][0]["steps"][0]["action"]
        == "redact"
    )


@pytest.mark.parametrize(
    ("of", "field"), [("source", "name"), ("incident", "title"), ("incident", "claims.wording")]
)
def test_no_digest_of_a_whole_report_lets_its_parts_be_guessed(api: Api, of: str, field: str) -> None:
    """Who has the database, and knows all that was sent but a name, could try names until the digest fits."""
    incident = {"incident": {"title": "A name"}, "claims": [{"metric": "killed", "wording": "3 of a name"}]}
    report = sent(api, "/v1/reports", {"source": {"name": "A name"}, "incidents": [incident]}, 201)
    uids = {"source": report["source_id"], "incident": report["incidents"][0]["id"]}

    def held() -> Any:
        with api.database.reading.connect() as connection:
            return connection.execute(text("SELECT submitted_digest FROM reports")).scalars().one()

    assert held() is not None
    redacted(api, f"/v1/{of}s/{uids[of]}", field)
    assert held() is None


def test_words_of_a_link_are_stated_anew_by_an_editor_only(api: Api) -> None:
    incident = api.incident(api.contributor, workflow="draft")["id"]
    report = api.report(api.contributor, workflow="draft")["id"]
    path = f"/v1/incidents/{incident}/reports/{report}"
    body = {"note": "A name", "claims": [{"metric": "killed", "wording": "3 of a name"}]}
    assert api.contributor.put(path, json=body).status_code == 201
    redacted(api, f"/v1/incidents/{incident}", "links.note", "claims.wording")
    problem(api.contributor.put(path, json=body), 403)
    without = {"claims": [{"metric": "killed", "low": 3, "best": 3, "high": 3}]}
    assert api.contributor.put(path, json=without).status_code == 200
    linked(api, incident, report, note="A neighbour")
    assert (
        api.editor.get(f"/v1/incidents/{incident}", params={"include": "reports"}).json()["reports"][0][
            "note"
        ]
        == "A neighbour"
    )


def test_records_of_others_that_say_the_same_are_left_alone(api: Api) -> None:
    one, other = (api.incident(title="The same words")["id"] for _ in range(2))
    redacted(api, f"/v1/incidents/{one}", "title")
    assert api.public.get(f"/v1/incidents/{other}").json()["title"] == "The same words"
    assert api.public.get("/v1/incidents", params={"q": "same"}).json()["items"][0]["id"] == other
