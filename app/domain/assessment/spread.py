"""How far figures of independent reports lie apart."""

from __future__ import annotations

from collections.abc import Sequence

from app.domain.assessment.said import Weighed
from app.domain.figures import Figure

ABOUT = 2
"""A bare "about 500" sets no limits. To ask whether other figures contradict it, it is read as from half of it to the
double: no source means less than that, and nothing else follows from it."""

OPEN = float("inf")
"""An upper end that is not stated."""
Bounds = tuple[float, float]


def bounds(figure: Figure) -> Bounds:
    """From the fewest to the most that the figure leaves possible."""
    if figure.low is None and figure.high is None:
        assert figure.best is not None
        return figure.best / ABOUT, figure.best * ABOUT
    return (
        0 if figure.low is None else figure.low,
        OPEN if figure.high is None else figure.high,
    )


def meet(one: Figure, other: Figure) -> bool:
    """Whether both can be true."""
    (low, high), (others_low, others_high) = bounds(one), bounds(other)
    return low <= others_high and others_low <= high


def spread(reports: Sequence[Weighed]) -> int | None:
    """How many people lie between the two independent reports that are farthest apart; None where all meet."""
    most = _by_origin([(bounds(w.figure)[0], w.origin) for w in reports])
    fewest = _by_origin([(-bounds(w.figure)[1], w.origin) for w in reports])
    apart = [low + high for low, origin in most for high, other in fewest if origin != other]
    widest = max(apart, default=0.0)
    # Half of an odd "about" is rounded up: where figures do not meet there is somebody between them.
    return -int(-widest // 1) if widest > 0 else None


def _by_origin(ends: Sequence[tuple[float, int]]) -> list[tuple[float, int]]:
    """The greatest end, and the greatest of another origin: no pair is farther apart than one of these makes."""
    greatest = max(ends, default=None)
    if greatest is None:
        return []
    others = max((end for end in ends if end[1] != greatest[1]), default=None)
    return [greatest] if others is None else [greatest, others]
