"""Two methods on the same draws: verdicts as of single fits, and every replicate that matters."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from harness.concordance.metrics import PairMetrics, significance_state
from harness.concordance.verdict import ORDER, crossings, verdict
from harness.errors import HarnessError
from harness.simulation.agreement import LISTED, DrawAgreement, agreement
from harness.simulation.estimates import DONE, FIT, SIMULATE, Estimates

TERMS = ("intercept", "step0", "step1")
NORMAL = float(scipy.stats.norm.ppf(0.975))
# What subtracting and adding a difference to a number of size 1 leaves of it.
ROUNDING = 1e-12


def estimates(r: int, seed: int = 1, **changes: Any) -> Estimates:
    """Estimates whose z values lie about the critical one, some of them very near."""
    rng = np.random.default_rng(seed)
    shape = (r, len(TERMS))
    z = NORMAL + rng.choice([-1.0, 1.0], shape) * 10.0 ** rng.uniform(-5.0, 0.0, shape)
    values = {
        "terms": TERMS, "estimate": rng.choice([-1.0, 1.0], shape) * z, "se": np.ones(shape),
        "critical": np.full(shape, NORMAL), "stage": np.zeros(r, dtype=np.int8),
        "singular": np.zeros(r, dtype=bool), "llf": np.full(r, -100.0),
        "sd_re": np.tile([0.3, 0.05], (r, 1)), "variance": np.zeros(r),
    }  # fmt: skip
    return Estimates(**{**values, **changes})


def near(first: Estimates, seed: int) -> Estimates:
    """The same fits from elsewhere: differences of any order of size, and of llf and SDs too."""
    rng = np.random.default_rng(seed)
    r = len(first)

    def sizes(*shape: int) -> np.ndarray:
        return np.asarray(10.0 ** rng.uniform(-6.0, -1.0, (r, 1)) * rng.uniform(-1, 1, (r, *shape)))

    return replace(
        first, estimate=first.estimate + sizes(3), se=first.se * (1 + sizes(3)),
        llf=first.llf + sizes(1)[:, 0], sd_re=first.sd_re * (1 + sizes(2)),
    )  # fmt: skip


def compare(
    first: Estimates, second: Estimates, same: bool = True, numbers: Any = None
) -> DrawAgreement:
    numbers = np.arange(len(first)) if numbers is None else np.asarray(numbers)
    return agreement([(numbers, first, second)], same)


def of_single_fits(a: Estimates, b: Estimates, k: int, same: bool) -> PairMetrics:
    """What the comparison of fits would say of one replicate, number by number."""
    better = b if b.llf[k] > a.llf[k] else a
    diff = (b.estimate[k] - a.estimate[k]) / better.se[k]
    rel = b.se[k] / a.se[k] - 1.0
    states = [significance_state(x.estimate[k], x.se[k], x.critical[k]) for x in (a, b)]
    terms = pd.DataFrame(
        {"diff_se": diff, "rel_se": rel, "digits": 0.0, "state_a": states[0], "state_b": states[1]},
        index=list(TERMS),
    )
    sd = max(abs(x - y) / max(x, y) for x, y in zip(a.sd_re[k], b.sd_re[k], strict=True))
    return PairMetrics(
        terms=terms, max_diff_se=abs(diff).max(), max_rel_se=abs(rel).max(), digits=0.0,
        llf_diff=b.llf[k] - a.llf[k] if same else None, sd_re_diff=sd, same_objective=same,
    )  # fmt: skip


@pytest.mark.parametrize("same", [True, False])
def test_verdicts_and_conclusions_are_those_of_single_fits(same: bool) -> None:
    r = 1500
    first = estimates(r)
    second = near(first, 2)
    pairs = [of_single_fits(first, second, k, same) for k in range(r)]
    words = [verdict(pair) for pair in pairs]
    found = compare(first, second, same)
    assert found.verdicts == {word: words.count(word) for word in ORDER}
    assert min(found.verdicts[word] for word in ORDER[:-1]) > LISTED
    changed, edge = (
        [k for k, pair in enumerate(pairs) if crossings(pair)[which] is True] for which in (0, 1)
    )
    assert (found.changed.count, found.changed.numbers) == (len(changed), tuple(changed[:LISTED]))
    assert (found.knife_edge.count, found.knife_edge.numbers) == (len(edge), tuple(edge[:LISTED]))
    assert min(len(changed), len(edge)) > LISTED
    assert found.reaching("concordant") == words.count("identical") + words.count("concordant")
    largest = max(range(r), key=lambda k: pairs[k].max_diff_se)
    assert (found.diff_se.value, found.diff_se.replicate) == (pairs[largest].max_diff_se, largest)
    assert found.rel_se.value == max(pair.max_rel_se for pair in pairs)
    if same:
        assert found.llf_diff.value == max(abs(pair.llf_diff) for pair in pairs)
        assert found.sd_re_diff.value == max(pair.sd_re_diff for pair in pairs)
    else:
        assert found.llf_diff is found.sd_re_diff is None


def one(**changes: Any) -> Estimates:
    """One replicate with z values 5, 1.9 and -3."""
    return estimates(1, **{"estimate": np.array([[5.0, 1.9, -3.0]]), **changes})


def after(by: float, term: int = 1) -> np.ndarray:
    moved = np.array([[5.0, 1.9, -3.0]])
    moved[0, term] += by
    return moved


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({}, "identical"),
        ({"estimate": after(9e-5)}, "identical"),
        ({"estimate": after(2e-4)}, "concordant"),
        ({"estimate": after(0.04)}, "equivalent"),
        ({"estimate": after(0.06)}, "discordant"),
        ({"se": np.full((1, 3), 1.0015)}, "concordant"),
        ({"se": np.full((1, 3), 0.93)}, "discordant"),
        ({"llf": np.array([-100.00002])}, "concordant"),
        ({"llf": np.array([-100.1])}, "equivalent"),
        ({"sd_re": np.array([[0.3, 0.0501]])}, "equivalent"),
        ({"sd_re": np.array([[np.nan, np.nan]])}, "identical"),
        ({"llf": np.array([np.nan])}, "identical"),
        # t with few degrees of freedom and the same numbers: another conclusion.
        ({"critical": np.full((1, 3), 3.2)}, "identical"),
        ({"estimate": after(0.01), "critical": np.full((1, 3), 1.905)}, "discordant"),
        ({"stage": np.array([FIT], dtype=np.int8)}, "not comparable"),
    ],
)  # fmt: skip
def test_limits(changes: dict[str, Any], word: str) -> None:
    assert compare(one(), one(**changes)).verdicts[word] == 1


def test_singular_fits_are_compared_by_variances() -> None:
    sd = {"sd_re": np.array([[0.3, 0.012]])}
    apart = {"sd_re": np.array([[0.3, 0.0]])}
    regular = compare(one(**sd), one(**apart))
    assert regular.sd_re_diff.value == pytest.approx(1.0, rel=ROUNDING, abs=0)
    singular = compare(one(**sd), one(**apart, singular=np.array([True])))
    assert singular.sd_re_diff.value == pytest.approx(1.0, rel=ROUNDING, abs=0)
    halved = {"sd_re": np.array([[0.3, 0.006]])}
    # Below the floor of 0.01 a difference is in that unit.
    assert compare(one(**sd), one(**halved)).sd_re_diff.value == pytest.approx(
        0.5, rel=ROUNDING, abs=0
    )
    both = agreement(
        [(np.arange(1), one(**sd), one(**halved, singular=np.array([True])))], True, 0.1
    )
    assert both.sd_re_diff.value == pytest.approx(0.0108, rel=ROUNDING, abs=0)


def test_differences_are_in_units_of_the_better_fit() -> None:
    other = {"estimate": after(0.02), "se": np.full((1, 3), 2.0)}
    for llf, unit in ((-99.0, 2.0), (-101.0, 1.0), (np.nan, 1.0)):
        found = compare(one(), one(**other, llf=np.array([llf])))
        assert found.diff_se.value == pytest.approx(0.02 / unit, rel=ROUNDING, abs=0)


def test_the_intercept_is_no_conclusion_and_an_edge_is_no_change() -> None:
    crossing = {"estimate": np.array([[NORMAL - 0.01, 0.0, 0.0]])}
    across = {"estimate": np.array([[NORMAL + 0.01, 0.0, 0.0]])}
    assert compare(one(**crossing), one(**across)).changed.count == 0
    for by, changed in ((0.01, 1), (2e-4, 0)):
        low, high = (one(estimate=np.array([[1.0, NORMAL + x, 0.0]])) for x in (-by, by))
        found = compare(low, high, numbers=[17])
        assert (found.changed.count, found.knife_edge.count) == (changed, 1 - changed)
        assert (found.changed if changed else found.knife_edge).numbers == (17,)


def test_the_same_numbers_under_another_quantile_are_another_conclusion() -> None:
    found = compare(one(), one(critical=np.full((1, 3), 3.2)))
    assert found.verdicts["identical"] == found.changed.count == 1
    assert found.knife_edge.count == 0


def failing(r: int) -> tuple[Estimates, Estimates]:
    """A pair of which either fails now and then, as may both."""
    first = estimates(r)
    stages = [np.random.default_rng(k).choice([DONE, SIMULATE, FIT], r, p=[0.8, 0.1, 0.1])
              for k in (3, 4)]  # fmt: skip
    pair = []
    for found, stage in zip((first, near(first, 2)), stages, strict=True):
        blank = {
            name: np.where((stage == DONE)[:, None], getattr(found, name), np.nan)
            for name in ("estimate", "se", "critical", "sd_re")
        }
        llf = np.where(stage == DONE, found.llf, np.nan)
        pair.append(replace(found, stage=stage.astype(np.int8), llf=llf, **blank))
    return pair[0], pair[1]


def test_failures_are_not_comparable_and_are_listed_where_one_failed() -> None:
    first, second = failing(500)
    found = compare(first, second)
    either = (first.stage != DONE) | (second.stage != DONE)
    only = np.flatnonzero((first.stage != DONE) != (second.stage != DONE))
    assert found.verdicts["not comparable"] == either.sum()
    assert found.replicates == 500 == sum(found.verdicts.values())
    assert found.one_failed.count == len(only)
    assert found.one_failed.numbers == tuple(only[:LISTED])
    comparable = compare(rows(first, ~either), rows(second, ~either))
    assert found.changed.count == comparable.changed.count > 0
    assert found.knife_edge.count == comparable.knife_edge.count > 0
    nothing = compare(rows(first, either), rows(second, either))
    assert nothing.verdicts["not comparable"] == nothing.replicates == either.sum()
    assert nothing.diff_se is nothing.rel_se is nothing.llf_diff is nothing.sd_re_diff is None


def rows(found: Estimates, which: Any) -> Estimates:
    names = ("estimate", "se", "critical", "stage", "singular", "llf", "sd_re", "variance")
    return replace(found, **{name: getattr(found, name)[which] for name in names})


@pytest.mark.parametrize("size", [1, 64])
def test_where_batches_are_cut_does_not_matter(size: int) -> None:
    first, second = failing(300)
    numbers = np.random.default_rng(5).permutation(10_000)[:300]
    cuts = [slice(k, k + size) for k in range(0, 300, size)]
    parts = [(numbers[cut], rows(first, cut), rows(second, cut)) for cut in (slice(0, 0), *cuts)]
    assert agreement(parts, True) == compare(first, second, numbers=numbers)


@pytest.mark.parametrize(
    ("batches", "says"),
    [
        ([], "no batch to compare"),
        ([(np.arange(1), one(), estimates(2))], "1 replicates of one method, 2 of the other"),
        ([(np.arange(3), one(), one())], "3 numbers for 1 replicates"),
        ([(np.arange(1), one(), one(terms=("a", "b", "c")))], "another a, b, c"),
    ],
    ids=["none", "replicates", "numbers", "terms"],
)
def test_bad_input(batches: Any, says: str) -> None:
    with pytest.raises(HarnessError, match=says):
        agreement(batches, True)
