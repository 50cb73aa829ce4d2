"""Assessing all incidents anew: after a new wording rule, or where records are older than what the service now works out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field

from app.access.viewer import Viewer
from app.query.fields import Kind
from app.storage import lookup
from app.storage.database import Database
from app.storage.write import Amendment
from app.writing.claims import FIGURES, reassess
from app.writing.work import Work, working

AT_ONCE = 1_000
"""Incidents of one transaction: others write between two of them."""
MOST_TOLD = 20


@dataclass(slots=True)
class Summary:
    """`figures`: those of which a figure changed; `told`: the first of them, with what it was and is, by field."""

    incidents: int = 0
    changed: int = 0
    figures: int = 0
    told: list[tuple[str, dict[str, tuple[int | None, int | None]]]] = field(default_factory=list)

    def add(self, amendment: Amendment) -> None:
        self.changed += 1
        moved = {
            name: (amendment.row[name], value) for name, value in amendment.values.items() if name in FIGURES
        }
        if moved:
            self.figures += 1
            if len(self.told) < MOST_TOLD:
                self.told.append((amendment.row["uid"], moved))


class _DryRun(Exception):
    """Ends a transaction without a trace."""


def assess_all(
    database: Database,
    viewer: Viewer,
    wording_rule: str | None = None,
    *,
    dry_run: bool = False,
    progress: Callable[[int], None] = lambda _: None,
) -> Summary:
    """Works out anew what follows from the claims of every incident. Claims stay as they are; what changes is a change
    like any other, with its reason. `wording_rule`: wordings are read by this rule from now on."""
    reason = "assessed anew" if wording_rule is None else f"wordings read by rule {wording_rule}"
    summary = Summary()
    for keys in _batches(database):
        made: list[Amendment] = []

        def again(work: Work, keys: list[int] = keys, made: list[Amendment] = made) -> None:
            made[:] = reassess(work, keys, reason, wording_rule=wording_rule)
            if dry_run:
                raise _DryRun

        with suppress(_DryRun):
            working(database, viewer, again)
        summary.incidents += len(keys)
        for amendment in made:
            summary.add(amendment)
        progress(len(keys))
    return summary


def _batches(database: Database) -> Iterator[list[int]]:
    last = 0
    while keys := lookup.live_keys_after(database, Kind.incident, last, AT_ONCE):
        yield keys
        last = keys[-1]
