"""How a caller may have a list of incidents divided: the dimensions, and a whole question of grouped totals."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from app.domain.periods import Period

PERIODS = tuple(period.value for period in Period)
FIELDS = ("country", "admin1", "admin2", "event_type", "cause", "verification_status")
"""Dimensions that are a field of the incident."""
MULTIPLE = ("actor", "source")
"""Dimensions of which an incident may have several values: it is counted under each."""
STATUS = "victim_status"
"""Divides the people of an incident: it is counted under each status of which it states a figure."""
CELL = "cell"
DIMENSIONS = (*PERIODS, *FIELDS[:5], "actor", STATUS, *FIELDS[5:], "source", CELL)
FACETS = tuple(name for name in DIMENSIONS if name not in (STATUS, CELL))
DEFAULT_FACETS = ("country", "event_type", "verification_status")

MOST_DIMENSIONS = 3
MOST_FACETS = 10
MOST_VALUES = 100
"""Values of a facet."""
LIMIT, MOST_ITEMS = 1_000, 10_000
MOST_GROUPS = 100_000
"""Groups that are put in order in memory at most."""


@dataclass(frozen=True, slots=True)
class Grouping:
    """`cell` is a width in hundredths of a degree. `start` and `end` bound what `fill` fills; None: what is found does.
    `roles` are those in which an `actor` counts; none: any."""

    dimensions: tuple[str, ...]
    sort: str
    descending: bool = False
    limit: int = LIMIT
    cell: int = 100
    fill: bool = False
    start: date | None = None
    end: date | None = None
    roles: tuple[str, ...] = ()

    @property
    def in_order_of_dimensions(self) -> bool:
        """The database can put the groups in order: one value to an incident, and no sum decides."""
        return self.sort in self.dimensions and self.is_partition and not self.fill

    @property
    def is_partition(self) -> bool:
        """Each incident stands in one group."""
        return not self.multiple and not self.by_status

    @property
    def by_status(self) -> bool:
        return STATUS in self.dimensions

    @property
    def of_incidents(self) -> Grouping:
        """The same by the dimensions that divide incidents, in an order of its own where that is not all."""
        if not self.by_status:
            return self
        others = tuple(name for name in self.dimensions if name != STATUS)
        return replace(self, dimensions=others, sort="incidents")

    @property
    def multiple(self) -> tuple[str, ...]:
        return tuple(name for name in self.dimensions if name in MULTIPLE)
