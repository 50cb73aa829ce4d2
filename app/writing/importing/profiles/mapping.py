"""A mapping file (TOML) that a user writes for the columns of a CSV of their own.

Each value is a column's name, or a table: ``{column, value, default, format, map, split}``. See docs/importing.md.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from app.domain.figures import METRICS
from app.domain.inputs import ClaimForm, IncidentForm, ReportForm, SourceForm
from app.domain.places import check_country, country_from_name
from app.errors import InvalidInput, Problem, invalid
from app.writing.importing.items import (
    Item,
    LinkSpec,
    ReportSpec,
    Row,
    SourceSpec,
    out_of_order,
    require_columns,
    stated_claim,
    worded_claim,
)

SECTIONS = ("file", "incident", "report", "source", "claims")
FILE_KEYS = ("title", "encoding", "delimiter")
CELL_KEYS = ("column", "value", "default", "format", "map", "split")
FIGURES = tuple(f"{m}_{e}" for m in METRICS for e in ("low", "best", "high"))
NOT_MAPPED = {
    *FIGURES,
    "assessment_rule",
    "assessment_reason",
    "attributions",
    "place_names",
    "workflow",
    "part_of",
    "source_id",
}
_COUNT = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+|[0-9]{1,10}")
DATES = ("date_start", "date_end", "date_published", "date_retrieved")


@dataclass(frozen=True, slots=True)
class Cell:
    """Where a field's value comes from."""

    name: str
    column: str | None = None
    value: Any = None
    default: Any = None
    format: str | None = None
    map: Mapping[str, Any] | None = None
    split: str | None = None

    def read(self, row: Row) -> Any:
        """The value; None where the cell is empty and there is no default."""
        if self.column is None:
            return self.value
        text = row[self.column].strip()
        if not text:
            return self.default
        if self.map is not None:
            if text not in self.map:
                raise invalid(self.column, f"{text!r} is not in the map of {self.name}", "unknown_value")
            return self.map[text]
        if self.split is not None:
            return [part.strip() for part in text.split(self.split) if part.strip()]
        if self.format is not None:
            return self._date(text)
        return READERS[self.name](self.column, text) if self.name in READERS else text

    def _date(self, text: str) -> str:
        assert self.format is not None
        try:
            return datetime.strptime(text, self.format).date().isoformat()  # noqa: DTZ007 - a date has no zone
        except ValueError:
            raise invalid(
                self.column or "", f"{text!r} is not a date of the form {self.format}", "not_a_date"
            ) from None


def _number(column: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise invalid(column, f"must be a number, not {text!r}", "not_a_number") from None


def _count(column: str, text: str) -> int:
    if not _COUNT.fullmatch(text):
        raise invalid(column, f"must be a whole number, not {text!r}", "not_a_number")
    return int(text.replace(",", ""))


def _country(column: str, text: str) -> str:
    """A code, or a name in any spelling that is known."""
    named = country_from_name(text)
    if named is not None:
        return named
    try:
        return check_country(text, column)
    except InvalidInput as fault:
        raise InvalidInput([Problem(column, p.code, p.detail) for p in fault.problems]) from None


def _flag(column: str, text: str) -> bool:
    if text.lower() in ("true", "yes", "1"):
        return True
    if text.lower() in ("false", "no", "0"):
        return False
    raise invalid(column, f"must be yes or no, not {text!r}", "unknown_value")


READERS: dict[str, Callable[[str, str], Any]] = {
    "lon": _number,
    "lat": _number,
    "low": _count,
    "best": _count,
    "high": _count,
    "country": _country,
    "protected": _flag,
}


class MappingProfile:
    """A mapping file, checked: every key is known, every column is looked for in the header."""

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        self._require_known(mapping, SECTIONS, "")
        file = mapping.get("file", {})
        self._require_known(file, FILE_KEYS, "file")
        self.title = str(file.get("title", "Imported records"))
        self.encoding = _encoding(file.get("encoding", "utf-8-sig"))
        self.delimiter = file.get("delimiter", ",")
        if not isinstance(self.delimiter, str) or len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            raise invalid("file.delimiter", f"must be one character, not {self.delimiter!r}", "wrong_type")
        self.incident = self._cells(
            mapping.get("incident", {}), set(IncidentForm.model_fields) - NOT_MAPPED, "incident"
        )
        self.report = self._cells(
            mapping.get("report", {}), set(ReportForm.model_fields) - {"workflow", "source_id"}, "report"
        )
        self.source = self._cells(mapping.get("source", {}), set(SourceForm.model_fields), "source")
        self.claims = [
            self._cells(claim, set(ClaimForm.model_fields), f"claims[{i}]")
            for i, claim in enumerate(mapping.get("claims", []))
        ]
        for i, claim in enumerate(self.claims):
            if "metric" not in claim:
                raise invalid(
                    f"claims[{i}].metric", 'is required, for example metric = {value = "killed"}', "missing"
                )
        if "external_id" not in self.incident:
            raise invalid(
                "incident.external_id",
                "is required: it finds the incident again when the file is sent again",
                "missing",
            )
        self._dataset = hashlib.sha256(self.title.encode()).hexdigest()[:12]

    @classmethod
    def load(cls, path: Path) -> MappingProfile:
        try:
            return cls(tomllib.loads(path.read_text("utf-8")))
        except OSError as fault:
            raise invalid("profile", f"cannot read {path.name}: {fault.strerror}", "unreadable") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
            raise invalid("profile", f"{path.name} is not TOML: {fault}", "malformed_toml") from None

    @staticmethod
    def _require_known(section: Mapping[str, Any], known: Sequence[str] | set[str], path: str) -> None:
        if not isinstance(section, Mapping):
            raise invalid(path, "must be a table", "wrong_type")
        for name in section:
            if name not in known:
                raise invalid(
                    f"{path}.{name}" if path else name,
                    f"is not known here; there are {', '.join(sorted(known))}",
                    "unknown_field",
                )

    def _cells(self, section: Mapping[str, Any], known: set[str], path: str) -> dict[str, Cell]:
        self._require_known(section, known, path)
        return {name: self._cell(name, spec, f"{path}.{name}") for name, spec in section.items()}

    def _cell(self, name: str, spec: Any, path: str) -> Cell:
        if isinstance(spec, str):
            return Cell(name, column=spec)
        self._require_known(spec, CELL_KEYS, path)
        if ("column" in spec) == ("value" in spec):
            raise invalid(path, "needs either column or value", "one_of")
        for key in ("column", "format", "split"):
            if not isinstance(spec.get(key, "-"), str) or spec.get(key) == "":
                raise invalid(f"{path}.{key}", f"must be text, not {spec[key]!r}", "wrong_type")
        if not isinstance(spec.get("map", {}), Mapping):
            raise invalid(f"{path}.map", "must be a table", "wrong_type")
        if "format" in spec and name not in DATES:
            raise invalid(f"{path}.format", "is for dates only", "wrong_type")
        return Cell(name, **spec)

    def _all(self) -> list[Cell]:
        return [
            c for cells in (self.incident, self.report, self.source, *self.claims) for c in cells.values()
        ]

    def require(self, header: Sequence[str]) -> None:
        require_columns(header, sorted({cell.column for cell in self._all() if cell.column is not None}))

    def read(self, row: Row) -> Item:
        incident = _document(self.incident, row)
        external_id = incident.pop("external_id", None)
        if external_id is None:
            raise invalid(self.incident["external_id"].column or "external_id", "is empty", "missing")
        repaired = False
        claims = []
        for cells in self.claims:
            document = _document(cells, row)
            numbers = [document.get(end) for end in ("low", "best", "high")]
            if any(n is not None for n in numbers):
                repaired = repaired or out_of_order(*numbers)
                checked = worded_claim(
                    {
                        **{k: v for k, v in document.items() if k not in ("low", "best", "high")},
                        "wording": document.get("wording") or "-",
                    }
                )
                low, best, high = numbers
                qualifier = document.get("qualifier") or stated_claim("killed", low, best, high).qualifier
                claims.append(
                    checked._replace(
                        low=low,
                        best=best,
                        high=high,
                        qualifier=qualifier,
                        wording=document.get("wording"),
                        wording_rule=None,
                    )
                )
            elif document.get("wording"):
                claims.append(worded_claim(document))
        return Item(str(external_id), incident, [LinkSpec(self._report_of(row), claims)], repaired=repaired)

    def _report_of(self, row: Row) -> ReportSpec:
        """The row's own report; without one, the file itself is the report."""
        source = _document(self.source, row)
        spec = None
        if source.get("name") or source.get("pseudonym"):
            mark = (
                source.pop("external_id", None)
                or f"{self._dataset}:{source.get('name') or source.get('pseudonym')}"
            )
            spec = SourceSpec(str(mark)[:200], source)
        report = _document(self.report, row)
        if not report:
            mark = (
                hashlib.sha256(spec.external_id.encode("utf-8", "surrogateescape")).hexdigest()[:12]
                if spec
                else "file"
            )
            return ReportSpec(f"{self._dataset}:{mark}", {"title": self.title}, spec)
        named = report.pop("external_id", None)
        if named is None:
            text = "\x1f".join(f"{name}={value}" for name, value in sorted(report.items()))
            named = (
                f"{self._dataset}:{hashlib.sha256(text.encode('utf-8', 'surrogateescape')).hexdigest()[:24]}"
            )
        return ReportSpec(str(named), report, spec)


def _encoding(name: Any) -> str:
    """A text encoding that Python knows."""
    try:
        "".encode(name)
    except (LookupError, TypeError):
        raise invalid(
            "file.encoding", f"{name!r} is no encoding that is known here", "unknown_value"
        ) from None
    return str(name)


def _document(cells: Mapping[str, Cell], row: Row) -> dict[str, Any]:
    found = {name: cell.read(row) for name, cell in cells.items()}
    return {name: value for name, value in found.items() if value is not None}
