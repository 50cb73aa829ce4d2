"""The tests keep away from databases that are not theirs."""

from __future__ import annotations

import pytest

from tests.support.postgres import NotATestDatabase, Server, find_or_start

NOWHERE = "127.0.0.1:1"  # nothing listens there: a refusal must come before any connection


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql://u@{NOWHERE}/production",
        f"postgresql+psycopg://test@{NOWHERE}/incidents",
        f"postgresql://u@{NOWHERE}/incidents_test?dbname=incidents",
        f"postgresql://u@{NOWHERE}/incidents?dbname=incidents_test",
        f"postgresql://test@{NOWHERE}/",
        f"postgresql://test@{NOWHERE}",
        "sqlite:///test.db",
        "host=127.0.0.1 dbname=incidents",
    ],
)
def test_a_database_without_test_in_its_name_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("INCIDENTS_TEST_POSTGRESQL_URL", url)
    with pytest.raises(NotATestDatabase):
        find_or_start()


def test_only_test_databases_are_created_and_dropped() -> None:
    server = Server(f"postgresql://u@{NOWHERE}/incidents_test", "nowhere")
    with pytest.raises(NotATestDatabase):
        server.create_database("incidents")
    with pytest.raises(NotATestDatabase):
        server.drop_database("incidents")


@pytest.mark.parametrize(
    ("admin", "expected"),
    [
        ("postgresql://u:p@h:5433/a_test", "postgresql://u:p@h:5433/b_test"),
        ("postgresql:///a_test?host=/run/pg", "postgresql:///b_test?host=/run/pg"),
    ],
)
def test_an_address_keeps_everything_but_the_name(admin: str, expected: str) -> None:
    assert Server(admin, "nowhere").url("b_test") == expected
