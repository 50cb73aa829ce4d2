"""What is found to be wrong."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Broken:
    """`where` is a place in the history ("change 17") or a record's id; `what` is a sentence about it. `seq` is the
    place's number, where it is one."""

    where: str
    what: str
    seq: int | None = None

    def __str__(self) -> str:
        return f"{self.where} {self.what}"


def at_change(seq: int, what: str) -> Broken:
    return Broken(f"change {seq}", what, seq)
