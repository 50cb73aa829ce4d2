"""Pages that are printed: they extend ``templates/paper.html``, and say at their foot what was asked, when, and of which state.

A page is weakly tagged (`TAG`, `weak=True`): two answers of one state say the same, but each has its own date.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from fastapi import Request, Response

from app.access.viewer import Viewer
from app.http.pages.making import Pages, edition_of
from app.http.respond import address
from app.http.service import service_of

HERE = Path(__file__).parent
PAPER = Pages(HERE / "templates", "paper.css")
TAG = f"paper-{edition_of(HERE)}"
"""What tells a page's ETag from that of the same answer in JSON."""
NOT_ASKED = ("f", "cursor", "citation")
"""Parameters that say nothing of what the question is of."""
Citation = dict[str, Any]
LINK = '<{}>; rel="alternate"; type="application/json"'


@dataclass(frozen=True, slots=True)
class Foot:
    """What whoever finds the paper has to know: the question, who was told this, when, and of which state of the data."""

    address: str
    as_json: str
    question: tuple[tuple[str, str], ...]
    told_to: str
    answered: str
    revision: int
    head: str | None
    citation: Citation | None


def foot_of(
    request: Request,
    viewer: Viewer,
    revision: int,
    head: str | None = None,
    citation: Citation | None = None,
) -> Foot:
    """`head` is the history's, as ``/v1/changes/head`` tells it, where it was read in the same state; `citation` how the page
    is cited, where it can be."""
    asked = request.query_params
    public_url = service_of(request).settings.server.public_url
    return Foot(
        address(request, public_url).removesuffix("?"),
        address(request, public_url, f="json"),
        tuple((name, value) for name, value in asked.items() if name not in NOT_ASKED),
        told_to(viewer),
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC",
        revision,
        head,
        citation,
    )


def told_to(viewer: Viewer) -> str:
    if viewer.role is None:
        return "This is what everybody may see."
    if viewer.is_editor:
        return "This is what editors may see: it may tell of what is not public."
    return f"This is what the organisation {viewer.partner} may see: it may tell of what is not public."


def paper(template: str, headers: dict[str, str], foot: Foot, **context: Any) -> Response:
    """The page; `following` in `context` is the address of the next one."""
    links = [LINK.format(foot.as_json), *([headers["link"]] if "link" in headers else [])]
    told = {**headers, "link": ", ".join(links)}
    return PAPER.page(template, told, foot=foot, **{"following": None, **context})
