"""The command line as its users meet it: its settings from the environment, a process of its own where that matters."""

from __future__ import annotations

import io
import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.cli.main import main

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


def here(
    url: str | None, *arguments: str | Path, cwd: Path, settings: Mapping[str, str] | None = None
) -> Done:
    """`incidents ARGUMENTS` in this process: where a process of its own is not the point, it costs too much to start."""
    out = io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    err = io.TextIOWrapper(io.BytesIO(), "utf-8", errors="backslashreplace", write_through=True)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(cwd)
        for name in list(os.environ):
            if name.startswith("INCIDENTS_"):
                patch.delenv(name)
        for name, value in environment(url, settings).items():
            if name.startswith("INCIDENTS_"):
                patch.setenv(name, value)
        patch.setattr(sys, "argv", ["incidents", *map(str, arguments)])
        log = logging.getLogger()
        patch.setattr(log, "handlers", log.handlers)  # `serve` puts its own in their place
        patch.setattr(log, "level", log.level)
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as end:
            main()
    told, warned = (stream.buffer.getvalue().decode() for stream in (out, err))  # type: ignore[attr-defined]
    return Done(int(end.value.code or 0), told, warned)


class Console:
    """The console command in this process, on an embedded database in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.url = f"sqlite:///{folder / 'incidents.db'}"

    def __call__(self, *arguments: str | Path, settings: Mapping[str, str] | None = None) -> Done:
        return here(self.url, *arguments, cwd=self.folder, settings=settings)
