"""What is wrong with a study's claims beside the rest of its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from harness.sources.names import suggestion
from harness.study.claims.parts import Basis, Claim
from harness.study.claims.patterns import atoms
from harness.study.parts import Fault


def claim_fault(
    claims: Sequence[Claim],
    bases: Sequence[Basis],
    indicators: list[str],
    strata: list[str] | None,
    variants: list[str],
) -> Fault | None:
    """Return place and text of the first name that the study does not know, None where it does.

    Parameters
    ----------
    strata : list of str or None
        None where they follow from the data only.
    """
    for k, claim in enumerate(claims):
        for indicator, stratum in _analyses(claim):
            for name, known in ((indicator, indicators), (stratum, strata)):
                if known is not None and name not in known:
                    text = f"claims.{k} ({claim.id}): {name!r}: {suggestion(name, known)}"
                    return ("claims", k), text
    for k, basis in enumerate(bases):
        for name in basis.variants:
            if name not in variants:
                text = f"claims_by.{k}.variants: {name!r}: {suggestion(name, variants)}"
                return ("claims_by", k, "variants"), text
    return None


def _analyses(claim: Claim) -> Iterator[tuple[str, str]]:
    """Every indicator and stratum that a claim speaks of."""
    for atom in atoms(claim.formula()):
        yield from ((str(term.indicator), str(term.stratum)) for term in atom.terms)
