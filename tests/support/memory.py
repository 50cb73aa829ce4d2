"""A folder in memory, where the system has one: nothing of what tests write to their databases has to last.

Tests about what survives a crash or a full disk keep to `tmp_path`, which is on a disk.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MEMORY = Path("/dev/shm")
ROOM = 2 << 30
"""Bytes. In a container there are often but a few million."""


def in_memory() -> Path | None:
    """Where folders in memory may be made."""
    if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free >= ROOM:
        return MEMORY
    return None


@contextmanager
def folder_in_memory() -> Iterator[Path]:
    """A new folder, gone at the end; on a disk where there is no room in memory."""
    with tempfile.TemporaryDirectory(prefix="incidents-test-", dir=in_memory()) as folder:
        yield Path(folder)
