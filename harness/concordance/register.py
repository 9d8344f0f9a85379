"""The register of known differences: what is in it, and what a run finds against it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, model_validator

from harness.concordance.explanation import Cause
from harness.concordance.pair import Pair
from harness.concordance.verdict import IDENTICAL
from harness.resources import shipped
from harness.yaml_file import read_validated

Quantity = Literal["max_diff_se", "max_rel_se", "llf_diff", "sd_re_diff", "re_diff"]
QUANTITIES: tuple[Quantity, ...] = get_args(Quantity)
# An entry that allows ten times what is found hides the next change of that size.
LOOSE = 10.0


class Divergence(BaseModel):
    """A known difference between the answers of two engines.

    Attributes
    ----------
    study, indicator, stratum, variant : str
        Where, as shell patterns.
    between : pair of str
        Engines with their settings, ``engine/settings``, as shell patterns, in any order.
    cause : str
        Computed cause of the difference.
    at_most : mapping of str to float
        Largest sizes of the quantities that go beyond ``identical``; empty for a fit without an
        answer.
    why : str
        What is known about it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str
    between: tuple[str, str]
    cause: Cause
    at_most: dict[Quantity, Annotated[float, Field(gt=0.0, allow_inf_nan=False)]]
    why: Annotated[str, Field(min_length=20)]
    study: str = "*"
    indicator: str = "*"
    stratum: str = "*"
    variant: str = "*"

    def covers(self, found: Difference) -> bool:
        """Whether a difference is of this kind, whatever its size."""
        places = (
            (found.study, self.study), (found.indicator, self.indicator),
            (found.stratum, self.stratum), (found.variant, self.variant),
        )  # fmt: skip
        a, b = self.between
        either_way = any(
            fnmatchcase(one, a) and fnmatchcase(other, b)
            for one, other in ((found.a, found.b), (found.b, found.a))
        )
        return (
            either_way
            and found.cause == self.cause
            and all(fnmatchcase(value, pattern) for value, pattern in places)
        )

    def allows(self, found: Difference) -> bool:
        """Whether a difference is no larger than registered."""
        return not self.beyond(found)

    def beyond(self, found: Difference) -> list[Quantity]:
        """Quantities that have outgrown the entry; what it does not name may not differ."""
        return [name for name, size in found.sizes.items() if size > self.at_most.get(name, 0.0)]


class Register(BaseModel):
    """All known differences."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    divergences: tuple[Divergence, ...]

    @model_validator(mode="after")
    def _ids_differ(self) -> Register:
        ids = [entry.id for entry in self.divergences]
        twice = sorted({name for name in ids if ids.count(name) > 1})
        if twice:
            raise ValueError(f"two divergences are called {twice[0]!r}: give each its own id")
        return self


@dataclass(frozen=True, slots=True)
class Difference:
    """What a run found between two fits that are not identical.

    Attributes
    ----------
    a, b : str
        ``engine/settings``.
    sizes : mapping of str to float
        Absolute sizes of the quantities beyond ``identical``; infinite where an estimate or
        standard error is missing, empty where a fit has no answer.
    """

    study: str
    indicator: str
    stratum: str
    variant: str
    a: str
    b: str
    cause: str
    sizes: Mapping[Quantity, float]

    @property
    def place(self) -> str:
        """Where it was found, in one line."""
        where = "/".join((self.study, self.indicator, self.stratum, self.variant))
        return f"{where}: {self.a} and {self.b}"


def load_register(path: Path | None = None) -> Register:
    """Read a register, the built-in one by default.

    Raises
    ------
    ConfigError
        In one line that names file, line, key and mend.
    """
    path = shipped("divergences.yaml") if path is None else path
    shape = "a register is a list of entries under the key 'divergences'"
    return read_validated(path, Register, shape)


def registered(register: Register, found: Difference) -> str | None:
    """Return the entry by which a difference is known, and no larger than known, or None."""
    entries = (e.id for e in register.divergences if e.covers(found) and e.allows(found))
    return next(entries, None)


def complaints(
    register: Register, found: Sequence[Difference], studies: Collection[str]
) -> list[str]:
    """Return every disagreement of some studies' runs with the register, one line each.

    Unregistered differences, differences that have outgrown their entry, and stale entries: such
    as speak of these studies and are never met, or allow ten times what is met.

    Parameters
    ----------
    found : sequence of Difference
        Of all runs together.
    studies : collection of str
        Names of the studies that ran.
    """
    lines = [line for difference in found if (line := _complaint(register, difference))]
    for entry in register.divergences:
        if any(fnmatchcase(study, entry.study) for study in studies):
            lines += _stale(entry, [d for d in found if entry.covers(d) and entry.allows(d)])
    return lines


def _complaint(register: Register, found: Difference) -> str | None:
    if registered(register, found):
        return None
    covering = [entry for entry in register.divergences if entry.covers(found)]
    if not covering:
        sizes = ", ".join(f"{name} {size:.3g}" for name, size in found.sizes.items())
        return f"unregistered: {found.place}, cause {found.cause!r} ({sizes or 'no answer'})"
    entry = covering[0]
    grown = ", ".join(
        f"{name} {found.sizes[name]:.3g} beyond {entry.at_most.get(name, 0.0):.3g}"
        for name in entry.beyond(found)
    )
    return f"outgrown: {found.place}, entry {entry.id!r}: {grown}"


def _stale(entry: Divergence, met: Sequence[Difference]) -> list[str]:
    if not met:
        return [f"stale: entry {entry.id!r} is met nowhere: drop it"]
    return [
        f"stale: entry {entry.id!r} allows {name} {most:.3g} where {largest:.3g} is met: lower it"
        for name, most in entry.at_most.items()
        if most > LOOSE * (largest := max(d.sizes.get(name, 0.0) for d in met))
    ]


def difference_of(
    pair: Pair, *, study: str, indicator: str, stratum: str, variant: str
) -> Difference | None:
    """Return what the register must know of a pair; None for identical fits."""
    if pair.explanation is None:
        return None
    m = pair.metrics
    sizes: dict[Quantity, tuple[float, float]] = {} if m is None else {
        "max_diff_se": (m.max_diff_se, IDENTICAL.diff_se),
        "max_rel_se": (m.max_rel_se, IDENTICAL.rel_se),
    }  # fmt: skip
    if m is not None and m.same_objective:
        sizes["llf_diff"] = (abs(m.llf_diff or 0.0), IDENTICAL.llf)
        sizes["sd_re_diff"] = (m.sd_re_diff, IDENTICAL.sd_re)
        sizes["re_diff"] = (m.re_diff, IDENTICAL.re)
    return Difference(
        study, indicator, stratum, variant, f"{pair.a.engine}/{pair.a.settings}",
        f"{pair.b.engine}/{pair.b.settings}", pair.explanation.cause,
        {name: size for name, (size, identical) in sizes.items() if size > identical},
    )  # fmt: skip
