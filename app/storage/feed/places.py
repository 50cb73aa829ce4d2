"""Where a follower stands in the history."""

from __future__ import annotations

from typing import NamedTuple

from app.query.fields import Kind


class Place(NamedTuple):
    """A follower holds what became of all changes up to `after`. Within a window that ends with change `until` it holds
    also what comes before the record `uid` of `kind` in the feed's order, and that one.

    On the way to the head: what became of changes after `begun` it was told as it was at change `upto`, or later.
    """

    after: int
    until: int | None = None
    kind: Kind | None = None
    uid: str | None = None
    begun: int | None = None
    upto: int | None = None

    def setting_out(self, head: int) -> Place:
        """The same place, on the way to a head: the one that it was on its way to, or else this one. Of a window that
        was begun on no way it is not known when its first part was told."""
        if self.upto is not None:
            return self
        return self._replace(begun=self.after if self.until is None else self.until, upto=head)

    def passed(self, until: int) -> Place:
        """After a window; at the end of the way on none."""
        if until == self.upto:
            return Place(until)
        return Place(until, begun=self.begun, upto=self.upto)
