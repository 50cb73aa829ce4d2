"""What a request may have left behind, and how a problem must read."""

from __future__ import annotations

from typing import Any

import httpx

from app.storage.database import Database
from app.storage.tables import metadata

PROBLEM = "urn:incident-records:problem:"


def state_of(database: Database) -> dict[str, Any]:
    """The number of rows of each table, and the head of the history: equal states, nothing was written."""

    def read(reader: Any) -> dict[str, Any]:
        counts = {t.name: reader.rows(f"SELECT count(*) FROM {t.name}")[0][0] for t in metadata.sorted_tables}
        seq, digest = reader.rows("SELECT seq, hash FROM history_head")[0]
        return {**counts, "head": (seq, bytes(digest))}

    return database.read(read)


def problem(response: httpx.Response, status: int, *fields: str, code: str | None = None) -> dict[str, Any]:
    """The problem document of the answer, after all that must hold of one; `fields` are those at fault."""
    told = f"{response.request.method} {response.request.url}: {response.status_code} {response.text[:500]}"
    assert response.status_code == status, told
    assert response.headers["content-type"] == "application/problem+json", told
    document: dict[str, Any] = response.json()
    assert document["status"] == status, told
    assert document["type"].startswith(PROBLEM), told
    assert document["title"], told
    assert document["detail"], told
    assert document["request_id"] == response.headers["x-request-id"], told
    assert len(document["request_id"]) >= 8, told
    if fields:
        assert {e["field"] for e in document["errors"]} == set(fields), told
        assert all(e["code"] and e["detail"] for e in document["errors"]), told
    if code is not None:
        assert document["type"] == PROBLEM + code, told
    return document
