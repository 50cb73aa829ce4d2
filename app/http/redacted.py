"""Redactions, as the OpenAPI document describes them."""

from __future__ import annotations

from typing import Any

from app.domain.redaction import REASON, RedactForm
from app.http.operations import IDEMPOTENCY_KEY, IF_MATCH, WRITING, as_json, in_path, operation, responses_of
from app.http.schemas import Schema, ref
from app.query.fields import Kind, redactable
from app.storage.columns import VERSIONS
from app.writing.redacting import MEMBER, SALTS

_EXAMPLES = {
    Kind.incident: ["title", "claims.wording"],
    Kind.report: ["title", "excerpt", "url"],
    Kind.source: ["name", "notes"],
}
_SALT: Schema = {
    "type": "object",
    "required": ["change", "salt"],
    "properties": {"change": {"type": "integer"}, "salt": {"type": "string", "pattern": "^[0-9a-f]{32}$"}},
    "additionalProperties": False,
}
_REDACTION: Schema = {
    "type": "object",
    "required": ["records", "changes", SALTS],
    "properties": {
        "records": {
            "type": "integer",
            "description": "How many records were looked through, this one included.",
        },
        "changes": {"type": "integer", "description": "How many entries of the history were rewritten."},
        SALTS: {
            "type": "array",
            "items": _SALT,
            "description": "Of each rewritten entry the salt. Told this once and kept nowhere: who has it and the original can "
            "prove that this is what stood there.",
        },
    },
    "additionalProperties": False,
}


def redaction(kind: Kind) -> dict[str, Any]:
    return operation(
        f"Redact fields of {_an(kind)}: what they hold, and ever held, leaves every place where it is stored. For admins",
        f"redact_{kind}",
        responses_of({200: (f"The {kind} as it is now.", ref(_name(kind)))}, (*WRITING, 404, 410, 412, 428)),
        parameters=[in_path(kind), IF_MATCH, IDEMPOTENCY_KEY],
        body=as_json(ref(_form(kind)), {"fields": _EXAMPLES[kind], "reason": "Order of a court, file 7."}),
    )


def _an(kind: Kind) -> str:
    return f"{'an' if kind is Kind.incident else 'a'} {kind}"


def _name(kind: Kind) -> str:
    return f"{kind.value.title()}Redacted"


def _form(kind: Kind) -> str:
    return f"Redact{kind.value.title()}"


def schemas(components: Schema) -> Schema:
    found: Schema = {}
    for kind in VERSIONS:
        found[_form(kind)] = _asked(kind)
        written = components[f"{kind.value.title()}Written"]
        found[_name(kind)] = {
            **written,
            "required": ["id", "outcome", MEMBER],
            "properties": written["properties"] | {MEMBER: _REDACTION},
            "description": "Of a deleted one the id alone.",
        }
    return found


def _asked(kind: Kind) -> Schema:
    schema: Schema = RedactForm.model_json_schema()
    schema["title"] = _form(kind)
    properties = schema["properties"]
    properties["fields"]["items"]["enum"] = [*redactable(kind), REASON]
    properties["fields"]["description"] = (
        "`reason`: the reasons given with `changes`; `claims.…` and `links.…`: the words of its links and their claims."
    )
    properties["claims"]["description"] = "Only the words of these claims go."
    properties["changes"]["description"] = (
        "Whose reasons go, with the field `reason`; the history tells the numbers."
    )
    if kind is Kind.source:
        del properties["claims"]
    return schema
