"""Results of simulations and of power analyses in the shape of results.json, from seeded draws.

Estimates are normal and standard errors scatter about a stated multiple of their spread, so that
every coverage, rejection and failure in these dicts was counted, not typed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import Any

import numpy as np
from statsmodels.stats.proportion import proportion_confint

Results = dict[str, Any]
Z = 1.959963984540054  # of the two-sided 5 % test
TRUTH = {"intercept": 2.5, "pre": -0.02, "step0": 0.0, "step1": -0.08, "post": 0.01}
SPREAD = {"intercept": 0.05, "pre": 0.012, "step0": 0.03, "step1": 0.035, "post": 0.015}
PROCESSES = {"poisson": "Four stages, Poisson", "nb2": "Four stages, negative binomial"}
METHODS = {"laplace-poisson": "Poisson, Laplace", "laplace-nb2": "NB2, Laplace",
           "lme4-poisson": "Poisson, lme4"}  # fmt: skip
FORMULA = "y_ij ~ Poisson(E_ij exp(x_ij' beta + z_ij' b_j))\nb_j ~ N(0, G)"
ENVIRONMENT = {
    "python": "3.11.7", "platform": "Linux x86_64", "packages": {"numpy": "2.4.6"},
    "r": "R version 4.2.2 (2022-10-31)", "r_packages": {"lme4": "1.1.31"}, "transport": "rpy2",
}  # fmt: skip
ALL_LOST = "every replicate failed"
VERDICTS = ("identical", "concordant", "equivalent", "discordant", "not comparable")


def process(name: str, title: str, truth: Mapping[str, float] = TRUTH) -> Results:
    """One data-generating process."""
    return {
        "name": name, "title": title, "formula": FORMULA,
        "facts": [["Units", 150], ["Periods", "-3 to 3"], ["SD of the slope", 0.025]],
        "truth": dict(truth), "percent": {t: 100 * math.expm1(b) for t, b in truth.items()},
        "fixed_design": True,
    }  # fmt: skip


def method(name: str, label: str) -> Results:
    """One method."""
    return {
        "name": name, "label": label, "engine": name.partition("-")[0], "settings": "tight",
        "family": "nb2" if "nb2" in name else "poisson", "covariance": "unstructured",
        "random": "slope", "impact": "two-step", "se_method": "observed", "n_quadrature": None,
        "reference": "normal",
    }  # fmt: skip


def se_factor(process: str, method: str) -> float:
    """Reported over true standard error: a Poisson model on overdispersed counts promises much."""
    return 0.6 if process == "nb2" and "poisson" in method else 1.0


def measures(estimate: np.ndarray, se: np.ndarray, truth: float) -> dict[str, tuple[float, float]]:
    """Value and Monte Carlo error of each measure (Morris, White & Crowther 2019, table 6)."""
    n, error = len(estimate), estimate - truth
    spread, model = float(estimate.std(ddof=1)), float(np.sqrt((se**2).mean()))
    mse = float((error**2).mean())
    mse_error = float(np.sqrt(((error**2 - mse) ** 2).sum() / (n * (n - 1))))
    bias = (float(error.mean()), spread / math.sqrt(n))
    model_error = float((se**2).std(ddof=1) / (2 * math.sqrt(n) * model))
    ratio = model / spread
    relative = 100 * ratio * math.sqrt((model_error / model) ** 2 + 1 / (2 * (n - 1)))
    significant = np.abs(estimate / se) > Z
    found = {
        "bias": bias,
        "empirical_se": (spread, spread / math.sqrt(2 * (n - 1))),
        "model_se": (model, model_error),
        "relative_error_se": (100 * (ratio - 1), relative),
        "mse": (mse, mse_error),
        "rmse": (math.sqrt(mse), mse_error / (2 * math.sqrt(mse))),
        "coverage": _share(np.abs(error) <= Z * se),
        "bias_eliminated_coverage": _share(np.abs(estimate - estimate.mean()) <= Z * se),
        "rejection": _share(significant),
        "half_width": (float(Z * se.mean()), float(Z * se.std(ddof=1) / math.sqrt(n))),
    }
    if truth:
        found["relative_bias"] = (100 * bias[0] / truth, 100 * bias[1] / abs(truth))
        if significant.any():
            own = estimate[significant]
            found["type_s"] = _share(own * truth < 0)
            found["type_m"] = _mean(np.abs(own) / abs(truth))
    return found


def _share(hits: np.ndarray) -> tuple[float, float]:
    p = float(hits.mean())
    return p, math.sqrt(p * (1 - p) / len(hits))


def _mean(x: np.ndarray) -> tuple[float, float]:
    return float(x.mean()), float(x.std(ddof=1) / math.sqrt(len(x))) if len(x) > 1 else 0.0


NAMES = ("bias", "relative_bias", "empirical_se", "model_se", "relative_error_se", "mse", "rmse",
         "coverage", "bias_eliminated_coverage", "rejection", "type_s", "type_m",
         "half_width")  # fmt: skip


def build_simulation(
    processes: Mapping[str, str] = PROCESSES,
    methods: Mapping[str, str] = METHODS,
    replicates: int = 1000,
    truth: Mapping[str, float] = TRUTH,
    lost: Callable[[str, str], tuple[str, float]] = lambda process, method: ("fit", 0.0),
    factor: Callable[[str, str], float] = se_factor,
    seed: int = 6,
    edit: Callable[[Results], None] | None = None,
) -> Results:
    """Return a simulation; ``lost`` gives the stage at which a share of the replicates failed."""
    rng = np.random.default_rng(seed)
    rates, performance, agreement = [], [], []
    for p in processes:
        draws = {t: rng.normal(b, SPREAD[t], replicates) for t, b in truth.items()}
        for m in methods:
            stage, share = lost(p, m)
            done = rng.uniform(size=replicates) >= share
            singular = int((rng.uniform(size=int(done.sum())) < 0.12).sum())
            rates.append(_rate(p, m, stage, done, singular))
            for t, b in truth.items():
                se = SPREAD[t] * factor(p, m) * (1 + rng.normal(0, 0.05, replicates))
                performance += _rows(p, m, t, b, draws[t][done], se[done])
        agreement += [_pair(rng, p, a, b, replicates) for a, b in pairwise(methods)]
    results: Results = {
        "schema": 1, "kind": "simulation",
        "study": {"name": "poisson-coverage", "title": "Does Poisson cover?",
                  "aims": "Whether the intervals of a Poisson model hold on overdispersed panels."},
        "environment": ENVIRONMENT,
        "options": {"seed": seed, "replicates": replicates, "batch": 200, "alpha": 0.05,
                    "command": "harness simulate poisson-coverage"},
        "processes": [process(name, title, truth) for name, title in processes.items()],
        "methods": [method(name, label) for name, label in methods.items()],
        "rates": rates, "performance": performance, "agreement": agreement,
        "second_implementation": {"language": "R", "compared": len(performance),
                                  "largest_relative_difference": 3.1e-13},
    }  # fmt: skip
    if edit:
        edit(results)
    return results


def _rate(p: str, m: str, stage: str, done: np.ndarray, singular: int) -> Results:
    n, kept = len(done), int(done.sum())
    low, high = proportion_confint(singular, kept, method="wilson") if kept else (None, None)
    failed = {"simulate": 0, "fit": 0, "test": 0} | {stage: n - kept}
    return {
        "process": p, "method": m, "replicates": n, "failed": failed, "singular": singular,
        "converged": kept, "singular_low": low, "singular_high": high,
    }  # fmt: skip


def _rows(
    p: str, m: str, t: str, truth: float, estimate: np.ndarray, se: np.ndarray
) -> list[Results]:
    n = len(estimate)
    found = measures(estimate, se, truth) if n > 1 else {}
    why = ALL_LOST if not n else "one replicate has no spread" if n == 1 else "the truth is 0"
    rows = []
    for name in NAMES:
        value, mcse = found.get(name, (None, None))
        rows.append(
            {"process": p, "method": m, "term": t, "truth": truth, "measure": name, "value": value,
             "mcse": mcse, "n": n, "reason": why if value is None else None}
        )  # fmt: skip
    return rows


def _pair(rng: np.random.Generator, p: str, a: str, b: str, n: int) -> Results:
    share = [0.7, 0.2, 0.08, 0.02, 0.0]
    changed = np.flatnonzero(rng.uniform(size=n) < 0.02)
    return {
        "process": p, "method_a": a, "method_b": b, "replicates": n,
        "verdicts": dict(zip(VERDICTS, rng.multinomial(n, share).tolist(), strict=True)),
        "max_d": float(rng.uniform(0.01, 0.2)), "max_s": 0.004, "max_llf": None,
        "changed": changed[:20].tolist(),
    }  # fmt: skip
