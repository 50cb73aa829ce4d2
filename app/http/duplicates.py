"""What may be asked of likely duplicates, and how a pair is told."""

from __future__ import annotations

from collections.abc import Iterable

from app.access.viewer import Viewer
from app.domain.duplicates import LIKELY
from app.domain.vocabulary import Workflow
from app.http.citing import moment_parameters
from app.http.filters import filters_of, where
from app.http.values import Parameter, flag, nothing_left, whole
from app.query import cursor as cursors
from app.query.fields import Kind
from app.settings import Settings
from app.storage.distinct import Said
from app.storage.moments import Moment
from app.storage.pairing import Document, Question, Told

ORDER = "duplicates:-date_start"
"""The one order of the list."""
LEAST = Parameter(
    "score_at_least",
    {"type": "integer", "minimum": LIKELY, "maximum": 100, "default": LIKELY},
    "Pairs of this score or more, of 100.",
)
SETTLED = Parameter(
    "settled",
    {"type": "boolean", "default": False},
    "For editors: `true` tells the pairs of which one of them said that they are two, and who said so; without it these are left out.",
)
MOST_OF_ONE, USUAL_OF_ONE = 100, 20
OF_ONE = (
    LEAST,
    SETTLED,
    Parameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST_OF_ONE, "default": USUAL_OF_ONE},
        "How many at most, the likeliest first.",
    ),
    *moment_parameters(Kind.incident),
)


def of_list(settings: Settings) -> list[Parameter]:
    """Those beside the ones that choose incidents."""
    limits = settings.limits
    schema = {"type": "integer", "minimum": 1, "maximum": limits.page_maximum, "default": limits.page_default}
    return [
        LEAST,
        SETTLED,
        Parameter("limit", schema, "Pairs in a page, which may hold fewer, or none, and go on all the same."),
        Parameter("cursor", {"type": "string"}, "Where to go on: follow `next` until it is null."),
        *moment_parameters(Kind.incident),
    ]


def order_of(as_of: int | None) -> str:
    """To which the cursors are bound."""
    return ORDER if as_of is None else f"{ORDER}@{as_of}"


def list_asked(
    given: dict[str, str], viewer: Viewer, settings: Settings, as_of: int | None = None
) -> Question:
    """The question, but for the moment of which it is asked: that was taken out before."""
    limits = settings.limits
    least, settled = _least(given), _settled(given, viewer)
    limit = whole("limit", given.pop("limit", str(limits.page_default)), 1, limits.page_maximum)
    token = given.pop("cursor", None)
    asked = where(Kind.incident, given, viewer)
    known = [*filters_of(Kind.incident, editor=viewer.is_editor), *_names(of_list(settings), viewer)]
    nothing_left(given, known)
    order = order_of(as_of)
    start = None if token is None else cursors.decode(token, order=order, secret=settings.keys.secret)
    return Question(asked, least, limit, start, as_of, settled)


def one_asked(given: dict[str, str], viewer: Viewer) -> tuple[int, int, bool]:
    """The least score, how many at most, and whether those that are settled."""
    least, settled = _least(given), _settled(given, viewer)
    limit = whole("limit", given.pop("limit", str(USUAL_OF_ONE)), 1, MOST_OF_ONE)
    nothing_left(given, _names(OF_ONE, viewer))
    return least, limit, settled


def _names(parameters: Iterable[Parameter], viewer: Viewer) -> list[str]:
    """Those that there are for the viewer."""
    return [parameter.name for parameter in parameters if viewer.is_editor or parameter is not SETTLED]


def _settled(given: dict[str, str], viewer: Viewer) -> bool:
    """For others than editors there is no such parameter: what they sent of it is left, and refused."""
    return viewer.is_editor and flag(SETTLED.name, given.pop(SETTLED.name, "false"))


def _least(given: dict[str, str]) -> int:
    return whole(LEAST.name, given.pop(LEAST.name, str(LIKELY)), LIKELY, 100)


def told(pair: Told, viewer: Viewer, base: str, moment: Moment | None = None) -> Document:
    """Of a moment that is named nothing is offered to be done: it would be done now."""
    guess, offered = pair.guess, viewer.is_editor and moment is None
    return {
        "score": guess.score,
        "days_apart": guess.days_apart,
        "metres_apart": guess.metres_apart,
        "incidents": list(pair.incidents),
        "reasons": [reason._asdict() for reason in guess.reasons],
        "merge": _merge(pair, base) if offered and not pair.said else None,
        "distinguish": _of_two("distinguish", pair, base) if offered and not pair.said else None,
        "undistinguish": _of_two("undistinguish", pair, base) if offered and pair.said else None,
        "settled": [_said(each) for each in pair.said] if pair.said else None,
    }


def _said(said: Said) -> Document:
    return {"incidents": list(said.two), **{n: getattr(said, n) for n in ("seq", "at", "partner", "reason")}}


def _of_two(name: str, pair: Told, base: str) -> Document:
    """The call that says so, or takes it back; either of the two would do."""
    one, other = pair.incidents
    return _call(name, one, base, {"other": other["id"]})


def _call(name: str, incident: Document, base: str, body: Document) -> Document:
    return {
        "method": "POST",
        "href": f"{base}/v1/incidents/{incident['id']}/{name}",
        "headers": {"If-Match": f'"{incident["version"]}"'},
        "body": body,
    }


def _merge(pair: Told, base: str) -> Document:
    """The call that makes one of the two. What is published stays, then what more reports tell of, then the older."""

    def stays(incident: Document) -> tuple[bool, int]:
        return incident["workflow"] == Workflow.published.value, incident["report_count"]

    older, newer = sorted(pair.incidents, key=lambda incident: str(incident["id"]))
    into, away = (newer, older) if stays(newer) > stays(older) else (older, newer)
    return _call("merge", away, base, {"into": into["id"]})
