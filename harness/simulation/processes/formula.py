"""A process in lines of text, for reports and protocols."""

from __future__ import annotations

import numpy as np

from harness.simulation.processes.process import Process
from harness.simulation.processes.truth import Truth


def formula(process: Process) -> list[str]:
    """The process in lines of text, as far as it goes beyond nothing."""
    truth, q = process.truth, len(process.truth.cov_re)
    terms = ["log E_ij", "intercept", "x(t)' effects"]
    if truth.anticipation is not None:
        near = truth.anticipation
        terms.append(f"{near.effect:g} 1[-{near.periods} <= t < 0]")
    terms += ["b0_j", "b1_j t"][:q] + (["u_ij"] if truth.serial else [])
    lines = [
        f"log mu_ij = {' + '.join(terms)}",
        f"x(t): {', '.join(truth.names)} of the impact model {truth.impact}",
        _family_line(truth),
    ]
    if q:
        lines.append(f"b_j = L s_j, L L' = G, s_j {truth.shape}, mean 0, variance 1")
    if truth.serial is not None:
        lines.append(
            f"u_ij = {truth.serial.rho:g} u_i-1,j + e_ij, u_ij ~ N(0, {truth.serial.sd:g}^2)"
        )
    if process.selection is not None:
        lines.append(
            "event of unit j: period p with chance in proportion to"
            f" exp({process.selection.strength:g} d_j,p-1), d the log rate in the unit's own SDs"
        )
    if process.suppression is not None:
        hidden = process.suppression
        lines.append(f"counts {hidden.lowest} to {hidden.highest} are hidden")
    return lines


def _family_line(truth: Truth) -> str:
    match truth.family:
        case "nb2":
            return (
                f"y_ij ~ NB2(mu_ij, theta = {1 / truth.variance if truth.variance else np.inf:g})"
            )
        case "poisson-olre":
            return f"y_ij ~ Poisson(mu_ij exp(e_ij)), e_ij ~ N(0, {truth.variance**0.5:g}^2)"
    return "y_ij ~ Poisson(mu_ij)"
