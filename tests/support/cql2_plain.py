"""CQL2 JSON answered in plain Python, from the standard alone (OGC 21-065r2): what both databases must answer, too."""

from __future__ import annotations

import operator
import re
from collections.abc import Mapping, Sequence
from datetime import date
from fractions import Fraction
from itertools import pairwise
from typing import Any
from unicodedata import category, normalize

from tests.support.plain import Record, Truth, _all, _not

COMPARISONS = {
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
Point = tuple[Fraction, Fraction]


def holds(node: Any, record: Record) -> Truth:
    """Whether the record fits; None where something that it does not state decides."""
    if isinstance(node, bool):
        return node
    op, args = node["op"].lower(), node["args"]
    if op == "and":
        return _all([holds(arg, record) for arg in args])
    if op == "or":
        return _not(_all([_not(holds(arg, record)) for arg in args]))
    if op == "not":
        return _not(holds(args[0], record))
    if op == "isnull":
        name = args[0]["property"]
        return record["lon" if name == "geometry" else name] is None
    if op in COMPARISONS:
        a, b = (value(arg, record) for arg in args)
        return None if a is None or b is None else bool(COMPARISONS[op](a, b))
    if op == "between":
        lower = {"op": ">=", "args": [args[0], args[1]]}
        return _all([holds(lower, record), holds({"op": "<=", "args": [args[0], args[2]]}, record)])
    if op == "in":
        found = value(args[0], record)
        return None if found is None else found in [value(option, record) for option in args[1]]
    if op == "like":
        text, pattern = (value(arg, record) for arg in args)
        return None if text is None else re.fullmatch(expression(pattern), text, re.DOTALL) is not None
    if op.startswith("s_"):
        return _spatial(op, args[1], record)
    return _temporal(op, [_span(arg, record) for arg in args])


def value(node: Any, record: Record) -> Any:
    if not isinstance(node, Mapping):
        return node
    if "property" in node:
        return record[node["property"]]
    if "date" in node:
        return date.fromisoformat(node["date"])
    args = [value(arg, record) for arg in node["args"]]
    if None in args:
        return None
    match node["op"].lower():
        case "casei":
            return args[0].casefold()
        case "accenti":
            return "".join(c for c in normalize("NFD", args[0]) if category(c) != "Mn")
        case "+":
            return float(args[0]) + float(args[1])
        case "-":
            return float(args[0]) - float(args[1])
        case "*":
            return float(args[0]) * float(args[1])
        case "/":
            return None if args[1] == 0 else float(args[0]) / float(args[1])
        case "div":
            return None if args[1] == 0 else float(int(float(args[0]) / float(args[1])))
        case "%":
            whole = None if args[1] == 0 else float(int(float(args[0]) / float(args[1])))
            return None if whole is None else float(args[0]) - float(args[1]) * whole
        case "^":
            return _power(float(args[0]), float(args[1]))
    raise NotImplementedError(node)


def _power(base: float, exponent: float) -> float | None:
    """Null where there is none, or where it is too small or too large to calculate with."""
    try:
        found = base**exponent
    except (ZeroDivisionError, OverflowError):
        return None
    if isinstance(found, complex):
        return None
    return found if found == 0 == base or 1e-9 <= abs(found) <= 1e15 else None


def expression(pattern: str) -> str:
    """A LIKE pattern as a regular expression."""
    parts, escaped = [], False
    for char in pattern:
        if escaped or char not in "\\%_":
            parts.append(re.escape(char))
            escaped = False
        elif char == "\\":
            escaped = True
        else:
            parts.append(".*" if char == "%" else ".")
    return "".join(parts)


def _spatial(op: str, area: Mapping[str, Any], record: Record) -> Truth:
    if record["lon"] is None:
        return None
    position = where(Fraction(record["lon"]), Fraction(record["lat"]), area)
    return {"s_intersects": position >= 0, "s_disjoint": position < 0, "s_within": position > 0}[op]


def where(lon: Fraction, lat: Fraction, area: Mapping[str, Any]) -> int:
    """1 within, 0 on the edge, -1 outside; a point is within itself."""
    if "bbox" in area:
        west, south, east, north = (Fraction(end) for end in area["bbox"])
        spans = [(west, east)] if west <= east else [(west, Fraction(180)), (Fraction(-180), east)]
        if not south <= lat <= north or not any(a <= lon <= b for a, b in spans):
            return -1
        between = west < lon < east if west <= east else lon > west or lon < east
        return 1 if south < lat < north and between else 0
    coordinates = area["coordinates"]
    match area["type"]:
        case "Point":
            return 1 if (lon, lat) == tuple(Fraction(c) for c in coordinates) else -1
        case "MultiPolygon":
            return max(_in_polygon(lon, lat, polygon) for polygon in coordinates)
    return _in_polygon(lon, lat, coordinates)


def _in_polygon(lon: Fraction, lat: Fraction, rings: Sequence[Any]) -> int:
    shell, *holes = [_in_ring(lon, lat, [(Fraction(x), Fraction(y)) for x, y in ring]) for ring in rings]
    if shell <= 0:
        return shell
    return min([1, *(-hole for hole in holes)])


def _in_ring(lon: Fraction, lat: Fraction, ring: list[Point]) -> int:
    inside = False
    for (x1, y1), (x2, y2) in pairwise(ring):
        cross = (x2 - x1) * (lat - y1) - (y2 - y1) * (lon - x1)
        if cross == 0 and min(x1, x2) <= lon <= max(x1, x2) and min(y1, y2) <= lat <= max(y1, y2):
            return 0
        if (y1 > lat) != (y2 > lat) and (cross > 0) == (y2 > y1):
            inside = not inside
    return 1 if inside else -1


FIRST, LAST = date.min.toordinal() - 1, date.max.toordinal() + 1


def _span(node: Any, record: Record) -> tuple[int, int] | None:
    """As ordinals; the open ends lie before and after all days. None where a field states no date."""
    ends = node["interval"] if isinstance(node, Mapping) and "interval" in node else [node, node]
    found = []
    for end, beyond in zip(ends, (FIRST, LAST), strict=True):
        if end == "..":
            found.append(beyond)
            continue
        day = date.fromisoformat(end) if isinstance(end, str) else value(end, record)
        if day is None:
            return None
        found.append(day.toordinal())
    return found[0], found[1]


def _temporal(op: str, spans: list[tuple[int, int] | None]) -> Truth:
    a, b = spans
    if a is None or b is None:
        return None
    (s1, e1), (s2, e2) = a, b
    return {
        "t_after": s1 > e2,
        "t_before": e1 < s2,
        "t_contains": s1 < s2 and e1 > e2,
        "t_disjoint": e1 < s2 or s1 > e2,
        "t_during": s1 > s2 and e1 < e2,
        "t_equals": s1 == s2 and e1 == e2,
        "t_finishedby": s1 < s2 and e1 == e2,
        "t_finishes": s1 > s2 and e1 == e2,
        "t_intersects": s1 <= e2 and e1 >= s2,
        "t_meets": e1 == s2,
        "t_metby": s1 == e2,
        "t_overlappedby": s2 < s1 < e2 and e1 > e2,
        "t_overlaps": s1 < s2 and s2 < e1 < e2,
        "t_startedby": s1 == s2 and e1 > e2,
        "t_starts": s1 == s2 and e1 < e2,
    }[op]
