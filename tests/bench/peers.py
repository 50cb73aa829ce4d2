"""Datasette, tipg and pygeoapi: installed in environments of their own, started as one process each, on the same incidents.

They are asked for what comes nearest to each question; `DIFFERS` says how near. One that cannot be installed or does
not answer is left out, loudly.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit

import orjson

from tests.bench import peer_data
from tests.bench.questions import Asked
from tests.bench.sameness import Asker
from tests.support.private import KEEPER

PINS = {
    "datasette": ("datasette==0.65.5", "uvicorn==0.54.0"),
    "tipg": ("tipg==1.6.1", "uvicorn==0.54.0", "uvloop==0.23.0", "httptools==0.9.0"),
    "pygeoapi": ("pygeoapi==0.21.0", "SQLAlchemy==2.1.9", "GeoAlchemy2==0.20.0", "psycopg2-binary==2.9.13",
                 "starlette==1.10.0", "uvicorn==0.54.0"),
}  # fmt: skip
DATABASES = {"datasette": ("sqlite",), "tipg": ("postgresql",), "pygeoapi": ("postgresql",)}
DIFFERS = {
    "datasette": "Datasette reads SQLite only; a record without its reports; rows instead of features, the box by the columns",
    "tipg": "tipg reads PostGIS only; a record without its reports; counts all that matches; no word search",
    "pygeoapi": "pygeoapi (its PostgreSQL provider; that of SQLite needs SpatiaLite): a record without its reports; counts all that matches; no word search",
}
READY_WITHIN = 60.0
INSTALLED_WITHIN = 600


class Absent(RuntimeError):
    """The peer cannot be had here."""


Targets = dict[str, list[str]]
"""Of a service, by question."""


def targets(name: str, asked: Asked) -> Targets:
    """What the peer is asked; a question that it cannot answer is not there."""
    if name == "datasette":
        rows = "/incidents/incidents.json?_shape=objects&_nocount=1&_nofacet=1&_nosuggest=1&_sort_desc=date_start"
        corners = [box.split(",") for box in asked.boxes]
        return {
            "record": [f"/incidents/incidents/{uid}.json?_shape=objects" for uid in asked.uids],
            "page": [f"{rows}&_size=100&country={country}" for country in asked.countries],
            "features": [f"{rows}&_size=1000&lon__gte={w}&lat__gte={s}&lon__lte={e}&lat__lte={n}" for w, s, e, n in corners],
            **{f"text {kind}": [f"{rows}&_size=50&_search={word}" for word in words] for kind, words in asked.words.items()},
        }  # fmt: skip
    base = f"/collections/{'peers.incidents' if name == 'tipg' else 'incidents'}/items"
    form = "f=geojson" if name == "tipg" else "f=json"
    return {
        "record": [f"{base}/{uid}?{form}" for uid in asked.uids],
        "page": [
            f"{base}?{form}&country={country}&sortby=-date_start&limit=100" for country in asked.countries
        ],
        "features": [f"{base}?{form}&bbox={box}&sortby=-date_start&limit=1000" for box in asked.boxes],
    }


class Peer:
    """A running one; gone at the end of the `with`, or with this process."""

    def __init__(self, name: str, url: str, cache: Path, say: Callable[[str], None]) -> None:
        self.name = name
        home = _installed(name, cache / "peers", say)
        self.folder = Path(tempfile.mkdtemp(prefix="incidents-bench-peer-"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        prepare = {"datasette": self._datasette, "tipg": self._tipg, "pygeoapi": self._pygeoapi}[name]
        try:
            command, more, path = prepare(home, url)
            self._start(command, {**os.environ, **more}, path)
        except Absent:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise

    def _uvicorn(self, home: Path, app: str) -> list[str]:
        more = ["--host", "127.0.0.1", "--port", str(self.port), "--no-access-log", "--log-level", "warning"]
        return [str(home / "bin" / "python"), "-m", "uvicorn", app, *more]

    def _datasette(self, home: Path, url: str) -> tuple[list[str], dict[str, str], str]:
        file = peer_data.sqlite_file(Path(url.removeprefix("sqlite:///")))
        shown = self.folder / "incidents.db"
        shown.symlink_to(file)
        settings = {"suggest_facets": "off", "sql_time_limit_ms": "30000", "num_sql_threads": "4", "cache_size_kb": "32768"}  # fmt: skip
        more = [part for name, value in settings.items() for part in ("--setting", name, value)]
        # Immutable: it need not look whether the file changed, and counts once.
        program = [str(home / "bin" / "python"), "-m", "datasette", "serve", "--immutable", str(shown)]
        ready = "/incidents/incidents.json?_size=1&_nocount=1"
        return [*program, "--host", "127.0.0.1", "--port", str(self.port), *more], {}, ready

    def _tipg(self, home: Path, url: str) -> tuple[list[str], dict[str, str], str]:
        peer_data.postgresql_schema(url)
        settings = {
            "DATABASE_URL": url,
            "TIPG_DB_SCHEMAS": '["peers"]',
            "TIPG_CATALOG_TTL": "0",
            "TIPG_DB_DATETIME_EXTENT": "false",
            "TIPG_DB_SPATIAL_EXTENT": "false",
            "DB_MIN_CONN_SIZE": "4",
        }
        return self._uvicorn(home, "tipg.main:app"), settings, "/collections/peers.incidents/items?limit=1"

    def _pygeoapi(self, home: Path, url: str) -> tuple[list[str], dict[str, str], str]:
        peer_data.postgresql_schema(url)
        config, document = self.folder / "config.json", self.folder / "openapi.json"
        config.write_bytes(orjson.dumps(_pygeoapi_config(url, self.port)))
        settings = {"PYGEOAPI_CONFIG": str(config), "PYGEOAPI_OPENAPI": str(document)}
        made = subprocess.run(
            [str(home / "bin" / "pygeoapi"), "openapi", "generate", str(config), "--output-file", str(document), "--format", "json"],
            capture_output=True,
            text=True,
            env={**os.environ, **settings},
        )  # fmt: skip
        if made.returncode:
            raise Absent(f"pygeoapi does not take its settings: {made.stderr.strip()[-300:]}")
        app = "pygeoapi.starlette_app:APP"
        return self._uvicorn(home, app), settings, "/collections/incidents/items?limit=1&f=json"

    def _start(self, command: list[str], environment: dict[str, str], path: str) -> None:
        log = self.folder.with_suffix(".log")
        self.process = subprocess.Popen(
            [sys.executable, "-I", str(KEEPER), str(self.folder), str(log), "-", "-", *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,
        )
        until = time.monotonic() + READY_WITHIN
        while time.monotonic() < until and self.process.poll() is None:
            with suppress(OSError, RuntimeError):
                asker = Asker(self.port)
                asker.text(path)
                asker.close()
                log.unlink(missing_ok=True)
                return
            time.sleep(0.2)
        said = log.read_text(errors="replace")[-400:] if log.exists() else ""
        log.unlink(missing_ok=True)
        self.stop()
        raise Absent(f"{self.name} does not answer: {' '.join(said.split())}")

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def prepare(kind: str, url: str, names: tuple[str, ...], cache: Path, say: Callable[[str], None]) -> None:
    """What a run would otherwise make on its way: environments and tables."""
    for name in names:
        if kind in DATABASES[name]:
            with suppress(Absent):
                _installed(name, cache / "peers", say)
            if kind == "sqlite":
                peer_data.sqlite_file(Path(url.removeprefix("sqlite:///")))
            else:
                peer_data.postgresql_schema(url)


def _installed(name: str, folder: Path, say: Callable[[str], None]) -> Path:
    """The environment of the peer, made on first use and again where the pins change."""
    home, pins = folder / name, "\n".join(PINS[name])
    stamp = home / "pins.txt"
    if stamp.exists() and stamp.read_text() == pins:
        return home
    say(f"installing {', '.join(PINS[name])}, once")
    venv.create(home, with_pip=True, clear=True)
    pip = [str(home / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet", "install"]
    try:
        done = subprocess.run(
            [*pip, *PINS[name]], capture_output=True, text=True, timeout=INSTALLED_WITHIN, stdin=subprocess.DEVNULL
        )  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise Absent(f"{name} could not be installed in {INSTALLED_WITHIN} s") from late
    if done.returncode:
        raise Absent(f"{name} could not be installed: pip ended with {done.returncode}")
    stamp.write_text(pins)
    return home


def _pygeoapi_config(url: str, port: int) -> dict[str, object]:
    address = urlsplit(url)
    server = {
        "bind": {"host": "127.0.0.1", "port": port},
        "url": f"http://127.0.0.1:{port}",
        "mimetype": "application/json; charset=UTF-8",
        "encoding": "utf-8",
        "language": "en-US",
        "gzip": False,
        "limits": {"default_items": 10, "max_items": 1000, "on_exceed": "throttle"},
        "map": {"url": "http://127.0.0.1/{z}/{x}/{y}", "attribution": ""},
    }
    metadata = {
        "identification": {"title": "Incidents", "description": "Incidents", "keywords": ["incidents"], "keywords_type": "theme",
                           "terms_of_service": "", "url": "http://127.0.0.1"},
        "license": {"name": "CC-BY", "url": "http://127.0.0.1"},
        "provider": {"name": "Bench", "url": "http://127.0.0.1"},
        "contact": {"name": "Bench"},
    }  # fmt: skip
    provider = {
        "type": "feature",
        "name": "PostgreSQL",
        "data": {
            "host": address.hostname,
            "port": address.port,
            "dbname": address.path.lstrip("/"),
            "user": address.username,
            "password": address.password or "unused",
            "search_path": [peer_data.SCHEMA, "public"],
        },
        "id_field": "id",
        "table": "incidents",
        "geom_field": "geom",
    }
    collection = {
        "type": "collection",
        "title": "Incidents",
        "description": "Incidents",
        "keywords": ["incidents"],
        "links": [],
        "extents": {"spatial": {"bbox": [-180, -90, 180, 90], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
        "providers": [provider],
    }  # fmt: skip
    return {
        "server": server,
        "logging": {"level": "ERROR"},
        "metadata": metadata,
        "resources": {"incidents": collection},
    }
