"""In how many conclusions the choice of software changes the sentence in the paper."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from harness.concordance.agreement.term_pairs import INTERCEPT, TermPair
from harness.concordance.verdict import negligible


@dataclass(frozen=True, slots=True)
class Count:
    """Conclusions compared, and those that another program would have changed.

    Attributes
    ----------
    conclusions : int
        Stages times analyses. A conclusion is that a stage significantly falls, significantly
        rises, or does neither, at 5 %; the intercept is a level and none.
    changed : int
        Of these, changed by a difference that counts.
    knife_edge : int
        Of these, changed only by differences no larger than ``concordant`` allows: the p-value
        itself sits on 0.05.
    patterns, patterns_changed : int
        Analyses, and those with at least one changed stage, knife-edge ones not counted.
    """

    conclusions: int
    changed: int
    knife_edge: int
    patterns: int
    patterns_changed: int


def stages(pairs: Iterable[TermPair]) -> list[TermPair]:
    """Return the term pairs that are conclusions."""
    return [pair for pair in pairs if pair.term != INTERCEPT]


def differs(pair: TermPair) -> bool:
    """Whether the two engines lead to different sentences."""
    return pair.x.state != pair.y.state


def on_the_edge(pair: TermPair) -> bool:
    """Whether the sentences differ although the numbers hardly do."""
    return differs(pair) and negligible(pair.diff_se, pair.rel_se)


def count(pairs: Sequence[TermPair]) -> Count:
    """Count conclusions, each once however many pairs of engines speak on it."""
    own = stages(pairs)
    conclusions = {_conclusion(pair) for pair in own}
    changed = {_conclusion(pair) for pair in own if differs(pair) and not on_the_edge(pair)}
    edge = {_conclusion(pair) for pair in own if on_the_edge(pair)} - changed
    patterns = {key[:-1] for key in conclusions}
    return Count(
        len(conclusions), len(changed), len(edge), len(patterns), len({key[:-1] for key in changed})
    )


def _conclusion(pair: TermPair) -> tuple[str, str, str, str]:
    """Return what a sentence is about; other models speak of the same stage in other sentences."""
    return (pair.indicator, pair.stratum, pair.a.variant, pair.term)
