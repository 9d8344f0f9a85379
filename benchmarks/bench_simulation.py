"""Simulated power: draw, fit, standard error and test, here and in a loop of R with lme4.

Both use all cores, in one run, on one design of 150 units over t = -3..3 with a random slope. The
loop of R (``bench_simulation.R``: ``simulate``, ``refit``, Wald test, lme4 at its defaults) may do
fewer replicates; its time is R's own, around the loop, and is compared by replicate. Then R fits
the very counts that were drawn here, and every decision is compared. Last, a power curve of ten
points, 1,000 replicates each, as a user runs it, and its audit by lme4.

    python -m benchmarks.bench_simulation [replicates in R] [repetitions]

Every time is the best of the repetitions. Run it on an idle machine:  make bench
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import scipy.stats

from harness.cores import cores
from harness.engines.r_installation import find_rscript
from harness.model import SegmentedPoisson
from harness.simulation.estimates import DONE, Estimates
from harness.simulation.methods import Method
from harness.simulation.power.audit import audited
from harness.simulation.power.decisions import Question, Tested, put_to_test
from harness.simulation.processes.process import Process
from harness.simulation.replicates import analysis, drawn
from harness.study.process_parts import ProcessPart

REPLICATES, SEED, ALPHA = 1000, 20260101, 0.05
IN_R, REPETITIONS = 60, 3
CONTRAST = "step0 = pre"
PROCESS = {
    "design": {"units": 150, "events": [17, 40, 37, 36, 20], "spread": 0.6},
    "baseline": 200.0,
    "percent": {"pre": 1, "step0": 3.5, "step1": -1, "post": 0},
    "random": {"intercept": 0.35, "slope": 0.08, "correlation": -0.2},
}  # fmt: skip
CURVE = """
study: curve
title: A power curve of ten points
power:
  process:
    design: {{units: 150, events: [17, 40, 37, 36, 20], spread: 0.6}}
    baseline: 200
    random: {{intercept: 0.35, slope: 0.08, correlation: -0.2}}
  contrast: step0 = pre
  replicates: 1000
  vary: {{percent: [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]}}
  audit: {audit}
"""


def best(call: Callable[[], Any], repetitions: int) -> tuple[float, Any]:
    """Seconds of the fastest of several calls, and what the last gave."""
    seconds, found = [], None
    for _ in range(repetitions):
        began = time.perf_counter()
        found = call()
        seconds.append(time.perf_counter() - began)
    return min(seconds), found


def in_r(process: Process, question: Question, replicates: int, folder: Path) -> tuple[float, Any]:
    """Seconds a replicate of R's own loop, and what R says of the counts drawn here."""
    whole = analysis(process, question.method.model)
    design = whole.design
    columns = dict(zip(design.exog_names[1:], design.exog.T[1:], strict=True))
    table = pd.DataFrame(
        {**columns, "t": design.exog_re[:, 1], "o": design.offset, "unit": design.groups}
    )
    table.to_csv(folder / "design.csv", index=False, float_format="%.17g")
    draws = drawn(process, SEED, range(replicates))
    counts = np.array([draw.counts[whole.place] for draw in draws])
    (folder / "counts.bin").write_bytes(counts.astype("<f8").tobytes())
    rscript = find_rscript()
    assert rscript is not None
    script = Path(__file__).with_suffix(".R")
    subprocess.run(
        [rscript, "--vanilla", str(script), str(folder), str(replicates), str(cores())],
        check=True, env={**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    seconds = float((folder / "seconds.txt").read_text())
    return seconds / replicates, _tested(pd.read_csv(folder / "fits.csv").to_numpy(), design)


def _tested(rows: Any, design: Any) -> Tested:
    """What R found, as the harness has it: estimates, standard errors, llf, SDs, singular."""
    p = len(design.exog_names) + 1
    estimate, se = rows[:, :p], rows[:, p : 2 * p]
    found = Estimates(
        (*design.exog_names, CONTRAST), estimate, se,
        np.full(se.shape, scipy.stats.norm.ppf(1 - ALPHA / 2)),
        np.full(len(rows), DONE, dtype=np.int8), rows[:, 2 * p + 3] == 1, rows[:, 2 * p],
        rows[:, 2 * p + 1 : 2 * p + 3], np.zeros(len(rows)),
    )  # fmt: skip
    return Tested(found, 2 * scipy.stats.norm.sf(np.abs(estimate[:, -1] / se[:, -1])))


def first(found: Tested, count: int) -> Tested:
    """The first replicates of a batch."""
    e = found.estimates
    arrays = (e.estimate, e.se, e.critical, e.stage, e.singular, e.llf, e.sd_re, e.variance)
    return Tested(Estimates(e.terms, *(array[:count] for array in arrays)), found.p[:count])


def loops(replicates: int, repetitions: int) -> None:
    """Time both loops, and compare every decision on the same draws."""
    process = ProcessPart.model_validate(PROCESS).process(SEED)
    question = Question(Method("laplace", "laplace", SegmentedPoisson(), contrasts=(CONTRAST,)))
    put_to_test(process, question, SEED, range(20))  # loads what was compiled
    with tempfile.TemporaryDirectory() as folder:
        theirs, slow = min(
            (in_r(process, question, replicates, Path(folder)) for _ in range(repetitions)),
            key=lambda timed: timed[0],
        )
    seconds, fast = best(
        lambda: put_to_test(process, question, SEED, range(REPLICATES)), 3 * repetitions
    )
    ours = seconds / REPLICATES
    print(f"draw, fit, standard error and test of {CONTRAST!r}, both on {cores()} cores")
    print(f"  here          {1e3 * ours:10.3f} ms a replicate ({REPLICATES} in {seconds:.2f} s)")
    print(f"  lme4          {1e3 * theirs:10.3f} ms a replicate (of {replicates})")
    print(f"  ratio         {theirs / ours:10.0f}")
    compared(fast, slow, replicates)


def compared(fast: Tested, slow: Tested, replicates: int) -> None:
    """Print how far the two agree on the same draws, and every decision that differs."""
    chosen = [(0, list(range(replicates)))]
    found = audited("lme4", chosen, [first(fast, replicates)], [slow], CONTRAST, ALPHA)
    told = ", ".join(f"{name} {count}" for name, count in found.agreement.verdicts.items() if count)
    print(f"the same {replicates} draws fitted by lme4 at its defaults: {told}")
    print(f"  power here {np.mean(fast.p[:replicates] < ALPHA):.3f},"
          f" by lme4 {np.mean(slow.p < ALPHA):.3f}")  # fmt: skip
    print(f"  p-values differ by {found.largest_p:.1e} at most; decisions: {len(found.differing)}")
    for one in found.differing:
        print(f"  replicate {one.replicate}: p {one.p_fast:.6f} here, {one.p_audit:.6f} by lme4:"
              f" {one.explanation}")  # fmt: skip


def curve(repetitions: int) -> None:
    """Time ``harness power`` as a whole process, and its audit apart."""

    def power(folder: Path, audit: str, *options: str) -> str:
        (folder / "curve.yaml").write_text(CURVE.format(audit=audit), encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-c", "from harness.cli import main; main()", "power", "curve.yaml",
             *options],
            cwd=folder, capture_output=True, text=True, check=True,
        )  # fmt: skip
        return done.stdout

    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds, _ = best(lambda: power(folder, "null", "--fresh"), repetitions)
        print(f"harness power, 10 points of {REPLICATES} replicates: {seconds:.1f} s, all told")
        began = time.perf_counter()
        said = power(folder, "{engine: lme4, most: 100}")
        print(f"its audit of 100 replicates by lme4: {time.perf_counter() - began:.1f} s")
        print(f"  {said.splitlines()[-2].split('. ')[-2]}.")


def main() -> None:
    """Print the comparison of the loops, then the curve."""
    given = [int(text) for text in sys.argv[1:]]
    replicates, repetitions = (*given, *(IN_R, REPETITIONS)[len(given) :])
    loops(replicates, repetitions)
    curve(repetitions)


if __name__ == "__main__":
    main()
