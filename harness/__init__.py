"""Fit the same multilevel segmented Poisson model in Python and in R, and cross-check it."""

from __future__ import annotations

from harness.certificate import Certificate
from harness.certifying import fit
from harness.concordance.compare import Concordance, compare
from harness.design import Design
from harness.model import SegmentedPoisson
from harness.panel import Panel
from harness.result import FitResult

__all__ = [
    "Certificate",
    "Concordance",
    "Design",
    "FitResult",
    "Panel",
    "SegmentedPoisson",
    "compare",
    "fit",
]
