"""Incidents that are part of others, and their total in plain Python: nobody counted twice."""

from __future__ import annotations

import random
from typing import Any

from app.query.filter import Filter
from tests.support.generated import Filled
from tests.support.plain import Plain

Record = dict[str, Any]
ENDS = ("low", "best", "high")


def families(seed: int = 11, count: int = 160) -> list[Record]:
    """Incidents of which two in three are part of another, up to five deep; some hidden, some discounted."""
    chance = random.Random(seed)
    specs: list[Record] = []
    depth: list[int] = []
    for n in range(count):
        roots = [i for i in range(max(0, n - 12), n) if depth[i] < 4]
        part_of = chance.choice(roots) if roots and chance.random() < 0.67 else None
        depth.append(0 if part_of is None else depth[part_of] + 1)
        spec: Record = {
            "code": f"n{n:03}",
            "country": chance.choice(["SYR", "SYR", "IRQ"]),
            "event_type": chance.choice(["grenade", "other", "unknown"]),
            "workflow": chance.choice(["published", "published", "published", "draft"]),
            "sharing": chance.choice(["public", "public", "partners"]),
            "verification_status": chance.choice(
                ["confirmed", "confirmed", "contested", "discounted", "retracted"]
            ),
            "part_of": part_of,
            "source": None,
            "reports": [],
            "partner": "alpha",
            "assessment_reason": "generated",
        }
        for metric in ("killed", "wounded"):
            spec |= _figure(chance, metric, closed=chance.random() < 0.9)
        if not any(f"{m}_{e}" in spec for m in ("killed", "wounded") for e in ENDS):
            del spec["assessment_reason"]
        specs.append(spec)
    return specs


def _figure(chance: random.Random, metric: str, *, closed: bool) -> Record:
    if chance.random() < 0.15:
        return {}
    low, best, high = sorted(chance.randint(0, 30) for _ in ENDS)
    stated = {"low": low, "best": best, "high": high}
    for end in ENDS if not closed else ("low", "best"):
        if chance.random() < 0.3:
            del stated[end]
    return {f"{metric}_{end}": number for end, number in stated.items()}


class Counted:
    """The set that a question chooses, each incident under the nearest one of the set that contains it."""

    def __init__(self, each: Filled, who: str, where: Filter) -> None:
        plain, viewer = Plain(each.records), each.viewers[who]
        seen = {r["id"]: r for r in each.records if plain.visible(viewer, r)}
        self.chosen = {i: r for i, r in seen.items() if plain.holds(where, r) is True}
        self.parts: dict[str, list[str]] = {}
        self.roots: list[str] = []
        for uid, record in self.chosen.items():
            above = record["part_of"]
            while above in seen and above not in self.chosen:
                above = seen[above]["part_of"]
            if above in self.chosen:
                self.parts.setdefault(above, []).append(uid)
            else:
                self.roots.append(uid)

    def own(self, uid: str, metric: str, end: str) -> int | None:
        record = self.chosen[uid]
        number = record[f"{metric}_{end}"]
        return record[f"{metric}_low"] if number is None and end == "best" else number

    def family(self, uid: str, metric: str, end: str) -> int:
        """The larger of the whole and its parts."""
        return max(
            self.own(uid, metric, end) or 0,
            sum(self.family(part, metric, end) for part in self.parts.get(uid, ())),
        )

    def total(self, metric: str) -> Record:
        stated = [r for r in self.chosen.values() if any(r[f"{metric}_{end}"] is not None for end in ENDS)]
        told: Record = {}
        for end in ENDS:
            any_stated = any(self.own(uid, metric, end) is not None for uid in self.chosen)
            summed = sum(self.family(uid, metric, end) for uid in self.roots)
            told[f"{metric}_{end}"] = summed if any_stated else None
        told[f"{metric}_unknown"] = len(self.chosen) - len(stated)
        told[f"{metric}_open"] = sum(r[f"{metric}_high"] is None for r in stated)
        told[f"{metric}_no_best"] = sum(r[f"{metric}_best"] is None for r in stated)
        if told[f"{metric}_open"]:
            told[f"{metric}_high"] = None
        return told
