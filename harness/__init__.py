"""Fit the same multilevel segmented Poisson model in Python and in R, and cross-check it."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
# Imported when first asked for: pytest loads the plugin in every session of an environment that
# this package is installed in, and must not load numpy with it.
_HOME = {
    "Certificate": "certificate",
    "Concordance": "concordance.compare",
    "Design": "design",
    "FitResult": "result",
    "Panel": "panel",
    "SegmentedPoisson": "model",
    "compare": "concordance.compare",
    "fit": "certifying",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
