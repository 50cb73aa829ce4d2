"""Keys and numbers of the history that rise together, told as runs."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.storage.dialects.runs import LONGEST, runs_of

pieces = st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50), st.integers(1, 5)), max_size=12)


@given(pieces)
def test_runs_say_again_what_they_were_made_of(pieces: list[tuple[int, int, int]]) -> None:
    pairs = [(key + i, number + i) for key, number, length in pieces for i in range(length)]
    told = [(key, key + ahead) for ahead, first, last in runs_of(pairs) for key in range(first, last + 1)]
    assert told == pairs


def test_what_is_created_together_is_few_runs() -> None:
    told = runs_of([(key, key + 100) for key in range(7, 1_007)])
    assert told == [(100, first, first + LONGEST - 1) for first in range(7, 1_007, LONGEST)]
