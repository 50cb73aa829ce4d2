"""What one incident adds to a total, and why: as a word of a list, and in a sentence. Pure; the sentences hold no text of
records, so that no title can change what they say or which way they read."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.domain.figures import UNSTATED, Figure
from app.domain.telling import ends_told, figure_told

PEOPLE = {"killed": "killed", "wounded": "wounded", "killed_civilians": "civilians killed"}
"""Whom a metric counts, in words."""


class Category(StrEnum):
    """How an incident stands in a total: one of these."""

    counted = "counted"
    less_its_parts = "less_its_parts"
    no_figure = "no_figure"
    discounted = "discounted"
    retracted = "retracted"


class Also(StrEnum):
    """What else is so of an incident that is counted: any of these."""

    open_ended = "open_ended"
    low_stands_in = "low_stands_in"
    contained = "contained"


RULES = (
    "An incident of the list counts the figure that it states, once.",
    "An incident that contains others of the list counts only what these leave of its figure, each end by itself and never "
    "less than zero: so nobody is counted twice.",
    "Low, best and high are added up each by itself; where only a low is stated, it stands in for the best.",
    "Where an incident leaves its upper end open, the total has none either.",
    "An incident without a figure adds nothing, which is not to say that there was nobody.",
)
NOT_COUNTED = "Incidents that were discounted or retracted are listed at the end, and not counted."
ALL_COUNTED = (
    "The question names verification statuses: all that have one of these are counted, whichever it is."
)


def rules(*, leaves_out: bool) -> tuple[str, ...]:
    """The rule of totals in words; `leaves_out`: what was discounted or retracted."""
    return (*RULES, NOT_COUNTED if leaves_out else ALL_COUNTED)


@dataclass(frozen=True, slots=True)
class Contribution:
    """Of one incident: its `own` figure, what its `parts` (so many) account for of that, and whether it is itself
    `contained` in another one of the list. `left_out` is the status for which it is not counted at all."""

    own: Figure
    taken: tuple[int, int, int] = (0, 0, 0)
    parts: int = 0
    contained: bool = False
    left_out: Category | None = None

    @property
    def counts(self) -> Figure:
        """What it counts for; an end is None where nothing is added to it, and the `high` of one that is open."""
        if self.left_out is not None:
            return UNSTATED
        ends = (self.own.low, self.own.low if self.own.best is None else self.own.best, self.own.high)
        low, best, high = (
            None if end is None else end - taken for end, taken in zip(ends, self.taken, strict=True)
        )
        return Figure(low, best, high)

    @property
    def category(self) -> Category:
        if self.left_out is not None:
            return self.left_out
        if not self.own.is_stated:
            return Category.no_figure
        return Category.less_its_parts if any(self.taken) else Category.counted

    @property
    def also(self) -> tuple[Also, ...]:
        if self.left_out is not None:
            return ()
        low_stands_in = self.own.best is None and self.own.low is not None
        noted = (
            (Also.open_ended, self.own.is_open),
            (Also.low_stands_in, low_stands_in),
            (Also.contained, self.contained),
        )
        return tuple(word for word, is_so in noted if is_so)

    def why(self, metric: str) -> str:
        return " ".join([self._main(metric), *(_NOTES[word] for word in self.also)])

    def _main(self, metric: str) -> str:
        own = figure_told(self.own.low, self.own.best, self.own.high)
        match self.category:
            case Category.counted:
                beside = f" Its {_parts(self.parts)} of the list take nothing from it." if self.parts else ""
                return f"It counts what it states: {own}.{beside}"
            case Category.less_its_parts:
                left, count = self.counts, "account" if self.parts > 1 else "accounts"
                taken = Figure(
                    *(None if end is None else n for end, n in zip(_ends(left), self.taken, strict=True))
                )
                nothing = not any(_ends(left))
                rest = "nothing is left" if nothing else f"what is left is {ends_told(left)}"
                return (
                    f"It states {own}. Its {_parts(self.parts)} of the list {count} for {ends_told(taken)} of that, "
                    f"and {'are' if self.parts > 1 else 'is'} counted {'themselves' if self.parts > 1 else 'itself'}: {rest} to count here."
                )
            case Category.no_figure:
                return f"It states no figure of {PEOPLE[metric]}, and adds nothing: that is not to say that there was nobody."
        return f"It is not counted: it was {self.category}. It states {own}."


_NOTES = {
    Also.open_ended: "It has no upper end, and so the total has none.",
    Also.low_stands_in: "It states no best figure: the low one stands in.",
    Also.contained: "It is part of another incident of the list, which counts only what its parts leave of it.",
}


def _parts(number: int) -> str:
    return f"{number:,} parts" if number > 1 else "part"


def _ends(figure: Figure) -> tuple[int | None, int | None, int | None]:
    return figure.low, figure.best, figure.high
