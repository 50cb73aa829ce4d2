"""Words in the terms of SQLite's FTS5, and whether it would find them in a text that is not in its index."""

from __future__ import annotations

import re
from functools import lru_cache

from sqlalchemy import Table


def search_table(of: Table) -> str:
    return f"{of.name}_search"


def fts_query(words: str) -> str:
    """Groups of folded words as an FTS5 query; folding left letters and digits only, the quotes keep AND, OR, NEAR words."""
    *whole, beginnings = ([f'"{word}"' for word in group.split("|")] for group in words.split(" "))
    groups = [*whole, [word + "*" for word in beginnings]]
    return " AND ".join(f"({' OR '.join(group)})" for group in groups)


@lru_cache(maxsize=256)
def _groups(query: str) -> list[tuple[tuple[str, ...], bool]]:
    """What `fts_query` made: each group's words, and whether these are beginnings."""
    return [(tuple(re.findall('"([^"]*)"', group)), "*" in group) for group in query.split(" AND ")]


def holds(text: str, query: str) -> bool:
    """Whether FTS5 would find the text, were it in the index."""
    words = text.split()
    known = set(words)
    return all(
        any(word.startswith(group) for word in words) if beginnings else not known.isdisjoint(group)
        for group, beginnings in _groups(query)
    )
