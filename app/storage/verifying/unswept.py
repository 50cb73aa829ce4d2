"""Without the search for circles: millions of tuples are made and dropped, none in a circle, and to look for circles among them takes
a fifth of the time."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def unswept() -> Iterator[None]:
    if not gc.isenabled():
        yield
        return
    gc.freeze()
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def sweep() -> None:
    """Now and then all the same, or what statements leave behind would grow with the history. Only what is new is looked through."""
    if not gc.isenabled():
        gc.collect()
