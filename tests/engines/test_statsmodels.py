"""The statsmodels engines: the offset, the way back to the original coding, the two searches."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import scipy.stats
from numpy.testing import assert_allclose, assert_array_equal
from statsmodels.genmod.bayes_mixed_glm import PoissonBayesMixedGLM
from statsmodels.tools.numdiff import approx_fprime

from harness.design import Design
from harness.engines import _statsmodels as shared
from harness.engines import statsmodels_map, statsmodels_vb
from harness.engines._statsmodels import answer, installation
from harness.engines.base import Engine, FitOptions
from harness.errors import FitFailure
from harness.result import FitResult

# Central differences with a step of 1e-5 leave some 1e-10 of the third derivative, and of the
# objective's own size, here up to 1e4, its rounding over the step.
GRADIENT_RTOL, GRADIENT_ATOL = 1e-8, 1e-5
# Sums in another order, nothing else.
ROUNDING = 1e-11
# The column's variance is next to none, not none: what that leaves in a gradient.
PINNED = 1e-9
# Two runs of a tight search on problems that are the same up to rounding: each ends within 1e-6
# posterior standard deviations of the optimum in every whitened direction, and several add up.
SAME_OPTIMUM_SE = 1e-5
# statsmodels differences the gradient one-sidedly: some 1e-8 of relative error in the curvature,
# times its condition number, and the different place at which two searches stop.
SAME_SE_RTOL = 1e-5
# A prior so wide, a coefficient so certain, that they leave the objective as it is.
FLAT, CERTAIN = 1e9, 1e-12
# The same start, the same code.
SAME_PATH = 1e-9
# BFGS stops at a gradient of 1e-5; the flattest direction has a standard deviation near 1.
DEFAULT_STOP = 1e-4
# A mode where log tau is -12, by a default search too, and effects that are next to none there.
AT_ZERO, NO_EFFECT = 1e-5, 1e-7

ENGINES = [statsmodels_map.ENGINE, statsmodels_vb.ENGINE]
SETTINGS = ["default", "tight"]
each_engine = pytest.mark.parametrize("engine", ENGINES, ids=lambda e: e.name)
each_setting = pytest.mark.parametrize("settings", SETTINGS)


def panel(
    *, base: float = 300.0, sd: tuple[float, float] = (0.3, 0.1), units: int = 12, seed: int = 7
) -> dict[str, Any]:
    """Two-step panel, window -3..3, counts about ``base``, rows in random order."""
    rng = np.random.default_rng(seed)
    t = np.tile(np.arange(-3.0, 4.0), units)
    unit = np.repeat(np.arange(units), 7)
    x = np.column_stack([np.ones_like(t), np.minimum(t, -1), t >= 0, t >= 1, np.maximum(t - 1, 0)])
    offset = rng.normal(9.0, 0.5, units)[unit]
    effects = rng.normal(size=(units, 2)) * sd
    eta = x @ [np.log(base) - 9.0, 0.02, -0.1, 0.05, -0.03]
    eta += effects[unit, 0] + effects[unit, 1] * t
    order = rng.permutation(len(t))
    return {
        "endog": rng.poisson(np.exp(eta + offset))[order],
        "exog": x[order],
        "groups": np.array([f"unit {chr(77 - u)}" for u in unit])[order],
        "exog_re": np.column_stack([np.ones_like(t), t])[order],
        "offset": offset[order],
    }


def design(**changes: Any) -> Design:
    known = {key: changes.pop(key) for key in ("base", "sd", "units", "seed") if key in changes}
    return Design(**(panel(**known) | changes))


def fitted(engine: Engine, d: Design, settings: str = "tight", seed: int = 1) -> FitResult:
    return engine.fit(d, FitOptions(settings=settings, seed=seed))  # type: ignore[arg-type]


def random_point(model: PoissonBayesMixedGLM) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(3)
    size = model.k_fep + model.k_vcp + model.k_vc
    return 0.3 * rng.normal(size=size), np.exp(-1.0 + 0.2 * rng.normal(size=size))


def model_with(offset: np.ndarray, **priors: float) -> shared.OffsetPoissonBayesMixedGLM:
    s = replace(shared.standardise(design(base=20.0)), offset=offset)
    return s.model(**priors)


OFFSET = np.random.default_rng(11).normal(2.0, 0.7, 12 * 7)


def test_gradient_of_the_log_posterior_with_an_offset() -> None:
    model = model_with(OFFSET)
    mean, _ = random_point(model)
    numerical = approx_fprime(mean, model.logposterior, centered=True)
    assert_allclose(
        model.logposterior_grad(mean), numerical, rtol=GRADIENT_RTOL, atol=GRADIENT_ATOL
    )


def test_gradient_of_the_evidence_lower_bound_with_an_offset() -> None:
    model = model_with(OFFSET)
    mean, sd = random_point(model)
    by_mean, by_sd = model.vb_elbo_grad(mean, sd)
    numerical = approx_fprime(mean, lambda m: model.vb_elbo(m, sd), centered=True)
    assert_allclose(by_mean, numerical, rtol=GRADIENT_RTOL, atol=GRADIENT_ATOL)
    numerical = approx_fprime(sd, lambda s: model.vb_elbo(mean, s), centered=True)
    assert_allclose(by_sd, numerical, rtol=GRADIENT_RTOL, atol=GRADIENT_ATOL)


def test_log_posterior_is_the_density_written_out() -> None:
    model = model_with(OFFSET)
    mean, _ = random_point(model)
    beta, log_sd, b = mean[:5], mean[5:7], mean[7:]
    mu = np.exp(OFFSET + model.exog @ beta + model.exog_vc @ b)
    sd = np.exp(np.repeat(log_sd, 12))
    constants = 0.5 * len(b) * np.log(2 * np.pi)
    expected = scipy.stats.poisson.logpmf(model.endog, mu).sum()
    expected += scipy.stats.norm.logpdf(b, scale=sd).sum() + constants
    expected -= (beta**2).sum() / (2 * 2.0**2) + (log_sd**2).sum() / 2
    assert_allclose(model.logposterior(mean), expected, rtol=ROUNDING)


def test_an_offset_is_a_column_whose_coefficient_is_one() -> None:
    """statsmodels' own class, a flat prior and next to no variance for that column."""
    ours = model_with(OFFSET, fe_p=FLAT)
    with_column = np.column_stack([OFFSET, ours.exog])
    theirs = PoissonBayesMixedGLM(ours.endog, with_column, ours.exog_vc, ours.ident, fe_p=FLAT)
    mean, sd = random_point(ours)
    one, certain = np.concatenate([[1.0], mean]), np.concatenate([[CERTAIN], sd])
    assert_allclose(ours.logposterior(mean), theirs.logposterior(one), rtol=ROUNDING)
    assert_allclose(ours.logposterior_grad(mean), theirs.logposterior_grad(one)[1:], rtol=PINNED)
    entropy = np.log(CERTAIN)
    assert_allclose(ours.vb_elbo(mean, sd), theirs.vb_elbo(one, certain) - entropy, rtol=ROUNDING)
    for a, b in zip(ours.vb_elbo_grad(mean, sd), theirs.vb_elbo_grad(one, certain), strict=True):
        assert_allclose(a, b[1:], rtol=PINNED)


@pytest.mark.parametrize("method", ["fit_map", "fit_vb"])
def test_without_an_offset_it_is_statsmodels_own_fit(method: str) -> None:
    s = shared.standardise(design(base=4.0, sd=(0.8, 0.4), offset=np.zeros(84)))
    ours = shared.OffsetPoissonBayesMixedGLM(s.endog, s.exog, s.exog_vc, s.ident)
    theirs = PoissonBayesMixedGLM(s.endog, s.exog, s.exog_vc, s.ident)
    a, b = (getattr(m, method)(rng=np.random.default_rng(5)) for m in (ours, theirs))
    assert_allclose(a.params, b.params, rtol=0, atol=SAME_PATH)
    assert_allclose(a.cov_params(), b.cov_params(), rtol=0, atol=SAME_PATH)
    assert_allclose(ours.predict(a.params), theirs.predict(b.params), rtol=SAME_PATH)


def test_prediction_has_the_models_offset_only_with_the_models_columns() -> None:
    model = model_with(OFFSET)
    mean, _ = random_point(model)
    bare = model.exog @ mean[:5]
    assert_allclose(model.predict(mean), np.exp(bare + OFFSET), rtol=ROUNDING)
    assert_allclose(model.predict(mean, linear=True), bare + OFFSET, rtol=ROUNDING)
    assert_allclose(model.predict(mean, model.exog[:9]), np.exp(bare[:9]), rtol=ROUNDING)
    assert_allclose(
        model.predict(mean, model.exog[:9], linear=True, offset=np.ones(9)),
        bare[:9] + 1,
        rtol=ROUNDING,
    )


def _fixed_effects(kind: str) -> np.ndarray:
    x = panel()["exog"]
    late = x[:, 2]
    return {
        "constant first": x,
        "constant 5, last": np.column_stack([x[:, 1:], 5 * x[:, 0]]),
        "constant negative": np.column_stack([-2 * x[:, 0], 1000 + 30 * x[:, 1]]),
        "a mean per period": np.column_stack([late, 1 - late, x[:, 1]]),
        "no constant in the span": x[:, 1:2] + 0.5,
    }[kind]


KINDS = ["constant first", "constant 5, last", "constant negative", "a mean per period"]


@pytest.mark.parametrize("kind", [*KINDS, "no constant in the span"])
def test_both_codings_have_the_same_linear_predictor(kind: str) -> None:
    d = design(exog=_fixed_effects(kind))
    s = shared.standardise(d)
    gamma = np.random.default_rng(2).normal(size=d.exog.shape[1])
    there = d.offset + d.exog @ (s.transform @ gamma + s.shift)
    assert_allclose(there, s.offset + s.exog @ gamma, rtol=ROUNDING)
    assert (s.log_rate != 0) == (kind in KINDS)
    assert_allclose((s.exog**2).mean(axis=0), 1.0, rtol=ROUNDING)


def test_random_effect_columns_are_scaled_but_not_centred() -> None:
    d = design(exog_re=np.column_stack([np.ones(84), panel()["exog_re"][:, 1] + 10]))
    s = shared.standardise(d)
    wide = s.exog_vc.toarray().reshape(84, 2, 12).sum(axis=2)
    assert_allclose(wide * s.re_scale, d.exog_re, rtol=ROUNDING)


@each_engine
def test_random_effects_return_to_their_units_and_terms(engine: Engine) -> None:
    d = design()
    s = shared.standardise(d)
    method = shared.ModeSearch if engine is statsmodels_map.ENGINE else shared.BoundSearch
    model = s.model()
    fit = model.fit_map if engine is statsmodels_map.ENGINE else model.fit_vb
    found = fit(**{"method" if fit == model.fit_map else "fit_method": method(model)})
    expected = s.offset + s.exog @ found.fe_mean + s.exog_vc @ found.vc_mean
    result = fitted(engine, d)
    b = result.random_effects.loc[[d.group_labels[g] for g in d.groups]].to_numpy()
    eta = d.offset + d.exog @ result.params.to_numpy() + (d.exog_re * b).sum(axis=1)
    assert_allclose(eta, expected, rtol=ROUNDING)
    assert result.random_effects.shape == (12, 2)
    mu = np.exp(eta)
    pearson = ((d.endog - mu) ** 2 / mu).sum() / (84 - 7)
    assert_allclose(result.dispersion, pearson, rtol=ROUNDING)


def assert_same_answer(a: FitResult, params: np.ndarray, covariance: np.ndarray) -> None:
    se = np.sqrt(np.diag(covariance))
    assert_allclose(a.params / se, params / se, atol=SAME_OPTIMUM_SE, rtol=0)
    outer = np.outer(se, se)
    assert_allclose(a.covariance / outer, covariance / outer, rtol=0, atol=SAME_SE_RTOL)
    assert_allclose(a.bse, se, rtol=SAME_SE_RTOL)


@each_engine
@pytest.mark.parametrize("shift", [-9.0, np.log(1000.0)])
def test_a_shift_of_the_offset_moves_only_the_intercept(engine: Engine, shift: float) -> None:
    before, after = fitted(engine, design()), fitted(engine, design(offset=shift + design_offset()))
    moved = before.params.to_numpy() - shift * np.eye(5)[0]
    assert_same_answer(after, moved, before.covariance)
    assert_allclose(after.sd_re, before.sd_re, rtol=SAME_SE_RTOL)
    assert_allclose(after.random_effects, before.random_effects, rtol=0, atol=SAME_OPTIMUM_SE)


def design_offset() -> np.ndarray:
    return np.asarray(panel()["offset"])


@each_engine
@pytest.mark.parametrize("unit", [10.0, 0.01, -1.0])
def test_recoded_columns_give_recoded_estimates(engine: Engine, unit: float) -> None:
    """X A has the coefficients A^-1 beta and their covariance, the intercept's included."""
    recode = np.diag([2.0, unit, unit, 1.0, unit])
    recode[0, 1:] = [30.0, 0.0, -4.0, 1.0]
    before, after = fitted(engine, design()), fitted(engine, design(exog=panel()["exog"] @ recode))
    back = np.linalg.inv(recode)
    assert_same_answer(after, back @ before.params.to_numpy(), back @ before.covariance @ back.T)


@each_engine
def test_a_rescaled_slope_has_a_rescaled_standard_deviation(engine: Engine) -> None:
    before = fitted(engine, design())
    after = fitted(engine, design(exog_re=panel()["exog_re"] * [1.0, 12.0]))
    assert_allclose(after.sd_re * [1, 12], before.sd_re, rtol=SAME_SE_RTOL)
    assert_same_answer(after, before.params.to_numpy(), before.covariance)


def test_map_covariance_is_that_of_a_fit_in_the_original_coding() -> None:
    """Under a flat prior standardising is only a change of coordinates."""
    z = panel()["exog_re"] / [1.0, 2.0]  # root mean square 1, so its prior is the same in both
    d = design(exog_re=z)
    s = shared.standardise(d)
    flat = s.model(fe_p=1e6)
    there = flat.fit_map(method=shared.ModeSearch(flat))
    raw = shared.OffsetPoissonBayesMixedGLM(
        d.endog, d.exog, s.exog_vc, s.ident, offset=d.offset, fe_p=1e6
    )
    here = raw.fit_map(method=shared.ModeSearch(raw))
    block = here.cov_params()[:5, :5]
    se = np.sqrt(np.diag(block))
    back = s.original_coding(there)
    assert_allclose(back["params"] / se, here.fe_mean / se, atol=SAME_OPTIMUM_SE, rtol=0)
    outer = np.outer(se, se)
    assert_allclose(back["covariance"] / outer, block / outer, rtol=0, atol=SAME_SE_RTOL)


@each_engine
def test_tight_is_where_a_converged_default_run_ends(engine: Engine) -> None:
    d = design(base=40.0, sd=(0.6, 0.4))
    loose, tight = fitted(engine, d, "default"), fitted(engine, d, "tight")
    assert loose.converged
    assert tight.converged
    assert not tight.singular
    assert_allclose(loose.params / tight.bse, tight.params / tight.bse, rtol=0, atol=DEFAULT_STOP)
    assert_allclose(loose.sd_re, tight.sd_re, rtol=DEFAULT_STOP)
    assert tight.details["objective_value"] >= loose.details["objective_value"] - 1e-7


@each_engine
def test_a_seed_fixes_the_default_fit(engine: Engine) -> None:
    d = design(base=20.0, sd=(0.6, 0.4))
    once, again, other = (fitted(engine, d, "default", seed) for seed in (3, 3, 4))
    assert_array_equal(once.params, again.params)
    assert_array_equal(once.covariance, again.covariance)
    assert_array_equal(once.random_effects, again.random_effects)
    assert not np.array_equal(once.params, other.params)


@each_engine
@each_setting
@pytest.mark.parametrize("offset", ["exposure", "none"])
def test_counts_near_a_million_give_finite_numbers(
    engine: Engine, settings: str, offset: str
) -> None:
    d = design(base=1e6, **({"offset": None} if offset == "none" else {}))
    result = fitted(engine, d, settings)
    numbers = [result.params, result.bse, result.covariance, result.sd_re, result.dispersion]
    assert all(np.isfinite(part).all() for part in numbers)
    assert result.converged or settings == "default"


@pytest.mark.parametrize("base", [300.0, 1e6])
def test_standard_deviations_solve_the_mode_s_equation(base: float) -> None:
    """sum_j b_j^2 / tau^2 = J + log(tau) / vcp_p^2, the derivative in log tau set to zero."""
    result = fitted(statsmodels_map.ENGINE, design(base=base))
    scale = np.array(result.details["exog_re_scale"])
    expected = (result.random_effects**2).sum() / result.sd_re**2
    assert not result.singular
    assert_allclose(12 + np.log(result.sd_re * scale), expected, rtol=SAME_SE_RTOL)


@each_setting
def test_a_joint_mode_that_ran_to_zero_is_called_singular(settings: str) -> None:
    """With too little about each unit the only mode is at log tau = -J vcp_p^2, effects at 0."""
    result = fitted(statsmodels_map.ENGINE, design(base=20.0, sd=(0.7, 0.0)), settings)
    assert result.singular
    assert [m.text for m in result.messages if m.kind == "singular" and "'z2'" in m.text]
    assert not [m for m in result.messages if m.kind == "singular" and "'z1'" in m.text]
    scale = result.details["exog_re_scale"][1]
    assert_allclose(np.log(result.sd_re[1] * scale), -12.0, rtol=0, atol=AT_ZERO)
    assert_allclose(result.random_effects["z2"], 0.0, rtol=0, atol=NO_EFFECT)
    assert np.isfinite(result.bse).all()


@each_engine
def test_what_statsmodels_warns_of_is_recorded(engine: Engine) -> None:
    result = fitted(engine, design(base=1e6), "default")
    assert not result.converged
    texts = [m.text for m in result.messages if m.kind == "optimiser"]
    assert any("did not converge" in text for text in texts)


@each_engine
def test_the_missing_correlation_is_said_where_one_was_asked_for(engine: Engine) -> None:
    def said(d: Design) -> bool:
        return any("independent" in m.text for m in fitted(engine, d).messages)

    assert said(design())
    assert not said(design(covariance="diagonal"))
    assert not said(design(exog_re=None, random="intercept"))


@each_engine
def test_random_intercept_alone(engine: Engine) -> None:
    result = fitted(engine, design(exog_re=None, random="intercept"))
    assert result.converged
    assert result.cov_re.shape == (1, 1)
    assert result.random_effects.shape == (12, 1)


@each_engine
def test_without_random_effects_it_says_so(engine: Engine) -> None:
    with pytest.raises(FitFailure, match="needs random effects"):
        fitted(engine, design(exog_re=None, random="none"))


@each_engine
@each_setting
def test_the_lines_that_redo_a_fit_do(engine: Engine, settings: str) -> None:
    given = panel(base=40.0, sd=(0.6, 0.4))
    names = {"y": "endog", "X": "exog", "Z": "exog_re", "groups": "groups", "offset": "offset"}
    result = fitted(engine, Design(**given), settings)
    scope: dict[str, Any] = {short: given[long] for short, long in names.items()}
    exec(result.reproduce, scope)
    assert_allclose(scope["params"], result.params, rtol=ROUNDING)
    assert_allclose(scope["bse"], result.bse, rtol=ROUNDING)
    assert_allclose(scope["sd_re"], result.sd_re, rtol=ROUNDING)


@each_engine
def test_identity_of_a_fit(engine: Engine) -> None:
    result = fitted(engine, design())
    assert (result.engine, result.method) == (engine.name, engine.method)
    assert result.estimator == engine.estimator != "maximum likelihood"
    assert result.se_method == "posterior"
    assert np.isnan(result.llf)
    assert (result.details["fe_p"], result.details["vcp_p"]) == (2.0, 1.0)
    assert np.isfinite(result.details["objective_value"])
    assert result.cov_re[0, 1] == result.cov_re[1, 0] == 0.0


@pytest.mark.parametrize(
    ("found", "too_old"), [("0.14.6", True), ("0.15.0", False), ("1.0", False)]
)
def test_too_old_a_statsmodels_is_named(
    monkeypatch: pytest.MonkeyPatch, found: str, too_old: bool
) -> None:
    monkeypatch.setattr(installation, "version", lambda _: found)
    reason = installation.missing()
    assert (reason is not None) == too_old
    assert reason is None or ("0.14.6" in reason and "pip install" in reason)


@pytest.mark.parametrize(
    ("params", "log_sd"), [([np.nan], [0.0]), ([0.0], [400.0])], ids=["estimate", "variance"]
)
def test_what_is_not_finite_is_no_answer(params: list[float], log_sd: list[float]) -> None:
    """Where counts are near 1e9, fit_vb ends with standard deviations beyond all numbers."""
    found = SimpleNamespace(params=np.array(params), vcp_mean=np.array(log_sd))
    with pytest.raises(FitFailure, match="gave no answer: its estimates are not finite"):
        answer._called(
            statsmodels_vb.ENGINE, None, FitOptions(), lambda model, options: found,  # type: ignore[arg-type, return-value]
        )  # fmt: skip
