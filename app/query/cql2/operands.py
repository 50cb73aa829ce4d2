"""Values of a question, each with its form: what may be compared with what."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from app.query.cql2 import moments
from app.query.cql2.text import fault
from app.query.fields import Field
from app.query.filter import Literal, Operand, Property

WHOLE = 2**31
"""Below, whole numbers are asked for as such; the others as doubles, which no column of ours outgrows."""
LONGEST_TEXT = 1_000
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")


class Form(StrEnum):
    text = "text"
    number = "a number"
    boolean = "true or false"
    date = "a date"
    moment = "a moment"


@dataclass(frozen=True, slots=True)
class Typed:
    """An operand and its form; the field, where it is one."""

    operand: Operand
    form: Form
    field: Field | None = None

    @property
    def name(self) -> str:
        return self.operand.name if isinstance(self.operand, Property) else ""

    def told(self) -> str:
        return f"{self.name} ({self.form})" if self.name else self.form.value

    def beside(self, other: Typed) -> Typed:
        """As it is read beside another: text beside a date or a moment is one."""
        if not (isinstance(self.operand, Literal) and isinstance(self.operand.value, str)):
            return self
        text = self.operand.value
        if other.form is Form.date or (other.form is Form.moment and "T" not in text):
            return Typed(Literal(moments.date_of(text)), Form.date)
        if other.form is Form.moment:
            return Typed(Literal(moments.moment_of(text)), Form.moment)
        return self


def literal(value: Any) -> Typed | None:
    """A value of JSON as an operand; None for null, a list, an object."""
    if isinstance(value, bool):
        return Typed(Literal(value), Form.boolean)
    if isinstance(value, str):
        if len(value) > LONGEST_TEXT:
            raise fault(f"holds a text of more than {LONGEST_TEXT:,} characters", "too_long")
        if _FORBIDDEN.search(value):
            raise fault("holds a character that text may not hold", "forbidden_character")
        return Typed(Literal(value), Form.text)
    if isinstance(value, int | float):
        if not math.isfinite(value):
            raise fault("holds a number beyond all bounds", "out_of_range")
        whole = value == int(value) and abs(value) < WHOLE
        return Typed(Literal(int(value) if whole else float(value)), Form.number)
    return None


def is_moderate(value: object) -> bool:
    """Whether a number may be calculated with: nothing that comes of it can leave the range of a double."""
    return isinstance(value, int | float) and (value == 0 or 1e-9 <= abs(value) <= 1e15)
