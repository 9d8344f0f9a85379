"""Design: the arrays that every engine receives, the same bytes for all."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal, TypeVar, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import scipy.linalg

from harness.errors import DesignError

Family = Literal["poisson", "nb2", "poisson-olre", "binomial"]
Covariance = Literal["unstructured", "diagonal", "scalar"]
Response = Literal["count", "pseudo"]
Random = Literal["none", "intercept", "slope", "step"]
FloatArray = npt.NDArray[np.float64]
# Families with a variance parameter of their own.
WIDER = frozenset({"nb2", "poisson-olre"})
AnyArray = TypeVar("AnyArray", FloatArray, npt.NDArray[np.int64])

# A pivot this small against the largest, after scaling columns to unit length, is the root of an
# eigenvalue of the normal equations of 1e-10: standard errors keep fewer than seven of their
# sixteen digits, and no engine says so (``harness.glmm.collinearity``).
COLLINEARITY_TOLERANCE = 1e-5
# Smallest eigenvalue of the columns' correlations against the largest: no pivot is then below its
# root, and the eigenvalues themselves are good to ten digits.
FAR_FROM_COLLINEAR = 1e-6


@dataclass(frozen=True, init=False, eq=False)
class Design:
    """One model on one panel, as numbers.

    Attributes
    ----------
    endog : ndarray, shape (n,)
        Counts; of ``binomial`` those of ``trials`` that succeeded.
    exog : ndarray, shape (n, p)
        Columns of the fixed effects.
    exog_re : ndarray, shape (n, q)
        Columns of the random effects; ``q`` is 0 where there are none.
    groups : ndarray of int64, shape (n,)
        Codes 0..J-1, non-decreasing: rows are sorted by group, the order within a group is kept.
    group_labels : tuple of str, length J
        The unit that each code stands for.
    offset : ndarray, shape (n,)
        Log exposure.
    trials : ndarray, shape (n,), or None
        Of ``binomial``, whose link is the logit: the denominators of shares.
    exog_names, exog_re_names : tuple of str
        Terms, in the order of the columns.
    family : {"poisson", "nb2", "poisson-olre", "binomial"}
    covariance : {"unstructured", "diagonal", "scalar"}
    random : {"none", "intercept", "slope", "step"}
    response : {"count", "pseudo"}
        ``"pseudo"`` admits values that are not whole numbers, with family ``poisson`` only.

    Raises
    ------
    DesignError
        For shapes that do not fit, values that are not finite, counts that are negative or not
        whole, all counts zero, collinear columns, groups whose labels look alike, one unit only,
        or an unknown family, covariance, random or response.
    """

    endog: FloatArray
    exog: FloatArray
    exog_re: FloatArray
    groups: npt.NDArray[np.int64]
    group_labels: tuple[str, ...]
    offset: FloatArray
    exog_names: tuple[str, ...]
    exog_re_names: tuple[str, ...]
    family: Family
    covariance: Covariance
    random: Random
    response: Response
    trials: FloatArray | None

    def __init__(
        self,
        endog: npt.ArrayLike,
        exog: npt.ArrayLike,
        groups: npt.ArrayLike,
        exog_re: npt.ArrayLike | None = None,
        offset: npt.ArrayLike | None = None,
        exog_names: Sequence[str] | None = None,
        exog_re_names: Sequence[str] | None = None,
        family: Family = "poisson",
        covariance: Covariance = "unstructured",
        random: Random = "slope",
        response: Response = "count",
        trials: npt.ArrayLike | None = None,
    ) -> None:
        for option, choice, known in (
            ("family", family, Family),
            ("covariance", covariance, Covariance),
            ("random", random, Random),
            ("response", response, Response),
        ):
            _check_option(option, choice, get_args(known))
        _check_aligned(
            endog=endog, exog=exog, groups=groups, exog_re=exog_re, offset=offset, trials=trials
        )
        y = _vector("endog", endog)
        # Before rows are sorted: the message names the caller's row.
        _check_response(y, response, family)
        n_trials = _trials(trials, y, family)
        n = y.shape[0]
        x = _matrix("exog", exog, n)
        z = _random_columns(exog_re, n, random)
        o = np.zeros(n) if offset is None else _vector("offset", offset)
        if o.shape[0] != n:
            raise DesignError(f"offset has {o.shape[0]} rows, endog has {n}")
        codes, labels = _sorted_codes(groups, n)
        if (codes[1:] < codes[:-1]).any():
            order = np.argsort(codes, kind="stable")
            y, x, z, o, codes = y[order], x[order], z[order], o[order], codes[order]
            n_trials = None if n_trials is None else n_trials[order]
        values = {
            "endog": _frozen(y),
            "exog": _frozen(x),
            "exog_re": _frozen(z),
            "groups": _frozen(codes),
            "group_labels": labels,
            "offset": _frozen(o),
            "exog_names": _names("exog", exog, exog_names, x.shape[1], "x"),
            "exog_re_names": _names("exog_re", exog_re, exog_re_names, z.shape[1], "z"),
            "family": family,
            "covariance": covariance,
            "random": _random_label(random, z.shape[1]),
            "response": response,
            "trials": None if n_trials is None else _frozen(n_trials),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)
        _check_groups(len(labels), z.shape[1])
        _check_rank("exog", self.exog, self.exog_names)
        _check_rank("exog_re", self.exog_re, self.exog_re_names)

    @cached_property
    def sha256(self) -> str:
        """Digest of every array, the family and the covariance."""
        digest = hashlib.sha256()
        for array in (self.endog, self.exog, self.exog_re, self.groups, self.offset):
            digest.update(repr(array.shape).encode())
            digest.update(np.ascontiguousarray(array).tobytes())
        if self.trials is not None:
            digest.update(np.ascontiguousarray(self.trials).tobytes())
        digest.update(f"{self.family}|{self.covariance}|{self.response}".encode())
        return digest.hexdigest()

    def with_counts(self, endog: npt.ArrayLike) -> Design:
        """Return the same design with other counts, in this design's order of rows."""
        y = _vector("endog", endog)
        if y.shape != self.endog.shape:
            raise DesignError(f"endog has {y.shape[0]} rows, the design has {self.nobs}")
        _check_response(y, self.response, self.family)
        _trials(self.trials, y, self.family)
        other = object.__new__(Design)
        for part in fields(self):
            object.__setattr__(other, part.name, getattr(self, part.name))
        object.__setattr__(other, "endog", _frozen(y))
        return other

    @property
    def nobs(self) -> int:
        """Number of rows."""
        return int(self.endog.shape[0])

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.group_labels)

    @property
    def n_cov_params(self) -> int:
        """Number of free covariance parameters of the random effects."""
        q = self.exog_re.shape[1]
        return {"unstructured": q * (q + 1) // 2, "diagonal": q, "scalar": min(q, 1)}[
            self.covariance
        ]

    @property
    def n_params(self) -> int:
        """All free parameters: fixed effects, covariance, and one more for nb2 or poisson-olre."""
        extra = int(self.family in WIDER)
        return self.exog.shape[1] + self.n_cov_params + extra


def _frozen(array: AnyArray) -> AnyArray:
    """Make an array of this module's own read-only, rows together in memory."""
    array = np.ascontiguousarray(array)
    array.flags.writeable = False
    return array


def _check_aligned(**values: object) -> None:
    """Refuse pandas objects of one length whose rows are labelled differently."""
    labelled = {
        name: value.index
        for name, value in values.items()
        if isinstance(value, (pd.Series, pd.DataFrame))
    }
    for name, index in labelled.items():
        first = next(iter(labelled))
        if len(index) == len(labelled[first]) and not index.equals(labelled[first]):
            raise DesignError(
                f"the rows of {first} and {name} are labelled differently: align them"
                f" ({name}.reindex), or give plain arrays"
            )


def _vector(name: str, values: npt.ArrayLike) -> FloatArray:
    array = _floats(name, values)
    if array.ndim != 1:
        raise DesignError(f"{name} must be one column, not {array.ndim}-dimensional")
    return array


def _matrix(name: str, values: npt.ArrayLike, n: int) -> FloatArray:
    array = _floats(name, values)
    if array.ndim == 1:
        array = array[:, None]
    if array.ndim != 2 or array.shape[0] != n:
        raise DesignError(f"{name} has shape {array.shape}, expected ({n}, columns)")
    return array


def _floats(name: str, values: npt.ArrayLike) -> FloatArray:
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise DesignError(f"{name} holds values that are not numbers") from None
    finite = np.isfinite(array)
    if not finite.all():
        bad = np.argwhere(~finite)
        at = tuple(int(i) for i in bad[0])
        column = f", column {at[1] + 1}" if array.ndim == 2 else ""
        raise DesignError(f"{name} row {at[0]}{column} is {array[at]}: give finite numbers only")
    return array


def _random_columns(exog_re: npt.ArrayLike | None, n: int, random: Random) -> FloatArray:
    if random == "none":
        if exog_re is not None:
            raise DesignError('random="none" takes no exog_re: drop one of the two')
        return np.zeros((n, 0))
    if exog_re is None:
        return np.ones((n, 1))
    return _matrix("exog_re", exog_re, n)


def _random_label(random: Random, q: int) -> Random:
    return "none" if q == 0 else "intercept" if q == 1 else random


def _sorted_codes(groups: npt.ArrayLike, n: int) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    array = np.asarray(groups)
    if array.ndim != 1:
        raise DesignError(f"groups must be one column, not {array.ndim}-dimensional")
    if array.shape[0] != n:
        raise DesignError(f"groups has {array.shape[0]} rows, endog has {n}")
    if array.dtype.kind == "i" and (new := np.diff(array, prepend=array[0])).min() >= 0:
        first = new > 0
        first[0] = True
        return np.cumsum(new > 0), tuple(map(str, array[first].tolist()))
    codes, labels = pd.factorize(array, sort=True)
    if (codes < 0).any():
        raise DesignError(f"groups row {int(np.argmin(codes))} is missing")
    texts = tuple(str(label) for label in labels)
    alike = pd.Index(texts).duplicated()
    if alike.any():
        name = texts[int(np.argmax(alike))]
        raise DesignError(f"two groups are both called {name!r}: write every label as text")
    return codes.astype(np.int64), texts


def _names(
    what: str, values: object, given: Sequence[str] | None, k: int, stem: str
) -> tuple[str, ...]:
    if given is None and isinstance(values, pd.DataFrame):
        given = [str(column) for column in values.columns]
    if given is None:
        return tuple(f"{stem}{i + 1}" for i in range(k))
    if len(given) != k or len(set(given)) != k:
        raise DesignError(f"{what}_names must be {k} different names, got {list(given)}")
    return tuple(given)


def _check_option(name: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise DesignError(f"{name} {value!r} is not known: use one of {', '.join(known)}")


def _check_response(endog: FloatArray, response: Response, family: Family) -> None:
    if endog.size == 0:
        raise DesignError("there are no rows to fit")
    if response == "pseudo" and family != "poisson":
        raise DesignError(f"a pseudo-response goes with family 'poisson', not {family!r}")
    whole = response == "count"
    bad = np.flatnonzero((endog < 0) | (whole & (endog != np.floor(endog))))
    if bad.size:
        wanted = "counts must be whole and not negative" if whole else "it must not be negative"
        raise DesignError(f"endog row {int(bad[0])} is {endog[bad[0]]:g}: {wanted}")
    if not endog.any():
        raise DesignError("all counts are zero: there is nothing to estimate")


def _trials(trials: npt.ArrayLike | None, endog: FloatArray, family: Family) -> FloatArray | None:
    """Denominators of a binomial design."""
    if (trials is None) != (family != "binomial"):
        need = "needs its trials" if trials is None else "has no trials: drop them"
        raise DesignError(f"family {family!r} {need}")
    if trials is None:
        return None
    n = _vector("trials", trials)
    if n.shape != endog.shape:
        raise DesignError(f"trials has {n.shape[0]} rows, endog has {endog.shape[0]}")
    bad = np.flatnonzero((n != np.floor(n)) | (n < 1) | (endog > n))
    if bad.size:
        k = int(bad[0])
        raise DesignError(
            f"trials row {k} is {n[k]:g} with endog {endog[k]:g}: it must be a whole number, 1 or"
            " more, and no less than endog"
        )
    if (endog == n).all():
        raise DesignError("every trial succeeded: there is nothing to estimate")
    return n


def _check_rank(what: str, columns: FloatArray, names: tuple[str, ...]) -> None:
    if columns.shape[1] == 0:
        if what == "exog":
            raise DesignError("exog has no columns: give an intercept at least")
        return
    largest = np.abs(columns).max(axis=0)
    empty = [name for name, size in zip(names, largest, strict=True) if size == 0]
    if empty:
        raise DesignError(f"column {empty[0]!r} of {what} is zero in every row: drop it")
    columns = columns / largest
    gram = columns.T @ columns
    length = np.sqrt(np.diag(gram))
    spread = np.linalg.eigvalsh(gram / np.outer(length, length))
    if spread[0] > FAR_FROM_COLLINEAR * spread[-1]:
        return
    _, r, pivot = scipy.linalg.qr(columns / length, mode="economic", pivoting=True)
    diagonal = np.abs(np.diag(r))
    rank = int((diagonal > COLLINEARITY_TOLERANCE * diagonal[0]).sum())
    if rank < columns.shape[1]:
        dependent = sorted(names[k] for k in pivot[rank:])
        raise DesignError(
            f"columns of {what} are collinear: {', '.join(dependent)} can be written by the others"
            " (are there periods both before and after the event?)"
        )


def _check_groups(n_groups: int, q: int) -> None:
    if q and n_groups < 2:
        raise DesignError('one unit only: random effects need at least two; use random="none"')
