"""Every command but the import: what it prints, what it leaves, and the exit code."""

from __future__ import annotations

import re
import signal
from pathlib import Path

import httpx
import pytest

from app.settings import DEFAULT_SECRET
from tests.support.command import Console, incidents
from tests.support.loopback import NO_TLS
from tests.support.postgres import Server
from tests.support.service import serve
from tests.support.tables import head, one

PRODUCTION = {"INCIDENTS_ENVIRONMENT": "production"}
GOOD_SECRET = {"INCIDENTS_KEYS_SECRET": "long-enough-and-known-to-nobody-but-this-test"}


@pytest.mark.parametrize(
    "secret",
    [{}, {"INCIDENTS_KEYS_SECRET": DEFAULT_SECRET}, {"INCIDENTS_KEYS_SECRET": "short"}],
    ids=["none", "the default", "short"],
)
@pytest.mark.parametrize(
    "command",
    [["serve"], ["migrate"], ["sample"], ["keys", "issue", "--partner", "local", "--role", "admin"]],
)
def test_production_starts_with_no_secret_that_others_know(
    console: Console, command: list[str], secret: dict[str, str]
) -> None:
    done = console(*command, settings=PRODUCTION | secret)
    assert (done.code, done.out) == (1, "")
    assert "INCIDENTS_KEYS_SECRET" in done.err
    assert "secrets.token_urlsafe" in done.err
    assert not (console.folder / "incidents.db").exists()


def test_production_serves_with_a_secret_of_its_own_and_logs_json(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'incidents.db'}"
    with serve(url, tmp_path, settings=PRODUCTION | GOOD_SECRET) as service:
        assert httpx.get(f"{service.url}/v1/incidents", verify=NO_TLS).json() == {"items": [], "next": None}
        assert '"event": "Application startup complete."' in service.told()
    assert service.end() in (0, -signal.SIGTERM)
    assert "Application shutdown complete." in service.told()


@pytest.mark.parametrize(
    "name, value",
    [
        ("INCIDENTS_DATABASE_READ_THREADS", "many"),
        ("INCIDENTS_DATABASE_LOCK_TIMEOUT_SECONDS", "-1"),
        ("INCIDENTS_ENVIRONMENT", "staging"),
        ("INCIDENTS_SERVER_LOG_LEVEL", "loud"),
        ("INCIDENTS_DATABASE_URL", "mysql://somewhere/incidents"),
    ],
)
def test_a_setting_that_makes_no_sense_is_named(console: Console, name: str, value: str) -> None:
    done = console("migrate", settings={name: value})
    assert (done.code, done.out) == (1, "")
    assert name in done.err
    assert len(done.err.splitlines()) == 1


def test_postgresql_is_changed_only_when_told(postgres_server: Server, tmp_path: Path) -> None:
    with postgres_server.temporary_database("commands") as url:
        for command in (["serve", "--port", "0"], ["sample"], ["partners", "list"]):
            done = incidents(url, *command, cwd=tmp_path)
            assert (done.code, done.out) == (1, ""), command
            assert "run `incidents migrate`" in done.err
            assert one(url, "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == (0,)
        with serve(url, tmp_path, "--migrate") as service:
            assert httpx.get(f"{service.url}/health/ready", verify=NO_TLS).status_code == 200
            assert httpx.get(f"{service.url}/v1/incidents", verify=NO_TLS).json()["items"] == []


def test_migrate_says_where_the_database_stood(
    postgres_server: Server, console: Console, tmp_path: Path
) -> None:
    with postgres_server.temporary_database("commands") as server:
        for url in (f"sqlite:///{tmp_path / 'new' / 'incidents.db'}", server):
            first, second = (console("migrate", settings={"INCIDENTS_DATABASE_URL": url}) for _ in range(2))
            assert (first.code, second.code) == (0, 0)
            assert re.search(r"was at nothing: schema \d{4}$", first.out.strip())
            assert re.search(r"is up to date: schema \d{4}$", second.out.strip())


def test_a_password_is_not_shown(tmp_path: Path) -> None:
    done = incidents("postgresql://me:hush@127.0.0.1:1/incidents", "migrate", cwd=tmp_path)
    assert (done.code, done.out) == (1, "")
    assert "hush" not in done.err


@pytest.mark.parametrize("command", [["migrate"], ["serve", "--port", "0"], ["partners", "list"]])
def test_a_database_that_cannot_be_had_is_told_in_a_line(console: Console, command: list[str]) -> None:
    """No server at that port; a file that is no database."""
    (console.folder / "text.db").write_text("this is no database" * 100)
    for url, told in (
        ("postgresql://me@127.0.0.1:1/incidents", "cannot be reached"),
        (f"sqlite:///{console.folder / 'text.db'}", "damaged"),
    ):
        done = console(*command, settings={"INCIDENTS_DATABASE_URL": url})
        assert (done.code, done.out) == (1, "")
        assert told in done.err.splitlines()[-1]


def test_the_sample_is_loaded_once(postgres_server: Server, console: Console, tmp_path: Path) -> None:
    with postgres_server.temporary_database("commands") as server:
        for url in (f"sqlite:///{tmp_path / 'incidents.db'}", server):
            there = {"INCIDENTS_DATABASE_URL": url}
            assert console("migrate", settings=there).code == 0
            first = console("sample", settings=there)
            stands = head(url)
            second = console("sample", settings=there)
            assert (first.code, second.code) == (0, 0)
            assert ("is loaded" in first.out, "is there already" in second.out) == (True, True)
            assert re.findall("rep_[0-9a-z]+", first.out) == re.findall("rep_[0-9a-z]+", second.out) != []
            assert head(url) == stands
            assert one(url, "SELECT count(*) FROM incidents WHERE workflow = 'published'") == (4,)


def test_partners_and_keys_from_first_to_last(console: Console) -> None:
    added = console("partners", "add", "newsroom", "--name", "A newsroom")
    assert (added.code, added.err) == (0, "")
    assert re.fullmatch(r"par_[0-9a-z]{26}\n", added.out)
    listed = console("partners", "list").out.splitlines()
    assert listed[0].split() == ["id", "slug", "name", "created_at"]
    assert [line.split()[1] for line in listed[1:]] == ["local", "newsroom"]

    issued = console("keys", "issue", "--partner", "newsroom", "--role", "contributor", "--label", "a laptop")
    assert (issued.code, issued.err) == (0, "")
    assert re.fullmatch(r"irk_\S+\n", issued.out), "the key alone, to be piped"
    keys = console("keys", "list").out
    assert issued.out.strip() not in keys
    (uid,) = re.findall(r"key_[0-9a-z]{26}", keys)
    with serve(console.url, console.folder) as service:
        headers = {"Authorization": f"Bearer {issued.out.strip()}"}
        sent = httpx.post(
            f"{service.url}/v1/incidents", json={"title": "One"}, headers=headers, verify=NO_TLS
        )
        assert (sent.status_code, sent.json()["partner"]) == (201, "newsroom")
        revoked = console("keys", "revoke", uid, "--reason", "lost laptop")
        assert (revoked.code, revoked.out) == (0, f"{uid} revoked\n")
        refused = httpx.post(
            f"{service.url}/v1/incidents", json={"title": "Two"}, headers=headers, verify=NO_TLS
        )
        assert refused.status_code == 401
    again = console("keys", "revoke", uid, "--reason", "lost laptop")
    assert (again.code, again.out) == (0, f"{uid} was revoked before\n")


def test_what_cannot_be_done_is_told_in_a_line(console: Console) -> None:
    assert console("partners", "add", "newsroom", "--name", "A newsroom").code == 0
    before = head(console.url)
    for command, told in (
        (["partners", "add", "newsroom", "--name", "Another"], "newsroom"),
        (["partners", "add", "Not a slug", "--name", "Another"], "slug"),
        (["keys", "issue", "--partner", "nobody", "--role", "reader"], "nobody"),
        (["keys", "revoke", "key_00000000000000000000000000", "--reason", "lost"], "key_0000"),
    ):
        done = console(*command)
        assert (done.code, done.out) == (1, ""), command
        assert told in done.err
        assert len(done.err.splitlines()) == 1
    assert head(console.url) == before


@pytest.mark.parametrize(
    "command",
    [
        ["dance"],
        ["serve", "--port", "99999"],
        ["serve", "--workers", "0"],
        ["partners", "add", "newsroom"],
        ["keys", "issue", "--partner", "local", "--role", "king"],
        ["keys", "issue", "--partner", "local", "--role", "admin", "--days", "0"],
        ["keys", "revoke", "key_0"],
    ],
)
def test_wrong_usage_ends_with_2(console: Console, command: list[str]) -> None:
    done = console(*command)
    assert (done.code, done.out) == (2, "")
    assert "Usage: incidents" in done.err
    assert not (console.folder / "incidents.db").exists()


def test_two_services_may_start_on_one_new_file_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'incidents.db'}"
    with serve(url, tmp_path, "--workers", "2") as one_of_them, serve(url, tmp_path) as other:
        for service in (one_of_them, other):
            assert httpx.get(f"{service.url}/v1/incidents", verify=NO_TLS).status_code == 200


def test_assessing_anew_says_what_it_looked_at(console: Console) -> None:
    assert console("sample").code == 0
    for arguments in ((), ("--wording", "v1"), ("--dry-run",)):
        done = console("assess", *arguments)
        told = "would change" if "--dry-run" in arguments else "changed"
        assert (done.code, done.out) == (0, f"4 incidents looked at; 0 {told}, of 0 the figures\n")
    unknown = console("assess", "--wording", "v99")
    assert (unknown.code, "v99" in unknown.err) == (2, True)


def test_assessing_what_is_not_there_is_a_mistake(console: Console) -> None:
    done = console("assess")
    assert (done.code, "there is no database" in done.err) == (1, True)
    assert not (console.folder / "incidents.db").exists()
