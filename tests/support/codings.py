"""Content codings taken apart again."""

from __future__ import annotations

import sys
import zlib
from typing import Any

import brotli

from app.http.coding import IDENTITY

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd


def decoded(data: bytes, coding: str) -> bytes:
    """What stands in a whole body."""
    if coding == "zstd":
        return zstd.decompress(data)
    if coding == "br":
        return bytes(brotli.decompress(data))
    return data if coding == IDENTITY else zlib.decompress(data, 16 + zlib.MAX_WBITS)


def stream_of(coding: str) -> Any:
    """What takes a stream apart as it comes."""
    if coding == "zstd":
        return zstd.ZstdDecompressor().decompress
    return brotli.Decompressor().process if coding == "br" else zlib.decompressobj(31).decompress
