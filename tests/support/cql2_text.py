"""CQL2 JSON spelled as CQL2 text."""

from __future__ import annotations

from typing import Any


def spelled(node: Any) -> str:
    """The same question as text, everything in brackets."""
    match node:
        case bool():
            return "TRUE" if node else "FALSE"
        case str():
            return "'" + node.replace("'", "''") + "'"
        case int() | float():
            return repr(node)
        case {"property": name}:
            return f'"{name}"' if len(name) % 2 else name
        case {"date": day}:
            return f"DATE('{day}')"
        case {"timestamp": moment}:
            return f"TIMESTAMP('{moment}')"
        case {"interval": [start, end]}:
            return f"INTERVAL({spelled(start)}, {spelled(end)})"
        case {"bbox": ends}:
            return f"BBOX({', '.join(map(repr, ends))})"
        case {"type": kind, "coordinates": coordinates}:
            return f"{kind.upper()}{_coordinates(coordinates)}"
    return _operation(node["op"], node["args"])


def _coordinates(part: Any) -> str:
    if not isinstance(part[0], list):
        return f"({part[0]!r} {part[1]!r})"
    inner = ", ".join(_coordinates(p) if isinstance(p[0], list) else f"{p[0]!r} {p[1]!r}" for p in part)
    return f"({inner})"


def _operation(op: str, args: list[Any]) -> str:
    told = [_list(arg) if isinstance(arg, list) else spelled(arg) for arg in args]
    match op:
        case "and" | "or":
            return "(" + f" {op.upper()} ".join(told) + ")"
        case "not":
            return f"NOT ({told[0]})"
        case "isNull":
            return f"({told[0]} IS NULL)"
        case "between":
            return f"({told[0]} BETWEEN {told[1]} AND {told[2]})"
        case "in":
            return f"({told[0]} IN {told[1]})"
        case "like":
            return f"({told[0]} LIKE {told[1]})"
    if op[0].isalpha() and op != "div":
        return f"{op.upper()}({', '.join(told)})"
    return f"({told[0]} {op} {told[1]})"


def _list(values: list[Any]) -> str:
    return f"({', '.join(map(spelled, values))})"
