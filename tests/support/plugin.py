"""The pytest plugin that gives the tests their PostgreSQL. Loaded by `pytest_plugins` in tests/conftest.py.

One server for a run: the controller starts it, and the workers of pytest-xdist are told its address.
`--postgresql=off` leaves it out, for runs that need no database.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.postgres import NotATestDatabase, PostgresUnavailable, Server, find_or_start, required

# Images of containers often forbid to keep compiled modules. The tests start many processes, and pytest rewrites what it
# imports: without keeping, more than half of every start is spent on compiling the same again.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

SERVER = pytest.StashKey[Server | None]()
ADDRESS = "incidents_postgresql"
WORLDS = {
    "cli/test_import_ged.py": "ged",
    "cli/test_import_syria.py": "syria",
    "cli/test_import_stanford.py": "stanford",
    "cli/test_import_mapping.py": "mapping",
    "http/test_exports.py": "exports",
    "http/test_visibility.py": "sight",
    "storage/test_certainty.py": "generated",
    "storage/test_cql2_same_answer.py": "generated",
    "storage/test_same_answer.py": "generated",
    "storage/test_grouped_totals.py": "divided",
    "storage/test_rollup.py": "divided",
    "storage/test_explained_totals.py": "explained",
    "storage/test_totals.py": "totals",
}
"""Files whose tests ask about records that are dear to make, and which records: whoever made them runs all these tests."""
LONG = (
    "crash/test_feed_killed.py",
    "crash/test_import_killed.py",
    "crash/test_service_killed.py",
    "http/test_stateful.py",
    "storage/test_as_of.py",
    "storage/test_feed.py",
    "storage/test_loosely_linked.py",
)
"""Files with single tests of many seconds."""
KINDS = ("sqlite", "postgresql")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("incident records").addoption(
        "--postgresql",
        choices=("auto", "off"),
        default="auto",
        help="auto: find or start a PostgreSQL with PostGIS for the tests; off: leave out the tests that need it",
    )


def pytest_configure(config: pytest.Config) -> None:
    config.stash[SERVER] = None
    if _is_worker(config):
        address = config.workerinput[ADDRESS]  # type: ignore[attr-defined]
        config.stash[SERVER] = Server(*address) if address else None
    elif _runs_tests(config):
        try:
            config.stash[SERVER] = find_or_start()
        except (PostgresUnavailable, NotATestDatabase) as error:
            raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist is about to start a worker."""
    server = node.config.stash[SERVER]
    node.workerinput[ADDRESS] = (server.admin_url, server.origin) if server else None


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests are handed out one by one, but for those that share a world: on one database, they stay together.

    Each process keeps to one kind of database as long as there are tests of it: what it has prepared, statements above all,
    the other then need not prepare as well. Worlds come first, since xdist begins with what has most tests, and after them
    what is long: at the end either would leave a processor idle.
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):  # type: ignore[misc]
        def _assign_work_unit(self, node: Any) -> None:
            kind = KINDS[self.nodes.index(node) % len(KINDS)]
            # Of those that are alike `min` takes the first.
            scope = min(self.workqueue, key=lambda scope: (kind not in scope, _turn(scope)))
            self.workqueue.move_to_end(scope, last=False)
            super()._assign_work_unit(node)

        def _split_scope(self, nodeid: str) -> str:
            module, _, test = nodeid.partition("::")
            world = WORLDS.get(module.removeprefix("tests/"))
            if world is None:
                return nodeid
            return f"{world}[{'postgresql' if 'postgresql' in test else 'sqlite'}]"

    return Scheduling(config, log) if config.getvalue("dist") == "load" else None


def _turn(scope: str) -> int:
    """Worlds, what is long, the others."""
    module, is_one, _ = scope.partition("::")
    return (1 if module.removeprefix("tests/") in LONG else 2) if is_one else 0


def pytest_unconfigure(config: pytest.Config) -> None:
    server = config.stash.get(SERVER, None)
    if server is not None and not _is_worker(config):
        server.stop()


def pytest_report_header(config: pytest.Config) -> str | None:
    if not _runs_tests(config):
        return None
    server = config.stash[SERVER]
    return f"databases: SQLite, {server.versions() if server else 'NO PostgreSQL'}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    if _runs_tests(config) and config.stash[SERVER] is None:
        terminalreporter.section("POSTGRESQL WAS NOT COVERED BY THIS RUN", sep="!", red=True, bold=True)


@pytest.fixture(scope="session")
def postgres_server(pytestconfig: pytest.Config) -> Iterator[Server]:
    """The run's PostgreSQL. Make databases with `temporary_database()`; never use those that are there."""
    server = pytestconfig.stash[SERVER]
    if server is None:
        if required() and _asked_for(pytestconfig):
            pytest.fail("PostgreSQL is required here, and there is none")
        pytest.skip("no PostgreSQL with PostGIS")
    yield server
    server.drop_template()


def _is_worker(config: pytest.Config) -> bool:
    return hasattr(config, "workerinput")


def _asked_for(config: pytest.Config) -> bool:
    return bool(config.getoption("postgresql") != "off")


def _runs_tests(config: pytest.Config) -> bool:
    """Not for `--help` and its like, which must answer at once."""
    questions = (
        "help",
        "version",
        "collectonly",
        "markers",
        "showfixtures",
        "show_fixtures_per_test",
        "cacheshow",
    )
    return _asked_for(config) and not any(config.getoption(question, None) for question in questions)
