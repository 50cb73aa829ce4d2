"""What is known of words: that they are widespread stays so, that they are rare is counted again."""

from __future__ import annotations

import pytest

from app.storage import widespread
from app.storage.widespread import Occurring


def test_rare_words_are_counted_again_after_a_while(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(widespread, "monotonic", lambda: now)
    words = Occurring()
    assert words.widespread("market") is None
    words.remember("market", widespread=True)
    words.remember("sukkari", widespread=False)
    assert (words.widespread("market"), words.widespread("sukkari")) == (True, False)
    now = widespread.RARE_FOR
    assert (words.widespread("market"), words.widespread("sukkari")) == (True, None)


def test_not_more_words_are_known_than_memory_is_meant_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(widespread, "MOST_KNOWN", 3)
    words = Occurring()
    for number in range(10):
        words.remember(number, widespread=True)
    assert [number for number in range(10) if words.widespread(number)] == [9]
