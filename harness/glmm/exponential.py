"""Compiled exponential that the compiler can vectorise: the library's is a call per value."""

from __future__ import annotations

import math

import numpy as np
from numba import njit

# Beyond these the answer is infinity or zero in double precision.
OVERFLOW, UNDERFLOW = 709.782712893384, -745.1332191019412
LOG2_E = 1.4426950408889634
# log 2 in two parts, the first short enough for its product with an exponent to be exact.
LOG2_HIGH, LOG2_LOW = 6.93147180369123816490e-01, 1.90821492927058770002e-10
EXPONENT_BIAS, FRACTION_BITS = 1023, 52
# Reassociation would put the two parts of log 2 together again.
ORDERED = {"contract"}


@njit(cache=True)
def power_of_two(k: int) -> float:
    """2^k for a normal number, from its bits."""
    return np.int64((k + EXPONENT_BIAS) << FRACTION_BITS).view(np.float64)


@njit(cache=True, fastmath=ORDERED)
def exponential(x: float) -> float:
    """Return e^x to one unit in the last place, gradual underflow included.

    x = k log 2 + r with |r| <= log(2) / 2; the Taylor polynomial of degree 13 in r is cut below
    1e-17 relative, and 2^k is put together from its bits, in two halves so that neither overflows.
    """
    inside = min(max(x, UNDERFLOW), OVERFLOW)
    k = math.floor(inside * LOG2_E + 0.5)
    r = (inside - k * LOG2_HIGH) - k * LOG2_LOW
    p = 1.0 / 6227020800.0
    p = p * r + 1.0 / 479001600.0
    p = p * r + 1.0 / 39916800.0
    p = p * r + 1.0 / 3628800.0
    p = p * r + 1.0 / 362880.0
    p = p * r + 1.0 / 40320.0
    p = p * r + 1.0 / 5040.0
    p = p * r + 1.0 / 720.0
    p = p * r + 1.0 / 120.0
    p = p * r + 1.0 / 24.0
    p = p * r + 1.0 / 6.0
    p = p * r + 0.5
    p = p * r * r + r + 1.0
    whole = int(k)
    half = whole >> 1
    value = p * power_of_two(half) * power_of_two(whole - half)
    if x > OVERFLOW:
        return math.inf
    if x < UNDERFLOW:
        return 0.0
    return x if math.isnan(x) else value
