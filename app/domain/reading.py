"""From a document to a checked form: every fault is told, each with the path of the field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from app.errors import InvalidInput, Problem

F = TypeVar("F", bound=BaseModel)
MOST_PROBLEMS = 100
DEEPEST = 8


def read_form(form: type[F], document: Mapping[str, Any]) -> F:
    """The checked form, or InvalidInput with every fault (the first MOST_PROBLEMS of them)."""
    try:
        return form.model_validate(document)
    except ValidationError as fault:
        raise InvalidInput(problems_of(fault)[:MOST_PROBLEMS]) from None


def read_patch(form: type[F], base: Mapping[str, Any], patch: Mapping[str, Any]) -> F:
    """The checked form that a merge patch leaves. A key that the form does not have is refused also where it is null."""
    unknown = [Problem(name, *_WORDS["extra_forbidden"]) for name in patch if name not in form.model_fields]
    if unknown:
        raise InvalidInput(unknown[:MOST_PROBLEMS])
    return read_form(form, merged(base, patch))


def merged(base: Mapping[str, Any], patch: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
    """RFC 7396: what is absent stays, null clears, objects merge, all else replaces.

    No form nests deeper than DEEPEST; what does is left as it came, for the form to refuse.
    """
    result = dict(base)
    for name, value in patch.items():
        if value is None:
            result.pop(name, None)
        elif isinstance(value, dict) and depth < DEEPEST:
            below = result.get(name)
            result[name] = merged(below if isinstance(below, dict) else {}, value, depth + 1)
        else:
            result[name] = value
    return result


def problems_of(fault: ValidationError) -> list[Problem]:
    return [problem for error in fault.errors(include_url=False) for problem in _problems(error)]


def _path(loc: tuple[int | str, ...]) -> str:
    path = ""
    for part in loc:
        path += f"[{part}]" if isinstance(part, int) else (f".{part}" if path else part)
    return path


_WORDS = {
    "extra_forbidden": ("unknown_field", "is not a field of this form"),
    "missing": ("missing", "is required"),
    "int_type": ("wrong_type", "must be a whole number"),
    "int_from_float": ("wrong_type", "must be a whole number"),
    "string_type": ("wrong_type", "must be text"),
    "bool_type": ("wrong_type", "must be true or false"),
    "float_type": ("wrong_type", "must be a number"),
    "float_parsing": ("wrong_type", "must be a number"),
    "list_type": ("wrong_type", "must be a list"),
    "dict_type": ("wrong_type", "must be an object"),
    "model_type": ("wrong_type", "must be an object"),
    "model_attributes_type": ("wrong_type", "must be an object"),
    "string_unicode": ("forbidden_character", "holds a lone surrogate, which text may not hold"),
}


def _problems(error: ErrorDetails) -> list[Problem]:
    path = _path(tuple(part for part in error["loc"] if part != "[key]"))
    context = error.get("ctx", {})
    if "problems" in context:
        return [p.under(path) if path else p for p in context["problems"]]
    code, detail = _WORDS.get(error["type"], (error["type"], error["msg"]))
    return [Problem(path, code, detail[0].lower() + detail[1:])]
