"""Performance measures: by hand, by R, by what must not matter, and by brute force."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import permutations
from math import inf, nan, sqrt

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from harness.errors import HarnessError
from harness.resources import folder
from harness.simulation.estimates import FIT, SIMULATE, TEST, Estimates
from harness.simulation.measures import NO_ANSWER, NO_SPREAD
from harness.simulation.performance import (
    NOT_SIGNIFICANT,
    ZERO_TRUTH,
    Performance,
    performance,
)

# Two orders of the same sums of a few hundred floats, in the unit of the figure; a figure that is a
# difference (bias, relative error) in that of its Monte Carlo standard error.
ROUNDING = 1e-10
# The same few operations on four replicates.
BY_HAND = 1e-14
# Standard errors: one true claim in 15,000 fails, and the seed is fixed.
FOUR_SIGMA = 4.0
NORMAL = float(scipy.stats.norm.ppf(0.975))
TRUTH = {"step0": 0.3, "step1": -0.2}


def estimates(
    estimate: object,
    se: object,
    critical: object = NORMAL,
    terms: tuple[str, ...] = (),
    **rest: object,
) -> Estimates:
    values = np.array(estimate, dtype=float)
    values = values.reshape(len(values), -1)
    r, p = values.shape
    stage = np.asarray(rest.get("stage", np.zeros(r)), dtype=np.int8)

    def given(numbers: object) -> np.ndarray:
        numbers = np.asarray(numbers, dtype=float)
        column = numbers[:, None] if numbers.ndim == 1 else numbers
        return np.where((stage == 0)[:, None], np.broadcast_to(column, (r, p)), nan)

    return Estimates(
        terms or tuple(f"step{k}" for k in range(p)), given(values), given(se), given(critical),
        stage, np.asarray(rest.get("singular", np.zeros(r)), dtype=bool),
        np.full(r, nan), np.full((r, 2), nan), np.zeros(r),
    )  # fmt: skip


def drawn(
    r: int = 200, truth: tuple[float, ...] = (0.3, -0.2, 0.1), sd: float = 0.15, seed: int = 1,
    df: int = 30, **rest: object,
) -> Estimates:  # fmt: skip
    """Normal estimates of any truth, with standard errors of as many degrees of freedom."""
    rng = np.random.default_rng(seed)
    shape = (r, len(truth))
    se = sd * np.sqrt(rng.chisquare(df, shape) / df)
    return estimates(np.array(truth) + sd * rng.standard_normal(shape), se, **rest)


def some_failed(r: int = 200) -> Estimates:
    stage = np.random.default_rng(2).choice([0, SIMULATE, FIT, TEST], r, p=[0.7, 0.05, 0.15, 0.1])
    return drawn(r, stage=stage, singular=np.arange(r) % 3 == 0)


@dataclass(frozen=True)
class Case:
    found: Estimates
    truth: Mapping[str, float]


STUDENT = scipy.stats.t.ppf(0.975, np.random.default_rng(3).uniform(2.5, 40.0, (200, 3)))
CASES = {
    "ordinary": Case(drawn(), TRUTH),
    "singular": Case(drawn(seed=5, singular=np.arange(200) < 31), TRUTH),
    "truth 0": Case(drawn(truth=(0.0, 0.0)), {"step0": 0.0, "step1": 0.0}),
    "failures of each stage": Case(some_failed(), TRUTH),
    "one replicate": Case(drawn(1), TRUTH),
    "two replicates": Case(drawn(2), TRUTH),
    "one significant": Case(estimates([0.1, 0.2, 3.0], 1.0), {"step0": 0.2}),
    "all failed": Case(drawn(20, stage=np.tile([SIMULATE, FIT, TEST, FIT], 5)), TRUTH),
    "none significant": Case(drawn(truth=(0.01, 0.0), sd=0.01, critical=9.0), {"step0": 0.01}),
    "all significant": Case(drawn(truth=(8.0, -9.0)), {"step0": 8.0, "step1": -9.0}),
    "t quantiles": Case(drawn(critical=STUDENT), TRUTH),
    "huge": Case(drawn(truth=(3e29, 0.0), sd=1.5e29), {"step0": 3e29}),
    "tiny": Case(drawn(truth=(3e-30, 0.0), sd=1.5e-30), {"step0": 3e-30}),
    "far from zero": Case(drawn(truth=(1e4, 0.0)), {"step0": 1e4}),
    "no spread": Case(estimates([0.3] * 50, 0.1), {"step0": 0.1}),
    "no error": Case(estimates([0.3] * 50, 0.1), {"step0": 0.3}),
}  # fmt: skip


def measured(found: Estimates, truth: Mapping[str, float]) -> Performance:
    return performance(lambda: [found], truth)


def indexed(found: Performance) -> pd.DataFrame:
    return found.frame().set_index(["term", "measure"])[["value", "mcse", "n"]].astype(float)


@pytest.fixture(scope="module")
def in_r(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Return what R says of all cases, each a process of its own."""
    place = tmp_path_factory.mktemp("performance")
    rows = pd.concat([table(name, case) for name, case in CASES.items()])
    # In no order: what belongs together is said by the labels.
    rows.sample(frac=1.0, random_state=1).to_csv(place / "replicates.csv", index=False, na_rep="NA")
    script = folder("r_scripts") / "performance.R"
    run = subprocess.run(
        ["Rscript", "--vanilla", str(script), "replicates.csv", "measures.csv"],
        cwd=place, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (run.returncode, run.stderr) == (0, "")
    read = pd.read_csv(place / "measures.csv", keep_default_na=False, na_values=["NA"])
    return read.set_index(["process", "method", "term", "measure"])


def table(name: str, case: Case) -> pd.DataFrame:
    found = case.found
    r, p = found.estimate.shape
    return pd.DataFrame(
        {
            "process": name, "method": "laplace, tight", "replicate": np.repeat(np.arange(r), p),
            "term": np.tile(found.terms, r),
            "truth": np.tile([case.truth.get(term, nan) for term in found.terms], r),
            "estimate": found.estimate.ravel(), "se": found.se.ravel(),
            "critical": found.critical.ravel(), "stage": np.repeat(found.stage, p),
            "singular": np.repeat(found.singular, p).astype(int),
        }
    )  # fmt: skip


@pytest.mark.needs_r
@pytest.mark.parametrize("name", CASES)
def test_r_finds_the_same(in_r: pd.DataFrame, name: str) -> None:
    ours = indexed(measured(CASES[name].found, CASES[name].truth))
    theirs = in_r.loc[name, "laplace, tight"]
    assert set(ours.index) == set(theirs.index)
    theirs = theirs.loc[ours.index]
    assert list(ours["n"]) == list(theirs["n"])
    np.testing.assert_allclose(ours["mcse"], theirs["mcse"], rtol=ROUNDING, equal_nan=True)
    unit = np.maximum(ours["value"].abs(), ours["mcse"].fillna(0.0))
    np.testing.assert_array_equal(ours["value"].isna(), theirs["value"].isna())
    assert ((ours["value"] - theirs["value"]).abs() <= ROUNDING * unit)[ours["value"].notna()].all()


def test_by_hand() -> None:
    """Four replicates with errors -1, 0, -7, 12 and squared standard errors 9/16, 9/16, 4, 4."""
    found = estimates(
        [1, 2, -5, 14, 0, 0, 0], [0.75, 0.75, 2, 2, 1, 1, 1], 2.0,
        stage=[0, 0, 0, 0, SIMULATE, FIT, FIT], singular=[0, 1, 0, 0, 0, 0, 0],
    )  # fmt: skip
    study = measured(found, {"step0": 2.0, "elsewhere": 1.0})
    mod, spread, emp = 73 / 32, 4 * (55 / 32) ** 2 / 3, 190 / 3
    expected = {
        "bias": (1, sqrt(190 / 12), 4),
        "relative bias": (50, 50 * sqrt(190 / 12), 4),
        "MSE": (48.5, sqrt(13729 / 12), 4),
        "RMSE": (sqrt(48.5), sqrt(13729 / 12 / 48.5) / 2, 4),
        "coverage": (1 / 2, 1 / 4, 4),
        "empirical SE": (sqrt(emp), sqrt(emp / 6), 4),
        "model SE": (sqrt(mod), sqrt(spread / 16 / mod), 4),
        "relative error of the model SE": (
            100 * (sqrt(mod / emp) - 1),
            100 * sqrt(mod / emp) * sqrt(spread / 16 / mod**2 + 1 / 6),
            4,
        ),
        "bias-eliminated coverage": (1 / 4, sqrt(3) / 8, 4),
        "half width": (2.75, sqrt(6.25 / 12), 4),
        "power": (3 / 4, sqrt(3) / 8, 4),
        "power, failures as not rejected": (3 / 7, sqrt(12 / 343), 7),
        "power, failures as rejected": (6 / 7, sqrt(6 / 343), 7),
        "type S error": (1 / 3, sqrt(2 / 27), 3),
        "type M error": (7 / 2, sqrt(13) / 2, 3),
    }
    rates = {
        "failed to simulate": (1 / 7, sqrt(6 / 343), 7), "failed to fit": (2 / 7, sqrt(10 / 343), 7),
        "failed to test": (0, 0, 7), "failed": (3 / 7, sqrt(12 / 343), 7),
        "singular": (1 / 4, sqrt(3) / 8, 4),
    }  # fmt: skip
    assert study.replicates == 7
    assert list(study.terms) == ["step0"]
    for measures, values in ((study.terms["step0"], expected), (study.rates, rates)):
        assert list(measures) == list(values)
        for name, value in values.items():
            measure = measures[name]
            found = (measure.value, measure.mcse, measure.n)
            assert found == pytest.approx(value, rel=BY_HAND, abs=0), name
            assert measure.reason is None
    z2 = NORMAL**2
    centre, half = (0.75 + z2 / 8) / (1 + z2 / 4), sqrt(z2 * 3 / 64 + z2**2 / 64) / (1 + z2 / 4)
    power = study.terms["step0"]["power"]
    assert (power.low, power.high) == pytest.approx(
        (centre - half, centre + half), rel=BY_HAND, abs=0
    )
    assert study.terms["step0"]["bias"].low is None


@pytest.mark.parametrize(
    ("case", "missing"),
    [
        ("truth 0", {"relative bias": ZERO_TRUTH, "type S error": ZERO_TRUTH, "type M error": ZERO_TRUTH}),
        ("none significant", {"type S error": NOT_SIGNIFICANT, "type M error": NOT_SIGNIFICANT}),
        ("no spread", {"relative error of the model SE": "the estimates do not vary"}),
        ("one replicate", {
            **dict.fromkeys(["empirical SE", "relative error of the model SE",
                             "bias-eliminated coverage"], NO_SPREAD),
            **dict.fromkeys(["type S error", "type M error"], NOT_SIGNIFICANT)}),
        ("all failed", dict.fromkeys(
            ["bias", "relative bias", "MSE", "RMSE", "coverage", "empirical SE", "model SE",
             "relative error of the model SE", "bias-eliminated coverage", "half width", "power",
             "type S error", "type M error"], NO_ANSWER)),
    ],
)  # fmt: skip
def test_what_cannot_be_had_says_why(case: str, missing: dict[str, str]) -> None:
    study = measured(CASES[case].found, CASES[case].truth)
    measures = study.terms["step0"]
    assert {name: m.reason for name, m in measures.items() if m.value is None} == missing
    for measure in (*measures.values(), *study.rates.values()):
        given = [
            x for x in (measure.value, measure.mcse, measure.low, measure.high) if x is not None
        ]
        assert np.isfinite(given).all()
        assert (measure.reason is None) == (measure.mcse is not None)


def test_failures_bound_power_and_are_not_power_0() -> None:
    measures = measured(CASES["all failed"].found, TRUTH).terms["step0"]
    bounds = [measures[f"power, failures as {what}"] for what in ("not rejected", "rejected")]
    assert [(bound.value, bound.n) for bound in bounds] == [(0.0, 20), (1.0, 20)]
    assert measures["power"].value is None


def test_without_a_truth_only_what_needs_none() -> None:
    measures = measured(drawn(), TRUTH).terms
    assert list(measures["step2"]) == [
        "empirical SE", "model SE", "relative error of the model SE", "bias-eliminated coverage",
        "half width", "rejection rate", "rejection rate, failures as not rejected",
        "rejection rate, failures as rejected",
    ]  # fmt: skip
    with_truth = measured(drawn(), {"step2": 0.1}).terms["step2"]
    for name in ("empirical SE", "bias-eliminated coverage"):
        ours, theirs = measures["step2"][name], with_truth[name]
        assert (ours.value, ours.mcse) == pytest.approx(
            (theirs.value, theirs.mcse), rel=ROUNDING, abs=0
        )
    assert "type I error" in measured(drawn(), {"step0": 0.0}).terms["step0"]


def rows(found: Estimates, which: object) -> Estimates:
    names = ("estimate", "se", "critical", "stage", "singular", "llf", "sd_re", "variance")
    return replace(found, **{name: getattr(found, name)[which] for name in names})


def close(a: pd.DataFrame, b: pd.DataFrame) -> None:
    assert list(a["n"]) == list(b["n"])
    unit = np.maximum(a["value"].abs(), a["mcse"].fillna(0.0))
    for name in ("value", "mcse"):
        np.testing.assert_array_equal(a[name].isna(), b[name].isna())
        assert not ((a[name] - b[name]).abs() > ROUNDING * unit).any()


@pytest.mark.parametrize("case", ["failures of each stage", "far from zero", "no spread", "tiny"])
@pytest.mark.parametrize("size", [1, 7, 64])
def test_where_batches_are_cut_does_not_matter(case: str, size: int) -> None:
    found, truth = CASES[case].found, CASES[case].truth

    def batches() -> Iterator[Estimates]:
        yield rows(found, slice(0, 0))
        for start in range(0, len(found), size):
            yield rows(found, slice(start, start + size))

    close(indexed(measured(found, truth)), indexed(performance(batches, truth)))
    close(indexed(measured(found, truth)), indexed(measured(Estimates.joined(batches()), truth)))


@pytest.mark.parametrize("case", ["failures of each stage", "far from zero", "t quantiles"])
def test_the_order_of_replicates_does_not_matter(case: str) -> None:
    found, truth = CASES[case].found, CASES[case].truth
    order = np.random.default_rng(4).permutation(len(found))
    close(indexed(measured(found, truth)), indexed(measured(rows(found, order), truth)))


@pytest.mark.parametrize("factor", [2.0**60, -1e-7])
def test_another_unit_changes_what_has_a_unit_and_nothing_else(factor: float) -> None:
    found = some_failed()
    other = replace(found, estimate=factor * found.estimate, se=abs(factor) * found.se)
    ours = indexed(measured(found, TRUTH))
    theirs = indexed(measured(other, {term: factor * TRUTH[term] for term in TRUTH}))
    power = {"bias": 1, "empirical SE": 1, "model SE": 1, "RMSE": 1, "half width": 1, "MSE": 2}
    units = np.array([abs(factor) ** power.get(name, 0) for _, name in ours.index])
    signs = np.array([np.sign(factor) if name == "bias" else 1.0 for _, name in ours.index])
    ours["value"] *= units * signs
    ours["mcse"] *= units
    close(ours, theirs.loc[ours.index])


@pytest.mark.parametrize("r", [50, 3333, 19_999])
@pytest.mark.parametrize("value", [0.3, 1 / 3, 1e10 / 7])
def test_equal_numbers_have_no_spread(r: int, value: float) -> None:
    """The mean of equal numbers is in the last place another number; the spread is 0."""
    measures = measured(estimates([value] * r, value), {"step0": 0.1}).terms["step0"]
    assert measures["empirical SE"].value == 0.0
    assert [measures[name].mcse for name in ("bias", "MSE", "model SE", "half width")] == [0.0] * 4
    assert measures["relative error of the model SE"].value is None


def test_a_sum_keeps_what_rounding_loses() -> None:
    """A running sum of doubles does not see a 1 beside 2^53."""
    found = estimates([2.0**53, 1.0, 0.25, -(2.0**53)], 1.0)
    for order in permutations(range(4)):
        study = performance(lambda: (rows(found, [k]) for k in order), {"step0": 0.0})  # noqa: B023
        assert study.terms["step0"]["bias"].value == 0.3125


@pytest.mark.parametrize("n", [49, 98, 103])
def test_a_count_is_not_cut_by_rounding(n: int) -> None:
    """In doubles n times 1 / n lies below 1 for these n."""
    assert n * (1 / n) < 1.0
    measures = measured(estimates([3.0, *[0.0] * (n - 1)], 1.0), {"step0": 1.0}).terms["step0"]
    assert measures["power"].value == 1 / n


def test_a_limit_belongs_to_its_interval() -> None:
    measures = measured(estimates([1.0, 3.0], 0.5, 2.0), {"step0": 2.0}).terms["step0"]
    for name in ("coverage", "bias-eliminated coverage"):
        assert measures[name].value == 1.0


STUDIES, REPLICATES = 2000, 400


@pytest.fixture(scope="module")
def studies() -> pd.DataFrame:
    """As many studies as there are terms, whose estimates are normal and errors chi-square."""
    truth, df = 0.15, 20
    found = drawn(
        REPLICATES, (truth,) * STUDIES, seed=11, df=df, critical=scipy.stats.t.ppf(0.975, df)
    )  # fmt: skip
    return measured(found, dict.fromkeys(found.terms, truth)).frame()


@pytest.mark.parametrize(
    "name",
    [
        "bias", "relative bias", "empirical SE", "model SE", "relative error of the model SE", "MSE",
        "RMSE", "coverage", "bias-eliminated coverage", "power", "half width", "type S error",
        "type M error",
    ],
)  # fmt: skip
def test_monte_carlo_standard_errors_by_brute_force(studies: pd.DataFrame, name: str) -> None:
    """The spread of a measure over studies is the Monte Carlo standard error that each states."""
    these = studies[studies["measure"] == name]
    assert len(these) == STUDIES
    spread, stated = these["value"].std(), sqrt((these["mcse"] ** 2).mean())
    assert stated / spread == pytest.approx(1.0, abs=FOUR_SIGMA / sqrt(2 * STUDIES))


def test_coverage_is_nominal_where_the_interval_is_exact(studies: pd.DataFrame) -> None:
    for name in ("coverage", "bias-eliminated coverage"):
        mean = studies.loc[studies["measure"] == name, "value"].mean()
        assert mean == pytest.approx(
            0.95, abs=FOUR_SIGMA * sqrt(0.95 * 0.05 / STUDIES / REPLICATES)
        )  # fmt: skip


def exhausted() -> object:
    once = iter([drawn(5)])
    return lambda: once


@pytest.mark.parametrize(
    ("batches", "truth", "says"),
    [
        (list, TRUTH, "no batch to measure"),
        (exhausted(), TRUTH, "5 replicates at the first reading, 0 at the second"),
        (lambda: [drawn(5), drawn(5, (1.0,))], TRUTH, "step0, step1, step2, another step0:"),
        (lambda: [drawn(5)], {"step0": inf}, "truth of step0 is inf"),
    ],
    ids=["no batch", "read once", "terms", "truth"],
)
def test_bad_input(batches: object, truth: dict[str, float], says: str) -> None:
    with pytest.raises(HarnessError, match=says):
        performance(batches, truth)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"se": np.array([[0.1], [0.0]])}, "se of step0 is 0.0 in row 1, which counts as done"),
        ({"estimate": np.array([[nan], [0.0]])}, "estimate of step0 is nan in row 0"),
        ({"critical": np.array([[2.0], [inf]])}, "critical of step0 is inf in row 1"),
        ({"llf": np.zeros(3)}, r"llf has shape \(3,\), expected \(2,\)"),
    ],
    ids=["se", "estimate", "critical", "shape"],
)
def test_estimates_that_are_none(change: dict[str, np.ndarray], says: str) -> None:
    with pytest.raises(HarnessError, match=says):
        replace(estimates([0.1, 0.2], 0.1), **change)
    with pytest.raises(HarnessError, match="no batch to join"):
        Estimates.joined([])
