"""The result as a Markdown table, with what it was measured on."""

from __future__ import annotations

import os
import platform
import sqlite3
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path
from statistics import median

from tests.bench.reads import Crowded, Row

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


PAGE = Path(__file__).parents[2] / "docs" / "benchmarks.md"
BEGIN, END = "<!-- reads: begin -->", "<!-- reads: end -->"


def keep(told: str) -> None:
    """Puts a run in the place of the one before in the page about measurements."""
    before, _, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    _, found, after = rest.partition(END)
    if not found:
        raise SystemExit(f"docs/benchmarks.md has no {BEGIN} with {END} after it")
    PAGE.write_text(f"{before}{BEGIN}\n{told}\n{END}{after}", encoding="utf-8")


def markdown(heads: list[str], rows: Iterable[list[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _ratio(number: float) -> str:
    return f"{number:.1f}" if number >= 2 else f"{number:.2f}"


def _rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2f}"


MOST_SPREAD = 10.0


def of_crowds(crowds: Iterable[Crowded]) -> str:
    """How long answers take when many ask at once: the middle and the slowest hundredth."""
    told = []
    for crowd in crowds:
        spread = crowd.p99_ms / crowd.median_ms
        met = spread <= MOST_SPREAD and not crowd.refused
        told.append(
            [
                crowd.question,
                crowd.database,
                f"{crowd.median_ms:.1f} ms",
                f"{crowd.p99_ms:.1f} ms",
                f"**{_ratio(spread)}**",
                str(crowd.refused or "none"),
                f"≤ {_ratio(MOST_SPREAD)}, none refused: {'met' if met else 'MISSED'}",
            ]
        )
    return markdown(["question", "database", "p50", "p99", "p99 / p50", "refused", "goal"], told)


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
                _rate(median(row.ours)),
                f"{row.against} (one round)" if row.once else row.against,
                _rate(median(row.theirs)),
                f"**{_ratio(middle)}** ({_ratio(ratios[0])}–{_ratio(ratios[-1])})",
                goal,
            ]
        )
    return markdown(["question", "database", "ours, a second", "against", "its, a second", "ratio (min–max)", "goal"], told)  # fmt: skip
