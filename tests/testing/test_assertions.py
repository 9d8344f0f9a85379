from __future__ import annotations

from dataclasses import replace

import pytest

import harness
from harness.concordance.compare import Concordance
from harness.errors import ConfigError
from harness.testing import NotConcordant, assert_concordant
from harness.testing.assertions import checked
from harness.testing.strategies import four_stage_design

DESIGN = four_stage_design(units=8, random="intercept", seed=3)
# Standard errors that the second engine's estimates are moved by; verdicts of DESIGN 7.
MOVED = {"identical": 0.0, "concordant": 5e-4, "equivalent": 1e-2, "discordant": 0.5}


def found(moved: float) -> Concordance:
    [fit] = harness.fit(DESIGN, engines=["laplace"])
    other = replace(fit, engine="glmm", params=fit.params + moved * fit.bse)
    return harness.compare([fit, other])


@pytest.mark.parametrize("level", ["identical", "concordant", "equivalent"])
@pytest.mark.parametrize("verdict", MOVED)
def test_a_level_is_reached_or_not(verdict: str, level: str) -> None:
    pairs, order = found(MOVED[verdict]), list(MOVED)
    assert pairs.verdict == verdict
    if order.index(verdict) <= order.index(level):
        assert checked(pairs, level) is pairs
    else:
        with pytest.raises(NotConcordant):
            checked(pairs, level)


def test_the_message_shows_table_cause_and_lines() -> None:
    pairs = found(MOVED["discordant"])
    with pytest.raises(NotConcordant) as error:
        checked(pairs, "concordant")
    text = str(error.value)
    assert text.startswith("1 of 1 like-for-like pairs are not concordant")
    assert "5.0e-01" in text
    assert str(pairs.comparisons[0].explanation.cause) in text
    assert "PoissonGLMM(y, X, groups" in text
    assert error.value.found is pairs


def test_a_fit_that_did_not_converge_agrees_with_nobody() -> None:
    pair = found(0.0).comparisons[0]
    stopped = replace(pair, b=replace(pair.b, converged=False))
    with pytest.raises(NotConcordant, match="glmm did not converge"):
        checked(Concordance((stopped,)), "equivalent")


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"engines": ["laplace"]}, "no two of the engines"),
        ({"engines": ["laplace", "agq"]}, "no two of the engines"),
        ({"engines": ["laplace", "glmm"], "level": "concordand"}, "did you mean 'concordant'"),
        ({"engines": ["laplace", "glm"]}, "did you mean 'glmm'"),
        ({"engines": ["laplace", "glmm"], "settings": "default"}, "no two of the engines"),
    ],
)
def test_bad_input_is_one_line(change: dict, text: str) -> None:
    with pytest.raises(ConfigError, match=text) as error:
        assert_concordant(DESIGN, **change)
    assert "\n" not in str(error.value)
