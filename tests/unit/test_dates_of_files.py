"""Dates of files: whatever happens in whichever order, nobody is told that a file is still so when it is not."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import example, given
from hypothesis import strategies as st

from app.http.dates import MARGIN_SECONDS, Dates


@dataclass
class File:
    """What a client has: the revision it tells of, and the date that the client sends with its next question."""

    revision: int
    date: float


class World:
    """The data, the service, and clients that fetch. An answer reads at one moment, is seen to begin at a later one, and
    ends later still."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.revision = 1
        self.dates = Dates(lambda: self.now)
        self.reading: list[int] = []
        self.sending: list[tuple[int, int | None]] = []
        self.files: list[File] = []
        self.confirmed = 0

    def wait(self, seconds: float) -> None:
        self.now += seconds

    def change(self) -> None:
        self.revision += 1

    def read(self) -> None:
        self.reading.append(self.revision)

    def begin(self) -> None:
        if self.reading:
            revision = self.reading.pop(0)
            since = self.dates.since(revision)
            self.sending.append((revision, since))

    def end(self) -> None:
        """The client keeps the date that came with the file, or that of its own clock."""
        if self.sending:
            revision, since = self.sending.pop(0)
            self.dates.ended(revision)
            self.files.append(File(revision, self.now))
            if since is not None:
                self.files.append(File(revision, since))

    def ask(self) -> None:
        for file in self.files:
            since = self.dates.since(self.revision)
            if since is not None and file.date >= since:
                self.confirmed += 1
                assert file.revision == self.revision


STEPS = st.one_of(
    st.sampled_from(["change", "read", "begin", "end", "ask"]),
    st.sampled_from([0.001, 0.3, 1.0, 4.0, 5.0, 30.0]),
)


def lived(steps: list[str | float]) -> World:
    world = World()
    for step in steps:
        if isinstance(step, float):
            world.wait(step)
        else:
            getattr(world, step)()
    world.ask()
    return world


@given(st.lists(STEPS, max_size=60))
@example(["ask", 30.0, "read", "begin", "change", "read", "begin", 30.0, "end", "ask", 30.0, "ask"])
@example(["read", "change", "ask", 30.0, "begin", 0.3, "end", "ask", 1.0, "ask", 30.0])
@example(["read", "begin", "end", "change", "read", "begin", "end", 30.0])
def test_a_date_never_hides_a_change(steps: list[str | float]) -> None:
    lived(steps)


def test_a_date_confirms_what_is_still_so() -> None:
    first = ["read", "begin", "end"]
    assert lived([*first, 30.0, *first, "ask"]).confirmed > 0
    assert lived([*first, 1.0, *first, "ask"]).confirmed == 0


def test_the_date_is_a_whole_second_after_the_change_was_seen() -> None:
    world = World()
    assert world.dates.since(1) is None
    world.wait(MARGIN_SECONDS)
    assert world.dates.since(1) == 1_000_000 + MARGIN_SECONDS
    world.change()
    world.wait(0.3)
    assert world.dates.since(2) is None
    world.wait(MARGIN_SECONDS + 1)
    assert world.dates.since(2) == 1_000_001 + 2 * MARGIN_SECONDS
    assert world.dates.since(1) is None, "what is older has no date any more"
