"""Compressed answers: the same records, their own tags, and never those of a write."""

from __future__ import annotations

import socket
import zlib
from typing import NamedTuple

import httpx
import pytest

from app.formats.form import Format
from app.formats.registry import BY_NAME, FORMATS
from app.http import exporting
from app.http.coding import CODINGS
from tests.support.api import Api
from tests.support.codings import decoded
from tests.support.many import many_incidents

EVERY = ("identity", *CODINGS)
PROSE = "A long text that no one reads. " * 60


class Raw(NamedTuple):
    """An answer with its bytes as they came, so that nothing hides what was sent."""

    status_code: int
    headers: httpx.Headers
    content: bytes


def asked(api: Api, path: str, coding: str, **headers: str) -> Raw:
    with api.public.stream("GET", path, headers={"Accept-Encoding": coding, **headers}) as answer:
        return Raw(answer.status_code, answer.headers, b"".join(answer.iter_raw()))


@pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)
def test_every_format_in_every_coding(api: Api, form: Format) -> None:
    name = form.name
    for _ in range(3):
        api.incident(summary=PROSE, workflow="published")
    path = f"/v1/incidents?f={name}"
    plain = asked(api, path, "identity")
    tags = {plain.headers["etag"]}
    assert "content-encoding" not in plain.headers
    for coding in CODINGS:
        answer = asked(api, path, coding)
        assert answer.headers["vary"] == plain.headers["vary"] == "Authorization, Accept, Accept-Encoding"
        assert answer.headers["content-type"] == plain.headers["content-type"]
        head = api.public.head(path, headers={"Accept-Encoding": coding})
        assert _told(head.headers) == _told(answer.headers)
        if name in ("xlsx", "parquet"):
            assert "content-encoding" not in answer.headers
            assert answer.headers["etag"] == plain.headers["etag"]
            continue
        assert answer.headers["content-encoding"] == coding
        assert decoded(answer.content, coding) == plain.content
        tags.add(answer.headers["etag"])
    assert len(tags) == (1 if name in ("xlsx", "parquet") else 4)


def _told(headers: httpx.Headers) -> dict[str, str]:
    """Without what differs from one request to the next, and how a stream travels. A file's date begins some seconds after
    the last change, which may be between two requests; `test_dates_of_files` asks about it."""
    differ = {"date", "last-modified", "x-request-id", "transfer-encoding"}
    return {name: value for name, value in headers.items() if name not in differ}


def test_what_is_read_is_the_same_in_every_coding(api: Api) -> None:
    record = api.incident(summary=PROSE)
    for path in (f"/v1/incidents/{record['id']}", "/v1/incidents", "/v1/incidents?f=csv", "/v1/fields"):
        assert len({decoded(asked(api, path, coding).content, coding) for coding in EVERY}) == 1, path


def test_each_representation_is_confirmed_by_its_own_tag(api: Api) -> None:
    record = api.incident(summary=PROSE)
    for path in (f"/v1/incidents/{record['id']}", "/v1/incidents", "/v1/incidents?f=csv"):
        tags = {coding: asked(api, path, coding).headers["etag"] for coding in EVERY}
        for coding, tag in tags.items():
            again = asked(api, path, coding, **{"If-None-Match": tag})
            assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
            assert "content-encoding" not in again.headers
            # Whoever takes it uncoded may be told that what it holds uncoded still holds.
            plain = asked(api, path, coding, **{"If-None-Match": tags["identity"]})
            assert plain.status_code == 304
            for other in set(CODINGS) - {coding}:
                assert asked(api, path, coding, **{"If-None-Match": tags[other]}).status_code == 200
        only = asked(api, path, "zstd, identity;q=0", **{"If-None-Match": tags["identity"]})
        assert (only.status_code, only.headers["content-encoding"]) == (200, "zstd")
        api.incident()
        for coding, tag in tags.items():
            assert asked(api, path, coding, **{"If-None-Match": tag}).status_code == 200


def test_a_tag_of_any_coding_guards_a_write(api: Api) -> None:
    record = api.incident(summary=PROSE)
    path = f"/v1/incidents/{record['id']}"
    for coding in CODINGS:
        tag = api.editor.get(path, headers={"Accept-Encoding": coding}).headers["etag"]
        assert tag.endswith(f'-{coding}"')
        assert api.editor.patch(path, json={"title": coding}, headers={"If-Match": tag}).status_code == 200
        assert api.editor.patch(path, json={"title": "b"}, headers={"If-Match": tag}).status_code == 412


def test_nothing_that_a_write_answers_is_compressed(api: Api) -> None:
    """A key stands beside text of the caller's choice there, and the length of what is compressed tells of it."""
    headers = {"Accept-Encoding": "zstd, br, gzip"}
    label = {"partner": "local", "role": "reader", "label": "a" * 190}
    issued = api.admin.post("/v1/keys", json=label, headers=headers)
    assert (issued.status_code, issued.json()["key"][:4]) == (201, "irk_")
    made = api.editor.post("/v1/incidents", json={"title": "a", "summary": PROSE}, headers=headers)
    path = f"/v1/incidents/{made.json()['id']}"
    amended = api.editor.patch(path, json={"title": "b"}, headers={**headers, "If-Match": "*"})
    for answer in (issued, made, amended, api.admin.post(f"/v1/keys/{issued.json()['id']}/rotate")):
        assert answer.status_code in (200, 201)
        assert "content-encoding" not in answer.headers
        assert answer.headers["cache-control"] == "no-store"


def test_small_answers_and_problems_go_as_they_are(api: Api) -> None:
    for path in (
        "/v1/incidents",
        "/v1/totals",
        "/v1/incidents?nonsense=1",
        "/v1/incidents/inc_0",
        "/health/live",
    ):
        assert "content-encoding" not in asked(api, path, "zstd, br, gzip").headers
    forced = asked(api, "/v1/totals", "gzip, identity;q=0")
    assert forced.headers["content-encoding"] == "gzip"


def test_a_question_in_a_body_is_answered_compressed_too(api: Api) -> None:
    api.incident(summary=PROSE)
    for name in ("json", "csv"):
        answer = api.public.post("/v1/incidents/search", json={"f": name}, headers={"Accept-Encoding": "br"})
        assert answer.headers["content-encoding"] == "br"
        assert PROSE.strip() in answer.text, "taken apart by the client"
        assert answer.headers["content-type"].startswith(BY_NAME[name].media_type)


def test_a_compressed_export_flows(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first records can be read while the last are not yet made."""
    monkeypatch.setattr(exporting, "ENOUGH", 1)  # as where a piece is large enough to go out alone
    many = 760
    many_incidents(api.database, api.local, many, summary=PROSE * 3)
    host, port = api.running.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=20) as client:
        question = "GET /v1/incidents?f=ndjson HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n\r\n"
        client.sendall(question.encode())
        received = bytearray()
        while b"\r\n\r\n" not in received:
            received += client.recv(4_096)
        head, _, rest = bytes(received).partition(b"\r\n\r\n")
        assert b"content-encoding: gzip" in head
        received = bytearray(rest)
        while b"\r\n" not in received or len(received) < 200:
            received += client.recv(4_096)
        size, _, data = bytes(received).partition(b"\r\n")
        chunk = int(size, 16)
        while len(data) < chunk:
            data += client.recv(4_096)
        text = zlib.decompressobj(31).decompress(data[:chunk])
        assert text.startswith(b'{"id":"inc_')
        assert text.endswith(b"}\n"), "whole records, before the end of the stream"
        assert text.count(b"\n") < many
