"""What collides with what is stored: rings, ids that are taken, versions that have moved on."""

from __future__ import annotations

import threading

import httpx

from tests.support.api import Api
from tests.support.loopback import NO_TLS
from tests.support.state import problem, state_of

ANY = {"If-Match": "*"}


def test_rings_of_parts_are_refused(api: Api) -> None:
    whole = api.incident(title="whole")
    part = api.incident(title="part", part_of=whole["id"])
    piece = api.incident(title="piece", part_of=part["id"])
    before = state_of(api.database)
    for of in (whole, part, piece):
        response = api.editor.patch(f"/v1/incidents/{whole['id']}", json={"part_of": of["id"]}, headers=ANY)
        assert problem(response, 422, "part_of")["errors"][0]["code"] == "ring"
    problem(api.editor.delete(f"/v1/incidents/{part['id']}?reason=a", headers=ANY), 409)
    assert state_of(api.database) == before


def test_two_who_close_a_ring_from_both_ends_at_once(api: Api) -> None:
    """Each alone is sound; together they would make a ring."""
    for n in range(4):
        a, b = api.incident(title=f"a{n}"), api.incident(title=f"b{n}")
        answers: list[int] = []

        def join(one: str, other: str, answers: list[int] = answers) -> None:
            with httpx.Client(
                base_url=api.running.url, headers=api.editor.headers, timeout=30, verify=NO_TLS
            ) as client:
                path = f"/v1/incidents/{one}"
                answers.append(client.patch(path, json={"part_of": other}, headers=ANY).status_code)

        threads = [
            threading.Thread(target=join, args=pair) for pair in ((a["id"], b["id"]), (b["id"], a["id"]))
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert 500 not in answers
        parents = [api.editor.get(f"/v1/incidents/{i['id']}").json()["part_of"] for i in (a, b)]
        assert None in parents, answers


def test_external_ids_that_collide(api: Api) -> None:
    first, second = api.incident(external_id="one"), api.incident(external_id="two")
    before = state_of(api.database)
    path = f"/v1/incidents/{second['id']}"
    problem(api.editor.patch(path, json={"external_id": "one"}, headers=ANY), 409, code="conflict")
    assert state_of(api.database) == before
    api.editor.delete(f"/v1/incidents/{first['id']}?reason=wrong", headers=ANY)
    before = state_of(api.database)
    problem(api.editor.post("/v1/incidents", json={"external_id": "one"}), 409)
    problem(api.editor.patch(path, json={"external_id": "one"}, headers=ANY), 409)
    assert state_of(api.database) == before
    admin = api.admin.post("/v1/partners", json={"slug": "desk", "name": "Again"})
    problem(admin, 409)


def test_conditions_that_do_not_hold(api: Api) -> None:
    incident = api.incident()
    path = f"/v1/incidents/{incident['id']}"
    api.patched(path, title="Second")
    before = state_of(api.database)
    for send in (
        lambda headers: api.editor.patch(path, json={"title": "lost"}, headers=headers),
        lambda headers: api.editor.delete(f"{path}?reason=lost", headers=headers),
    ):
        problem(send({}), 428, code="precondition-required")
        for stale in (
            '"1"',
            "1",
            'W/"1"',
            '"1.2.abc"',
            '"9"',
            '"x"',
            '""',
            "x",
            '"-2"',
            '"2e0"',
            '"999999999999"',
        ):
            problem(send({"If-Match": stale}), 412, code="precondition-failed")
        problem(send({"If-Match": '"1", "2"'}), 400, "If-Match")
    problem(
        api.editor.post("/v1/incidents", json={}, headers={"Idempotency-Key": "a b"}), 400, "Idempotency-Key"
    )
    long = {"Idempotency-Key": "k" * 201}
    problem(api.editor.post("/v1/incidents", json={}, headers=long), 400, "Idempotency-Key")
    assert state_of(api.database) == before
