"""`incidents import`: rows a second, and memory that does not grow with the file.

python -m tests.bench.importing ARGUMENTS...      the command itself; tells its peak memory at the end
"""

from __future__ import annotations

import csv
import json
import os
import random
import re
import resource
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
event_type = {column = "Type", map = {"Air strike" = "air_or_drone_strike", "Mine" = "ied_or_landmine"}, default = "unknown"}

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
    peak_mb: float

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


def imported(database: Database, file: Path, profile: str, folder: Path) -> Run:
    """The command in a process of its own, as an operator runs it."""
    environment = {**os.environ, "INCIDENTS_DATABASE_URL": database.settings.url}
    command = ["import", str(file), "--profile", profile, "--refused", str(folder / "refused.csv")]
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.importing", *command],
        env=environment,
        capture_output=True,
        text=True,
        timeout=900,
    )
    seconds = time.perf_counter() - start
    if done.returncode not in (0, 1) or not done.stdout.strip():
        raise RuntimeError(f"the import failed: {done.stdout}{done.stderr}")
    *told, last = done.stdout.strip().splitlines()
    counted = re.search(r"([\d,]+) rows in", "\n".join(told))
    refused = re.search(r"refused\s+([\d,]+)", "\n".join(told))
    if counted is None or refused is None:
        raise RuntimeError(f"the import told nothing: {done.stdout}{done.stderr}")
    number, left = (int(found[1].replace(",", "")) for found in (counted, refused))
    return Run(number, left, seconds, json.loads(last)["peak_mb"])


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
            if few is not None:
                ratio = run.peak_mb / few.peak_mb
                flat = flat and ratio <= MOST_GROWTH
                growth = f"{ratio:.2f} of {few.rows:,} rows (≤ {MOST_GROWTH}: {'met' if ratio <= MOST_GROWTH else 'MISSED'})"  # fmt: skip
            elif source is not file:
                few = run
            name = "UCDP GED" if source is file else "made-up log, a mapping file"
            told.append([name, kind, f"{run.rows:,}", f"{run.refused:,}", f"{run.rate:,.0f}", f"{run.peak_mb:,.0f} MB", growth])  # fmt: skip
            say(f"{kind}: {run.rows:,} rows in {run.seconds:.0f} s")
    return told, flat


def _peak_mb() -> float:
    """The most memory that this process held. What getrusage tells may be its parent's, from before the exec."""
    try:
        status = Path("/proc/self/status").read_text()
    except OSError:
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return most / 1e6 if sys.platform == "darwin" else most / 1e3
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def _main() -> None:
    from app.cli.main import main

    code: object = 0
    try:
        main()
    except SystemExit as end:
        code = end.code
    print(json.dumps({"peak_mb": _peak_mb()}), flush=True)
    sys.exit(code if isinstance(code, int) else 0)


if __name__ == "__main__":
    _main()
