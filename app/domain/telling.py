"""Figures in words. Null is not zero: what is not stated is said to be so."""

from __future__ import annotations

from app.domain.figures import Figure


def figure_told(low: int | None, best: int | None, high: int | None) -> str:
    """Low, best and high as people say them."""
    if low is None and best is None and high is None:
        return "not stated"
    if low == high:
        return str(best if best is not None else low)
    if high is None:
        limits = f"at least {low}" if low is not None else ""
    else:
        limits = f"{low} to {high}" if low is not None else f"at most {high}"
    if best is None:
        return limits
    return f"{best} ({limits})" if limits else str(best)


def ends_told(figure: Figure) -> str:
    """Each end by itself, for what need not be in order: the rest of a figure may have a low above its best."""
    ends = (figure.low, figure.best, figure.high)
    if figure.low is not None and ends == (figure.low,) * 3:
        return str(figure.low)
    named = zip(("low", "best", "high"), ends, strict=True)
    return ", ".join(f"{number} ({name})" for name, number in named if number is not None)
