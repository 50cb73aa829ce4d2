"""What the documents show is what happens: their console examples are run, in order, against the service."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli.serving import load_sample
from app.settings import DatabaseSettings, Settings
from app.storage.database import Database
from tests.support.api import serving
from tests.support.migrated import migrated_sqlite

ROOT = Path(__file__).parents[2]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
_BLOCK = re.compile(r"^```console\n(.*?)^```", re.DOTALL | re.MULTILINE)
_ID = re.compile(r"\b(inc|rep|src|clm|par|key)_[0-9a-z…]+")
_MARK = "-- next --"


def examples(document: Path) -> list[tuple[str, str]]:
    """(command, what it prints) in the order of the document."""
    found = []
    for block in _BLOCK.findall(document.read_text("utf-8")):
        for part in block.split("$ ")[1:] if block.startswith("$ ") else []:
            command, _, printed = part.partition("\n")
            found.append((command, printed.strip()))
    return found


def plain(text: str) -> str:
    """Ids differ from run to run."""
    return _ID.sub(r"\1_ID", text.strip())


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, dict[str, str]]]:
    """The service with the example of record, and the environment in which its commands reach it."""
    settings = Settings(database=DatabaseSettings(url=migrated_sqlite(tmp_path / "incidents.db")))
    database = Database(settings.database)
    load_sample(database)
    (tmp_path / "incidents").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m app.cli.main "$@"\n')
    (tmp_path / "incidents").chmod(0o755)
    environment = {
        **os.environ,
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "PYTHONPATH": str(ROOT),
        "INCIDENTS_DATABASE_URL": settings.database.url,
    }
    with serving(settings) as running:
        yield running.url, environment
    database.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="the examples need curl")
@pytest.mark.parametrize("document", [d for d in DOCUMENTS if examples(d)], ids=lambda d: d.name)
def test_examples_print_what_they_say(
    document: Path, served: tuple[str, dict[str, str]], tmp_path: Path
) -> None:
    url, environment = served
    commands = examples(document)
    script = f"\necho '{_MARK}'\n".join(
        command.replace("http://127.0.0.1:8000", url) for command, _ in commands
    )
    run = subprocess.run(
        ["bash", "-c", script],
        env=environment,
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    printed = run.stdout.split(_MARK)
    assert len(printed) == len(commands), run.stderr
    for (command, expected), got in zip(commands, printed, strict=True):
        assert plain(got) == plain(expected), f"{command}\n{run.stderr}"


def test_the_readme_has_examples() -> None:
    assert len(examples(ROOT / "README.md")) >= 5
