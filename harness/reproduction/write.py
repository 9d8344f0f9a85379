"""Write a reproduction of one pair: the reduced panel, a script in each language, a README."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from harness.concordance.compare import compare_pair
from harness.concordance.pair import Pair
from harness.errors import ConfigError
from harness.reproduction import in_python, in_r
from harness.reproduction.columns import design_frame
from harness.reproduction.panels import nameless
from harness.reproduction.readme import readme
from harness.reproduction.reduce import Budget, reduced
from harness.reproduction.refit import Refit, in_worker_processes, still_unexplained

DATA = "data.csv"


@dataclass(frozen=True, slots=True, eq=False)
class Reproduction:
    """A difference made small.

    Attributes
    ----------
    pair : Pair
        Both fits on the units that are left, which are called u1, u2, ...
    how : str
        How the panel came to be this small, or why it is not smaller.
    """

    pair: Pair
    how: str


def write_reproduction(
    pair: Pair, folder: Path, budget: Budget | None = None, refit: Refit = in_worker_processes
) -> Reproduction:
    """Write data.csv, redo.R, redo.py and README.md of a difference that no cause explains.

    Units are dropped, and both fits redone, for as long as the difference stays unexplained. Where
    it does not come back even on all units, the whole panel is written, and the README says so.

    Parameters
    ----------
    pair : Pair
        Of ``harness.compare(fits).comparisons``, with the cause ``unexplained``.
    folder : Path
        Made where it is missing.
    budget : Budget, optional
        Fits of both and seconds; none at all where ``trials`` is 0.
    refit : callable, optional
        How tasks become fits; in worker processes.

    Raises
    ------
    ConfigError
        If the pair has another cause, or none.
    """
    if pair.explanation is None or pair.explanation.cause != "unexplained":
        cause = pair.explanation.cause if pair.explanation else "none: the fits are identical"
        raise ConfigError(f"the cause of this pair is {cause}: only what is unexplained is reduced")
    made = made_small(pair, budget or Budget(), refit)
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files(made).items():
        (folder / name).write_text(text, encoding="utf-8")
    return made


def made_small(pair: Pair, budget: Budget, refit: Refit) -> Reproduction:
    """Reduce the panel of a pair."""
    count = pair.a.design.n_groups
    if budget.trials < 1:
        return Reproduction(_renamed(pair), "not reduced: others of this run were")
    found = reduced(range(count), lambda units: still_unexplained(pair, refit, units), budget)
    if found.found is None:
        return Reproduction(_renamed(pair), f"not reduced: {found.ended}")
    return Reproduction(found.found, f"of {count}; {found.ended}")


def _renamed(pair: Pair) -> Pair:
    """The pair as it was found, its units without their names."""
    a, b = nameless(pair.a), nameless(pair.b)
    return compare_pair(a, b)


def files(made: Reproduction) -> dict[str, str]:
    """Return the text of every file by its name."""
    pair = made.pair
    fits, design = (pair.a, pair.b), pair.a.design
    return {
        DATA: design_frame(design).to_csv(index=False),
        "redo.R": in_r.script(design, fits, DATA) + "\n",
        "redo.py": in_python.script(design, fits, DATA),
        "README.md": readme(pair, made.how),
    }
