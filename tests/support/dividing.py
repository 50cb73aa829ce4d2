"""Totals by groups in plain Python, from the definition: what is left of each incident goes to its own groups."""

from __future__ import annotations

import random
from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from math import floor
from typing import Any

from app.query.grouping import Grouping
from tests.support.families import ENDS, Counted, Record, families
from tests.support.generated import Filled

FIGURES = ("killed", "wounded", "killed_civilians")
ROLES = ["target", "alleged_perpetrator"]
ACTORS = ["Ground force", "Air force", "Ärzte", "a militia", "Ω"]
DAYS = [None, *(date(2015, 12, 25) + timedelta(5 * n) for n in range(12)), date(1, 1, 1), date(9999, 12, 31)]
SPANS = [0, 0, 0, 1, 3, 6, 29, 31, 90, 366]
POINTS = [
    (37.16, 36.2), (37.0, 36.0), (36.3, -36.3), (-0.1, 0.0), (180.0, 90.0), (-180.0, -90.0), (37.00000001, 35.99999999),
    (0.7, 1.4), (-0.00000001, -0.3),
]  # fmt: skip
WIDE = {"admin1", "part_of_country", "country", "international", "unknown"}
PRECISIONS = ["exact_point", "settlement", "admin3", "admin2", *sorted(WIDE)]


def divided_families(seed: int = 5, count: int = 160) -> list[Record]:
    """Families of which whole and parts differ in time, place, actor and source, some of it not stated."""
    chance = random.Random(seed)
    specs = families(seed, count)
    for spec in specs:
        start = chance.choice(DAYS)
        if start is not None:
            spec["date_start"] = start
            spec["date_end"] = date.fromordinal(
                min(start.toordinal() + chance.choice(SPANS), date.max.toordinal())
            )
        for name, options in (
            ("admin1", ["Aleppo", "aleppo", "Ḥalab", None]),
            ("admin2", ["z", "é", "ß", None]),
            ("cause", ["small_arms", "unknown", None]),
        ):
            spec[name] = chance.choice(options)
        if chance.random() < 0.8:
            spec["lon"], spec["lat"] = chance.choice(POINTS)
            spec["location_precision"] = chance.choice(PRECISIONS)
        spec["attributions"] = [
            {"actor": chance.choice(ACTORS), "role": chance.choice(ROLES)}
            for _ in range(chance.choice([0, 1, 1, 2, 3]))
        ]
        spec["source"] = chance.choice([None, None, 0, 1, 2])
        spec["reports"] = sorted(chance.sample(range(4), chance.randint(0, 3)))
        if chance.random() < 0.6:
            numbers = sorted(chance.randint(0, 30) for _ in ENDS)
            stated = {f"killed_civilians_{end}": n for end, n in zip(ENDS, numbers, strict=True)}
            for end in ENDS:
                if chance.random() < 0.2:
                    del stated[f"killed_civilians_{end}"]
            spec |= stated
            if stated:
                spec["assessment_reason"] = "generated"
    return specs


def period(day: date, name: str) -> str:
    year, week, _ = day.isocalendar()
    return {
        "year": f"{day.year:04}",
        "quarter": f"{day.year:04}-Q{(day.month + 2) // 3}",
        "month": day.isoformat()[:7],
        "week": f"{year:04}-W{week:02}",
        "day": day.isoformat(),
    }[name]


def corner(degrees: float, least: int, width: int) -> Decimal:
    """The cell's western or southern edge; the last edge of the map belongs to the last cell."""
    step = Decimal(width) / 100
    at = floor((Decimal(str(degrees)) - least) / step)
    if at * step >= -2 * least:
        at -= 1
    return at * step + least


def plain_number(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


class Divided:
    """Grouped totals of the set that a question chooses."""

    def __init__(self, each: Filled, who: str, counted: Counted, grouping: Grouping) -> None:
        self.each, self.viewer, self.counted, self.grouping = each, each.viewers[who], counted, grouping
        self.groups: dict[tuple[Any, ...], list[str]] = {}
        for uid, record in counted.chosen.items():
            values = [self.values(name, record) for name in grouping.dimensions]
            for group in product(*values):
                self.groups.setdefault(group, []).append(uid)

    def values(self, name: str, record: Record) -> set[Any]:
        start, end = record["date_start"], record["date_end"]
        match name:
            case "year" | "quarter" | "month" | "week" | "day":
                if start is None or period(start, name) != period(end, name):
                    return {None}
                return {period(start, name)}
            case "cell":
                return {self.cell(record)}
            case "actor":
                roles = self.grouping.roles or ROLES
                return {each.actor for each in record["attributions"] if each.role in roles} or {None}
            case "source":
                return set(self.sources(record)) or {None}
            case "victim_status":
                civilians = any(record[f"killed_civilians_{end}"] is not None for end in ENDS)
                return {"civilian", None} if civilians else {None}
        return {record[name]}

    def cell(self, record: Record) -> tuple[Decimal, Decimal] | None:
        precision, width = record["location_precision"], self.grouping.cell
        if record["lon"] is None or precision in WIDE or precision is None:
            return None
        if precision in ("admin2", "admin3") and width < 25:
            return None
        return corner(record["lon"], -180, width), corner(record["lat"], -90, width)

    def sources(self, record: Record) -> Iterable[str]:
        if record["source_id"] is not None:
            yield record["source_id"]
        for report in self.each.reports:
            open_to = ("public",) if self.viewer.partner is None else ("public", "partners")
            seen = report["workflow"] == "published" and report["source"]["sharing"] in open_to
            if report["id"] in record["reports"] and (seen or self.viewer.is_editor):
                yield report["source"]["id"]

    def rest(self, uid: str, metric: str, end: str) -> int:
        """What the parts of an incident do not account for."""
        counted = self.counted
        parts = sum(counted.family(part, metric, end) for part in counted.parts.get(uid, ()))
        return counted.family(uid, metric, end) - parts

    def items(self) -> list[Record]:
        """In the default order."""
        return [
            self.item(group, uids)
            for group, uids in sorted(
                self.groups.items(),
                key=lambda pair: [
                    (value is None, value or "") if value is None else (False, value) for value in pair[0]
                ],
            )
        ]

    def item(self, group: tuple[Any, ...], uids: list[str]) -> Record:
        told: Record = {}
        for name, value in zip(self.grouping.dimensions, group, strict=True):
            cell = name == "cell" and value is not None
            told[name] = ",".join(map(plain_number, value)) if cell else value
            if name == "source":
                found = [s["sharing"] for s in self.each.sources if s["id"] == value]
                told["source_name"] = f"Source {found[0]}" if found else None
        told["incidents"] = len(uids)
        for metric in FIGURES:
            told |= self.figures(self.told_as(metric, told.get("victim_status", "all")), metric, uids)
        return told

    def told_as(self, metric: str, status: str | None) -> str | None:
        """The figure that an item of the status tells as this metric's; "all" where it is not asked by status."""
        if status == "all":
            return metric
        return {
            ("civilian", "killed"): "killed_civilians",
            ("civilian", "killed_civilians"): "killed_civilians",
            (None, "killed"): "killed_others",
            (None, "wounded"): "wounded",
        }.get((status, metric))

    def figures(self, figure: str | None, metric: str, uids: list[str]) -> Record:
        """The sums of a figure, told as the metric's; None: nothing is kept of it."""
        if figure is None:
            nothing = {f"{metric}_{end}": None for end in ENDS}
            return nothing | {f"{metric}_unknown": len(uids), f"{metric}_open": 0, f"{metric}_no_best": 0}
        if figure == "killed_others":
            killed = self.sums("killed", uids)
            for at, end in enumerate(ENDS):
                if killed[f"killed_{end}"] is not None:
                    killed[f"killed_{end}"] = max(0, sum(self.rest_of_others(uid)[at] for uid in uids))
            return killed
        told = self.sums(figure, uids)
        return {f"{metric}{name.removeprefix(figure)}": value for name, value in told.items()}

    def members(self, uid: str) -> Iterable[Record]:
        yield self.counted.chosen[uid]
        for part in self.counted.parts.get(uid, ()):
            yield from self.members(part)

    def others(self, uid: str) -> tuple[int, int, int]:
        """Of a whole family those killed who are not stated to have been civilians: as few and as many as may be."""
        low, best, high = (self.counted.family(uid, "killed", end) for end in ENDS)
        of_civilians = [
            record
            for record in self.members(uid)
            if any(record[f"killed_civilians_{end}"] is not None for end in ENDS)
        ]
        if not of_civilians:
            return low, best, high
        least, likely, most = (self.counted.family(uid, "killed_civilians", end) for end in ENDS)
        if any(record["killed_civilians_high"] is None for record in of_civilians):
            most = low
        return max(0, low - most), max(0, best - likely), max(0, high - least)

    def rest_of_others(self, uid: str) -> list[int]:
        parts = [self.others(part) for part in self.counted.parts.get(uid, ())]
        return [number - sum(part[at] for part in parts) for at, number in enumerate(self.others(uid))]

    def sums(self, metric: str, uids: list[str]) -> Record:
        records = [self.counted.chosen[uid] for uid in uids]
        stated = [r for r in records if any(r[f"{metric}_{end}"] is not None for end in ENDS)]
        told: Record = {}
        for end in ENDS:
            any_stated = any(self.counted.own(uid, metric, end) is not None for uid in uids)
            told[f"{metric}_{end}"] = sum(self.rest(u, metric, end) for u in uids) if any_stated else None
        told[f"{metric}_unknown"] = len(records) - len(stated)
        told[f"{metric}_open"] = sum(r[f"{metric}_high"] is None for r in stated)
        told[f"{metric}_no_best"] = sum(r[f"{metric}_best"] is None for r in stated)
        if told[f"{metric}_open"]:
            told[f"{metric}_high"] = None
        return told


def ordered(items: list[Record], sort: str, *, descending: bool) -> list[Record]:
    """From the default order; ties stay as they are, null comes last."""
    stated = [item for item in items if item[sort] is not None]
    stated.sort(key=lambda item: item[sort], reverse=descending)
    return stated + [item for item in items if item[sort] is None]
