"""Which content coding a request takes, and bytes in each, without a service."""

from __future__ import annotations

import pytest
from fastapi import Response

from app.http.coding import (
    CODINGS,
    IDENTITY,
    SMALLEST,
    chosen,
    compressed,
    encode,
    headers_in,
    streamed,
    taken,
    untagged,
)
from tests.support.codings import decoded, stream_of

TEXT = b'{"killed_best":null},' * 400
JSON = "application/json"


@pytest.mark.parametrize(
    ("header", "best", "rest"),
    [
        ("", "identity", ()),
        ("gzip, deflate, br, zstd", "zstd", ("br", "gzip", "identity")),
        ("gzip, deflate", "gzip", ("identity",)),
        ("br;q=0.9, gzip", "gzip", ("br", "identity")),
        ("GZIP;Q=0.5", "gzip", ("identity",)),
        ("x-gzip", "gzip", ("identity",)),
        ("gzip;q=0", "identity", ()),
        ("gzip;q=0.5, identity", "identity", ("gzip",)),
        ("identity;q=0.2, gzip;q=0.5", "gzip", ("identity",)),
        ("*", "gzip", ("identity",)),
        ("zstd, *;q=0", "zstd", ()),
        ("identity;q=0, br", "br", ()),
        ("identity;q=0", "identity", ()),
        ("*;q=0", "identity", ()),
        ("gzip;q=nonsense", "identity", ()),
        ("gzip;q=2, br", "br", ("identity",)),
        ("compress, deflate", "identity", ()),
        (",;q=1, ,gzip", "gzip", ("identity",)),
    ],
)
def test_what_a_header_takes(header: str, best: str, rest: tuple[str, ...]) -> None:
    assert taken(header) == (best, *rest)


def test_only_what_gains_is_compressed() -> None:
    takes = taken("zstd")
    for name in (JSON, "application/geo+json", "application/geo+json-seq", "application/x-ndjson", "text/csv; charset=utf-8"):  # fmt: skip
        assert chosen(takes, name) == chosen(takes, name, SMALLEST) == "zstd"
        assert chosen(takes, name, SMALLEST - 1) == IDENTITY
    for name in ("application/vnd.apache.parquet", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "image/png", ""):  # fmt: skip
        assert chosen(takes, name) == IDENTITY
        assert chosen(taken("zstd, identity;q=0"), name) == "zstd"


@pytest.mark.parametrize("coding", [*CODINGS, IDENTITY])
def test_whole_and_in_pieces_it_reads_back(coding: str) -> None:
    pieces = [TEXT[at : at + 777] for at in range(0, len(TEXT), 777)]
    pieces.insert(2, b"")
    sent = list(streamed(pieces, coding))
    assert decoded(b"".join(sent), coding) == TEXT
    assert sent[2] == b"", "a sign of life stays one"
    if coding != IDENTITY:
        assert decoded(compressed(TEXT, coding), coding) == TEXT
        assert len(compressed(TEXT, coding)) < len(TEXT) / 10
        assert decoded(b"".join(streamed([], coding)), coding) == b""


@pytest.mark.parametrize("coding", CODINGS)
def test_each_piece_can_be_read_as_soon_as_it_comes(coding: str) -> None:
    read, made = stream_of(coding), [b"first\r\n", b"second\r\n" * 100, b"third\r\n"]
    for number, piece in enumerate(streamed(made, coding)):
        assert read(piece) == (made[number] if number < len(made) else b"")


def test_other_bytes_other_tag() -> None:
    response = Response(TEXT, 200, {"etag": '"7.abc"', "vary": "Authorization"}, JSON)
    encode(response, ("br", IDENTITY))
    assert response.headers["etag"] == '"7.abc-br"'
    assert response.headers["vary"] == "Authorization, Accept-Encoding"
    assert int(response.headers["content-length"]) == len(response.body) < len(TEXT)
    assert untagged("7.abc-br") == ("7.abc", "br")
    assert untagged("7.abc") == ("7.abc", IDENTITY)
    told = headers_in("gzip", {"etag": '"7.abc.csv"'})
    assert told == {"etag": '"7.abc.csv-gzip"', "vary": "Accept-Encoding", "content-encoding": "gzip"}


@pytest.mark.parametrize(("status", "body"), [(304, b""), (404, TEXT), (200, b""), (200, b"{}")])
def test_the_rest_is_left_alone(status: int, body: bytes) -> None:
    response = Response(body, status, {"etag": '"7"'}, JSON)
    encode(response, ("zstd", IDENTITY))
    assert (response.body, response.headers["etag"]) == (body, '"7"')
    assert "content-encoding" not in response.headers
