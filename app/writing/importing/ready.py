"""What is made ready of a file's rows, and how it travels from the process that reads them to the one that writes.

What is made here rests on the file alone: that its reports and sources are new, or are stored as the file states
them. The writer, who knows, makes anew what rests on something else.
"""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, repeat
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast

from app.errors import InvalidInput
from app.query.fields import BY_NAME, Kind, Type
from app.storage.columns import TABLES
from app.storage.weights import Weight
from app.storage.write import Claim, teller
from app.writing.importing.files import RawRow

T = TypeVar("T")
GROWING = (1_000, 2_500)
"""Rows of the first transactions: the writer need not wait for a large one."""
BATCH = 5_000
"""Rows of the others."""
LATER = {
    "partner_ref",
    "source_ref",
    "part_of_ref",
    "merged_into_ref",
    "derived_from_ref",
    "same_origin_as_ref",
}
NEVER = {"retraction_reason", "distinct_from"}
"""What no file says."""
KEPT_BY_STORAGE = {"id", "version", "created_at", "updated_at", "deleted_at", "delete_reason", "replaced_by_ref"}  # fmt: skip
COLUMNS: dict[Kind, tuple[str, ...]] = {
    kind: tuple(str(c.name) for c in TABLES[kind].columns if c.name not in LATER | NEVER | KEPT_BY_STORAGE)
    for kind in (Kind.source, Kind.report, Kind.incident)
}
"""What is made ready of a record, in this order."""
_ordered = {kind: itemgetter(*names) for kind, names in COLUMNS.items()}
_dates = {
    kind: [
        i for i, name in enumerate(names) if name in BY_NAME[kind] and BY_NAME[kind][name].type is Type.date
    ]
    for kind, names in COLUMNS.items()
}
_tell = {kind: teller(kind, names) for kind, names in COLUMNS.items()}


class Ready(NamedTuple):
    """A record as it is written where it is new: `values` of COLUMNS, and what the history tells of it."""

    uid: str
    values: tuple[Any, ...]
    told: bytes

    @classmethod
    def of(cls, kind: Kind, values: Mapping[str, Any]) -> Ready:
        stored = list(_ordered[kind](values))
        for i in _dates[kind]:
            if stored[i] is not None:
                stored[i] = str(stored[i])
        return cls(values["uid"], tuple(stored), _tell[kind](values))

    def but(self, kind: Kind, **values: Any) -> Ready:
        """The same record with other values in some columns."""
        return Ready.of(kind, {**dict(zip(COLUMNS[kind], self.values, strict=True)), **values})


class ReadySource(NamedTuple):
    ready: Ready
    sharing: str


class ReadyReport(NamedTuple):
    """`sharing` (its source's) and `weight` are those of a report that is stored as the file states it."""

    ready: Ready
    source: str | None
    sharing: str
    weight: Weight


class ReadyLink(NamedTuple):
    """A link to a report, by the importer's id for it."""

    report: str
    role: str
    date_wording: str | None
    claims: tuple[Claim, ...]
    told: bytes


class Prepared(NamedTuple):
    """A row that was read and checked. `incident` None: the incident must be stored already."""

    number: int
    external_id: str
    digest: bytes
    repaired: bool
    incident: Ready | None
    links: tuple[ReadyLink, ...]


class Originals:
    """The rows as they stood in the file. On their way between processes they stay packed: most are never asked for."""

    def __init__(self, header: Sequence[str], packed: Sequence[bytes] = ()) -> None:
        self._header = header
        self._rows: dict[int, list[str]] = {}
        self._packed = list(packed)

    def add(self, row: RawRow) -> None:
        self._rows[row.number] = list(row.cells.values())

    def extend(self, more: Originals) -> None:
        self._rows.update(more._rows)
        self._packed += more._packed

    def packed(self) -> Originals:
        return Originals(self._header, [*self._packed, marshal.dumps(self._rows)])

    def __getitem__(self, number: int) -> RawRow:
        while self._packed:
            self._rows.update(cast(dict[int, list[str]], marshal.loads(self._packed.pop())))  # noqa: S302 -- our own process
        return RawRow(number, dict(zip(self._header, self._rows[number], strict=True)))


@dataclass(slots=True)
class ReadBatch:
    """Rows that were read together, with the reports and sources that they name; those refused with the reason; how
    far into the file they reach."""

    position: int
    originals: Originals
    prepared: list[Prepared] = field(default_factory=list)
    reports: dict[str, ReadyReport] = field(default_factory=dict)
    sources: dict[str, ReadySource] = field(default_factory=dict)
    refused: list[tuple[RawRow, str]] = field(default_factory=list)

    def accepted(self, raw: RawRow, check: Callable[..., T], *of: Any) -> T | None:
        """What `check` makes of it; None where it does not take it, and the row is refused."""
        try:
            return check(*of)
        except InvalidInput as fault:
            self.refused.append((raw, str(fault)))
            return None

    @property
    def rows(self) -> int:
        return len(self.prepared) + len(self.refused)

    def extend(self, more: ReadBatch) -> None:
        """With the rows that were read next."""
        self.position = more.position
        self.originals.extend(more.originals)
        self.prepared += more.prepared
        self.reports |= more.reports
        self.sources |= more.sources
        self.refused += more.refused

    def packed(self) -> PackedBatch:
        """For another process: the many small tuples as plain ones, which pack in half the time."""
        rows = [
            (
                *p[:4],
                None if p.incident is None else tuple(p.incident),
                [(*link[:3], [tuple(claim) for claim in link.claims], link.told) for link in p.links],
            )
            for p in self.prepared
        ]
        rest = replace(self, prepared=[], originals=self.originals.packed())
        return PackedBatch(marshal.dumps(rows), rest)


class PackedBatch(NamedTuple):
    rows: bytes
    rest: ReadBatch

    def unpacked(self) -> ReadBatch:
        self.rest.prepared = [
            Prepared(
                number,
                external_id,
                mark,
                repaired,
                None if incident is None else Ready._make(incident),
                tuple(
                    [
                        ReadyLink(report, role, wording, tuple([Claim._make(c) for c in claims]), told)
                        for report, role, wording, claims, told in links
                    ]
                ),
            )
            for number, external_id, mark, repaired, incident, links in marshal.loads(self.rows)  # noqa: S302 -- our own process
        ]
        return self.rest


def gathered(groups: Iterable[ReadBatch]) -> Iterator[ReadBatch]:
    """Groups of rows as batches, each of which is written in one transaction."""
    sizes = chain(GROWING, repeat(BATCH))
    batch, size = None, next(sizes)
    for group in groups:
        if batch is None:
            batch = group
        else:
            batch.extend(group)
        if batch.rows >= size:
            yield batch
            batch, size = None, next(sizes)
    if batch is not None:
        yield batch
