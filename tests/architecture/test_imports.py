"""The order of the layers: imports go down only."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RANKS = {
    name: rank
    for rank, names in enumerate(
        (
            ("errors",),
            ("settings",),
            ("logs", "domain"),
            ("query",),
            ("access",),
            ("storage",),
            ("writing", "formats"),
            ("http", "cli"),
            ("main",),
        )
    )
    for name in names
}
"""``main > http | cli > writing | formats > storage > access > query > domain > settings, errors``."""

ALONE = {
    "sqlalchemy": "app/storage",
    "alembic": "app/storage",
    "psycopg": "app/storage",
    "fastapi": "app/http",
    "jinja2": "app/http/pages",
    "starlette": "app/http",
    "uvicorn": "app/cli",
    "click": "app/cli",
    "rich": "app/cli",
    "brotli": "app/http",
    "cql2": "app/query/cql2",
    "rapidfuzz": "app/domain",
    "shapely": "app/domain",
    "pyarrow": "app/formats",
    "xlsxwriter": "app/formats",
}
"""Libraries that one folder alone may know (and `main`, which puts the parts together)."""

FILES = sorted((ROOT / "app").rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def layer(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "app" and len(parts) > 1 else None


def own_layer(path: Path) -> str | None:
    parts = path.relative_to(ROOT / "app").parts
    return parts[0].removesuffix(".py") if parts != ("__init__.py",) else None


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_imports_go_down_only(path: Path) -> None:
    mine = own_layer(path)
    if mine is None:
        return
    for module in imported(path):
        theirs = layer(module)
        if theirs is None or theirs == mine:
            continue
        assert theirs in RANKS, f"{module}: no layer of this name"
        assert RANKS[theirs] < RANKS[mine], f"{mine} may not import {module}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_library_lives_in_one_folder(path: Path) -> None:
    name = str(path.relative_to(ROOT))
    for module in imported(path):
        home = ALONE.get(module.split(".")[0])
        assert home is None or name.startswith(home) or name == "app/main.py", f"{name} imports {module}"


def test_every_folder_has_a_rank() -> None:
    found = {
        p.name.removesuffix(".py")
        for p in (ROOT / "app").iterdir()
        if p.suffix == ".py" or (p / "__init__.py").exists()
    }
    assert found - {"__init__"} == set(RANKS)
