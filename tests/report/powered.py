"""Results of power analyses in the shape of results.json, from seeded normal draws."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from statsmodels.stats.proportion import proportion_confint

from tests.report.planned import ALL_LOST, ENVIRONMENT, VERDICTS, Results, Z, method, process

UNITS = (20, 40, 60, 80, 120)
EFFECT = -0.08  # log rate ratio
SPREAD = 0.22  # standard error of one unit's effect
TARGET = 0.8
PARAGRAPH = "With 80 units, a two-sided Wald test at the 5 % level has more than 80 % power."


def point(
    rng: np.random.Generator, axis: Mapping[str, Any], se: float, replicates: int,
    stage: str = "fit", share: float = 0.0,
) -> Results:  # fmt: skip
    """One design: estimates drawn, tests counted; of the failed ones nothing is known."""
    done = rng.uniform(size=replicates) >= share
    estimate = rng.normal(EFFECT, se, replicates)[done]
    significant = np.abs(estimate / se) > Z
    kept, rejected = int(done.sum()), int(significant.sum())
    low, high = proportion_confint(rejected, kept, method="wilson") if kept else (None, None)
    own = estimate[significant]
    return {
        "axis": dict(axis), "truth": EFFECT, "percent": 100 * math.expm1(EFFECT),
        "replicates": replicates,
        "failed": {"simulate": 0, "fit": 0, "test": 0} | {stage: replicates - kept},
        "singular": int((rng.uniform(size=kept) < 0.1).sum()), "rejected": rejected,
        "power": rejected / kept if kept else None, "low": low, "high": high,
        "power_lowest": rejected / replicates,
        "power_highest": (rejected + replicates - kept) / replicates,
        "type_s": float((own > 0).mean()) if rejected else None,
        "type_m": float(np.abs(own).mean() / abs(EFFECT)) if rejected else None,
        "mean_percent": 100 * math.expm1(float(estimate.mean())) if kept else None,
        "stopped": "all replicates", "reason": None if kept else ALL_LOST,
    }  # fmt: skip


def build_power(
    units: Sequence[int] = UNITS,
    second: Sequence[float] = (),
    replicates: int = 1000,
    lost: Callable[[int], tuple[str, float]] = lambda n: ("fit", 0.0),
    target: float | None = TARGET,
    search: bool = False,
    audit: bool = True,
    seed: int = 6,
    edit: Callable[[Results], None] | None = None,
) -> Results:
    """Return a power analysis; ``second`` are factors of the spread, a line of the curve each."""
    rng = np.random.default_rng(seed)
    axes = [{"name": "units", "label": "Number of units", "unit": "", "values": list(units)}]
    if second:
        axes.append({"name": "dispersion", "label": "Overdispersion", "unit": "times Poisson",
                     "values": list(second)})  # fmt: skip
    points = [
        point(rng, {"units": n} | ({"dispersion": f} if second else {}),
              SPREAD * (f or 1.0) ** 0.5 / math.sqrt(n), replicates, *lost(n))
        for f in second or (None,) for n in units
    ]  # fmt: skip
    results: Results = {
        "schema": 1, "kind": "power",
        "study": {"name": "hospitals", "title": "How many hospitals?"},
        "environment": ENVIRONMENT,
        "options": {"seed": seed, "replicates": replicates, "batch": 200, "alpha": 0.05,
                    "target": target, "command": "harness power hospitals", "half_width": None},
        "process": process("stages", "Four stages, Poisson"),
        "method": method("laplace-poisson", "Poisson, Laplace"),
        "contrast": {"text": "step0 = 0", "rate_ratio": math.exp(EFFECT),
                     "percent": 100 * math.expm1(EFFECT)},
        "test": "wald", "axes": axes, "points": points,
        "search": _search(rng) if search else None, "detectable": None,
        "audit": _audit() if audit else None, "paragraph": PARAGRAPH,
    }  # fmt: skip
    if edit:
        edit(results)
    return results


def _search(rng: np.random.Generator) -> Results:
    """Halving between 20 and 120 units, each look counted."""
    seen, low, high = [], 20, 120
    while high - low > 1:
        middle = (low + high) // 2
        found = point(rng, {"units": middle}, SPREAD / math.sqrt(middle), 400)
        seen.append(
            {"value": middle, "replicates": 400, "tested": 400, "rejected": found["rejected"],
             "power": found["power"]}
        )  # fmt: skip
        low, high = (low, middle) if found["power"] >= TARGET else (middle, high)
    return {
        "axis": "units", "target": TARGET, "answer": high, "low": high - 5, "high": high + 6,
        "confidence": 0.95, "evaluations": seen, "reason": None,
    }  # fmt: skip


def _audit() -> Results:
    return {
        "engine": "lme4", "settings": "tight", "replicates": 100, "share": 0.02,
        "verdicts": dict(zip(VERDICTS, (60, 40, 0, 0, 0), strict=True)), "max_d": 4e-4,
        "max_s": 6e-4, "max_llf": 2e-7, "decisions_differ": [], "ok": True,
    }  # fmt: skip
