"""Linear contrasts of the fixed effects, by statsmodels' own tests and parser."""

from __future__ import annotations

import re
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd

from harness.design import FloatArray
from harness.errors import ConfigError

# What statsmodels accepts: rows of coefficients, the same with values, or text in term names.
Constraint = FloatArray | tuple[FloatArray, FloatArray] | str | Sequence[str]

_NUMBER = r"\d+(?:\.\d*)?|\.\d+"
# Characters of a contrast, and of one that an error repeats.
LONGEST, LONGEST_SHOWN = 10_000, 120


def parsed(names: Sequence[str], R: Any, q: Any = None) -> tuple[FloatArray, FloatArray]:
    """Return the rows and the values of the hypothesis R beta = q.

    Parameters
    ----------
    names : sequence of str, length p
        Terms, as text may use them: ``"step0 = step1, pre = 0"``.
    R : array_like, shape (m, p) or (p,), tuple of such rows and values, str or list of str
    q : array_like, shape (m,), optional
        Values; zero, or those of the text, by default.

    Returns
    -------
    rows : ndarray, shape (m, p)
    values : ndarray, shape (m,)

    Raises
    ------
    ConfigError
        If the text cannot be read, names no term, or shapes do not fit.
    """
    from formulaic.utils.constraints import LinearConstraints

    spec = R if isinstance(R, (str, tuple)) else _listed(R)
    try:
        if isinstance(spec, str):
            _check_arithmetic(names, spec)
        found = LinearConstraints.from_spec(spec, variable_names=list(names))
    except Exception:  # noqa: BLE001 - a parser raises anything, down to ZeroDivisionError
        raise ConfigError(
            f"the contrast {_shown(R)} is not understood: give rows of {len(names)} numbers, or"
            f" text such as '{names[0]} = 0' in the terms {', '.join(names)}"
        ) from None
    rows = np.atleast_2d(np.asarray(found.constraint_matrix, dtype=np.float64))
    values = np.broadcast_to(np.asarray(found.constraint_values, dtype=np.float64), len(rows))
    if q is not None:
        values = np.atleast_1d(np.asarray(q, dtype=np.float64))
    if rows.shape[1] != len(names) or values.shape != (len(rows),):
        raise ConfigError(
            f"the contrast has shape {rows.shape} and {values.size} values, expected {len(names)}"
            " columns and a value for each row"
        )
    if not (np.isfinite(rows).all() and np.isfinite(values).all()):
        raise ConfigError(f"the contrast {_shown(R)} has weights or values that are not finite")
    if not len(rows) or not rows.any(axis=1).all():
        raise ConfigError(f"the contrast {_shown(R)} weighs no term in one of its equations")
    return rows, values


def _check_arithmetic(names: Sequence[str], text: str) -> None:
    """Refuse text that is more than sums of terms, before any parser sees it.

    Nothing is evaluated, whatever that parser may learn to do. And it reads ``a = b = c`` as
    ``a - b + c = 0``, which nobody means.

    Raises
    ------
    ValueError
        Without words.
    """
    if len(text) > LONGEST:
        raise ValueError
    known = "|".join(map(re.escape, sorted(names, key=len, reverse=True)))
    signs = re.sub(rf"(?<![\w.])(?:{known}|{_NUMBER})(?![\w.])", "", text)
    for equation in signs.split(","):
        if equation.strip("-+*/=()` \t\n") or equation.count("=") > 1:
            raise ValueError


def _shown(R: Any) -> str:
    text = " ".join(repr(R).split())
    return text if len(text) <= LONGEST_SHOWN else f"{text[:LONGEST_SHOWN]}..."


def _listed(R: Any) -> Any:
    if isinstance(R, (list, np.ndarray)) and len(R) and all(isinstance(part, str) for part in R):
        return ", ".join(R)
    return np.atleast_2d(np.asarray(R, dtype=np.float64))


def tester(params: pd.Series[float], covariance: FloatArray, dof: FloatArray | None) -> Any:
    """Return statsmodels' holder of estimates, whose ``t_test`` and ``wald_test`` do the rest.

    Parameters
    ----------
    params : Series, length p
    covariance : ndarray, shape (p, p)
    dof : ndarray, shape (m,), optional
        Degrees of freedom of each contrast: t and F tests instead of z and chi2.
    """
    from statsmodels.base.model import LikelihoodModelResults

    model = SimpleNamespace(data=SimpleNamespace(cov_names=list(params.index)))
    holder = LikelihoodModelResults(model, params.to_numpy(), covariance, scale=1.0)
    holder.df_resid = np.inf if dof is None else dof
    holder.use_t = dof is not None
    return holder
