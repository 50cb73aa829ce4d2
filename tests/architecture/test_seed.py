"""One seed for a run, another one for the next; it alone leads back to what a test drew, whoever ran it, and whatever ran beside it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.seeding import given

ROOT = Path(__file__).parents[2]
DRAWING = """
import json
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

ANYTHING = st.integers() | st.text() | st.floats(allow_nan=False)


def drew(name, value):
    with Path(__file__).with_name("drawn").open("a", encoding="utf-8") as file:
        print(json.dumps([name, repr(value)]), file=file)


@given(ANYTHING)
def test_of_itself(value):
    drew("of itself", value)


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_within(database):
    @settings(max_examples=60)
    @given(ANYTHING)
    def asks(value):
        drew(f"within {database}", value)

    asks()


def test_acts():
    class Acting(RuleBasedStateMachine):
        @rule(value=ANYTHING)
        def act(self, value):
            drew("acts", value)

    run_state_machine_as_test(Acting, settings=settings(max_examples=5))


def test_by_chance(chance):
    drew("by chance", [chance.random() for _ in range(3)])
"""
BESIDE = "".join(f"C{n} = {n * 7_919_317}\nT{n} = 'Constant {n}'\n" for n in range(300))
"""Code of constants that Hypothesis would like to try."""
FAILING = """
from hypothesis import given, strategies as st


@given(st.integers())
def test_never(value):
    assert value == 0.5, f"it drew {value}"
"""
Drawn = dict[str, list[str]]


class Suite:
    """A small one, with the plugin of this one."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\npythonpath = .\n")
        self.file("test_drawing.py", DRAWING)

    def file(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text, encoding="utf-8")

    def run(self, *args: str, **environment: str) -> str:
        """What pytest says; it is told nothing of the run that this test is part of."""
        inherited = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "INCIDENTS_", "CI"))}
        needed = {
            "PYTHONPATH": str(ROOT),
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        }  # others take seconds to load
        plugins = ("xdist", "_hypothesis_pytestplugin", "tests.support.seeding", "no:cacheprovider")
        command = [sys.executable, "-m", "pytest", *(f"-p{name}" for name in plugins), *args]
        ran = subprocess.run(
            command,
            cwd=self.folder,
            env=inherited | needed | environment,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert ran.returncode in (0, 1), ran.stdout + ran.stderr
        return ran.stdout

    def drawn(self, *args: str, **environment: str) -> tuple[Drawn, str]:
        """What each test drew, and what pytest said."""
        kept = self.folder / "drawn"
        kept.unlink(missing_ok=True)
        said = self.run(*args, **environment)
        assert "5 passed" in said or "6 passed" in said, said
        found: Drawn = {}
        for line in kept.read_text(encoding="utf-8").splitlines():
            name, value = json.loads(line)
            found.setdefault(name, []).append(value)
        return found, said


@pytest.fixture
def suite(tmp_path: Path) -> Suite:
    return Suite(tmp_path)


def test_a_run_draws_its_seed_and_the_seed_leads_back_alone(suite: Suite) -> None:
    """On other workers, beside other tests; in CI as well, where Hypothesis by itself would always draw the same."""
    first, said = suite.drawn("-n0", CI="true")
    (seed,) = re.findall(
        r"^seed (\d+): run again with INCIDENTS_TEST_SEED=\1 .venv/bin/python -m pytest .* -n0$", said, re.M
    )
    assert first.keys() == {"of itself", "within sqlite", "within postgresql", "acts", "by chance"}
    assert first["within sqlite"] != first["within postgresql"]
    suite.file("beside.py", BESIDE)
    suite.file("test_beside.py", "import beside\n\n\ndef test_it():\n    assert beside.C2\n")
    again, _ = suite.drawn("-n2", INCIDENTS_TEST_SEED=seed)
    assert again == first
    other, _ = suite.drawn("-n1", CI="true")
    assert all(other[name] != drawn for name, drawn in first.items())


def test_a_failure_tells_its_seed_even_in_a_quiet_run(suite: Suite) -> None:
    suite.file("test_failing.py", FAILING)
    said = suite.run("-n1", "-qq", "test_failing.py", INCIDENTS_TEST_EXAMPLES="7")
    ((command, seed),) = re.findall(
        r"^run this test again with (INCIDENTS_TEST_SEED=(\d+) INCIDENTS_TEST_EXAMPLES=7 .* test_failing.py::test_never)$",
        said,
        re.M,
    )
    assert (
        command
        == f"INCIDENTS_TEST_SEED={seed} INCIDENTS_TEST_EXAMPLES=7 .venv/bin/python -m pytest test_failing.py::test_never"
    )
    assert re.search(
        rf"^seed {seed}: run again with INCIDENTS_TEST_SEED={seed} .* -n1 -qq test_failing.py$", said, re.M
    )


@pytest.mark.parametrize("seed", ["five", "-5", "1.5"])
def test_a_seed_is_a_number(monkeypatch: pytest.MonkeyPatch, seed: str) -> None:
    monkeypatch.setenv("INCIDENTS_TEST_SEED", seed)
    with pytest.raises(pytest.UsageError, match="INCIDENTS_TEST_SEED"):
        given()


def test_a_seed_is_given_in_one_way_only(suite: Suite) -> None:
    with pytest.raises(AssertionError, match="The seed of a run is INCIDENTS_TEST_SEED"):
        suite.run("-n0", "--hypothesis-seed=5")


def test_no_property_asks_the_same_on_each_run() -> None:
    """Nor does it load a profile or take a seed of its own: there is one way."""
    own = re.compile(
        r"\bderandomize\b|\bload_profile\b|^from hypothesis import .*\bseed\b|\bhypothesis\.seed\b", re.M
    )
    here = (Path("support/seeding.py"), Path("architecture/test_seed.py"))
    files = {path.relative_to(ROOT / "tests"): path for path in (ROOT / "tests").rglob("*.py")}
    assert files.keys() >= set(here)
    found = [
        str(name) for name, path in files.items() if name not in here and own.search(path.read_text("utf-8"))
    ]
    assert found == []
