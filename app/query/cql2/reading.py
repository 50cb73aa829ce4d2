"""CQL2 JSON into the filter tree: every name, type and bound is checked here, against the fields that the viewer may see."""

from __future__ import annotations

import operator as plain
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Any

from app.errors import InvalidInput, InvalidParameter
from app.query.cql2 import moments
from app.query.cql2.areas import in_area
from app.query.cql2.moments import OPEN, Span
from app.query.cql2.operands import Form, Typed, is_moderate, literal
from app.query.cql2.text import fault, place_of, to_json
from app.query.fields import Field, Kind, Type
from app.query.filter import (
    EVERYTHING,
    NOTHING,
    And,
    Arithmetic,
    Compare,
    Comparison,
    Filter,
    Folded,
    Folding,
    Like,
    Literal,
    Missing,
    Not,
    OneOf,
    Operator,
    Or,
    Property,
    Sign,
)

GEOMETRY = "geometry"
MOST_NODES = 300
MOST_OPTIONS = 1_000
MOST_AREAS = 10
MOST_ARITHMETIC = 10
MOST_WILDCARDS = 10
DEEPEST = 60
FORMS: dict[Type, Form] = {
    Type.text: Form.text,
    Type.word: Form.text,
    Type.id: Form.text,
    Type.integer: Form.number,
    Type.number: Form.number,
    Type.boolean: Form.boolean,
    Type.date: Form.date,
    Type.timestamp: Form.moment,
}
"""What can be asked for. Lists and documents cannot: they have no order and no one value."""
FLIPPED = {
    Operator.less: Operator.greater,
    Operator.greater: Operator.less,
    Operator.at_most: Operator.at_least,
    Operator.at_least: Operator.at_most,
}
PLAIN: dict[Operator, Callable[[Any, Any], bool]] = {
    Operator.equal: plain.eq,
    Operator.different: plain.ne,
    Operator.less: plain.lt,
    Operator.at_most: plain.le,
    Operator.greater: plain.gt,
    Operator.at_least: plain.ge,
}
OPERATORS = frozenset(operator.value for operator in Operator)
SIGNS = frozenset(sign.value for sign in Sign)
FOLDINGS = {"casei": Folding.case, "accenti": Folding.accents}
SPATIAL = ("s_intersects", "s_within", "s_disjoint")


class Language(StrEnum):
    text = "cql2-text"
    json = "cql2-json"


def read(asked: str | bool | Mapping[str, Any], kind: Kind, fields: Mapping[str, Field]) -> Filter:
    """The filter of CQL2 text or of a CQL2 JSON document. `fields`: those that the viewer may see.

    InvalidParameter names `filter`, with line and column of text or the path in JSON.
    """
    if isinstance(asked, str):
        return _Reader(kind, fields, asked).filter(to_json(asked), "")
    return _Reader(kind, fields, None).filter(asked, "")


class _Reader:
    def __init__(self, kind: Kind, fields: Mapping[str, Field], text: str | None) -> None:
        self.kind = kind
        self.fields = fields
        self.text = text
        self.nodes = self.areas = self.sums = 0

    def fault(
        self, detail: str, path: str, *, name: str = "", code: str = "invalid_filter"
    ) -> InvalidParameter:
        where = (
            f"at {path or 'the top'}: " if self.text is None else place_of(self.text, name) if name else ""
        )
        return fault(f"{where}{detail}", code)

    def _node(self, node: Any, path: str) -> tuple[str, Sequence[Any]]:
        """The operation and its operands, counted and bounded."""
        self.nodes += 1
        if self.nodes > MOST_NODES:
            raise self.fault(f"asks more than {MOST_NODES} things at once", path, code="too_long")
        if path.count(".") > DEEPEST:
            raise self.fault(f"is nested deeper than {DEEPEST}", path, code="too_deep")
        if not isinstance(node, Mapping) or not isinstance(node.get("op"), str):
            raise self.fault("an expression with `op` and `args` is expected here", path)
        unknown = set(node) - {"op", "args"}
        args = node.get("args")
        if unknown or not isinstance(args, list):
            raise self.fault("an expression has `op` and `args`, a list, and nothing else", path)
        return node["op"], args

    def filter(self, node: Any, path: str) -> Filter:
        """A node that is true or false."""
        if isinstance(node, bool):
            return EVERYTHING if node else NOTHING
        if isinstance(node, Mapping) and set(node) == {"property"}:
            found = self.property(node, path)
            if found.form is not Form.boolean:
                raise self.fault("is neither true nor false by itself", path, name=str(node["property"]))
            return self.compare(Operator.equal, found, Typed(Literal(True), Form.boolean), path)
        spelled, args = self._node(node, path)
        op, below = spelled.lower(), f"{path}.args" if path else "args"
        if op in ("and", "or"):
            if len(args) < 2:
                raise self.fault(f"{op} takes two operands or more", path)
            return self.joined(And if op == "and" else Or, args, below)
        wanted = {"not": 1, "isnull": 1, "between": 3}.get(op, 2)
        if len(args) != wanted:
            raise self.fault(f"{spelled} takes {wanted} operand{'s' * (wanted > 1)}, not {len(args)}", path)
        if op == "not":
            return Not(self.filter(args[0], f"{below}[0]"))
        if op == "isnull":
            return self.missing(args[0], f"{below}[0]")
        if op in SPATIAL:
            return self.spatial(op, args, path)
        if op in moments.OF_ANY or op in moments.OF_INTERVALS:
            return self.temporal(op, args, path)
        if op in OPERATORS:
            left, right = (self.operand(arg, f"{below}[{i}]") for i, arg in enumerate(args))
            return self.compare(Operator(op), left, right, path)
        if op == "between":
            value, low, high = (self.operand(arg, f"{below}[{i}]") for i, arg in enumerate(args))
            return And(
                (
                    self.compare(Operator.at_least, value, low, path),
                    self.compare(Operator.at_most, value, high, path),
                )
            )
        if op == "in":
            return self.among(args, path)
        if op == "like":
            return self.like(args, path)
        raise self.fault(
            f"there is no operation {spelled!r} here", path, name=spelled, code="unknown_operation"
        )

    def joined(self, kind: type[And] | type[Or], args: Sequence[Any], below: str) -> Filter:
        """Flat, as the text's parser has it: one spelling, one statement."""
        parts: list[Filter] = []
        for i, arg in enumerate(args):
            part = self.filter(arg, f"{below}[{i}]")
            nested = isinstance(arg, Mapping) and arg.get("op") == kind.__name__.lower()
            parts.extend(part.parts if nested and isinstance(part, kind) else (part,))
        return kind(tuple(parts))

    def property(self, node: Mapping[str, Any], path: str) -> Typed:
        name = node["property"]
        field = self.fields.get(name) if isinstance(name, str) else None
        if field is None:
            more = f"; {GEOMETRY} goes with {', '.join(SPATIAL).upper()}" if name == GEOMETRY else ""
            raise self.fault(
                f"there is no field {name!r} to ask for; /v1/fields lists them{more}",
                path,
                name=str(name),
                code="unknown_field",
            )
        form = FORMS.get(field.type)
        if form is None:
            raise self.fault(f"{name} holds a list or an object, which cannot be compared", path, name=name)
        return Typed(Property(field.name), form, field)

    def operand(self, node: Any, path: str) -> Typed:
        """A node that has a value."""
        if not isinstance(node, Mapping):
            found = literal(node)
            if found is None:
                hint = "; ask with IS NULL" if node is None else ""
                raise self.fault(f"{node!r} is no value that can be compared{hint}"[:300], path)
            return found
        if set(node) == {"property"}:
            return self.property(node, path)
        if set(node) == {"date"} and isinstance(node["date"], str):
            return Typed(Literal(moments.date_of(node["date"])), Form.date)
        if set(node) == {"timestamp"} and isinstance(node["timestamp"], str):
            return Typed(Literal(moments.moment_of(node["timestamp"])), Form.moment)
        spelled, args = self._node(node, path)
        below = f"{path}.args" if path else "args"
        folding = FOLDINGS.get(spelled.lower())
        if folding is not None and len(args) == 1:
            of = self.operand(args[0], f"{below}[0]")
            if of.form is not Form.text:
                raise self.fault(f"{spelled} is for text", path, name=of.name)
            return Typed(Folded(of.operand, folding), Form.text)
        if spelled in SIGNS and len(args) == 2:
            return self.arithmetic(Sign(spelled), args, path)
        raise self.fault(
            f"there is no operation {spelled!r} on values here", path, name=spelled, code="unknown_operation"
        )

    def arithmetic(self, sign: Sign, args: Sequence[Any], path: str) -> Typed:
        self.sums += 1
        if self.sums > MOST_ARITHMETIC:
            raise self.fault(f"calculates more than {MOST_ARITHMETIC} times", path, code="too_long")
        left, right = (self.operand(arg, f"{path}.args[{i}]") for i, arg in enumerate(args))
        for side in (left, right):
            if side.form is not Form.number:
                raise self.fault(f"{sign} is for numbers", path, name=side.name)
            if isinstance(side.operand, Literal) and not is_moderate(side.operand.value):
                raise self.fault(
                    "a number to calculate with is 0, or from 1e-9 to 1e15 without its sign", path
                )
        return Typed(Arithmetic(left.operand, sign, right.operand), Form.number)

    def compare(self, operator: Operator, left: Typed, right: Typed, path: str) -> Filter:
        """Two values of one form; a text beside a date or a moment is read as one."""
        left, right = left.beside(right), right.beside(left)
        if isinstance(left.operand, Literal) and not isinstance(right.operand, Literal):
            return self.compare(FLIPPED.get(operator, operator), right, left, path)
        if left.form is Form.moment and right.form is Form.date and isinstance(right.operand, Literal):
            assert isinstance(right.operand.value, date)
            return moments.moment_against_day(left.operand, operator, right.operand.value)
        if left.form is not right.form:
            raise self.fault(
                f"{left.told()} cannot be compared with {right.told()}", path, name=left.name or right.name
            )
        if left.form is Form.boolean and operator not in (Operator.equal, Operator.different):
            raise self.fault("true and false have no order", path, name=left.name)
        if not isinstance(right.operand, Literal):
            return Comparison(left.operand, operator, right.operand)
        value = right.operand.value
        if isinstance(left.operand, Literal):
            return EVERYTHING if PLAIN[operator](left.operand.value, value) else NOTHING
        if not isinstance(left.operand, Property):
            return Comparison(left.operand, operator, right.operand)
        self._require_word(left, operator, value, path)
        return Compare(left.operand.name, operator, value)

    def _require_word(self, left: Typed, operator: Operator, value: Any, path: str) -> None:
        values = left.field.values if left.field is not None else None
        if (
            values is not None
            and operator in (Operator.equal, Operator.different)
            and value not in list(values)
        ):
            raise self.fault(
                f"{left.name} is never {value!r}; it is one of: {', '.join(values)}"[:1_000],
                path,
                name=left.name,
            )

    def missing(self, node: Any, path: str) -> Filter:
        if isinstance(node, Mapping) and node.get("property") == GEOMETRY and self.kind is Kind.incident:
            return Missing("lon")
        found = self.operand(node, path)
        if not isinstance(found.operand, Property):
            raise self.fault("IS NULL asks for a field", path)
        return Missing(found.operand.name)

    def among(self, args: Sequence[Any], path: str) -> Filter:
        value, options = self.operand(args[0], f"{path}.args[0]"), args[1]
        if not isinstance(options, list) or not 0 < len(options) <= MOST_OPTIONS:
            raise self.fault(f"IN takes a list of 1 to {MOST_OPTIONS:,} values", path)
        parts = [
            self.compare(Operator.equal, value, self.operand(option, f"{path}.args[1][{i}]"), path)
            for i, option in enumerate(options)
        ]
        if isinstance(value.operand, Property) and all(isinstance(part, Compare) for part in parts):
            return OneOf(value.operand.name, tuple(part.value for part in parts if isinstance(part, Compare)))
        return Or(tuple(parts))

    def like(self, args: Sequence[Any], path: str) -> Filter:
        of, pattern = (self.operand(arg, f"{path}.args[{i}]") for i, arg in enumerate(args))
        inner = pattern.operand
        while isinstance(inner, Folded):
            inner = inner.of
        if of.form is not Form.text or not isinstance(inner, Literal) or not isinstance(inner.value, str):
            raise self.fault("LIKE compares text with a pattern in quotes", path, name=of.name)
        bare = inner.value.replace("\\\\", "")
        if bare.endswith("\\"):
            raise self.fault("a pattern cannot end in \\", path)
        if bare.count("%") > MOST_WILDCARDS:
            raise self.fault(f"a pattern holds {MOST_WILDCARDS} times % at most", path, code="too_long")
        return Like(of.operand, pattern.operand)

    def spatial(self, op: str, args: Sequence[Any], path: str) -> Filter:
        if self.kind is not Kind.incident:
            raise self.fault(f"a {self.kind} has no geometry", path, name=GEOMETRY)
        own = [isinstance(arg, Mapping) and arg.get("property") == GEOMETRY for arg in args]
        if own not in ([True, False], [False, True]) or (op == "s_within" and own[1]):
            raise self.fault(f"{op.upper()} takes {GEOMETRY} and then an area", path)
        self.areas += 1
        if self.areas > MOST_AREAS:
            raise self.fault(f"names more than {MOST_AREAS} areas", path, code="too_long")
        asked = args[1] if own[0] else args[0]
        if not isinstance(asked, Mapping):
            raise self.fault("an area is a GeoJSON geometry or a bbox", path)
        inside = self._area(asked, path, edge=op != "s_within")
        return Not(inside) if op == "s_disjoint" else inside

    def _area(self, asked: Mapping[str, Any], path: str, *, edge: bool) -> Filter:
        try:
            return in_area(asked, edge=edge)
        except InvalidInput as found:
            raise self.fault(
                f"the area {found.problems[0].detail}", path, code=found.problems[0].code
            ) from None

    def temporal(self, op: str, args: Sequence[Any], path: str) -> Filter:
        (a, first), (b, second) = (self.span(arg, f"{path}.args[{i}]") for i, arg in enumerate(args))
        if Form.moment in (first, second):
            a, b = (
                span if form is Form.moment else self._as_moments(span, path)
                for span, form in ((a, first), (b, second))
            )
        rule = moments.OF_ANY.get(op)
        if rule is None:
            if a.is_instant or b.is_instant:
                raise self.fault(f"{op.upper()} compares two intervals", path)
            rule = moments.OF_INTERVALS[op]
        if not any(isinstance(end, Property) for span in (a, b) for end in (span.start, span.end)):
            raise self.fault(f"{op.upper()} asks nothing of the records", path)
        return rule(a, b)

    def span(self, node: Any, path: str) -> tuple[Span, Form]:
        if not isinstance(node, Mapping) or set(node) != {"interval"}:
            found = self._end(node, path)
            return Span(found.operand, found.operand, is_instant=True), found.form
        ends = node["interval"]
        if not isinstance(ends, list) or len(ends) != 2:
            raise self.fault("an interval has a start and an end", path)
        start, end = (None if e in (OPEN, "", None) else self._end(e, path) for e in ends)
        forms = {e.form for e in (start, end) if e is not None}
        if len(forms) > 1:
            raise self.fault("an interval goes from date to date or from moment to moment", path)
        values = [e.operand.value for e in (start, end) if e is not None and isinstance(e.operand, Literal)]
        if len(values) == 2 and values[0] > values[1]:  # type: ignore[operator]
            raise self.fault("the interval ends before it starts", path)
        span = Span(start.operand if start is not None else None, end.operand if end is not None else None)
        return span, forms.pop() if forms else Form.date

    def _end(self, node: Any, path: str) -> Typed:
        if isinstance(node, str):
            moment = "T" in node
            value = moments.moment_of(node) if moment else moments.date_of(node)
            return Typed(Literal(value), Form.moment if moment else Form.date)
        found = self.operand(node, path)
        if found.form not in (Form.date, Form.moment):
            raise self.fault("a date, a moment or an interval is expected", path, name=found.name)
        return found

    def _as_moments(self, span: Span, path: str) -> Span:
        """Whole days beside moments: from the first moment of the first to the last of the last."""

        def moment(end: Any, last: bool) -> Any:
            if end is None:
                return None
            if not isinstance(end, Literal) or not isinstance(end.value, date):
                raise self.fault(
                    "a field that is a date is compared with DATE('YYYY-MM-DD')",
                    path,
                    name=getattr(end, "name", ""),
                )
            start, following = moments.day_as_moments(end.value)
            if not last:
                return Literal(start)
            return Literal(following - timedelta(milliseconds=1)) if following is not None else None

        return Span(moment(span.start, False), moment(span.end, True), span.is_instant)
