"""docs/operating.md lists the settings, all of them and no others, as they are."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from app.domain.assessment.rules import RULES
from app.settings import AssessmentSettings, Settings

DOCUMENT = Path(__file__).parents[2] / "docs" / "operating.md"
_ROW = re.compile(r"^\| `(INCIDENTS_[A-Z_]+)` \|(.*?)\|(.*?)\|$", re.MULTILINE)


def settings() -> dict[str, tuple[Any, str | None]]:
    """Name in the environment -> default and description."""
    found: dict[str, tuple[Any, str | None]] = {}
    for name, field in Settings.model_fields.items():
        group = field.default
        if not isinstance(group, BaseModel):
            found[f"INCIDENTS_{name.upper()}"] = (field.default, field.description)
            continue
        for inner, part in type(group).model_fields.items():
            assert part.default is not PydanticUndefined
            found[f"INCIDENTS_{name.upper()}_{inner.upper()}"] = (part.default, part.description)
    return found


def documented() -> dict[str, tuple[str, str]]:
    rows = _ROW.findall(DOCUMENT.read_text("utf-8"))
    return {name: (default.strip(), told.strip()) for name, default, told in rows}


def as_text(name: str, default: Any) -> str:
    if name == "INCIDENTS_KEYS_SECRET":
        return "a default that only development takes"
    text = str(int(default)) if isinstance(default, float) and default.is_integer() else str(default)
    return f"`{text}`" if text else ""


def test_the_document_lists_the_settings_and_no_others() -> None:
    assert sorted(documented()) == sorted(settings())


@pytest.mark.parametrize("name", sorted(settings()))
def test_a_setting_is_as_documented(name: str) -> None:
    default, description = settings()[name]
    told_default, told = documented()[name]
    assert told_default == as_text(name, default)
    if description is not None:
        assert told.replace("`", "") == description.replace("`", "")


OTHERS = {
    "INCIDENTS_ENVIRONMENT": "production",
    "INCIDENTS_SERVER_LOG_LEVEL": "warning",
    "INCIDENTS_ASSESSMENT_RULE": "median",
}


@pytest.mark.parametrize("name", sorted(settings()))
def test_a_setting_comes_from_the_environment_under_its_name(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    default, _ = settings()[name]
    other = OTHERS.get(name) or (f"{default}x" if isinstance(default, str) else str(default + 1))
    for known in settings():
        monkeypatch.delenv(known, raising=False)
    before = Settings().model_dump()
    monkeypatch.setenv(name, other)
    after = Settings().model_dump()
    differing = {
        f"INCIDENTS_{group}_{key}".upper(): after[group][key]
        for group in after
        if isinstance(after[group], dict)
        for key in after[group]
        if after[group][key] != before[group][key]
    }
    if after["environment"] != before["environment"]:
        differing["INCIDENTS_ENVIRONMENT"] = after["environment"]
    assert {key: str(value) for key, value in differing.items()} == {name: other}


def test_every_rule_that_figures_can_follow_from_may_be_the_usual_one() -> None:
    """Settings know nothing of the domain: its list stands there a second time."""
    rule = AssessmentSettings.model_fields["rule"].annotation
    assert set(get_args(rule)) == set(RULES)
