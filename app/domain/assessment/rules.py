"""The rules by which reports that say different things become one figure, by name.

Each is given at least one report, each with a figure, none of them corrected by a later one or only repeating another.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from app.domain.assessment.said import Weighed
from app.domain.assessment.spread import OPEN, meet
from app.domain.figures import UNSTATED, Figure
from app.domain.vocabulary import AssessmentRule


class Choice(NamedTuple):
    """The figure, and the reports that it rests on."""

    figure: Figure
    of: Sequence[Weighed]


Rule = Callable[[Sequence[Weighed]], Choice]


def envelope(reports: Sequence[Weighed]) -> Choice:
    """Lowest low, highest high (none where any report leaves the upper end open), best from the best-graded source."""
    if len(reports) == 1:
        return Choice(reports[0].figure, reports)
    lows = [w.figure.low for w in reports if w.figure.low is not None]
    highs = [w.figure.high for w in reports if w.figure.high is not None]
    ranked = sorted(reports, key=_rank)
    best = next((w.figure.best for w in ranked if w.figure.best is not None), None)
    high = max(highs) if len(highs) == len(reports) else None
    return Choice(Figure.repaired(min(lows) if lows else None, best, high)[0], reports)


def lowest(reports: Sequence[Weighed]) -> Choice:
    """What the report says that names the fewest; of several the best-graded."""
    return _one(min(reports, key=lambda w: (_size(w), _rank(w))))


def highest(reports: Sequence[Weighed]) -> Choice:
    """What the report says that names the most."""
    return _one(min(reports, key=lambda w: (-_size(w), _rank(w))))


def latest(reports: Sequence[Weighed]) -> Choice:
    """What the report says that was published last; of several of that day the best-graded."""
    return _one(min(reports, key=lambda w: (-w.account.day, _rank(w))))


def best_source(reports: Sequence[Weighed]) -> Choice:
    """What the report of the best-graded source says."""
    return _one(min(reports, key=_rank))


def median(reports: Sequence[Weighed]) -> Choice:
    """End by end what stands in the middle, each origin heard once, by its best-ranked report.

    Of an even number the lower of the two in the middle: a figure that somebody gave, not one that nobody did. A high
    that is left open is more than any that is not.
    """
    heard: dict[int, Weighed] = {}
    for weighed in sorted(reports, key=_rank):
        heard.setdefault(weighed.origin, weighed)
    voices = [w for w in reports if heard[w.origin] is w]
    figures = [w.figure for w in voices]
    figure, _ = Figure.repaired(
        _middle(f.low for f in figures if f.low is not None),
        _middle(f.best for f in figures if f.best is not None),
        _middle(OPEN if f.high is None else f.high for f in figures),
    )
    return Choice(figure, voices)


def corroborated_only(reports: Sequence[Weighed]) -> Choice:
    """The envelope of those reports whose figure meets that of another, independent one; nothing where none does."""
    borne_out = [
        w
        for w in reports
        if any(w.origin != other.origin and meet(w.figure, other.figure) for other in reports)
    ]
    return envelope(borne_out) if borne_out else Choice(UNSTATED, ())


RULES: dict[str, Rule] = {
    AssessmentRule.envelope.value: envelope,
    AssessmentRule.lowest.value: lowest,
    AssessmentRule.highest.value: highest,
    AssessmentRule.median.value: median,
    AssessmentRule.latest.value: latest,
    AssessmentRule.best_source.value: best_source,
    AssessmentRule.corroborated_only.value: corroborated_only,
}
"""Rules by name; `assessed` is not here, for nothing follows from a rule there."""


def _rank(weighed: Weighed) -> tuple[str, str, int]:
    return weighed.rank


def _one(weighed: Weighed) -> Choice:
    return Choice(weighed.figure, (weighed,))


def _size(weighed: Weighed) -> int:
    """How many a report names, for comparison: its best figure, else the least, else the most."""
    figure = weighed.figure
    stated = (end for end in (figure.best, figure.low, figure.high) if end is not None)
    return next(stated)


def _middle(ends: Iterable[float]) -> int | None:
    """None where nothing stands there, or no end."""
    ordered = sorted(ends)
    middle = ordered[(len(ordered) - 1) // 2] if ordered else OPEN
    return None if middle == OPEN else int(middle)
