"""The command line as its users meet it: a process of its own, its settings from the environment."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping
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


class Console:
    """The console command in this process: for what ends before there is anything to do, a process costs too much."""

    def __init__(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], folder: Path
    ) -> None:
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self.folder = folder
        self.url = f"sqlite:///{folder / 'incidents.db'}"

    def __call__(self, *arguments: str | Path, settings: Mapping[str, str] | None = None) -> Done:
        with self._monkeypatch.context() as patch:
            patch.chdir(self.folder)
            for name in os.environ:
                if name.startswith("INCIDENTS_"):
                    patch.delenv(name)
            for name, value in {"INCIDENTS_DATABASE_URL": self.url, **(settings or {})}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "argv", ["incidents", *map(str, arguments)])
            log = logging.getLogger()
            patch.setattr(log, "handlers", log.handlers)  # `serve` puts its own in their place
            patch.setattr(log, "level", log.level)
            with pytest.raises(SystemExit) as end:
                main()
        told = self._capsys.readouterr()
        return Done(int(end.value.code or 0), told.out, told.err)
