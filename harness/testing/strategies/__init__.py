"""Hypothesis strategies for panels, designs and models, and for data that break things.

Every example is a call of ``four_stage_frame``, ``four_stage_design`` or ``Pathological``: a few
small numbers and a seed. Hypothesis shrinks these numbers and prints the call, so that a failing
example can be read, and pasted into a test as it stands.

>>> from hypothesis import given
>>> from harness.testing.strategies import designs, pathologies
>>> @given(design=designs())
... def test_my_engine(design): ...
>>> @given(case=pathologies())
... def test_my_reader(case):
...     frame, what_must_come_of_it = case.frame(), case.outcome
"""

from __future__ import annotations

try:
    import hypothesis  # noqa: F401
except ModuleNotFoundError:
    raise ModuleNotFoundError(
        "harness.testing.strategies needs hypothesis: pip install 'glmm-harness[test]'",
        name="hypothesis",
    ) from None

from harness.testing.strategies.pathological import (
    PATHOLOGIES,
    Outcome,
    Pathological,
    Pathology,
    pathologies,
)
from harness.testing.strategies.regular import (
    HOSTILE_NAMES,
    OF_RATES,
    ROLES,
    designs,
    four_stage_design,
    four_stage_frame,
    models,
    panels,
    unit_names,
)

__all__ = [
    "HOSTILE_NAMES",
    "OF_RATES",
    "PATHOLOGIES",
    "ROLES",
    "Outcome",
    "Pathological",
    "Pathology",
    "designs",
    "four_stage_design",
    "four_stage_frame",
    "models",
    "panels",
    "pathologies",
    "unit_names",
]
