"""What can go wrong, told without HTTP.

IncidentRecordsError
├── InvalidInput            the caller's data is wrong; names every field at fault
├── Unauthenticated         no key where one is needed, or a key that is not good
├── Forbidden               seen, but not this viewer's to change
├── NotFound                not there, or not for this viewer to know of
├── Gone                    deleted; says why and what replaces it
├── Conflict                collides with what is stored
│   └── DoesNotFit          a transition that the record's state does not allow
├── PreconditionRequired    a write came without If-Match
├── PreconditionFailed      the record changed since it was read
├── TooLarge                more bytes than the service takes
├── UnsupportedMediaType    a body in a form the service does not read
├── Unavailable             the database cannot serve now; safe to try again
└── Misconfigured           the service must not start like this
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One fault: `field` is the wire name (``claims[0].low``), `code` stable, `detail` for people."""

    field: str
    code: str
    detail: str

    def under(self, prefix: str) -> Problem:
        """The same fault, told from one level up (``low`` under ``claims[0]``)."""
        joined = f"{prefix}.{self.field}" if self.field else prefix
        return Problem(joined, self.code, self.detail)


class IncidentRecordsError(Exception):
    """The root. `code` is the stable last part of the problem type; `title` does not vary by occurrence."""

    code = "error"
    title = "Something went wrong"

    def __init__(self, detail: str | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title

    def extra(self) -> Mapping[str, object]:
        """Further members of the problem document."""
        return {}


class InvalidInput(IncidentRecordsError):
    code = "invalid-input"
    title = "The request holds values that are not valid"

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("; ".join(f"{p.field}: {p.detail}" if p.field else p.detail for p in self.problems))

    def extra(self) -> Mapping[str, object]:
        return {"errors": [{"field": p.field, "code": p.code, "detail": p.detail} for p in self.problems]}

    def under(self, prefix: str) -> InvalidInput:
        return InvalidInput([p.under(prefix) for p in self.problems])


class InvalidParameter(InvalidInput):
    """A fault in the query string or a header rather than in the body."""

    code = "invalid-parameter"
    title = "A parameter of the request is not valid"


class MalformedBody(InvalidInput):
    code = "malformed-body"
    title = "The body cannot be read"


class Unauthenticated(IncidentRecordsError):
    code = "unauthenticated"
    title = "A valid API key is needed"


class Forbidden(IncidentRecordsError):
    code = "forbidden"
    title = "This key may not do that"


class NotFound(IncidentRecordsError):
    code = "not-found"
    title = "There is no such record"


class Gone(IncidentRecordsError):
    code = "gone"
    title = "The record was deleted"

    def __init__(
        self,
        record_id: str,
        reason: str | None,
        replaced_by: str | None,
        deleted_at: str | None,
        *,
        merged: bool = False,
    ) -> None:
        did = f"merged into {replaced_by or 'another'}" if merged else "deleted"
        super().__init__(f"{record_id} was {did}" + (f": {reason}" if reason else ""))
        self.members = {"reason": reason, "replaced_by": replaced_by, "deleted_at": deleted_at}
        if merged:
            self.members["merged_into"] = replaced_by

    def extra(self) -> Mapping[str, object]:
        return self.members


class Conflict(IncidentRecordsError):
    code = "conflict"
    title = "The request collides with what is stored"


class DoesNotFit(Conflict):
    code = "transition-does-not-fit"
    title = "The record is not in a state for this"

    def __init__(self, detail: str, state: str, possible: Sequence[str]) -> None:
        super().__init__(f"{detail}; possible now: {', '.join(possible) or 'none'}")
        self.members = {"state": state, "possible": list(possible)}

    def extra(self) -> Mapping[str, object]:
        return self.members


class IdempotencyMismatch(Conflict):
    code = "idempotency-key-reused"
    title = "This Idempotency-Key was used for a different request"


class PreconditionRequired(IncidentRecordsError):
    code = "precondition-required"
    title = "If-Match is required"


class PreconditionFailed(IncidentRecordsError):
    code = "precondition-failed"
    title = "The record has changed since it was read"


class TooLarge(IncidentRecordsError):
    code = "too-large"
    title = "The body is larger than the service takes"


class UnsupportedMediaType(IncidentRecordsError):
    code = "unsupported-media-type"
    title = "The body is in a form that this service does not read"


class Unavailable(IncidentRecordsError):
    code = "unavailable"
    title = "The database cannot serve the request now"

    def __init__(self, detail: str | None = None, *, retry_after: int = 2) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class Misconfigured(IncidentRecordsError):
    code = "misconfigured"
    title = "The service must not start with these settings"


def invalid(field: str, detail: str, code: str = "invalid") -> InvalidInput:
    """An InvalidInput of a single problem."""
    return InvalidInput([Problem(field, code, detail)])
