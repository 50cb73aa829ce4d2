"""Files to import: the real ones beside the project, read in place, and small ones that a test writes."""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import pytest

REAL = Path(__file__).parents[3] / "shared" / "data"
GED = "ucdp_ged211_176k.csv.gz"
SYRIA = "ucdp_ged_syria_2016_2019.csv.gz"
CITATIONS = "ucdp_ged_syria_2016_2019_sources.csv.gz"
STANFORD = "stanford_msa.csv"

Row = Mapping[str, str]


def real(name: str) -> Path:
    """A file of the real data; the test is skipped where it is not there."""
    path = REAL / name
    if not path.is_file():
        pytest.skip(f"the real data is not beside the project: there is no ../shared/data/{name}")
    return path


def rows_of(path: Path) -> Iterator[Row]:
    """The rows, read apart from the service's own reader."""
    raw = path.read_bytes()
    text = (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8-sig")
    yield from csv.DictReader(io.StringIO(text, newline=""))


def every_fourth(path: Path, to: Path) -> Path:
    """Of a file, the fourth row, the eighth and so on to its end: where all of them would show no more."""
    rows = list(rows_of(path))
    with to.open("w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, rows[0].keys())
        table.writeheader()
        table.writerows(rows[3::4])
    return to


Three = tuple[int, int, int]


@cache
def stated(path: Path) -> dict[str, Three]:
    """Low, best, high of each event of a UCDP file, by id, as the file states them."""
    names = ("low_death", "best_death", "high_death") if path.name == GED else ("low", "best", "high")
    return {row["id"]: (int(row[names[0]]), int(row[names[1]]), int(row[names[2]])) for row in rows_of(path)}


def repaired(figure: Three) -> Three:
    """As VOCABULARY has it: low the least, best as stated, high the greatest."""
    return (min(figure), figure[1], max(figure))


def sums(figures: Iterator[Three] | Sequence[Three]) -> Three:
    low, best, high = (sum(ends) for ends in zip(*figures, strict=True))
    return (low, best, high)


GED_COLUMNS = ("id", "year", "month", "day", "country", "type_of_violence", "conflict_name", "side_a", "side_b", "latitude", "longitude", "low_death", "best_death", "high_death")  # fmt: skip


def write_events(path: Path, count: int, *, revision: int = 0) -> Path:
    """Made-up events in the short layout of UCDP; another revision of them says something else of each."""
    with path.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(GED_COLUMNS)
        for n in range(1, count + 1):
            name = f"Conflict {n % 97} revised {revision}" if revision else f"Conflict {n % 97}"
            lat, lon = (n + revision) % 170 - 85 + 0.25, (n + revision) % 350 - 175 + 0.5
            killed = (n % 5, n % 5 + 1, n % 5 + 2 + revision)
            rows.writerow((n, 1990 + n % 30, n % 12 + 1, n % 28 + 1, "Syria", n % 3 + 1, name, "Side A", "Side B", lat, lon, *killed))  # fmt: skip
    return path
