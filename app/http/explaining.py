"""What may be asked of an explanation of a total: the question of the total, whom to count, and which page."""

from __future__ import annotations

from functools import lru_cache

from app.access.viewer import Viewer
from app.domain.figures import METRICS
from app.http.citing import moment_parameters
from app.http.filters import filters_of, where
from app.http.groupings import PARAMETERS as GROUPS
from app.http.pages.forms import Form
from app.http.values import Parameter, fault, nothing_left, whole, word
from app.query import cursor as cursors
from app.query.fields import Kind
from app.settings import Settings
from app.storage.explaining import Question

METRIC = METRICS[0]
NOT_HERE = tuple(parameter.name for parameter in GROUPS if parameter.name not in ("limit", "sort"))


@lru_cache(maxsize=8)
def parameters(page_default: int, page_maximum: int) -> tuple[Parameter, ...]:
    """Those beside the ones that choose incidents."""
    return (
        Parameter(
            "metric",
            {"type": "string", "enum": list(METRICS), "default": METRIC},
            "Whose total is explained: the people killed, those wounded, or the civilians among those killed.",
        ),
        Parameter(
            "limit",
            {"type": "integer", "minimum": 1, "maximum": page_maximum, "default": page_default},
            "Incidents in a page. The total and the counts are those of the whole list on every page.",
        ),
        Parameter("cursor", {"type": "string"}, "Where to go on: follow `next`."),
        Parameter(
            "f",
            {"type": "string", "enum": [form.value for form in Form]},
            "`html` is a page to be read and printed; without `f`, what Accept likes better, else json.",
        ),
        *moment_parameters(Kind.incident),
    )


def order_of(metric: str, as_of: int | None = None) -> str:
    """The order of the list, and of which change, to which its cursors are bound."""
    return f"explained:{metric}" if as_of is None else f"explained:{metric}@{as_of}"


def asked_of(given: dict[str, str], viewer: Viewer, settings: Settings, as_of: int | None = None) -> Question:
    """The question; takes it out of `given`, from which the form and the moment were taken before."""
    for name in NOT_HERE:
        if name in given:
            raise fault(
                name,
                "does not go with an explanation, which is of one total: explain a group by the filters that choose it",
                "does_not_go_with_explain",
            )
    limits = settings.limits
    metric = word("metric", given.pop("metric", METRIC), METRICS)
    limit = whole("limit", given.pop("limit", str(limits.page_default)), 1, limits.page_maximum)
    token = given.pop("cursor", None)
    asked = where(Kind.incident, given, viewer)
    known = parameters(limits.page_default, limits.page_maximum)
    nothing_left(given, [*filters_of(Kind.incident), *(parameter.name for parameter in known)])
    start = None
    if token is not None:
        start = cursors.decode(token, order=order_of(metric, as_of), secret=settings.keys.secret)
    return Question(asked, metric, limit, start, as_of)
