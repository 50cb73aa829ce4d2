"""What a row of a file says, whatever its columns: an incident or the id of one, and the reports that speak of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from app.domain.figures import Figure
from app.domain.inputs import ClaimForm, read_form
from app.errors import invalid
from app.storage.write import Claim
from app.writing.claims import claim_of

Row = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class SourceSpec:
    """A source by the importer's own id for it."""

    external_id: str
    document: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ReportSpec:
    """A report by the importer's own id for it, with its source."""

    external_id: str
    document: Mapping[str, Any]
    source: SourceSpec | None = None


@dataclass(slots=True)
class LinkSpec:
    """A report's link to the row's incident. `claims` have no ids yet; `stated_claim` and `worded_claim` make them."""

    report: ReportSpec
    claims: Sequence[Claim] = ()
    role: str = "describes"
    date_wording: str | None = None


@dataclass(slots=True)
class Item:
    """One row. `incident` None: the incident must be stored already."""

    external_id: str
    incident: Mapping[str, Any] | None
    links: list[LinkSpec] = field(default_factory=list)
    repaired: bool = False
    unique: bool = True
    """The id may stand in one row of the file only; False where several rows speak of one incident."""


class Profile(Protocol):
    """What the columns of a kind of file mean."""

    @property
    def title(self) -> str: ...

    def require(self, header: Sequence[str]) -> None:
        """Raises InvalidInput where the file is not of this kind."""

    def read(self, row: Row) -> Item:
        """What a row says; InvalidInput where it cannot be taken."""


NO_ID_YET = ""


def stated_claim(
    metric: str, low: int | None, best: int | None, high: int | None, *, victim_status: str = "unknown"
) -> Claim:
    """A claim in numbers, just as the file states them, even where they contradict each other."""
    if low is not None and low == best == high:
        qualifier = "exact"
    elif low is not None and high is not None:
        qualifier = "range"
    else:
        qualifier = "unknown"
    return Claim(
        NO_ID_YET,
        metric,
        None,
        low,
        best,
        high,
        qualifier,
        victim_status,
        sex="unknown",
        age_group="unknown",
        credibility="6",
        covers="whole",
        covers_note=None,
        wording_rule=None,
    )


def worded_claim(document: Mapping[str, Any]) -> Claim:
    """A claim in words, read by the wording rule."""
    return claim_of(read_form(ClaimForm, document), NO_ID_YET)


def out_of_order(low: int | None, best: int | None, high: int | None) -> bool:
    """Whether the assessment has to repair what the claim states."""
    return Figure.repaired(low, best, high)[1]


def require_columns(header: Sequence[str], needed: Sequence[str]) -> None:
    missing = [name for name in needed if name not in header]
    if missing:
        raise invalid(
            "", f"the file has no column {', '.join(missing)}; it has: {', '.join(header)}", "missing_column"
        )
