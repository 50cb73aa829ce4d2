"""What a command waits for before it does anything is what it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.command import environment

STARTED = """
import sys
from app.cli import assessing, exporting, importing, people, redacting, serving, verifying
print(*sorted({"fastapi", "numpy", "pyarrow", "shapely"} & sys.modules.keys()))
from app.main import create_app
from app.settings import Settings
create_app(Settings())
print(*sorted({"shapely"} & sys.modules.keys()))
"""


def printed(code: str, folder: Path) -> str:
    """By a Python that has loaded nothing yet."""
    told = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        env=environment(None),
        capture_output=True,
        text=True,
        check=True,
    )
    return told.stdout


def test_no_command_waits_for_what_few_need_and_no_request_waits_for_what_a_service_can_load(
    tmp_path: Path,
) -> None:
    assert printed(STARTED, tmp_path).split("\n") == ["", "shapely", ""]


SERVING = """
import asyncio, gc
from app.main import create_app
from app.settings import Settings

async def serve():
    app = create_app(Settings())
    async with app.router.lifespan_context(app):
        print(gc.get_freeze_count() > 10 * len(gc.get_objects()))

asyncio.run(serve())
"""


def test_no_request_waits_while_what_is_there_for_good_is_looked_through_for_garbage(tmp_path: Path) -> None:
    assert printed(SERVING, tmp_path) == "True\n"
