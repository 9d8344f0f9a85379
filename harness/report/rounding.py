"""Numbers as text: fixed decimals with a true minus sign, small numbers, all digits."""

from __future__ import annotations

import math
import re

NOTHING = "\N{EM DASH}"
MINUS = "\N{MINUS SIGN}"
TOO_LARGE = 1e6
SMALL, LARGE = 1e-3, 1e4
MOST_DECIMALS = 6
# " %", and " to " between two numbers.
INSIDE = re.compile(rf" %|(?<=[\d%]) to (?=[{MINUS}\d])")


def fixed(x: float | None, decimals: int = 1) -> str:
    """Return x with so many decimals; powers of ten where it is too large to be read."""
    if x is None:
        return NOTHING
    text = f"{x:.1e}" if abs(x) >= TOO_LARGE else f"{x:,.{decimals}f}"
    if not any(digit in text for digit in "123456789"):
        text = text.lstrip("-")
    return text.replace("-", MINUS)


def unbroken(text: str) -> str:
    """Return text that no line breaks."""
    return text.replace(" ", "\N{NO-BREAK SPACE}")


def tied(text: str) -> str:
    """Return text that no line breaks between a number and its sign, nor inside an interval."""
    return INSIDE.sub(lambda found: unbroken(found[0]), text)


def brief(x: float | None, digits: int = 2) -> str:
    """Return x with so many significant digits, for numbers of any size."""
    if x is None:
        return NOTHING
    if x == 0.0:
        return "0"
    size = abs(x)
    if not SMALL <= size < LARGE:
        text = f"{size:.{digits - 1}e}"
    elif size >= 10.0**digits:
        text = f"{size:,.0f}"
    else:
        text = f"{size:#.{digits}g}".rstrip(".")
    return f"{MINUS}{text}" if x < 0 else text


def part_of_one(x: float) -> str:
    """Return a small positive number as a fraction that it does not exceed, like 1/80,000."""
    if not 0.0 < x < 0.01:
        return brief(x)
    times = math.floor(1.0 / x)
    unit = 10 ** (len(str(times)) - 1)
    return f"1/{times // unit * unit:,}"


def exact(x: float | None) -> str:
    """Return the shortest text that reads back as the same float."""
    return NOTHING if x is None else repr(float(x))


def whole(n: float | None) -> str:
    """Return a count with thousands separated."""
    return NOTHING if n is None else f"{n:,.0f}" if float(n).is_integer() else f"{n:,}"


def interval(low: float | None, high: float | None, decimals: int = 1) -> str:
    """Return both limits; more decimals where rounding would move a limit onto zero."""
    if low is None or high is None:
        return NOTHING
    while decimals < MOST_DECIMALS and any(x and not round(x, decimals) for x in (low, high)):
        decimals += 1
    return f"{fixed(low, decimals)} to {fixed(high, decimals)}"


def p_text(p: float | None) -> str:
    """Return a p-value as journals print it."""
    if p is None:
        return NOTHING
    return "< 0.001" if p < 0.001 else f"{p:.3f}"


def p_phrase(p: float | None) -> str:
    """Return a p-value to stand after the letter p, like = 0.031 or < 0.001."""
    text = p_text(p)
    return text if text.startswith("<") else f"= {text}"
