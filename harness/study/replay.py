"""One replicate, drawn again and looked at."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from harness.errors import ConfigError
from harness.simulation.estimates import STEPS
from harness.simulation.processes.process import stream
from harness.simulation.replicates import estimates
from harness.sources.names import suggestion
from harness.study.replication import Replication


@dataclass(frozen=True, slots=True, eq=False)
class Replay:
    """One replicate.

    Attributes
    ----------
    data : DataFrame
        What the analyst of this replicate is given.
    answers : DataFrame
        Estimate, standard error and 95 % interval by method and term; and the stage at which the
        replicate failed, if it did.
    """

    data: pd.DataFrame
    answers: pd.DataFrame


def replay(replications: tuple[Replication, ...], which: str) -> Replay:
    """Draw a replicate again and fit it by every method.

    Parameters
    ----------
    which : str
        ``process:k``, the process and the number of the replicate, from 0.

    Raises
    ------
    ConfigError
        If there is no such process or number, or nothing to look at.
    """
    name, _, number = which.rpartition(":")
    known = list(dict.fromkeys(one.process.name for one in replications))
    if not name or not number.isdecimal():
        raise ConfigError(f"--replay {which!r}: write process:number, such as {known[0]}:0")
    if name not in known:
        raise ConfigError(f"--replay {which!r}: {suggestion(name, known)}")
    own = [one for one in replications if one.process.name == name]
    process, k = own[0].process, int(number)
    draw = process.draw(stream(own[0].seed, k))
    if draw is None:
        raise ConfigError(f"--replay {which!r}: its counts are too large to be drawn")
    data = process.layout.frame(draw.counts, draw.event)[draw.shown]
    return Replay(data, pd.concat([_answers(one, k) for one in own], ignore_index=True))


def _answers(one: Replication, k: int) -> pd.DataFrame:
    found = estimates(one.process, one.method, one.seed, [k])
    half = found.critical[0] * found.se[0]
    return pd.DataFrame(
        {
            "method": one.method.name, "term": found.terms, "estimate": found.estimate[0],
            "se": found.se[0], "ci_low": found.estimate[0] - half,
            "ci_high": found.estimate[0] + half, "llf": found.llf[0],
            "singular": found.singular[0],
            "failed": STEPS.get(int(found.stage[0]), ""),
        }
    )  # fmt: skip
