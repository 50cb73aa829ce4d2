"""Word that the service is about to stop: the server waits for open answers to end, and these would never."""

from __future__ import annotations

import asyncio
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

SIGNALS = (signal.SIGTERM, signal.SIGINT)


@contextmanager
def told_to_stop(stop: Callable[[], None]) -> Iterator[None]:
    """Within the block, signals that end the service also call `stop`, on the running loop, and then do what they did."""
    if threading.current_thread() is not threading.main_thread():
        yield  # a service within another program: that one stops it
        return
    loop = asyncio.get_running_loop()
    before: dict[signal.Signals, Any] = {number: signal.getsignal(number) for number in SIGNALS}

    def told(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(stop)
        former = before[signal.Signals(number)]
        if callable(former):
            former(number, frame)
        elif former is signal.SIG_DFL:
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)

    for number in SIGNALS:
        signal.signal(number, told)
    try:
        yield
    finally:
        for number, former in before.items():
            signal.signal(number, former)
