"""A claim whose wording was redacted is read by no other rule any more: what was read then stands."""

from __future__ import annotations

from app.domain.assessment import Account
from app.domain.assessment.origins import marks_of, spoken_for
from app.domain.explaining import read_so
from app.domain.redaction import is_mark, mark, without_marks
from app.storage.write import Claim
from app.writing.claims import said

CLAIM = Claim("clm_1", "killed", None, 24, None, None, "vague_quantity", "unknown", "unknown", "unknown", "6", "whole", None, "v1")  # fmt: skip


def test_what_was_read_before_stands_under_a_later_rule() -> None:
    found = said(CLAIM, Account("r", "describes", "B", None), "a rule that is not there")
    assert (found.low, found.best, found.high) == (24, None, None)
    assert read_so(CLAIM._asdict(), "a rule that is not there") == (24, None, None)


def test_sources_whose_names_are_redacted_are_not_one() -> None:
    one, other = (marks_of(spoken_for("redacted", uid), None) for uid in ("src_1", "src_2"))
    assert set(one).isdisjoint(other)
    assert marks_of(spoken_for("A desk", "src_1"), None) == marks_of(spoken_for("A desk", "src_2"), None)


def test_marks_are_told_from_values() -> None:
    marked = mark(b"salt", "A name")
    assert is_mark(marked)
    for value in (
        {"redacted": "a" * 64},
        {"redacted": None},
        {},
        None,
        "redacted",
        ["redacted"],
        {**marked, "en": "x"},
    ):
        assert not is_mark(value), value
    assert mark(b"salt", "A name") == marked != mark(b"other", "A name")
    assert mark(b"salt", {"b": 1, "a": "é"}) == mark(b"salt", {"a": "é", "b": 1})
    told = {"role": "describes", "note": marked, "claims": [{"uid": "clm_1", "wording": marked}]}
    assert without_marks(told) == {"role": "describes", "claims": [{"uid": "clm_1"}]}
