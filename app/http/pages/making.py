"""Templates of one look: a style, and a policy that lets the browser use that style and nothing else.

The policy says once more what the templates do: should a value ever get through unescaped, nothing may run it.
"""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from fastapi import Response
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.http.pages.words import shown, unmarked, web_address


class Pages:
    """The templates of a folder, with the style that lies beside them."""

    def __init__(self, folder: Path, style: str, *, form_action: str = "'none'") -> None:
        text = (folder / style).read_text("utf-8")
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        self.policy = (
            f"default-src 'none'; style-src 'sha256-{digest}'; form-action {form_action}; base-uri 'none'; "
            "frame-ancestors 'none'"
        )
        # autoescape for every template, whatever its name.
        self._templates = Environment(
            loader=FileSystemLoader(folder),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        # Ours, not from a record, and its hash must be that of the bytes as they are.
        self._templates.globals["style"] = Markup(text)  # noqa: S704
        self._templates.filters |= {"value": shown, "web_address": web_address, "unmarked": unmarked}

    def page(self, template: str, headers: dict[str, str], **context: Any) -> Response:
        """The template as a response."""
        body = self._templates.get_template(template).render(**context)
        told = {**headers, "content-security-policy": self.policy}
        return Response(body, 200, told, "text/html; charset=utf-8")


def edition_of(*folders: Path) -> str:
    """What tells this edition of the code and the templates from others. Data that stay the same are shown another way by a
    new one: a browser that asks by the old ETag must not be told that nothing has changed."""
    kinds = (".py", ".html", ".css")
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.suffix in kinds)
    return hashlib.sha256(b"\0".join(file.read_bytes() for file in files)).hexdigest()[:6]
