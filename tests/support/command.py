"""The command line as its users meet it: a process of its own, its settings from the environment."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "app.cli.main")
_COUNT = re.compile(r"^  (created|updated|unchanged|repaired|refused) +([0-9,]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Done:
    code: int
    out: str
    err: str

    @property
    def counts(self) -> dict[str, int]:
        """What an import says of its rows."""
        return {name: int(number.replace(",", "")) for name, number in _COUNT.findall(self.out)}


def environment(url: str | None, settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Without settings of whoever runs the tests; `settings` by the names that docs/operating.md gives them."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("INCIDENTS_")}
    database = {} if url is None else {"INCIDENTS_DATABASE_URL": url}
    return {**kept, **database, **(settings or {}), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}


def incidents(
    url: str | None,
    *arguments: str | Path,
    cwd: Path,
    settings: Mapping[str, str] | None = None,
    within: float = 240,
) -> Done:
    """`incidents ARGUMENTS`, to its end. Whatever happens, a user sees no traceback."""
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=cwd,
        env=environment(url, settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=within,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)
