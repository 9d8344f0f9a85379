"""What differs between two designs, in words: rows, units, columns, model."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import numpy as np

from harness.design import Design, FloatArray

# Differences told apart in one line; the first ones say where to look.
TOLD = 3


def what_differs(a: Design, b: Design) -> str:
    """Return in one line what differs, a's value first.

    Rows are counted from 0 in the order of the design: sorted by unit.
    """
    found = [*_model(a, b), *_rows(a, b)]
    more = len(found) - TOLD
    told = [*islice(found, TOLD), *([f"{more} more differences"] if more > 0 else [])]
    return "; ".join(told) or "the arrays differ in shape only"


def _model(a: Design, b: Design) -> Iterator[str]:
    for word in ("family", "covariance", "response"):
        if getattr(a, word) != getattr(b, word):
            yield f"{word} {getattr(a, word)!r} beside {getattr(b, word)!r}"


def _rows(a: Design, b: Design) -> Iterator[str]:
    if a.nobs != b.nobs:
        yield f"{a.nobs} rows beside {b.nobs}{_first_row(a, b)}"
    if a.n_groups != b.n_groups:
        yield f"{a.n_groups} units beside {b.n_groups}"
    if a.nobs == b.nobs:
        yield from _regrouped(a, b) or [*_columns(a, b), *_units(a, b)]


def _first_row(a: Design, b: Design) -> str:
    n = min(a.nobs, b.nobs)
    same = np.ones(n, dtype=bool)
    for one, other in zip(_named(a).values(), _named(b).values(), strict=False):
        same &= one[:n] == other[:n]
    # By code: a unit's name is no part of what is fitted.
    same &= a.groups[:n] == b.groups[:n]
    k = n if same.all() else int(np.argmin(same))
    return f", the first difference at row {k} (unit {_unit(a if k < a.nobs else b, k)!r})"


def _regrouped(a: Design, b: Design) -> list[str]:
    """The same rows, the units or their order others; empty where rows differ themselves."""
    ours, theirs = (np.column_stack([*_named(design).values()]) for design in (a, b))
    if ours.shape != theirs.shape or np.array_equal(ours, theirs):
        return []
    if not np.array_equal(ours[np.lexsort(ours.T)], theirs[np.lexsort(theirs.T)]):
        return []
    counts = [np.bincount(design.groups, minlength=a.n_groups) for design in (a, b)]
    others = np.flatnonzero(counts[0] != counts[1]) if a.n_groups == b.n_groups else np.zeros(0)
    if others.size == 0:
        return ["the same rows in other units or in another order"]
    j = int(others[0])
    sizes = f"{counts[0][j]} rows beside {counts[1][j]}"
    return [f"the same rows in other units: unit {a.group_labels[j]!r} has {sizes}"]


def _columns(a: Design, b: Design) -> Iterator[str]:
    ours, theirs = _named(a), _named(b)
    for name in [*ours, *(name for name in theirs if name not in ours)]:
        if name not in ours or name not in theirs:
            yield f"only one of them has {name}"
            continue
        rows = np.flatnonzero(ours[name] != theirs[name])
        if rows.size:
            k = int(rows[0])
            yield (
                f"{name} differs in {rows.size} of {a.nobs} rows, first in row {k} (unit"
                f" {_unit(a, k)!r}): {ours[name][k]:.6g} beside {theirs[name][k]:.6g}"
            )


def _units(a: Design, b: Design) -> Iterator[str]:
    rows = np.flatnonzero(a.groups != b.groups)
    if rows.size:
        k = int(rows[0])
        yield (
            f"{rows.size} of {a.nobs} rows belong to another unit, first row {k}:"
            f" {_unit(a, k)!r} beside {_unit(b, k)!r}"
        )


def _named(design: Design) -> dict[str, FloatArray]:
    return {
        "the count": design.endog,
        **({} if design.trials is None else {"the number of trials": design.trials}),
        "the offset": design.offset,
        **{f"column {n!r}": c for n, c in zip(design.exog_names, design.exog.T, strict=True)},
        **{
            f"random-effect column {n!r}": c
            for n, c in zip(design.exog_re_names, design.exog_re.T, strict=True)
        },
    }


def _unit(design: Design, row: int) -> str:
    return design.group_labels[design.groups[row]]
