"""The history and all records, by one process or by several that see the same state of the data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice

from sqlalchemy import Connection, select

from app.query.fields import Kind
from app.storage.columns import VERSIONS
from app.storage.database import Database
from app.storage.verifying.broken import Broken
from app.storage.verifying.chain import Head, head, impossible, wrong_end
from app.storage.verifying.parts import Looked, Part, looked_at, parts
from app.storage.verifying.processes import Processes, started, worthwhile
from app.storage.verifying.records import Seen, left_over, strangers
from app.storage.verifying.unswept import sweep, unswept

ATTEMPTS = 10
"""To see the same state with several processes, while somebody writes."""


class Whole:
    """One state of the data, and who looks at it."""

    def __init__(
        self, database: Database, connection: Connection, processes: Processes | None = None
    ) -> None:
        self.database, self.connection, self.processes = database, connection, processes
        self.head = head(connection)

    def breaks(
        self, against: Head | None = None, progress: Callable[[int], None] = lambda _: None
    ) -> Iterator[Broken]:
        """Everything that does not hold: of the history the first place, of a record one thing at most. `progress` is told of
        how many changes were looked at: of each twice, in the history and for its record."""
        history, records = parts(self.connection)
        results = self._looked([*history, *records], against)
        wrong = impossible(against)
        for looked in islice(results, len(history)):
            progress(looked.changes)
            wrong = wrong or next(iter(looked.found), None)
        wrong = wrong or wrong_end(self.connection, against)
        if wrong is not None:
            yield wrong
        seen: dict[Kind | None, Seen] = defaultdict(Seen)
        for part, looked in zip(records, results, strict=True):
            progress(looked.changes)
            seen[part.kind].add(looked.seen)
            yield from looked.found
            self.connection.execute(select(1))  # or the server would take the connection for a forgotten one
        for kind in VERSIONS:
            yield from left_over(self.connection, kind, seen[kind])
        yield from strangers(self.connection)

    def _looked(self, parts: list[Part], against: Head | None) -> Iterator[Looked]:
        if self.processes is not None:
            yield from self.processes.looked(parts, against)
            return
        for part in parts:
            yield looked_at(self.connection, self.database.dialect, part, against)
            sweep()


def breaks(database: Database, connection: Connection, against: Head | None = None) -> Iterator[Broken]:
    """The same of what a connection sees: within a transaction what was done in it so far."""
    return Whole(database, connection).breaks(against)


@contextmanager
def whole(database: Database, jobs: int | None = None) -> Iterator[Whole]:
    """The data as they are now, looked at by so many processes; None: by as many as are worth it."""
    if jobs is None:
        with database.still() as connection:
            jobs = worthwhile(head(connection).seq)
    with unswept():
        if jobs > 1:
            with started(database.settings, jobs) as processes:
                for _ in range(ATTEMPTS):
                    with database.still() as connection:
                        if processes.see(head(connection)):
                            yield Whole(database, connection, processes)
                            return
        with database.still() as connection:
            yield Whole(database, connection)
