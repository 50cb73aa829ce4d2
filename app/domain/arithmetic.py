"""The operations of CQL2 that SQL does not have alike everywhere, on double-precision numbers. None states nothing.

On PostgreSQL they are functions of the same names that a migration makes; what they give is the same.
"""

from __future__ import annotations

import math

LEAST, MOST = 1e-9, 1e15
"""Between which powers lie, without their sign: nothing that is calculated with them can leave the range of a double."""
_FAR_BEYOND = 40.0


def whole_quotient(dividend: float | None, divisor: float | None) -> float | None:
    """``div``: how often the divisor goes in whole, towards zero; None where it is zero."""
    if dividend is None or not divisor:
        return None
    return float(math.trunc(dividend / divisor))


def remainder(dividend: float | None, divisor: float | None) -> float | None:
    """``%``: what `whole_quotient` leaves, with the sign of the dividend; None where the divisor is zero."""
    if dividend is None or not divisor:
        return None
    return dividend - divisor * math.trunc(dividend / divisor)


def power_of(base: float | None, exponent: float | None) -> float | None:
    """``^``: None where there is none (a root of a negative number, zero to less than zero), or beyond LEAST and MOST."""
    if base is None or exponent is None:
        return None
    if base == 0:
        return None if exponent < 0 else float(exponent == 0)
    if base < 0 and exponent != math.trunc(exponent):
        return None
    # Beforehand: what is beyond all bounds is an error of the databases.
    if abs(exponent * math.log(abs(base))) > _FAR_BEYOND:
        return None
    found = math.pow(base, exponent)
    return found if LEAST <= abs(found) <= MOST else None
