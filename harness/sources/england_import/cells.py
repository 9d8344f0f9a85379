"""Published cell -> number and flag. No cell is dropped: what has no number has a reason."""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.errors import PanelError

# `x` to 2017 and `c` from 2018: a number from 1 to 5, or one that would give such a number away.
SUPPRESSED = frozenset({"x", "c"})
# A band of a sum is suppressed: so is the sum.
SUPPRESSED_PART = "c*"
# Not supplied, not available, not applicable, or nothing printed.
NOT_SUPPLIED = frozenset({"..", ":", "z", ".", ""})
WHOLE = re.compile(r"\d{1,3}(,\d{3})+|\d+", re.ASCII)

SUPPRESSED_SMALL = "suppressed_small"
NOT_SUPPLIED_FLAG = "not_supplied"
ROUNDED_TO_5 = "rounded_to_5"


@dataclass(frozen=True, slots=True)
class Cell:
    """A count, the cell as published (thousands separators aside) and why it has no number.

    Attributes
    ----------
    count : int or None
    published : str
    flag : str
        Empty for a plain number.
    """

    count: int | None
    published: str
    flag: str


def parse_cell(text: str, place: str) -> Cell:
    """Read a published cell.

    Parameters
    ----------
    text : str
        The cell.
    place : str
        File, row and column, for an error.

    Raises
    ------
    PanelError
        For anything but a whole number or one of the codes.
    """
    cell = text.strip()
    if WHOLE.fullmatch(cell):
        digits = cell.replace(",", "")
        return Cell(int(digits), digits, "")
    if cell in SUPPRESSED:
        return Cell(None, cell, SUPPRESSED_SMALL)
    if cell in NOT_SUPPLIED:
        return Cell(None, cell, NOT_SUPPLIED_FLAG)
    codes = " ".join(sorted((SUPPRESSED | NOT_SUPPLIED) - {""}))
    raise PanelError(
        f"{place}: {text!r} is neither a whole number nor one of the codes {codes}: check the cell"
        " against the publication"
    )


def add_cells(cells: list[Cell]) -> Cell:
    """Return the sum of cells; without a number where one of them has none."""
    flags = {cell.flag for cell in cells if cell.count is None}
    if SUPPRESSED_SMALL in flags:
        published = cells[0].published if len(cells) == 1 else SUPPRESSED_PART
        return Cell(None, published, SUPPRESSED_SMALL)
    if flags:
        return next(cell for cell in cells if cell.count is None)
    total = sum(cell.count for cell in cells if cell.count is not None)
    return Cell(total, str(total), "")
