"""The pytest plugin that gives a run its seed. Loaded by `pytest_plugins` in tests/conftest.py.

Property tests, and tests that do random acts, ask otherwise on each run. The seed of a run is drawn at its start by the controller, which
hands it to the workers of pytest-xdist, or is given as `INCIDENTS_TEST_SEED`. It is told in the header, and at each failure with
the command that runs that test again. What a test draws depends on the seed and on the test's own name alone: neither on the worker that
runs it, nor on what ran before it, nor on which other tests were asked for (decision 27).
"""

from __future__ import annotations

import hashlib
import os
import random
import shlex
from collections.abc import Generator, Sequence
from typing import Any

import hypothesis
import pytest
from hypothesis import core
from hypothesis.internal.conjecture import providers

# No property is timed: a machine may be busy. The profile that Hypothesis takes where it finds CI would ask the same on every run.
# No examples are kept: the seed is what leads back to a failure, on another machine as well.
hypothesis.settings.register_profile(
    "seeded",
    hypothesis.settings.get_profile("default"),
    deadline=None,
    suppress_health_check=[hypothesis.HealthCheck.too_slow],
    derandomize=False,
    database=None,
)
hypothesis.settings.load_profile("seeded")

# Hypothesis likes to try constants that it finds in the modules that are loaded. What a test draws would then depend on which
# others are collected beside it, and a seed would no longer lead to the failure once the code is mended.
assert callable(providers._get_local_constants)
providers._get_local_constants = providers.Constants

VARIABLE = "INCIDENTS_TEST_SEED"
ALONGSIDE = ("INCIDENTS_TEST_EXAMPLES",)
"""Other settings of the environment by which the same seed asks otherwise."""
SEED = pytest.StashKey[int]()
HANDED_ON = "incidents_seed"


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("hypothesis_seed", None) is not None:
        raise pytest.UsageError(f"The seed of a run is {VARIABLE}, not --hypothesis-seed")
    worker = getattr(config, "workerinput", None)
    config.stash[SEED] = given() if worker is None else worker[HANDED_ON]


def given() -> int:
    """The seed that was asked for, or another one."""
    given = os.environ.get(VARIABLE, "")
    if not given:
        return random.SystemRandom().randrange(1_000_000_000)
    if not (given.isascii() and given.isdigit()):
        raise pytest.UsageError(
            f"{VARIABLE} must be a number, such as a run tells in its header, not {given!r}"
        )
    return int(given)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """pytest-xdist is about to start a worker."""
    node.workerinput[HANDED_ON] = node.config.stash[SEED]


def seed_of(item: pytest.Item) -> int:
    """What the test draws from: each its own, so that a test draws otherwise on the one database than on the other."""
    text = f"{item.config.stash[SEED]} {item.nodeid}"
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Whatever Hypothesis draws while the test runs, it draws from the test's seed: properties within a test as well."""
    core.global_force_seed = seed_of(item)
    return (yield)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """For tests that draw by themselves."""
    return random.Random(seed_of(request.node))


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed {config.stash[SEED]}: run again with {_again(config, config.invocation_params.args)}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.failed:
        report.sections.append(("seed", f"run this test again with {_again(item.config, (item.nodeid,))}"))
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Again at the end: a quiet run has no header, a worker that died no report."""
    if terminalreporter.stats.get("failed") or terminalreporter.stats.get("error"):
        terminalreporter.section("seed")
        terminalreporter.write_line(pytest_report_header(config))


def _again(config: pytest.Config, args: Sequence[Any]) -> str:
    """The command, to be given in the project's folder."""
    settings = {VARIABLE: config.stash[SEED]} | {n: os.environ[n] for n in ALONGSIDE if n in os.environ}
    spelled = " ".join(f"{name}={value}" for name, value in settings.items())
    return f"{spelled} .venv/bin/python -m pytest {shlex.join(map(str, args))}".rstrip()
