"""Finds the programs of a PostgreSQL that has PostGIS, and installs them where that is allowed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.support.server import banner

OLDEST = 15


@dataclass(frozen=True)
class Binaries:
    directory: Path
    version: int


def find() -> Binaries | None:
    """The newest that will do."""
    found = [binaries for directory in _directories() if (binaries := _examine(directory)) is not None]
    return max(found, key=lambda binaries: binaries.version, default=None)


def _directories() -> Iterator[Path]:
    config = shutil.which("pg_config")
    if config is not None:
        answer = _ask(config, "--bindir")
        if answer:
            yield Path(answer)
    yield from Path("/usr/lib/postgresql").glob("*/bin")
    yield from (Path(part) for part in os.environ.get("PATH", "").split(os.pathsep) if part)
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt", "/home/linuxbrew/.linuxbrew/opt"):
        yield from Path(prefix).glob("postgresql*/bin")


def _examine(directory: Path) -> Binaries | None:
    # PATH may hold links to single programs; the server must find its own files, so follow them home.
    directory = (directory / "initdb").resolve().parent
    if not all(os.access(directory / program, os.X_OK) for program in ("initdb", "postgres")):
        return None
    match = re.search(r"\b(\d+)(\.|beta|rc|devel)", _ask(directory / "postgres", "--version"))
    if match is None or int(match[1]) < OLDEST:
        return None
    version = int(match[1])
    shared = [Path(f"/usr/share/postgresql/{version}"), directory.parent / "share" / "postgresql"]
    if os.access(directory / "pg_config", os.X_OK):
        shared.insert(0, Path(_ask(directory / "pg_config", "--sharedir") or "/"))
    if any((path / "extension" / "postgis.control").is_file() for path in shared):
        return Binaries(directory, version)
    return None


def _ask(program: str | Path, option: str) -> str:
    """What a program prints, or nothing: a shim or a broken link is no reason to stop looking."""
    try:
        return subprocess.run(
            [str(program), option], capture_output=True, text=True, timeout=20, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def install_by_apt() -> bool:
    """Install Debian's PostgreSQL and the PostGIS that matches it; whether that worked."""
    if os.environ.get("INCIDENTS_TEST_INSTALL_POSTGRESQL") == "0" or shutil.which("apt-get") is None:
        return False
    prefix: list[str] = []
    if os.geteuid() != 0:
        if (
            shutil.which("sudo") is None
            or subprocess.run(["sudo", "-n", "true"], capture_output=True).returncode
        ):
            return False
        prefix = ["sudo", "-n"]
    apt = [*prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q", "-y", "--no-install-recommends"]
    banner("Installing PostgreSQL and PostGIS through apt for the tests (once).")
    subprocess.run([*apt, "update"], capture_output=True, stdin=subprocess.DEVNULL, timeout=600)
    depends = subprocess.run(["apt-cache", "depends", "postgresql"], capture_output=True, text=True)
    match = re.search(r"Depends: postgresql-(\d+)$", depends.stdout, re.MULTILINE)
    if match is None or int(match[1]) < OLDEST:
        return False
    packages = [f"postgresql-{match[1]}", f"postgresql-{match[1]}-postgis-3"]
    install = subprocess.run(
        [*apt, "install", *packages], capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=1800
    )
    if install.returncode:
        banner("apt could not install them:", install.stderr[-2000:])
    return install.returncode == 0
