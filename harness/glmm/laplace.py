"""The log-likelihood of one design: value, gradient, Hessian, modes, boundary."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import scipy.special

from harness.design import WIDER, Design, FloatArray
from harness.errors import ConfigError, DesignError
from harness.glmm import binomial, binomial_laplace
from harness.glmm.arrays import Rows, rows_of
from harness.glmm.groups import Q, group_workspace
from harness.glmm.kernel import laplace, third_derivatives, workspace
from harness.glmm.lanes import Lanes, gather, lanes_of
from harness.glmm.nodes import product_rule
from harness.glmm.optimise import FLAT, Smooth, whitening
from harness.glmm.parameters import Layout
from harness.glmm.quadrature import quadrature

# In standard errors: the error of the step and that of rounding meet here, at 1e-7 where the
# information is least.
DIFFERENCE_STEP = 2e-4
# What differences leave of an eigenvalue that is zero.
DIFFERENCE_FLAT = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class Point:
    """What the log-likelihood is at one psi.

    Attributes
    ----------
    value : float
        All constants included; -inf where the conditional modes do not exist.
    gradient : ndarray, shape (K,)
    hessian : ndarray, shape (K, K)
    u : ndarray, shape (J, q)
        Spherical conditional modes, b = L u.
    """

    value: float
    gradient: FloatArray
    hessian: FloatArray
    u: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Objective:
    """Log-likelihood of psi = (beta, theta, kappa), with its derivatives.

    Attributes
    ----------
    rows : Rows
    lanes : Lanes
        The same data, for the Laplace approximation.
    layout : Layout
    constant : float
        What depends on the counts alone.
    nodes : tuple of ndarray or None
        Product rule of the quadrature; None for the Laplace approximation.
    density : callable or None
        Of ``binomial`` rows, which have a kernel of their own.
    """

    rows: Rows
    lanes: Lanes
    layout: Layout
    constant: float
    nodes: tuple[FloatArray, FloatArray, FloatArray] | None = None
    density: binomial.Density | None = None

    @classmethod
    def of(cls, design: Design, n_quadrature: int = 1) -> Objective:
        """Return the objective of a design; one point of quadrature is the Laplace approximation.

        Raises
        ------
        DesignError
            For more than three random effects per group.
        ConfigError
            If the number of points is even or below one, or it is above one and the family is
            ``poisson-olre``, whose observation-level effects are integrated by Laplace, or
            ``binomial``.
        """
        p, q = design.exog.shape[1], design.exog_re.shape[1]
        if q > Q:
            raise DesignError(f"{q} random effects per group: PoissonGLMM takes {Q} at most")
        layout = Layout.of(p, q, design.covariance, extra=int(design.family in WIDER))
        constant, density = -float(scipy.special.gammaln(design.endog + 1.0).sum()), None
        if design.trials is not None:
            failures = design.trials - design.endog
            constant += float(scipy.special.gammaln(design.trials + 1.0).sum())
            constant -= float(scipy.special.gammaln(failures + 1.0).sum())
            density = binomial.binomial(design.endog, design.trials)
        nodes = _rule(design.family, n_quadrature, q)
        rows = rows_of(design, layout)
        return cls(rows, lanes_of(rows), layout, constant, nodes, density)

    def laplace(self) -> Objective:
        """Return the Laplace approximation of the same likelihood."""
        return replace(self, nodes=None)

    def at(self, psi: FloatArray, order: int) -> Point:
        """Evaluate up to derivatives of an order (0, 1 or 2); later ones stay zero."""
        if self.nodes is not None and order == 2:
            point = self.at(psi, 1)
            return replace(point, hessian=self._differences(psi, point.u))
        point, _ = self._evaluate(psi, order, by_group=False)
        return point

    def scores(self, psi: FloatArray) -> FloatArray:
        """Gradient of each group's log-likelihood, shape (J, K); their sum is ``gradient``."""
        _, scores = self._evaluate(psi, 1, by_group=True)
        return scores

    def _evaluate(
        self, psi: FloatArray, order: int, by_group: bool, start: FloatArray | None = None
    ) -> tuple[Point, FloatArray]:
        K, J, tie = self.layout.kernel_size, self.n_groups, self.layout.tie
        gradient, hessian = np.zeros(K), np.zeros((K, K))
        scores = np.zeros((J, K) if by_group else (0, 0))
        u = np.zeros((J, self.layout.q)) if start is None else start.copy()
        full = self.layout.untied(psi)
        with np.errstate(over="ignore"):
            if self.density is not None:
                filled = (full, u, gradient, hessian, scores)
                value = binomial_laplace.laplace(self.rows, self.density, *filled, order)
            elif self.nodes is None:
                work = workspace(self.lanes)
                asked = (gradient[: K * (order > 0)], hessian[: K * (order > 1)])
                value = laplace(self.lanes, work, full, u, *asked, scores)
            else:
                scratch = group_workspace(self.rows)
                value = quadrature(self.rows, scratch, self.nodes, full, u, gradient, scores, order)
        if tie is not None:
            gradient, hessian = tie.T @ gradient, tie.T @ hessian @ tie
            scores = scores @ tie if by_group else scores
        return Point(value + self.constant, gradient, 0.5 * (hessian + hessian.T), u), scores

    def _differences(self, psi: FloatArray, u: FloatArray) -> FloatArray:
        """Hessian by quadrature: the exact one of Laplace, and differences of what is left.

        The two gradients differ by so little, and that so smoothly, that short steps lose little
        to rounding. They follow the principal axes of the information, in standard errors, so
        that this holds of the direction known least, too. Where the curvature by a standard
        deviation vanishes (data whose score at the boundary is zero, so that the log-likelihood
        falls by its fourth power), they are measured in the linear predictor instead.
        """
        laplace = self.laplace()
        exact = laplace.hessian(psi)
        axes, inverse = whitening(np.diag(self.layout.sizes(self.z_scale) ** 2) - exact)

        def rest(at: FloatArray) -> FloatArray:
            gradients = [o._evaluate(at, 1, False, u)[0].gradient for o in (self, laplace)]
            return np.asarray(gradients[0] - gradients[1])

        steps = DIFFERENCE_STEP * axes.T
        slopes = np.array([rest(psi + e) - rest(psi - e) for e in steps]) / (2.0 * DIFFERENCE_STEP)
        left = slopes @ axes
        return np.asarray(exact + inverse.T @ (0.5 * (left + left.T)) @ inverse)

    def value(self, psi: FloatArray) -> float:
        """Log-likelihood, all constants included; -inf where the modes do not exist."""
        return self.at(psi, 0).value

    def gradient(self, psi: FloatArray) -> FloatArray:
        """Exact gradient, shape (K,)."""
        return self.at(psi, 1).gradient

    def hessian(self, psi: FloatArray) -> FloatArray:
        """Exact Hessian, shape (K, K)."""
        return self.at(psi, 2).hessian

    def smooth(self) -> Smooth:
        """Return what the optimiser needs of it."""
        flat = FLAT if self.nodes is None else DIFFERENCE_FLAT
        return Smooth(self.value, self.gradient, self.hessian, flat)

    def modes(self, psi: FloatArray) -> FloatArray:
        """Conditional modes of the random effects, shape (J, q)."""
        _, L = self.layout.split(psi)
        return np.asarray(self.at(psi, 0).u @ L.T)

    @property
    def n_groups(self) -> int:
        """Number of groups."""
        return len(self.rows.starts) - 1

    @property
    def z_scale(self) -> FloatArray:
        """Root mean square of each column of z, shape (q,)."""
        return np.sqrt(np.mean(self.rows.z**2, axis=0))


def _rule(family: str, points: int, q: int) -> tuple[FloatArray, FloatArray, FloatArray] | None:
    if points < 1 or points % 2 == 0:
        raise ConfigError(f"n_quadrature is {points}: use an odd number of points, 1 or more")
    if points == 1 or q == 0:
        return None
    if family == "binomial":
        raise ConfigError("there is no quadrature for binomial: use method 'laplace'")
    if family == "poisson-olre":
        raise ConfigError(
            "quadrature does not go with poisson-olre, whose observation-level effects are"
            " integrated by Laplace: use method 'laplace'"
        )
    return product_rule(points, q)


@dataclass(frozen=True, slots=True, eq=False)
class _Groups:
    """At the modes, by row f1, w and h; by group A = sum w z z' and C = (G^-1 + A)^-1."""

    f1: FloatArray
    w: FloatArray
    h: FloatArray
    A: FloatArray
    C: FloatArray


def _groups(objective: Objective, psi: FloatArray) -> _Groups:
    rows = objective.rows
    _, L = objective.layout.split(psi)
    f1, w, w1, t1 = _at_modes(objective, psi)
    z = rows.z
    A = _sums(rows, w[:, None, None] * z[:, :, None] * z[:, None, :])
    H = np.eye(L.shape[0]) + L.T @ A @ L
    C = np.asarray(L @ np.linalg.solve(H, np.broadcast_to(L.T, H.shape)))
    each = np.repeat(np.arange(objective.n_groups), np.diff(rows.starts))
    h = 0.5 * w1 * np.einsum("nq,nqk,nk->n", z, C[each], z) - t1
    return _Groups(f1, w, h, A, C)


def _at_modes(objective: Objective, psi: FloatArray) -> FloatArray:
    """By row f1, w, w1 and t1 at the modes, shape (4, n)."""
    lanes, u = objective.lanes, np.zeros((objective.n_groups, objective.layout.q))
    full, none, work = objective.layout.untied(psi), np.zeros((0, 0)), workspace(objective.lanes)
    if objective.density is not None:
        beta, L = objective.layout.split(psi)
        found = binomial.find_modes(objective.rows, objective.density, beta, L, u)
        rows = np.full((4, len(objective.rows.y)), np.nan)
        if found is not None:
            rows[:] = found.f1, found.w, found.w1, 0.0 * found.w1
        return rows
    laplace(lanes, work, full, u, np.zeros(0), none, none)
    turned = (work.f1, work.w, *third_derivatives(lanes, work, objective.layout.variance(psi)))
    by_row = np.empty((4, len(objective.rows.y)))
    for values, out in zip(turned, by_row, strict=True):
        gather(lanes, values, out)
    return by_row


def _sums(rows: Rows, values: FloatArray) -> FloatArray:
    """Sums over the rows of each group, shape (J, ...)."""
    return np.asarray(np.add.reduceat(values, rows.starts[:-1], axis=0))


def conditional_covariances(objective: Objective, psi: FloatArray) -> FloatArray:
    """Covariance of the random effects given the data, L H^-1 L' at the modes, shape (J, q, q).

    lme4's ``condVar``: the parameters count as known.
    """
    return _groups(objective, psi).C


def cone_score(objective: Objective, psi: FloatArray) -> FloatArray:
    """S = dl/dG of the Laplace log-likelihood, shape (q, q); defined at a singular G.

    In the scale of the linear predictor. With c = sum h z, r = sum f1 z and w = (I + A G)^-1 c,
    each group adds r r'/2 - (I + A G)^-1 A / 2 - (w r' + r w')/2. Directions that the structure of
    the covariance does not have are dropped: off-diagonal entries of a diagonal one, all but the
    mean of the diagonal of a scalar one.
    """
    rows, groups = objective.rows, _groups(objective, psi)
    _, L = objective.layout.split(psi)
    q = L.shape[0]
    c = _sums(rows, groups.h[:, None] * rows.z)
    r = _sums(rows, groups.f1[:, None] * rows.z)
    inner = np.eye(q) + groups.A @ (L @ L.T)
    w = np.linalg.solve(inner, c[:, :, None])[:, :, 0]
    wr = np.einsum("jq,jk->qk", w, r)
    curvature = np.linalg.solve(inner, groups.A).sum(axis=0)
    S = 0.5 * (np.einsum("jq,jk->qk", r, r) - 0.5 * (curvature + curvature.T) - wr - wr.T)
    if objective.layout.tie is not None:
        S = np.eye(q) * np.trace(S) / q
    elif len(objective.layout.row) == q:
        S = np.diag(np.diag(S))
    return np.asarray(S / np.outer(objective.z_scale, objective.z_scale))


def conditional_information(objective: Objective, psi: FloatArray) -> FloatArray:
    """Information on beta given the covariance parameters, shape (p, p): lme4's RX form.

    X'W X - X'W Z C Z'W X with the weights W = diag(w) at the modes (Bates et al. 2015, J Stat
    Softw 67:1, equation 54, with the working weights of the last iteration).
    """
    rows, groups = objective.rows, _groups(objective, psi)
    xz = _sums(rows, groups.w[:, None, None] * rows.x[:, :, None] * rows.z[:, None, :])
    within = np.einsum("jpq,jqk,jrk->pr", xz, groups.C, xz)
    return np.asarray((rows.x * groups.w[:, None]).T @ rows.x - within)
