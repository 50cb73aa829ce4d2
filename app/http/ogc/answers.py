"""From a document to the response: as JSON, or as a page that shows the same."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from fastapi import Request, Response

from app.http import citing
from app.http.as_of import NAME as AS_OF
from app.http.citing import Cited
from app.http.ogc.links import HTML, Site, same
from app.http.ogc.pages import PAGES
from app.http.pages import making
from app.http.pages.forms import Form
from app.http.pages.making import edition_of
from app.storage.moments import Moment

TOLD = {"cache-control": "public, max-age=300", "vary": "Accept"}
"""Of what hangs neither on the data nor on who asks."""
TOLD_BY_SIGHT = {"cache-control": "private, max-age=300", "vary": "Authorization, Accept"}
"""Of what hangs on which fields the caller may see."""


EDITION = edition_of(Path(__file__).parent, Path(making.__file__).parent)


@dataclass(frozen=True, slots=True)
class Answer:
    """A way to answer one request. `media_type` is that of the JSON form; `moment` None is now, `cited` None: it is not to be
    cited."""

    request: Request
    site: Site
    form: Form
    media_type: str
    moment: Moment | None = None
    cited: Cited | None = None

    @property
    def of_moment(self) -> dict[str, str]:
        """The moment as a parameter of addresses that stay with it."""
        return {} if self.moment is None else {AS_OF: str(self.moment.seq)}

    @property
    def onward(self) -> dict[str, str | None]:
        """Likewise of the next page, which is cited as this one is."""
        return citing.onward(self.moment, self.cited)

    def citation(self, data: str) -> dict[str, object] | None:
        """How these data are cited, where that is asked."""
        if self.moment is None or self.cited is None:
            return None
        return citing.citation(self.request, self.moment, self.cited, data)

    @property
    def tag(self) -> str:
        """What tells an answer's ETag from that of other forms, and of other editions."""
        return citing.form_of(f"ogc-{self.form.value}-{EDITION}", self.moment, self.cited)

    def other(self) -> tuple[str, str]:
        """Address and media type of the same in the other form."""
        if self.form is Form.json:
            return same(self.request, self.site, f="html"), HTML
        return same(self.request, self.site, f="json"), self.media_type

    def told(
        self,
        document: dict[str, Any] | str,
        template: str,
        headers: dict[str, str],
        **context: Any,
    ) -> Response:
        """The document; a page gets it as `document`, and `context` beside it."""
        href, media_type = self.other()
        links = [f'<{href}>; rel="alternate"; type="{media_type}"']
        links += [headers["link"]] if "link" in headers else []
        headers = {**headers, "link": ", ".join(links)}
        if self.form is Form.html:
            shown = {"document": document, "site": self.site, "alternate": {"href": href, "type": media_type}}
            return PAGES.page(template, headers, **shown, **context)
        body = document if isinstance(document, str) else orjson.dumps(document)
        return Response(body, 200, headers, self.media_type)
