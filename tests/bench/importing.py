"""`incidents import`: rows a second, and memory that does not grow with the file.

python -m tests.bench.importing ARGUMENTS...      the command itself; tells its peak memory at the end
"""

from __future__ import annotations

import csv
import os
import random
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from app.storage.database import Database
from tests.bench.generate import COUNTRIES, LAST_DAY, SEED, SYLLABLES

FEW, MANY = 20_000, 200_000
MOST_GROWTH = 1.2
LONGEST = 900.0
MAPPING = """
[file]
title = "Made-up log"

[incident]
external_id = "Ref"
title = "What"
date_start = {column = "Date", format = "%d/%m/%Y"}
country = "Country"
place = "Place"
lon = "Lon"
lat = "Lat"
event_type = {column = "Type", map = {"Air strike" = "air_or_drone_strike", "Mine" = "ied_or_landmine", "Clash" = "armed_clash"}, default = "unknown"}

[source]
name = "Source"

[report]
url = "Link"
date_published = {column = "Date", format = "%d/%m/%Y"}

[[claims]]
metric = {value = "killed"}
wording = "Killed"
"""
HEADER = ("Ref", "What", "Date", "Country", "Place", "Lon", "Lat", "Type", "Source", "Link", "Killed")
Opened = Callable[[str], AbstractContextManager[Database]]
"""From the kind of a database to an empty one of it."""


@dataclass(frozen=True, slots=True)
class Run:
    """One import into an empty database."""

    rows: int
    refused: int
    seconds: float
    peak_mb: float | None

    @property
    def rate(self) -> float:
        return self.rows / self.seconds


def rows(count: int, seed: int = SEED) -> Iterator[tuple[object, ...]]:
    """Made-up rows of a log; two in three name a report of their own, the others one that was named before."""
    draw = random.Random(seed)
    weights = [country[1] for country in COUNTRIES]
    for number in range(count):
        country, _, lon, lat, _ = draw.choices(COUNTRIES, weights)[0]
        place = "".join(draw.choices(SYLLABLES, k=3)).capitalize()
        day = LAST_DAY - timedelta(days=min(11_000, int(draw.expovariate(1 / 1_500))))
        kind = draw.choice(("Air strike", "Mine", "Clash"))
        report = number if draw.random() < 0.67 else max(0, number - draw.randint(1, 500))
        yield (
            f"R-{number}",
            f"{kind} at {place}",
            f"{day:%d/%m/%Y}",
            country,
            place,
            round(draw.gauss(lon, 1.5), 5),
            round(draw.gauss(lat, 1.2), 5),
            kind,
            f"Source {int(draw.expovariate(1 / 25))}",
            f"https://example.org/news/{report}",
            int(draw.paretovariate(1.15)) if draw.random() < 0.9 else "",
        )


def made_up(folder: Path, count: int) -> Path:
    file = folder / f"rows-{count}.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(HEADER)
        writer.writerows(rows(count))
    return file


def imported(database: Database, file: Path, profile: str, folder: Path, *more: str) -> Run:
    """The command in a process of its own, as an operator runs it."""
    environment = {**os.environ, "INCIDENTS_DATABASE_URL": database.settings.url}
    command = ["import", str(file), "--profile", profile, "--refused", str(folder / "refused.csv"), *more]
    out, err = folder / "out.txt", folder / "err.txt"
    start = time.perf_counter()
    with out.open("w") as told, err.open("w") as faults:
        process = subprocess.Popen(
            [sys.executable, "-m", "app.cli.main", *command], env=environment, stdout=told, stderr=faults
        )
        try:
            peak = _watched(process, start + LONGEST)
        finally:
            if process.poll() is None:
                process.kill()
                process.wait()
    seconds, text = time.perf_counter() - start, out.read_text()
    counted = re.search(r"([\d,]+) rows in", text)
    refused = re.search(r"refused\s+([\d,]+)", text)
    if process.returncode not in (0, 1) or counted is None or refused is None:
        raise RuntimeError(f"the import failed: {text}{err.read_text()[-4000:]}")
    number, left = (int(found[1].replace(",", "")) for found in (counted, refused))
    return Run(number, left, seconds, peak)


def _watched(process: subprocess.Popen[bytes], until: float) -> float | None:
    """Waits for the end. The most memory of its own that the process held, in MB; None where the system does not tell.

    Of its own: pages of the database's file that SQLite has mapped are the system's, which takes them back at need.
    """
    status, most = Path(f"/proc/{process.pid}/status"), 0
    while process.poll() is None and time.perf_counter() < until:
        try:
            found = re.search(r"RssAnon:\s+(\d+) kB", status.read_text())
        except OSError:
            found = None
        most = max(most, int(found[1]) if found else 0)
        time.sleep(0.02)
    return most / 1024 if most else None


def measure(
    kinds: list[str], opened: Opened, file: Path | None, folder: Path, say: Callable[[str], None]
) -> tuple[list[list[str]], bool]:
    """Rows of the table, and whether memory stayed flat."""
    mapping = folder / "log.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    plans = [] if file is None else [(file, "ucdp-ged")]
    plans += [(made_up(folder, count), str(mapping)) for count in (FEW, MANY)]
    told, flat = [], True
    for kind in kinds:
        few: Run | None = None
        for source, profile in plans:
            with opened(kind) as database:
                run = imported(database, source, profile, folder)
            growth = ""
            if source is not file and few is None:
                few = run
            elif few is not None and few.peak_mb and run.peak_mb:
                ratio = run.peak_mb / few.peak_mb
                flat = flat and ratio <= MOST_GROWTH
                met = "met" if ratio <= MOST_GROWTH else "MISSED"
                growth = f"{ratio:.2f} of {few.rows:,} rows (≤ {MOST_GROWTH}: {met})"
            name = "UCDP GED" if source is file else "made-up log, a mapping file"
            peak = f"{run.peak_mb:,.0f} MB" if run.peak_mb else "not told"
            told.append([name, kind, f"{run.rows:,}", f"{run.refused:,}", f"{run.rate:,.0f}", peak, growth])
            say(f"{kind}: {run.rows:,} rows in {run.seconds:.0f} s")
    return told, flat
