"""What may be asked of the list of claims."""

from __future__ import annotations

from typing import Any

from app.domain.vocabulary import Metric
from app.http.citing import moment_parameters
from app.http.operations import IF_NONE_MATCH, READING, in_query, operation, responses_of
from app.http.schemas import ref
from app.http.values import Parameter, alternatives, flag, nothing_left, whole, word
from app.query import cursor as cursors
from app.query.fields import Kind
from app.settings import Settings
from app.storage.claims import Question

METRICS = [metric.value for metric in Metric]


def parameters(settings: Settings) -> list[Parameter]:
    limits = settings.limits
    return [
        Parameter(
            "unread",
            {"type": "boolean"},
            "`true`: claims whose wording no rule understood, so that they count for nothing; `false`: the others.",
        ),
        Parameter(
            "metric",
            {"type": "string", "example": METRICS[0]},
            f"What is counted. One or more, by commas, of: {', '.join(METRICS)}.",
        ),
        Parameter(
            "limit",
            {
                "type": "integer",
                "minimum": 1,
                "maximum": limits.page_maximum,
                "default": limits.page_default,
            },
            "Claims in a page.",
        ),
        Parameter("cursor", {"type": "string"}, "Where to go on: follow `next`."),
        *moment_parameters(Kind.incident),
    ]


def order_of(as_of: int | None) -> str:
    """The one order, and of which change, to which cursors are bound."""
    return "claim:-id" if as_of is None else f"claim:-id@{as_of}"


def asked_of(given: dict[str, str], settings: Settings, as_of: int | None = None) -> Question:
    """The question, but for the moment of which it is asked: that was taken out before."""
    limits = settings.limits
    unread = flag("unread", given.pop("unread")) if "unread" in given else None
    named = alternatives("metric", given.pop("metric")) if "metric" in given else []
    metrics = tuple(dict.fromkeys(word("metric", name, METRICS) for name in named))
    limit = whole("limit", given.pop("limit", str(limits.page_default)), 1, limits.page_maximum)
    token = given.pop("cursor", None)
    nothing_left(given, [parameter.name for parameter in parameters(settings)])
    start = (
        None if token is None else cursors.decode(token, order=order_of(as_of), secret=settings.keys.secret)
    )
    return Question(limit, unread, metrics, start, as_of)


def described() -> dict[str, Any]:
    return operation(
        "List claims, the last recorded first, each with its incident and its report",
        "list_all_claims",
        responses_of(
            {200: ("A page of claims.", ref("ListedClaimList")), 304: ("Nothing has changed.", None)}, READING
        ),
        parameters=[*in_query(parameters(Settings())), IF_NONE_MATCH],
        public=True,
    )
