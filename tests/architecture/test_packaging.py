"""What can be said of the image, the compose file and the lock files without building anything."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings import VERSION

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (INSTRUCTION, rest), with continued lines joined and comments left out."""
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    text = "\n".join(line for line in lines if not line.startswith("#")).replace("\\\n", " ")
    split = [line.strip().partition(" ") for line in text.splitlines() if line.strip()]
    return [(word.upper(), rest.strip()) for word, _, rest in split]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(i for i, (word, _) in enumerate(found) if word == "FROM")
    return found[start:]


def compose() -> dict[str, Any]:
    loaded = yaml.safe_load((ROOT / "compose.yaml").read_text())
    assert isinstance(loaded, dict)
    return loaded


def pins(lock: Path) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", lock.read_text(), re.MULTILINE))


# The image


def test_the_image_has_two_stages_and_takes_only_the_environment_from_the_first() -> None:
    assert [word for word, _ in instructions()].count("FROM") == 2
    copies = [rest for word, rest in last_stage() if word in {"COPY", "ADD"}]
    assert copies == ["--from=builder /opt/incidents /opt/incidents"]


def test_base_images_are_pinned_to_a_tag() -> None:
    for word, rest in instructions():
        if word == "FROM":
            assert re.match(r"\S+:(?!latest)\S+", rest), rest


def test_the_image_runs_as_a_fixed_user_other_than_root() -> None:
    users = [rest for word, rest in last_stage() if word == "USER"]
    assert users
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", users[-1])


def test_the_image_says_whether_it_is_healthy() -> None:
    checks = [rest for word, rest in last_stage() if word == "HEALTHCHECK"]
    assert len(checks) == 1
    assert "/health/ready" in checks[0]


def test_the_image_does_not_migrate_by_itself() -> None:
    assert "--migrate" not in (ROOT / "Dockerfile").read_text()
    assert ("ENTRYPOINT", '["incidents"]') in last_stage()


def test_the_image_is_for_production_and_brings_no_secret() -> None:
    text = " ".join(rest for word, rest in last_stage() if word == "ENV")
    assert "INCIDENTS_ENVIRONMENT=production" in text
    assert "INCIDENTS_KEYS_SECRET" not in text


def test_the_image_installs_by_hash() -> None:
    runs = " ".join(rest for word, rest in instructions() if word == "RUN")
    assert runs.count("-r requirements/") == runs.count("--require-hashes") == 2


def test_the_build_does_not_see_history_tests_or_databases() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {"*", ".git", "tests", "**/*.db", "**/.env"} <= set(ignored)
    for word, rest in instructions():
        if word == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert f"!{source.split('/')[0]}" in ignored, f"{source} is copied but ignored"


# Compose


def test_compose_starts_nothing_without_secret_and_password() -> None:
    services = compose()["services"]
    api, database = services["api"]["environment"], services["database"]["environment"]
    assert api["INCIDENTS_KEYS_SECRET"].startswith("${INCIDENTS_KEYS_SECRET:?")
    assert "${POSTGRES_PASSWORD:?" in api["INCIDENTS_DATABASE_URL"]
    assert database["POSTGRES_PASSWORD"].startswith("${POSTGRES_PASSWORD:?")
    assert api["INCIDENTS_ENVIRONMENT"] == "production"


def test_compose_waits_for_a_healthy_database_and_migrates() -> None:
    services = compose()["services"]
    assert services["api"]["depends_on"]["database"]["condition"] == "service_healthy"
    assert "--migrate" in services["api"]["command"]
    assert all("healthcheck" in service for service in services.values())


def test_compose_pins_its_images_and_publishes_on_this_machine_only() -> None:
    services = compose()["services"]
    assert re.fullmatch(r"postgis/postgis:\d+-\d+\.\d+", services["database"]["image"])
    assert "ports" not in services["database"]
    assert all(port.startswith("127.0.0.1:") for port in services["api"]["ports"])


# Lock files


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_a_lock_names_no_registry_and_hashes_everything(lock: Path) -> None:
    text = lock.read_text()
    for word in ("://", "--index", "--extra-index", "--find-links", "--trusted-host", " @ "):
        assert word not in text
    requirements = re.split(r"^(?=\S)", text, flags=re.MULTILINE)[1:]
    assert requirements
    for requirement in requirements:
        assert re.match(r"[a-z0-9-]+==", requirement), requirement
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", requirement), requirement


def test_the_locks_agree() -> None:
    """make takes an environment with dev.lock for one with the others, too."""
    dev = pins(ROOT / "requirements/dev.lock")
    for name in ("runtime.lock", "build.lock"):
        assert pins(ROOT / "requirements" / name).items() <= dev.items(), name


def test_the_locks_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [each for group in project["optional-dependencies"].values() for each in group]
    runtime, dev = (pins(ROOT / "requirements" / name) for name in ("runtime.lock", "dev.lock"))
    assert {_name(each) for each in project["dependencies"]} <= runtime.keys()
    assert {_name(each) for each in (*project["dependencies"], *extras)} <= dev.keys()


def _name(requirement: str) -> str:
    matched = re.match(r"[A-Za-z0-9_.-]+", requirement)
    assert matched is not None
    return re.sub(r"[-_.]+", "-", matched[0]).lower()


def test_the_service_tells_the_version_that_is_packaged() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert project["version"] == VERSION


# What is kept


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no checkout: git does not tell what it keeps")
def test_nothing_kept_is_a_link() -> None:
    """A link leads to where something lay on one machine."""
    kept = subprocess.run(["git", "ls-files", "-s"], cwd=ROOT, check=True, capture_output=True, text=True)
    assert [line for line in kept.stdout.splitlines() if line.startswith("120000")] == []
