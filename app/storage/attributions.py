"""Whether an incident is attributed to an actor: its list of attributions, searched in the database."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Boolean, ColumnElement
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler

from app.storage.columns import constant


class Attributed(ColumnElement[bool]):
    """One of the attributions names the actor, in one of the roles where there are any."""

    inherit_cache = False
    type = Boolean()

    def __init__(
        self, attributions: ColumnElement[Any], actor: ColumnElement[Any], roles: Sequence[str]
    ) -> None:
        self.attributions = attributions
        self.actor = actor
        self.roles = [constant(role) for role in roles]


def _in_roles(element: Attributed, role: str, compiler: SQLCompiler, **kw: Any) -> str:
    if not element.roles:
        return ""
    return f" AND {role} IN ({', '.join(compiler.process(each, **kw) for each in element.roles)})"


@compiles(Attributed, "sqlite")
def _attributed_sqlite(element: Attributed, compiler: SQLCompiler, **kw: Any) -> str:
    listed, actor = compiler.process(element.attributions, **kw), compiler.process(element.actor, **kw)
    roles = _in_roles(element, "json_extract(a.value, '$.role')", compiler, **kw)
    # Most lists do not hold the name at all, and looking for text costs a tenth of taking the list apart.
    return (
        f"(instr({listed}, json_quote({actor})) > 0 AND EXISTS (SELECT 1 FROM json_each({listed}) AS a"
        f" WHERE json_extract(a.value, '$.actor') = {actor}{roles}))"
    )


@compiles(Attributed, "postgresql")
def _attributed_postgresql(element: Attributed, compiler: SQLCompiler, **kw: Any) -> str:
    listed, actor = compiler.process(element.attributions, **kw), compiler.process(element.actor, **kw)
    roles = _in_roles(element, "a.value ->> 'role'", compiler, **kw)
    return (
        f"(EXISTS (SELECT 1 FROM jsonb_array_elements({listed}) AS a(value)"
        f" WHERE a.value ->> 'actor' = {actor}{roles}))"
    )
