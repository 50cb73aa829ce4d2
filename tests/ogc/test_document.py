"""What docs/ogc.md shows of programs is what they print. (Its console examples run with those of the other documents.)"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli.serving import load_sample
from tests.support.api import Api

DOCUMENT = Path(__file__).parents[2] / "docs" / "ogc.md"
EXAMPLES = re.findall(r"```python\n(.*?)```\n\n```text\n(.*?)```", DOCUMENT.read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("code, printed", EXAMPLES, ids=["GDAL", "OWSLib"])
def test_programs_print_what_the_document_says(api: Api, code: str, printed: str) -> None:
    load_sample(api.database)
    run = subprocess.run(
        [sys.executable, "-c", code.replace("http://127.0.0.1:8000", api.running.url)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.strip() == printed.strip()
