"""Asked to stop, by Ctrl-C or a polite kill: what is under way is finished first."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from threading import Event
from types import FrameType
from typing import TypeVar

Thing = TypeVar("Thing")
SIGNALS = (signal.SIGINT, signal.SIGTERM)
NOTE = b"\nStopping once what is being written is written. Asked again, it ends at once.\n"


class Stopping:
    """Whether somebody asked. An exception in any place would be lost where a library swallows it, or half handled."""

    def __init__(self) -> None:
        self._event = Event()

    @property
    def asked(self) -> bool:
        return self._event.is_set()

    def until_asked(self, things: Iterable[Thing]) -> Iterator[Thing]:
        """The things, up to the one in whose time somebody asked."""
        coming = iter(things)
        while not self.asked and (thing := next(coming, None)) is not None and not self.asked:
            yield thing

    def _ask(self, _number: int, _frame: FrameType | None) -> None:
        self._event.set()
        for number in SIGNALS:
            signal.signal(number, signal.SIG_DFL)
        os.write(2, NOTE)


@contextmanager
def stopping() -> Iterator[Stopping]:
    """Within the block signals only ask; a second one ends the process as `kill -9` would, which loses nothing."""
    asked = Stopping()
    before = {number: signal.signal(number, asked._ask) for number in SIGNALS}
    try:
        yield asked
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
