"""Pages for people: no script, nothing from elsewhere, everything that comes from a record escaped.

The policy says the same to the browser once more: should a value ever get through, nothing may run it.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import orjson
from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

HERE = Path(__file__).parent / "templates"
STYLE = (HERE / "style.css").read_text("utf-8")
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
LONGEST_ADDRESS = 2_000


def _environment() -> Environment:
    # autoescape for every template, whatever its name.
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # Ours, not from a record, and its hash must be that of the bytes as they are.
    environment.globals["style"] = Markup(STYLE)  # noqa: S704
    environment.filters["value"] = shown
    environment.filters["web_address"] = web_address
    environment.filters["unmarked"] = unmarked
    return environment


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


_TEMPLATES = _environment()


def page(template: str, headers: dict[str, str], **context: Any) -> Response:
    """The template as a response."""
    body = _TEMPLATES.get_template(template).render(**context)
    headers = {**headers, "content-security-policy": POLICY}
    return Response(body, 200, headers, "text/html; charset=utf-8")
