"""Entries of the history as they wait for the end of their transaction."""

from __future__ import annotations

import tracemalloc

from app.storage.history import written


def test_an_entry_takes_no_more_memory_than_it_says() -> None:
    """A source's sharing may change a hundred thousand records in one transaction."""
    tracemalloc.start()
    try:
        before, _ = tracemalloc.get_traced_memory()
        entries = [written({"effective_sharing": "partners", "version": n}) for n in range(1_000)]
        after, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert entries[7] == b'{"effective_sharing":"partners","version":7}'
    assert (after - before) / len(entries) < 200
