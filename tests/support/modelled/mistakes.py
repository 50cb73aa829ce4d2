"""Merges that are mistakes: two are merged, something of what that brought is changed, and the merge is undone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import permutations

from tests.support.modelled import roles
from tests.support.modelled.acting import Acting
from tests.support.modelled.dividing import Share
from tests.support.modelled.sight import Who
from tests.support.modelled.world import Claim, Link, Record, above, naming, of_kind

Act = Callable[[], None]


@dataclass
class Mistake:
    """Of an editor, `who`."""

    acting: Acting
    who: Who

    def alike(self) -> list[tuple[str, str]]:
        """Pairs of which the one may be merged into the other."""
        sight = self.acting.sight(self.who)
        pairs = permutations([each["id"] for each in of_kind(sight.world, "incident")], 2)
        return [pair for pair in pairs if roles.merged(sight, *pair) == roles.OK]

    def made(self, number: int, meanwhile: list[int]) -> None:
        """`meanwhile`: which changes of those that are possible then."""
        pairs = self.alike()
        linked = [pair for pair in pairs if self.acting.world[pair[0]]["links"]]
        pairs = linked if linked and number % 4 else pairs
        if not pairs:
            return
        one, into = pairs[number // 4 % len(pairs)]
        if number % 4 == 0:
            self._contains(one, into, number // 4)
        had = self.acting.world[one]
        self.acting.merge(self.who, one, into)
        for more in meanwhile:
            acts = [*self._of_links(had, into, more), *self._of_others(had, into, more)]
            if acts:
                acts[more % len(acts)]()
        self.acting.unmerge(self.who, one)

    def _contains(self, one: str, into: str, number: int) -> None:
        """Another incident is made part of the one that is going to be merged."""
        world = self.acting.world
        apart = {one, *above(world, into)}
        others = [
            each["id"]
            for each in of_kind(world, "incident")
            if not each["deleted"] and each["id"] not in apart
        ]
        if others:
            self.acting.amend(self.who, others[number % len(others)], {"part_of": one})

    def _of_links(self, had: Record, into: str, number: int) -> Iterator[Act]:
        """Of one of the links that came: it is split, ended, made anew, or its report deleted."""
        act, who, standing = self.acting, self.who, self.acting.world[into]["links"]
        reports = [report for report in had["links"] if report in standing]
        if not reports:
            return
        report = reports[number // 16 % len(reports)]
        uids = [claim.uid for claim in standing[report].claims]
        if uids:
            taken: dict[str, list[str] | None] = {report: uids[-1:]}
            yield partial(act.split, who, into, [Share({"title": "Apart"}, taken)])
        yield partial(act.unlink, who, into, report)
        yield partial(
            act.link, who, into, report, Link("describes", (Claim("killed", number % 9, None, None),))
        )
        yield partial(act.delete, who, report)

    def _of_others(self, had: Record, into: str, number: int) -> Iterator[Act]:
        """Of its parts, its container, its source, and of the one that got it all."""
        act, who, world = self.acting, self.who, self.acting.world
        others = [each["id"] for each in of_kind(world, "incident") if not each["deleted"]]
        if not others:  # each was merged or deleted
            return
        other, place = others[number // 16 % len(others)], number // 16
        parts = world[had["id"]]["undo"]["parts"]
        if parts:
            yield partial(act.amend, who, parts[place % len(parts)], {"part_of": other})
        if had["part_of"] is not None:
            yield partial(act.merge, who, had["part_of"], other)
            yield partial(act.delete, who, had["part_of"])
        source = had["source"]
        if source is not None and all(each["deleted"] for each in naming(world, source)):
            yield partial(act.delete, who, source)
        more = [pair for pair in self.alike() if pair[1] == into]
        if more:
            yield partial(act.merge, who, *more[place % len(more)])
        if not world[into]["deleted"]:
            yield partial(act.delete, who, into)
