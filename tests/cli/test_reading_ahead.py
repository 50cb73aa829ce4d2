"""A large file is read by a process of its own: copied from this one where that is safe, begun anew elsewhere. Both read the
same, and neither outlives who wanted it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import environment
from tests.support.files import write_events

ROWS = 5_000
SCRIPT = """
import json, os, signal, sys, threading
from pathlib import Path

from app.domain.vocabulary import Workflow
from app.errors import IncidentRecordsError
from app.writing.importing import ahead
from app.writing.importing.profiles import profile_of

def read(take):
    context, children = ahead._context(), []
    start = context.Process.start
    def noted(process):
        start(process)
        children.append(process)
    context.Process.start = noted
    rows, fault = [], None
    try:
        with ahead.reading_ahead(reading) as batches:
            for number, batch in enumerate(batches):
                rows += [p.external_id for p in batch.prepared]
                if take == "first":
                    break
                if take == "killed" and number == 0:
                    os.kill(children[0].pid, signal.SIGKILL)
    except IncidentRecordsError as told:
        fault = str(told)
    context.Process.start = start
    (child,) = children
    return {"how": context.get_start_method(), "rows": rows, "fault": fault, "alive": child.is_alive()}

if __name__ == "__main__":
    ahead.LARGE_FILE = 1
    reading = ahead.Reading(Path(sys.argv[1]), profile_of("ucdp-ged"), Workflow.draft)
    if sys.argv[2] == "beside another thread":
        threading.Thread(target=threading.Event().wait, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: None)
    told = {take: read(take) for take in ("all", "first", "killed")}
    handlers = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)
    told["handlers"] = [handlers[0] is signal.default_int_handler, callable(handlers[1])]
    print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_events(tmp_path_factory.mktemp("ahead") / "events.csv", ROWS)


def told(folder: Path, file: Path, situation: str) -> dict[str, Any]:
    script = folder / "reads.py"
    script.write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, script, file, situation],
        cwd=folder,
        env=environment(None),
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    found: dict[str, Any] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("situation", ["alone", "beside another thread"])
def test_it_reads_all_and_ends_with_who_wanted_it(tmp_path: Path, file: Path, situation: str) -> None:
    found = told(tmp_path, file, situation)
    how = "fork" if situation == "alone" and sys.platform == "linux" else "spawn"
    whole, first, killed = found["all"], found["first"], found["killed"]
    assert {each["how"] for each in (whole, first, killed)} == {how}
    assert not any(each["alive"] for each in (whole, first, killed))
    assert whole["rows"] == [f"ucdp-ged:{number}" for number in range(1, ROWS + 1)]
    assert (whole["fault"], first["fault"]) == (None, None)
    assert first["rows"] == whole["rows"][: len(first["rows"])]
    assert killed["fault"] == "the process that reads the file died"
    assert found["handlers"] == [True, True], "signals come to this process again as before"
