"""Study files that plan: a simulation, a power analysis, without data."""

from __future__ import annotations

from pathlib import Path

from harness.study.config import StudyFile
from harness.study.loading import load_plan

HEAD = "study: plan\ntitle: A plan\n"
# Lines of the parts below, counted from 1; what is replaced stays on its line.
SIMULATE = (
    HEAD
    + """\
simulate:
  replicates: 20
  contrasts: [step0 = pre]
  processes:
    - name: base
      title: The base
      design: {units: 20, events: [1, 2], strata: {a: 1, b: 1}}
      baseline: 50
      percent: {pre: 1, step0: 5}
      random: {intercept: 0.3, slope: 0.05, correlation: 0}
    - {name: other, like: base, family: nb2, theta: 30}
  methods:
    - {name: poisson}
    - {name: nb2, family: nb2}
"""
)
POWER = (
    HEAD
    + """\
power:
  process:
    design: {units: 20}
    baseline: 50
    percent: {step0: 5}
    random: {intercept: 0.3, slope: 0.05}
  method: {engine: laplace}
  contrast: step0
  test: wald-t
  vary: {units: [10, 20]}
  search: {over: units, between: [10, 100]}
  detectable: {over: percent, between: [1, 50]}
  audit: null
"""
)


def plan(folder: Path, text: str, *changes: tuple[str, str]) -> StudyFile:
    """Write a file with some of its text replaced, and read it."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    return load_plan(path)
