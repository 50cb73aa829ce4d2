"""What a change of incidents has to know around them, asked for all of them at once: one incident or five thousand."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from app.query.fields import Kind
from app.storage import lookup
from app.storage.lookup import Standing, StandingClaim, StandingLink, Weight
from app.storage.write import Link, Transaction
from app.writing.work import Ref


class Around:
    """Sources, containers, links and claims of some stored incidents, each as it was when first asked for."""

    def __init__(
        self, transaction: Transaction, rows: Sequence[Mapping[str, Any]], linked: Iterable[Link] = ()
    ) -> None:
        """`linked`: links that the incidents are about to get."""
        self._transaction = transaction
        self._rows = rows
        self._linked = linked

    def source(self, row: Mapping[str, Any]) -> Ref | None:
        """Its source, whatever the viewer may see of it. The source's sharing stays as it is until the commit."""
        key = row["source_ref"]
        return None if key is None else Ref(*self._sources[key])

    def container(self, row: Mapping[str, Any]) -> Ref | None:
        key = row["part_of_ref"]
        return None if key is None else Ref(*self._containers[key])

    def claims(self, row: Mapping[str, Any]) -> Sequence[StandingClaim]:
        """Its current claims, oldest first."""
        return self._claims[row["id"]]

    def weight(self, report: int) -> Weight:
        """How the claims of a report count: one of the links to come."""
        return self._weights[report]

    def stands(self, row: Mapping[str, Any], link: Link) -> bool:
        """The very same link, with the very same claims, is current."""
        if self._links.get((row["id"], link.report)) != (link.role, link.date_wording, link.note):
            return False
        standing = [c.claim[1:] for c in self.claims(row) if c.report == link.report]
        return standing == [claim[1:] for claim in link.claims]

    @cached_property
    def _keys(self) -> list[int]:
        return [row["id"] for row in self._rows]

    @cached_property
    def _sources(self) -> dict[int, Standing]:
        return self._standings(Kind.source, "source_ref", hold=True)

    @cached_property
    def _containers(self) -> dict[int, Standing]:
        return self._standings(Kind.incident, "part_of_ref", hold=False)

    def _standings(self, kind: Kind, column: str, *, hold: bool) -> dict[int, Standing]:
        keys = {row[column] for row in self._rows if row[column] is not None}
        return lookup.standings(self._transaction, kind, keys, hold=hold) if keys else {}

    @cached_property
    def _claims(self) -> Mapping[int, list[StandingClaim]]:
        found: dict[int, list[StandingClaim]] = defaultdict(list)
        for claim in lookup.claims_among(self._transaction, self._keys):
            found[claim.incident].append(claim)
        return found

    @cached_property
    def _links(self) -> dict[tuple[int, int], StandingLink]:
        return lookup.links_among(self._transaction, self._keys)

    @cached_property
    def _weights(self) -> dict[int, Weight]:
        return lookup.weights(self._transaction, {link.report for link in self._linked})
