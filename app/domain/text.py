"""What text the service takes: Unicode that every database, file and reader can carry."""

from __future__ import annotations

import re
import unicodedata
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field
from pydantic_core import PydanticCustomError

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_HASH = re.compile(r"(md5:[0-9a-f]{32}|sha1:[0-9a-f]{40}|sha256:[0-9a-f]{64}|sha512:[0-9a-f]{128})")


def clean(text: str) -> str:
    """NFC, without white space around; NUL, other control characters and lone surrogates are refused."""
    if text.isascii() and text.isprintable():
        return text.strip()
    if (found := _FORBIDDEN.search(text)) is not None:
        raise PydanticCustomError(
            "forbidden_character",
            "holds the character U+{code}, which text may not hold",
            {"code": f"{ord(found[0]):04X}"},
        )
    return unicodedata.normalize("NFC", text).strip()


def something(text: str) -> str:
    """Clean text that is not empty."""
    if not (text := clean(text)):
        raise PydanticCustomError("empty", "must not be empty")
    return text


def _nothing_as_null(text: str) -> str | None:
    return clean(text) or None


def _url(text: str) -> str | None:
    text = clean(text)
    if not text:
        return None
    try:
        parts = urlsplit(text)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"\s", text)
        _ = parts.port
    except ValueError:
        sound = False
    if not sound:
        raise PydanticCustomError("invalid_url", "must be an http or https address")
    return text


def _language(text: str) -> str:
    if not _LANGUAGE.fullmatch(text):
        raise PydanticCustomError("invalid_language", "must be a BCP 47 language tag such as en or ar-SY")
    return text


def _hash(text: str) -> str:
    if not _HASH.fullmatch(text):
        raise PydanticCustomError(
            "invalid_hash", "must be algorithm:hex in lower case, for example sha256:<64 digits>"
        )
    return text


Line = Annotated[str, Field(strict=True, max_length=500), AfterValidator(_nothing_as_null)]
"""Up to 500 characters; empty means not stated."""
Prose = Annotated[str, Field(strict=True, max_length=50_000), AfterValidator(_nothing_as_null)]
Url = Annotated[str, Field(strict=True, max_length=2_000), AfterValidator(_url)]
Language = Annotated[str, Field(strict=True, max_length=35), AfterValidator(_language)]
ContentHash = Annotated[str, Field(strict=True, max_length=140), AfterValidator(_hash)]
ExternalId = Annotated[str, Field(strict=True, min_length=1, max_length=200), AfterValidator(something)]
