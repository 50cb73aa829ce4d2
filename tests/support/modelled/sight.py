"""Who may know of what, now, or as of another moment: what was so then, as far as it may be seen today."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.support.modelled.world import LEVELS, World, effective, naming


@dataclass(frozen=True)
class Who:
    """Somebody who asks or writes. The public has neither role nor partner."""

    role: str = "public"
    partner: str | None = None

    @property
    def is_editor(self) -> bool:
        return self.role in ("editor", "admin")

    @property
    def writes(self) -> bool:
        return self.role in ("contributor", "editor", "admin")


@dataclass(frozen=True)
class Sight:
    """Of `then` where that is another moment than `now`."""

    who: Who
    now: World
    then: World | None = None

    @property
    def world(self) -> World:
        return self.now if self.then is None else self.then

    def knows(self, uid: str) -> bool:
        """Deleted or not."""
        known = self._may(self.world, uid, self.sees)
        return known and (self.then is None or self.today(uid))

    def sees(self, uid: str) -> bool:
        return self.knows(uid) and not self.world[uid]["deleted"]

    def today(self, uid: str) -> bool:
        """Whether it may be known of today, deleted or not, and whatever speaks for it."""
        return self._may(self.now, uid, self.today)

    def _may(self, world: World, uid: str, also: Callable[[str], bool]) -> bool:
        """`also`: whether another record, which names a source, is seen."""
        if uid not in world:
            return False
        record, who = world[uid], self.who
        if who.is_editor:
            return True
        level = effective(world, record)
        if who.partner is not None and record["partner"] == who.partner and level != "restricted":
            return True
        if level not in LEVELS[: 1 if who.partner is None else 2]:
            return False
        if record["kind"] == "source":
            return any(also(other["id"]) for other in naming(world, uid))
        return bool(record["workflow"] == "published")

    def _open(self, world: World, source: str) -> bool:
        """Whether a source may be named to somebody who sees what names it."""
        if self.who.is_editor or self.who.partner is None:
            return True
        found = world[source]
        own = found["partner"] == self.who.partner and found["sharing"] == "organisation"
        return own or found["sharing"] in LEVELS[:2]

    def names_source(self, uid: str) -> str | None:
        """The source of a record that is seen, where the viewer may know of it."""
        source: str | None = self.world[uid]["source"]
        if source is None or not self._open(self.world, source):
            return None
        if self.then is None or self.who.is_editor:
            return source
        still = self.now[uid]["source"] == source and self._open(self.now, source)
        return source if still or self.today(source) else None
