"""What a change of incidents has to know around them, asked for all of them at once: one incident or five thousand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import Any

from app.query.fields import Kind
from app.storage import lookup, weights
from app.storage.lookup import Standing
from app.storage.weights import StandingLink, Weight
from app.storage.write import Claim, Link, Transaction
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

    def claims(self, row: Mapping[str, Any]) -> Sequence[tuple[int, Claim]]:
        """Its current claims, each with its report's key, oldest first."""
        return self._claims.get(row["id"], ())

    def links(self, row: Mapping[str, Any]) -> Mapping[int, StandingLink]:
        """Its current links by their reports' keys, oldest first."""
        return self._links_of.get(row["id"], {})

    def weight(self, report: int) -> Weight:
        """How the claims of a report count: one of the links to come."""
        return self._weights[report]

    def stands(self, row: Mapping[str, Any], link: Link) -> bool:
        """The very same link, with the very same claims, is current."""
        found = self.links(row).get(link.report)
        if found is None or found[:3] != (link.role, link.date_wording, link.note):
            return False
        standing = [claim[1:] for report, claim in self.claims(row) if report == link.report]
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
    def _claims(self) -> Mapping[int, list[tuple[int, Claim]]]:
        return weights.claims_among(self._transaction, self._keys)

    @cached_property
    def _links_of(self) -> Mapping[int, dict[int, StandingLink]]:
        found: dict[int, dict[int, StandingLink]] = {}
        for (incident, report), link in weights.links_among(self._transaction, self._keys).items():
            found.setdefault(incident, {})[report] = link
        return found

    @cached_property
    def _weights(self) -> dict[int, Weight]:
        return weights.weights(self._transaction, {link.report for link in self._linked})
