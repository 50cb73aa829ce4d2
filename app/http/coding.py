"""Content codings: which one a request takes (RFC 9110, 12.5.3), and answers in it.

Always at the cheapest level: a page costs some tens of microseconds, in the thread that made it, and the event loop none.
Only answers to reads come here. What a write answers is never compressed, a key that is told once least of all: the
length of a compressed answer tells of a secret that stands beside text of somebody else's choice.
"""

from __future__ import annotations

import re
import sys
import zlib
from collections.abc import Generator, Iterable
from functools import lru_cache
from typing import Protocol

import brotli
from fastapi import Request, Response

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

IDENTITY = "identity"
CODINGS = ("zstd", "br", "gzip")
"""As we prefer them where a client takes several alike: the least work first."""
LEVEL = 1
SMALLEST = 1_000
"""Bytes below which the coding costs more than it spares."""
VARY = "Accept-Encoding"
_GZIP = 16 + zlib.MAX_WBITS
_COMPRESSIBLE = re.compile(r"text/|application/(?:[a-z0-9.+-]*[+.-])?json(?:$|[+;-])|application/x-ndjson")
_WEIGHT = re.compile(r"(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)")
_TAG_ENDS = re.compile(rf"-({'|'.join(CODINGS)})$")


def taken_by(request: Request) -> tuple[str, ...]:
    """The codings that the request takes, best first."""
    return taken(",".join(request.headers.getlist("accept-encoding")))


@lru_cache(maxsize=256)
def taken(header: str) -> tuple[str, ...]:
    """The codings that an Accept-Encoding header takes, best first. Without a header: none but identity.

    Where nothing of ours would do, the answer goes out as it is, as the standard allows.
    """
    stated: dict[str, float] = {}
    for part in header.lower().split(","):
        name, *parameters = (piece.strip() for piece in part.split(";"))
        if name:
            stated["gzip" if name == "x-gzip" else name] = _weight(parameters)
    anything = stated.get("*")
    weights: dict[str, float] = {}
    for name in CODINGS:
        # Whoever takes anything at all can read gzip; the newer ones go to those who name them.
        weights[name] = stated.get(name, anything or 0.0 if name == "gzip" else 0.0)
    # Not named, it is the last resort, unless everything that is not named is refused.
    weights[IDENTITY] = stated.get(IDENTITY, 0.0 if anything == 0.0 else 0.0001)
    found = [name for name in (*CODINGS, IDENTITY) if weights[name] > 0]
    return tuple(sorted(found, key=lambda name: -weights[name])) or (IDENTITY,)


def _weight(parameters: list[str]) -> float:
    """A weight that makes no sense is none."""
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip() == "q":
            return float(value) if _WEIGHT.fullmatch(value := value.strip()) else 0.0
    return 1.0


def chosen(takes: tuple[str, ...], media_type: str, size: int | None = None) -> str:
    """The coding of an answer of this type; `size` None: of unknown length, to be streamed."""
    if takes[0] == IDENTITY:
        return IDENTITY
    worth = _COMPRESSIBLE.match(media_type) and (size is None or size >= SMALLEST)
    return takes[0] if worth or IDENTITY not in takes else IDENTITY


def tagged(tag: str, coding: str) -> str:
    """The ETag of an answer in this coding: other bytes, another tag."""
    return tag if coding == IDENTITY else f'{tag[:-1]}-{coding}"'


def untagged(tag: str) -> tuple[str, str]:
    """What stands between the quotes of a tag, apart: the mark, and the coding that it is of."""
    found = _TAG_ENDS.search(tag)
    return (tag, IDENTITY) if found is None else (tag[: found.start()], found[1])


def headers_in(coding: str, headers: dict[str, str]) -> dict[str, str]:
    """An answer's headers, by their names in small letters, as they are in this coding."""
    told = {**headers, "vary": _varied(headers.get("vary", ""))}
    if coding != IDENTITY:
        told["content-encoding"] = coding
        if "etag" in told:
            told["etag"] = tagged(told["etag"], coding)
    return told


def encode(response: Response, takes: tuple[str, ...]) -> None:
    """Puts a whole answer into the coding that serves best. Call it in the thread that made the answer."""
    body = response.body
    if response.status_code != 200 or not body or "content-encoding" in response.headers:
        return
    headers = response.headers
    vary = headers.get("vary", "")
    if VARY not in vary:
        headers["vary"] = _varied(vary)
    coding = chosen(takes, headers.get("content-type", ""), len(body))
    if coding == IDENTITY:
        return
    response.body = compressed(bytes(body), coding)
    headers["content-length"] = str(len(response.body))
    headers["content-encoding"] = coding
    if "etag" in headers:
        headers["etag"] = tagged(headers["etag"], coding)


def _varied(vary: str) -> str:
    if VARY.lower() in vary.lower():
        return vary
    return f"{vary}, {VARY}" if vary else VARY


def compressed(body: bytes, coding: str) -> bytes:
    """A body in a coding."""
    if coding == "zstd":
        return zstd.compress(body, LEVEL)
    if coding == "br":
        return bytes(brotli.compress(body, quality=LEVEL))
    made = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)
    return made.compress(body) + made.flush()


class _Compressor(Protocol):
    def piece(self, data: bytes) -> bytes: ...

    def end(self) -> bytes: ...


class _Zstd:
    def __init__(self) -> None:
        self._made = zstd.ZstdCompressor(level=LEVEL)

    def piece(self, data: bytes) -> bytes:
        return self._made.compress(data, zstd.ZstdCompressor.FLUSH_BLOCK)

    def end(self) -> bytes:
        return self._made.flush()


class _Brotli:
    def __init__(self) -> None:
        self._made = brotli.Compressor(quality=LEVEL)

    def piece(self, data: bytes) -> bytes:
        return bytes(self._made.process(data) + self._made.flush())

    def end(self) -> bytes:
        return bytes(self._made.finish())


class _Gzip:
    def __init__(self) -> None:
        self._made = zlib.compressobj(LEVEL, zlib.DEFLATED, _GZIP)

    def piece(self, data: bytes) -> bytes:
        return self._made.compress(data) + self._made.flush(zlib.Z_SYNC_FLUSH)

    def end(self) -> bytes:
        return self._made.flush()


_STREAMS: dict[str, type[_Compressor]] = {"zstd": _Zstd, "br": _Brotli, "gzip": _Gzip}


def streamed(pieces: Iterable[bytes], coding: str) -> Generator[bytes, None, None]:
    """The pieces in a coding, each as soon as it is there: whoever reads sees the data flow, and nothing is kept.

    Empty pieces stay empty: they are signs of life.
    """
    if coding == IDENTITY:
        yield from pieces
        return
    compressor = _STREAMS[coding]()
    for piece in pieces:
        yield compressor.piece(piece) if piece else piece
    yield compressor.end()
