"""The certified cases as files, and an integral of their own in mpmath."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from mpmath import mp, mpf
from ruamel.yaml import YAML

ROOT = Path(__file__).resolve().parents[2] / "fixtures/certified"
CASES = tuple(sorted(path.parent.name for path in ROOT.glob("*/case.yaml")))


def case_of(name: str) -> dict[str, Any]:
    return dict(YAML(typ="safe").load(ROOT / name / "case.yaml"))


def values_of(name: str) -> dict[str, Any]:
    return dict(json.loads((ROOT / name / "values.json").read_text()))


def rows_of(name: str) -> list[dict[str, str]]:
    with (ROOT / name / "data.csv").open(newline="") as file:
        return list(csv.DictReader(file))


def digits_of(values: dict[str, Any], method: str) -> int:
    """Return the significant digits that are certified; the quadrature may have fewer."""
    return int(values[method].get("digits", values["digits"]))


def psi_of(fit: dict[str, Any]) -> list[str]:
    """Return the stored parameters in the order of the program: beta, L by column, own."""
    pairs = [*fit["params"].values(), *fit["chol_re"].values()]
    pairs += [fit[own] for own in ("log_theta", "sigma_olre") if own in fit]
    return [pair["estimate"] for pair in pairs]


def standard_errors_of(fit: dict[str, Any]) -> list[str | None]:
    pairs = [*fit["params"].values(), *fit["chol_re"].values()]
    pairs += [fit[own] for own in ("log_theta", "sigma_olre") if own in fit]
    return [pair["se"] for pair in pairs]


def strings(tree: Any) -> Iterator[str]:
    """Yield the text leaves of a tree."""
    if isinstance(tree, str):
        yield tree
    elif isinstance(tree, dict | list):
        for branch in tree.values() if isinstance(tree, dict) else tree:
            yield from strings(branch)


def integrated(name: str, psi: Sequence[mpf]) -> mpf:
    """Return the log-likelihood of a Poisson case with a random intercept, by mpmath.

    The trapezoidal rule over 24 standard deviations of the random effect about its mode: for
    analytic integrands that fall off like a normal density its error falls geometrically with the
    step. It shares nothing with the program's rule, nor its arithmetic.
    """
    columns, groups = case_of(name)["columns"], {}
    for record in rows_of(name):
        groups.setdefault(record[columns["groups"]], []).append(record)
    *beta, sd = psi
    return mp.fsum(_group_integral(records, columns, beta, sd) for records in groups.values())


def _group_integral(
    records: list[dict[str, str]], columns: dict[str, Any], beta: Sequence[mpf], sd: mpf
) -> mpf:
    y = [mpf(float(record[columns["endog"]])) for record in records]
    x = [[mpf(float(record[term])) for term in columns["exog"]] for record in records]
    offset = columns["offset"]
    shift = [mpf(float(record[offset])) if offset else mpf(0) for record in records]
    fixed = [o + mp.fdot(beta, line) for o, line in zip(shift, x, strict=True)]
    # Given u the group's sums suffice: sum y (eta + sd u) - exp(sd u) sum exp(eta) - u^2 / 2.
    count, mean = mp.fsum(y), mp.fsum(mp.exp(eta) for eta in fixed)
    constant = mp.fdot(y, fixed) - mp.fsum(mp.loggamma(v + 1) for v in y)
    mode = mp.findroot(lambda u: sd * (count - mean * mp.exp(sd * u)) - u, mpf(0), tol=1e-20)
    scale = 1 / mp.sqrt(1 + sd**2 * mean * mp.exp(sd * mode))
    step = scale / 8
    nodes = [mode + k * step for k in range(-96, 97)]
    total = mp.fsum(mp.exp(count * sd * u - mean * mp.exp(sd * u) - u * u / 2) for u in nodes)
    return constant + mp.log(step * total / mp.sqrt(2 * mp.pi))
