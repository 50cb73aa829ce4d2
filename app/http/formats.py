"""Lists in other formats: what may be asked, and the answer as a page or as an export."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace
from itertools import chain
from typing import Any

from fastapi import Request, Response

from app.access.viewer import Viewer
from app.formats.asked import for_reading as for_reading
from app.formats.form import Format, Shape
from app.formats.geo import collection
from app.formats.registry import BY_NAME, FORMATS, GEOJSON, JSON, accepted
from app.http import citing
from app.http.as_of import SCHEMA as AS_OF
from app.http.as_of import headers_of
from app.http.citing import Cited, form_of
from app.http.coding import IDENTITY, chosen, headers_in, streamed, taken_by
from app.http.dates import held_since, spelled
from app.http.exporting import Gone, Made, Streamed, begun
from app.http.service import Service
from app.http.tags import entity_tag, reading_headers
from app.http.values import Parameter, fault, flag, whole, word
from app.query.fields import Kind
from app.query.spec import Query
from app.storage import read
from app.storage.database import Reader
from app.storage.export import Export
from app.storage.moments import Moment

KINDS = (Kind.incident, Kind.report, Kind.source)
MOST_EXPORTED = 2**31 - 1
PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "f",
        {"type": "string", "enum": [form.name for form in FORMATS]},
        "The format; without it, what Accept likes best, else json. json and geojson are pages; the others are exports "
        "of all that matches, in the order asked for.",
    ),
    Parameter(
        "hxl", {"type": "boolean", "default": False}, "With `f=csv`: a row of HXL tags below the header."
    ),
    Parameter(
        "bom",
        {"type": "boolean", "default": False},
        "With `f=csv`: a byte order mark, by which older spreadsheets know UTF-8.",
    ),
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The format that was asked for, and the moment. `limit` bounds an export; a page has its own."""

    form: Format = JSON
    hxl: bool = False
    bom: bool = False
    limit: int | None = None
    moment: Moment | None = None
    cited: Cited | None = None

    @property
    def tag(self) -> str:
        """What tells an answer's ETag from that of the same list in JSON, of now."""
        return form_of("" if self.form is JSON else self.form.name, self.moment, self.cited)


def format_asked(kind: Kind, given: dict[str, str], request: Request) -> Choice:
    """Takes what concerns the format out of `given`, and refuses what does not go with it."""
    if kind not in KINDS:
        return Choice()
    asked = given.pop("f", None)
    if asked is None:
        form = accepted(",".join(request.headers.getlist("accept")))
    else:
        form = BY_NAME[word("f", asked, BY_NAME)]
    hxl, bom = (flag(name, given.pop(name, "false")) for name in ("hxl", "bom"))
    for name, wanted in (("hxl", hxl), ("bom", bom)):
        if wanted and form.name != "csv":
            raise _misplaced(name, "goes with f=csv only")
    if "include" in given and not form.takes_lists:
        names = " or ".join(f"f={other.name}" for other in FORMATS if other.takes_lists)
        raise _misplaced("include", f"goes with {names} only; {form.name} has no place for lists")
    if form.is_page:
        return Choice(form, hxl, bom)
    for name in ("cursor", "count"):
        if given.get(name, "false") != "false":
            raise _misplaced(name, f"goes with pages (f=json, f=geojson); f={form.name} gives all that match")
    limit = whole("limit", given.pop("limit"), 1, MOST_EXPORTED) if "limit" in given else None
    return Choice(form, hxl, bom, limit)


def _misplaced(name: str, detail: str) -> Exception:
    return fault(name, detail, "does_not_go_with_format")


def feature_collection(page: read.Page, shape: Shape, following: str | None, maximum: int) -> str:
    """A page of features; `next` and the count are foreign members, named as in JSON."""
    members: dict[str, object] = {"next": following}
    if page.count is not None:
        members |= {"count": min(page.count, maximum), "count_capped": page.count > maximum}
    return collection(page.documents, shape, members)


async def exported(
    request: Request, service: Service, viewer: Viewer, query: Query, choice: Choice
) -> Response:
    """The export, begun: its revision, and with it the ETag, is that of its snapshot."""
    form = choice.form
    assert form.write is not None
    query, shape = for_reading(query, viewer, form)
    shape = replace(shape, hxl=choice.hxl, bom=choice.bom)
    export = Export(
        service.database, viewer, query, limit=choice.limit, most=form.most, cells=form.takes_cells
    )
    coding = coding_of(request, form)

    def made() -> Made:
        with closing(export.batches()) as batches:
            # The first batch comes before the first byte: a header must not hide that there is nothing to follow it.
            first = next(batches, None)
            assert form.write is not None
            whole = batches if first is None else chain((first,), batches)
            with closing(form.write(whole, shape)) as pieces:
                yield from streamed(pieces, coding)

    try:
        pieces, piece = await begun(request, service, made())
    except Gone:
        return Response(status_code=204)
    revision, dates = export.revision, service.dates
    since = _date(service, viewer, revision)
    headers = export_headers(query.kind, choice, viewer, revision, since, coding)
    headers |= citing.headers_of(request, choice.moment, choice.cited)
    return Streamed(pieces, piece, headers, lambda: dates.ended(revision))


def coding_of(request: Request, form: Format) -> str:
    """The coding of an export. Nobody knows its length before its end, so that it goes by the format alone."""
    return chosen(taken_by(request), form.media_type)


def _date(service: Service, viewer: Viewer, revision: int) -> int | None:
    """The file's date. What a key sees may change while the data do not: it is known by its ETag alone."""
    return service.dates.since(revision) if viewer.role is None else None


def still_so(
    request: Request, service: Service, reader: Reader, viewer: Viewer, choice: Choice
) -> Response | None:
    """A 304 where the caller's file has a date since which nothing has changed."""
    held = held_since(request)
    if held is None or request.method not in ("GET", "HEAD"):
        return None
    revision = reader.revision()
    since = _date(service, viewer, revision)
    if since is None or held < since:
        return None
    headers = reading_headers(viewer, entity_tag(revision, viewer, form=choice.tag))
    return Response(status_code=304, headers=headers | {"last-modified": spelled(since)})


def export_headers(
    kind: Kind, choice: Choice, viewer: Viewer, revision: int, since: int | None, coding: str = IDENTITY
) -> dict[str, str]:
    form = choice.form
    headers = reading_headers(viewer, entity_tag(revision, viewer, form=choice.tag)) | {
        "content-type": form.content_type,
        "content-disposition": f'attachment; filename="{kind}s.{form.extension}"',
        **headers_of(choice.moment),
    }
    if since is not None:
        headers["last-modified"] = spelled(since)
    return headers_in(coding, headers)


def told_of(
    kind: Kind, choice: Choice, service: Service, viewer: Viewer, revision: int, coding: str = IDENTITY
) -> Response:
    """What HEAD asks for: an export's headers, without making the export."""
    since = _date(service, viewer, revision)
    response = Response(b"", 200, export_headers(kind, choice, viewer, revision, since, coding))
    del response.headers["content-length"]  # nobody knows it before the end
    return response


def contents(kind: Kind) -> dict[str, Any]:
    """The other media types of a list, for the OpenAPI document."""
    if kind not in KINDS:
        return {}
    told: dict[str, Any] = {form.media_type: {"schema": {"type": "string"}} for form in FORMATS}
    told |= {form.media_type: {"schema": {}} for form in FORMATS if form.name in ("xlsx", "parquet")}
    told[GEOJSON.media_type] = {"schema": _collection_schema(kind)}
    del told[JSON.media_type]
    return told


def _collection_schema(kind: Kind) -> dict[str, Any]:
    point = {
        "type": ["object", "null"],
        "required": ["type", "coordinates"],
        "properties": {
            "type": {"const": "Point"},
            "coordinates": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        },
    }
    feature = {
        "type": "object",
        "required": ["type", "id", "geometry", "properties"],
        "properties": {
            "type": {"const": "Feature"},
            "id": {"type": "string"},
            "geometry": point,
            "properties": {"$ref": f"#/components/schemas/{kind.value.capitalize()}"},
        },
    }
    return {
        "type": "object",
        "required": ["type", "features", "next"],
        "properties": {
            "type": {"const": "FeatureCollection"},
            "features": {"type": "array", "items": feature},
            "next": {"type": ["string", "null"], "description": "Where the next page is."},
            "count": {"type": "integer"},
            "count_capped": {"type": "boolean"},
            "as_of": AS_OF,
            "citation": citing.SCHEMA,
        },
    }
