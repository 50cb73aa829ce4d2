"""Ids: TypeID form, in order of making, never twice."""

from __future__ import annotations

import os
import re
import threading
import time
import uuid
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import ids
from app.domain.ids import CLAIM, INCIDENT, KEY, PARTNER, REPORT, SOURCE, id_time, is_id, new_id, new_ids
from app.errors import InvalidInput

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"


def as_uuid(text: str) -> uuid.UUID:
    number = 0
    for char in text.rpartition("_")[2]:
        number = number * 32 + ALPHABET.index(char)
    return uuid.UUID(int=number)


@pytest.mark.parametrize("prefix", [INCIDENT, REPORT, SOURCE, CLAIM, PARTNER, KEY])
def test_the_form_is_a_typeid_of_a_uuid7(prefix: str) -> None:
    made = new_id(prefix)
    assert re.fullmatch(rf"{prefix}_[0-7][{ALPHABET}]{{25}}", made)
    assert is_id(made, prefix)
    assert as_uuid(made).version == 7
    assert as_uuid(made).variant == uuid.RFC_4122


def test_the_published_example_of_the_encoding_is_read() -> None:
    # TypeID specification, valid.yml: "valid-uuidv7"
    assert as_uuid("prefix_01h455vb4pex5vsknk084sn02q") == uuid.UUID("01890a5d-ac96-774b-bcce-b302099a8057")
    assert id_time("prefix_01h455vb4pex5vsknk084sn02q") == datetime(1970, 1, 1, tzinfo=UTC) + timedelta(
        milliseconds=0x01890A5DAC96
    )


def test_ids_sort_in_the_order_of_making() -> None:
    made = [new_id(INCIDENT) for _ in range(20_000)] + new_ids(INCIDENT, 20_000) + [new_id(INCIDENT)]
    assert all(a < b for a, b in pairwise(made))
    times = [id_time(one) for one in made]
    assert times == sorted(times)


def test_the_time_is_now() -> None:
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    made = new_id(REPORT)
    assert before <= id_time(made) <= datetime.now(UTC) + timedelta(seconds=1)


def test_order_holds_when_the_clock_steps_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_maker", ids._Maker())
    now = time.time_ns()
    made = []
    for step in (0, 5, -3_600_000, -1, 5, 6):
        monkeypatch.setattr(time, "time_ns", lambda step=step: now + step * 1_000_000)
        made += [new_id(INCIDENT), *new_ids(INCIDENT, 3)]
    assert made == sorted(set(made))


def test_order_holds_when_a_millisecond_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ids, "_maker", ids._Maker())
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    first = new_id(INCIDENT)
    ids._maker._tail = (1 << 74) - 1
    full = new_id(INCIDENT)
    assert first < full
    assert id_time(full) - id_time(first) == timedelta(milliseconds=1)
    assert as_uuid(full).version == 7


def test_threads_never_make_the_same() -> None:
    made: list[list[str]] = []

    def work() -> None:
        made.append([new_id(KEY) for _ in range(3000)] + new_ids(KEY, 3000))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    every = [one for part in made for one in part]
    assert len(set(every)) == len(every) == 8 * 6000
    assert all(part == sorted(part) for part in made)


def test_a_forked_child_makes_others(monkeypatch: pytest.MonkeyPatch) -> None:
    # What the hook does in a child: the frozen clock would otherwise give both the same head and next step.
    now = time.time_ns()
    monkeypatch.setattr(time, "time_ns", lambda: now)
    parent = ids._maker
    pool = bytes(64)
    monkeypatch.setattr(parent, "_pool", pool)
    monkeypatch.setattr(parent, "_used", 0)
    ids._renew()
    try:
        assert ids._maker is not parent
        assert ids._maker._pool == b""
        assert new_id(INCIDENT) != f"{INCIDENT}_{parent.one()}"
    finally:
        ids._maker = parent
    assert hasattr(os, "register_at_fork")


@given(st.integers(0, 3500))
def test_as_many_as_asked(count: int) -> None:
    made = new_ids(SOURCE, count)
    assert len(made) == len(set(made)) == count


@pytest.mark.parametrize(
    "text",
    [
        "", "inc", "inc_", None, 5,
        "inc_01h455vb4pex5vsknk084sn02",  # short
        "inc_01h455vb4pex5vsknk084sn02qq",  # long
        "inc_81h455vb4pex5vsknk084sn02q",  # above 128 bits
        "inc_01H455VB4PEX5VSKNK084SN02Q",
        "INC_01h455vb4pex5vsknk084sn02q",
        "inc_01h455vb4pex5vsknk084sn02i", "inc_01h455vb4pex5vsknk084sn02l",
        "inc_01h455vb4pex5vsknk084sn02o", "inc_01h455vb4pex5vsknk084sn02u",
        "rep_01h455vb4pex5vsknk084sn02q",
        "01h455vb4pex5vsknk084sn02q",
        "inc_01h455vb4pex5vsknk084sn02q\n", " inc_01h455vb4pex5vsknk084sn02q",
        "inc-01h455vb4pex5vsknk084sn02q", "inc_inc_01h455vb4pex5vsknk084sn02q",
        "inc_٠1h455vb4pex5vsknk084sn02q",
    ],
)  # fmt: skip
def test_what_is_not_an_id(text: object) -> None:
    assert not is_id(text, INCIDENT)


@given(st.text())
def test_times_are_read_or_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        id_time(text)


def test_a_time_beyond_the_calendar_is_refused() -> None:
    assert is_id("inc_7zzzzzzzzzzzzzzzzzzzzzzzzz", INCIDENT)
    with pytest.raises(InvalidInput):
        id_time("inc_7zzzzzzzzzzzzzzzzzzzzzzzzz")
