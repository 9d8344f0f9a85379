"""Covariance parameters in the coordinates people read, and steps of theirs in standard errors."""

from __future__ import annotations

import numpy as np

from harness.design import Design, FloatArray
from harness.glmm.coordinates import Component, component_slope, component_value, components
from harness.glmm.parameters import Layout


def covariance_steps(
    design: Design,
    layout: Layout,
    psi: FloatArray,
    step: FloatArray,
    covariance: FloatArray,
    on_boundary: bool,
) -> dict[str, float]:
    """Return the step of each standard deviation, correlation and family parameter, by name.

    By the delta method: a component c(L) moves by c'step and has the standard error
    sqrt(c' V c). On the boundary, where roots have no derivative, components are the entries of
    G = L L'; one that vanishes there is stationary, has no standard error and is left out.

    Parameters
    ----------
    psi, step : ndarray, shape (K,)
    covariance : ndarray, shape (K, K)
        Inverse information.
    """
    _, L = layout.split(psi)
    found = {}
    for component in components(layout.q, design.covariance):
        slope = _slope(L, component, on_boundary)
        se = _standard_error(layout, slope, covariance)
        if se > 0.0:
            moved = float(_along(layout, slope) @ step)
            found[_name(design, component, on_boundary)] = moved / se
    return {**found, **_family(design, layout, step, covariance)}


def covariance_distances(
    design: Design,
    layout: Layout,
    here: FloatArray,
    there: FloatArray,
    covariance: FloatArray,
    on_boundary: bool,
) -> dict[str, float]:
    """Return how far each component is from one psi to another, in standard errors there."""
    (_, L), (_, M) = layout.split(here), layout.split(there)
    found = {}
    for component in components(layout.q, design.covariance):
        se = _standard_error(layout, _slope(M, component, on_boundary), covariance)
        moved = _value(M, component, on_boundary) - _value(L, component, on_boundary)
        if se > 0.0 and np.isfinite(moved):
            found[_name(design, component, on_boundary)] = moved / se
    return {**found, **_family(design, layout, there - here, covariance)}


def _value(L: FloatArray, component: Component, on_boundary: bool) -> float:
    if on_boundary:
        return float(L[component.k] @ L[component.l])
    return component_value(L, component)


def _slope(L: FloatArray, component: Component, on_boundary: bool) -> FloatArray:
    if not on_boundary:
        return component_slope(L, component)
    _, k, m = component
    slope = np.zeros_like(L)
    slope[k] += L[m]
    slope[m] += L[k]
    return slope


def _along(layout: Layout, slope: FloatArray) -> FloatArray:
    """A slope by the entries of L as one by psi, shape (K,)."""
    full = np.zeros(layout.kernel_size)
    full[layout.p : layout.p + len(layout.row)] = slope[layout.row, layout.column]
    return full if layout.tie is None else np.asarray(layout.tie.T @ full)


def _standard_error(layout: Layout, slope: FloatArray, covariance: FloatArray) -> float:
    along = _along(layout, slope)
    return float(np.sqrt(max(float(along @ covariance @ along), 0.0)))


def _name(design: Design, component: Component, on_boundary: bool) -> str:
    _, k, m = component
    names = design.exog_re_names
    if k == m:
        return f"{'var' if on_boundary else 'sd'}({names[k]})"
    return f"{'cov' if on_boundary else 'corr'}({names[k]}, {names[m]})"


def _family(
    design: Design, layout: Layout, step: FloatArray, covariance: FloatArray
) -> dict[str, float]:
    """Step of the root of the family's variance parameter, where it has one."""
    if not layout.extra or not covariance[-1, -1] > 0.0:
        return {}
    name = "theta" if design.family == "nb2" else "sigma_olre"
    return {name: float(step[-1] / np.sqrt(covariance[-1, -1]))}
