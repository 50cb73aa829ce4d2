"""The result as a Markdown table, with what it was measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable
from importlib.metadata import version
from statistics import median

from tests.bench.reads import Row

PACKAGES = ("fastapi", "starlette", "uvicorn", "uvloop", "httptools", "SQLAlchemy", "pydantic", "orjson", "psycopg", "asyncpg", "aiosqlite")  # fmt: skip


def facts(*more: str) -> str:
    """The machine and the versions."""
    known = [
        f"{os.cpu_count()} cores ({platform.machine()})",
        f"load average {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "",
        f"{platform.python_implementation()} {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *more,
        ", ".join(f"{name} {version(name)}" for name in PACKAGES),
    ]
    return "; ".join(fact for fact in known if fact)


def markdown(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratio(number: float) -> str:
    return f"{number:.1f}" if number >= 2 else f"{number:.2f}"


def of_rows(rows: Iterable[Row]) -> str:
    """Medians in requests a second; the ratio is the median of those of the rounds, with the least and the greatest."""
    told = []
    for row in rows:
        ratios = sorted(row.ratios)
        middle = median(ratios)
        goal = (
            "" if row.goal is None else f"≥ {_ratio(row.goal)}: {'met' if middle >= row.goal else 'MISSED'}"
        )
        told.append(
            [
                row.question,
                row.database,
                f"{median(row.ours):,.0f}",
                row.against,
                f"{median(row.theirs):,.0f}",
                f"**{_ratio(middle)}** ({_ratio(ratios[0])}–{_ratio(ratios[-1])})",
                goal,
            ]
        )
    return markdown(["question", "database", "ours, a second", "against", "its, a second", "ratio (min–max)", "goal"], told)  # fmt: skip
