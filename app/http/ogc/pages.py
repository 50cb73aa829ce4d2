"""The pages of ``/ogc``: their own templates and style, made as all pages are."""

from __future__ import annotations

from pathlib import Path

from app.http.pages.making import Pages

PAGES = Pages(Path(__file__).parent / "templates", "style.css", form_action="'self'")
