"""Values in words, as pages show them. Nothing here is escaped: the templates do that."""

from __future__ import annotations

from urllib.parse import urlsplit

import orjson

LONGEST_ADDRESS = 2_000


def shown(value: object) -> str:
    """A value in words. What is not stated is said to be so: it is not zero, and not empty text."""
    if value is None:
        return "not stated"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(shown(each) for each in value) if value else "none"
    if isinstance(value, dict):
        parts = [f"{name}: {shown(each)}" for name, each in value.items()]
        return "; ".join(parts) if parts else "none"
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def unmarked(text: str) -> str:
    """A description without the marks of code in it."""
    return text.replace("`", "")


def web_address(value: object) -> str | None:
    """The value where it is an address of the web that may be linked to; a `javascript:` is none."""
    if not isinstance(value, str) or len(value) > LONGEST_ADDRESS:
        return None
    try:
        parts = urlsplit(value)
    except ValueError:
        return None
    return value if parts.scheme in ("http", "https") and parts.netloc else None


def words(value: str) -> str:
    """A word of a value list for people."""
    return value.replace("_", " ")


def days(start: str | None, end: str | None) -> str:
    """One day, or from day to day."""
    if start is None or end is None or start == end:
        return shown(start)
    return f"{start} to {end}"
