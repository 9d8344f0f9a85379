"""What an engine is: one implementation with one estimation method."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from harness.choices import SEED, Settings, Transport
from harness.design import Design
from harness.result import Estimator, FitResult

__all__ = ["POINTS", "Engine", "FitOptions", "SeMethod", "Settings", "Transport", "always_there"]

SeMethod = Literal["observed", "rx", "cluster"]


# Stata's default.
POINTS = 7


@dataclass(frozen=True, slots=True)
class FitOptions:
    """How a fit is asked for.

    Attributes
    ----------
    settings : {"default", "tight"}
        What a user gets by typing the call, or the best answer the engine can give.
    se_method : {"observed", "rx", "cluster"}
        Standard errors from the observed information; conditional on the covariance parameters
        (lme4's ``use.hessian = FALSE``); or cluster-robust, the units being the clusters.
    n_quadrature : int
        Points per dimension of engines that use quadrature.
    transport : {"auto", "rpy2", "rscript"}
        How values reach R.
    seed : int
        Of engines that draw a random start.
    """

    settings: Settings = "tight"
    se_method: SeMethod = "observed"
    n_quadrature: int = POINTS
    transport: Transport = "auto"
    seed: int = SEED


@dataclass(frozen=True, slots=True)
class Engine:
    """One engine: its identity and three functions.

    Attributes
    ----------
    fit : callable
        Design and options to result; runs inside a worker process and may raise FitFailure.
    missing : callable
        None where the engine can run here, otherwise one line that says what to install.
    version : callable
        Version of the software that fits.
    families, covariances, responses : frozenset of str
        What it can fit; see ``harness.Design``.
    se_methods : frozenset of str
        Standard errors that it can be asked for; see ``FitOptions``.
    optional : bool
        Whether nothing is amiss where it is not installed.
    """

    name: str
    language: Literal["R", "Python"]
    estimator: Estimator
    method: str
    families: frozenset[str]
    fit: Callable[[Design, FitOptions], FitResult]
    missing: Callable[[], str | None]
    version: Callable[[], str]
    covariances: frozenset[str] = frozenset({"unstructured", "diagonal"})
    responses: frozenset[str] = frozenset({"count"})
    se_methods: frozenset[str] = frozenset({"observed", "rx"})
    optional: bool = False

    def refusal(
        self, family: str, covariance: str, response: str, se_method: str = "observed"
    ) -> str | None:
        """Return None where the engine can fit such a model, else one line that says what not."""
        for what, asked, known in (
            ("family", family, self.families),
            ("covariance", covariance, self.covariances),
            ("response", response, self.responses),
            ("se_method", se_method, self.se_methods),
        ):
            if asked not in known:
                return f"engine {self.name!r} has no {what} {asked!r}: {', '.join(sorted(known))}"
        return None


def always_there() -> None:
    """Return None: engines that need nothing beyond this package's dependencies."""
