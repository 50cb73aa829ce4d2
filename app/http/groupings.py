"""The parameters by which incidents are divided: `group_by` and what goes with it, and `facets`."""

from __future__ import annotations

import re
from collections.abc import Iterable

from app.domain.cells import GREATEST_CELL, LEAST_CELL
from app.domain.dates import parse_interval
from app.domain.figures import METRICS
from app.domain.vocabulary import AttributionRole
from app.http.values import Parameter, alternatives, fault, whole, word
from app.query.grouping import (
    CELL,
    DEFAULT_FACETS,
    DIMENSIONS,
    FACETS,
    LIMIT,
    MOST_DIMENSIONS,
    MOST_FACETS,
    MOST_ITEMS,
    MOST_VALUES,
    PERIODS,
    STATUS,
    Grouping,
)

SORTABLE = ("incidents", *(f"{metric}_{end}" for metric in METRICS for end in ("low", "best", "high")))
_DEGREES = re.compile(r"[0-9]{1,2}(?:\.[0-9]{1,8})?")

PARAMETERS: tuple[Parameter, ...] = (
    Parameter(
        "group_by",
        {"type": "string", "example": "month,country"},
        f"A total for each value of up to {MOST_DIMENSIONS} dimensions, by commas: {', '.join(DIMENSIONS)}. "
        f"At most one of {', '.join(PERIODS)}. Null where not stated, or where an incident's dates span several. "
        f"`{STATUS}` divides people, not incidents: civilians, and null for the others.",
    ),
    Parameter(
        "sort",
        {"type": "string", "example": "-killed_best"},
        "A dimension that is grouped by, `incidents`, or a figure; `-` for descending. Null comes last; ties go by "
        "the dimensions, which are the default.",
    ),
    Parameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": LIMIT},
        "Items at most; `more` says whether there are further ones.",
    ),
    Parameter(
        "cell_degrees",
        {"type": "number", "minimum": LEAST_CELL / 100, "maximum": GREATEST_CELL / 100, "default": 1},
        "The width of a `cell`, in degrees, to two decimals.",
    ),
    Parameter(
        "fill",
        {"type": "string", "enum": ["zero"]},
        "Periods in which nothing is found come too, with 0 incidents and null figures, from the first to the last "
        "of `date` and of what is found. Needs a period as the first of `group_by`.",
    ),
)
FACETS_PARAMETER = Parameter(
    "facets",
    {"type": "string", "default": ",".join(DEFAULT_FACETS)},
    f"Up to {MOST_FACETS}, by commas, of: {', '.join(FACETS)}. The {MOST_VALUES} most frequent values of each come.",
)
ROLES = Parameter(
    "actor_role",
    {"type": "string", "example": "alleged_perpetrator"},
    f"One or more, by commas, of: {', '.join(AttributionRole)}. The role in which `actor` appears, or, divided by actor, in "
    "which actors are counted.",
)
GO_WITH_GROUPS = tuple(parameter.name for parameter in PARAMETERS if parameter.name != "group_by")


def grouping_asked(given: dict[str, str], date: str | None) -> Grouping | None:
    """What `group_by` and its companions ask for; takes them out of `given`. `date` bounds what is filled."""
    text = given.pop("group_by", None)
    roles = roles_of_groups(given, () if text is None else text.split(","))
    if text is None:
        for name in GO_WITH_GROUPS:
            if name in given:
                raise fault(name, "needs group_by")
        return None
    dimensions = _dimensions(text)
    spelled = given.pop("sort", dimensions[0])
    sort = word("sort", spelled.removeprefix("-"), (*dimensions, *SORTABLE))
    limit = whole("limit", given.pop("limit"), 1, MOST_ITEMS) if "limit" in given else LIMIT
    cell = _cell(given.pop("cell_degrees", None), dimensions)
    fill = given.pop("fill", None)
    start, end = None, None
    if fill is not None:
        word("fill", fill, ("zero",))
        if dimensions[0] not in PERIODS:
            raise fault("fill", f"needs one of {', '.join(PERIODS)} as the first of group_by")
        start, end = parse_interval(date, "date") if date is not None else (None, None)
    return Grouping(
        dimensions,
        sort,
        descending=spelled.startswith("-"),
        limit=limit,
        cell=cell,
        fill=fill is not None,
        start=start,
        end=end,
        roles=roles,
    )


def roles_asked(given: dict[str, str]) -> tuple[str, ...]:
    """The roles of `actor_role`, in their own order; takes them out of `given`. None is any."""
    text = given.pop(ROLES.name, None)
    if text is None:
        return ()
    named = [word(ROLES.name, name, list(AttributionRole)) for name in alternatives(ROLES.name, text)]
    return tuple(role.value for role in AttributionRole if role in named)


def roles_of_groups(given: dict[str, str], divided_by: Iterable[str]) -> tuple[str, ...]:
    """The roles in which actors are counted. Beside `actor` they choose incidents, too, so they stay in `given`."""
    if "actor" not in [name.strip() for name in divided_by]:
        return ()
    return roles_asked(dict(given) if "actor" in given else given)


def _dimensions(text: str) -> tuple[str, ...]:
    found = _names("group_by", text, DIMENSIONS, MOST_DIMENSIONS)
    periods = [name for name in found if name in PERIODS]
    if len(periods) > 1:
        raise fault("group_by", f"may name one period of time only, not {' and '.join(periods)}")
    return found


def facets_asked(given: dict[str, str]) -> tuple[str, ...]:
    """The facets that are asked for, in that order; takes them out of `given`."""
    text = given.pop("facets", None)
    return DEFAULT_FACETS if text is None else _names("facets", text, FACETS, MOST_FACETS)


def _names(parameter: str, text: str, options: tuple[str, ...], most: int) -> tuple[str, ...]:
    found = tuple(alternatives(parameter, text))
    for name in found:
        word(parameter, name, options)
    if len(set(found)) < len(found):
        raise fault(parameter, "names one twice")
    if len(found) > most:
        raise fault(parameter, f"may name {most} at most")
    return found


def _cell(text: str | None, dimensions: tuple[str, ...]) -> int:
    """The width in hundredths of a degree."""
    if text is None:
        return 100
    if CELL not in dimensions:
        raise fault("cell_degrees", "needs group_by=cell")
    width = round(float(text) * 100) if _DEGREES.fullmatch(text) else 0
    if not LEAST_CELL <= width <= GREATEST_CELL or width / 100 != float(text):
        raise fault(
            "cell_degrees",
            f"must be a number from {LEAST_CELL / 100:g} to {GREATEST_CELL / 100:g}, with two decimals at most",
        )
    return width


__all__ = [
    "FACETS_PARAMETER",
    "PARAMETERS",
    "ROLES",
    "facets_asked",
    "grouping_asked",
    "roles_asked",
    "roles_of_groups",
]
