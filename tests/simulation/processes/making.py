"""Processes for tests, small and said in full."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.simulation.processes.layout import Plan
from harness.simulation.processes.process import Draw, Process, stream
from harness.simulation.processes.truth import Truth

EFFECTS = {"pre": 0.02, "step0": 0.1, "step1": -0.05, "post": 0.03}


def truth(**parts: Any) -> Truth:
    """A truth without random effects unless said otherwise; ``effects`` of all, or by stratum."""
    strata = parts.pop("strata", ("all",))
    effects, intercept = parts.pop("effects", EFFECTS), parts.pop("intercept", 3.0)
    by_stratum = effects if set(effects) == set(strata) else dict.fromkeys(strata, effects)
    given = {
        "impact": "two-step", "effects": by_stratum,
        "intercepts": dict.fromkeys(strata, intercept), "cov_re": np.zeros((2, 2)),
    }  # fmt: skip
    return Truth(**{**given, **parts})


def process(plan: Plan | None = None, **parts: Any) -> Process:
    """A process of a plan; ``selection`` and ``suppression`` beside the parts of the truth."""
    own = {name: parts.pop(name) for name in ("selection", "suppression") if name in parts}
    layout = (plan or Plan(units=20)).layout()
    return Process("made", layout, truth(**{"strata": layout.strata, **parts}), **own)


def draws(made: Process, replicates: int, seed: int = 1) -> list[Draw]:
    """Draw replicates, none of which may be lost."""
    found = []
    for k in range(replicates):
        draw = made.draw(stream(seed, k))
        assert draw is not None
        found.append(draw)
    return found
