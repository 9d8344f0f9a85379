"""README.md of a reproduction: what differs, by how much, and how to see it."""

from __future__ import annotations

from harness.concordance.metrics import PairMetrics
from harness.concordance.pair import Pair
from harness.engines.environment import current_environment

_TEXT = """\
# {a} and {b} differ, and no known cause explains it

The same {model},
fitted to the same columns.

{rows}

Evidence: {evidence}.

Panel: `data.csv`, {nobs} rows of {units} units{reduced}.
`y` is the count, `o` the offset (log exposure), `unit` the grouping factor; the other columns are
the terms.

Run `Rscript redo.R` and `python redo.py` in this folder. Each redoes its language's fit by the
package's own call, prints it with 17 digits beside what was reported, and evaluates the
log-likelihood at every answer: base R and Python, two programs that share no code. Where a call
redone gives what was reported, the difference lies in the package; where it does not, in what
called it.

Versions: {versions}.
"""


def readme(pair: Pair, reduced: str) -> str:
    """Return the text.

    Parameters
    ----------
    reduced : str
        How the panel came to be this small, or why it is not smaller.
    """
    a, b = (f"{fit.engine} ({fit.settings})" for fit in (pair.a, pair.b))
    design, why = pair.a.design, pair.explanation
    columns = " + ".join(design.exog_names)
    effects = " + ".join(design.exog_re_names) or "none"
    return _TEXT.format(
        a=a,
        b=b,
        model=f"{design.family} model, fixed effects {columns}, random effects by unit {effects}"
        f" ({design.covariance} covariance)",
        rows=differences(pair.metrics),
        evidence=why.evidence if why else "none",
        nobs=design.nobs,
        units=design.n_groups,
        reduced=f" ({reduced})" if reduced else "",
        versions=_versions(),
    )


def differences(metrics: PairMetrics | None) -> str:
    """Return the largest differences, a line each."""
    if metrics is None:
        return "- one of them has no answer"
    worst = metrics.terms["diff_se"].abs().idxmax()
    wider = metrics.terms["rel_se"].abs().idxmax()
    lines = [
        f"- estimates: up to {metrics.max_diff_se:.3g} standard errors ({worst})",
        f"- standard errors: up to {100 * metrics.max_rel_se:.3g} % ({wider})",
        f"- standard deviations of the random effects: up to {100 * metrics.sd_re_diff:.3g} %",
        f"- random effects: up to {metrics.re_diff:.3g} of their standard deviations",
    ]
    if metrics.llf_diff is not None:
        lines.insert(2, f"- log-likelihood: {metrics.llf_diff:+.6g}")
    return "\n".join(lines)


def _versions() -> str:
    here = current_environment()
    listed = {"Python": here.python, **here.packages}
    if here.r:
        listed |= here.r_packages
    names = [f"{name} {version}" for name, version in listed.items()]
    return ", ".join([*names, here.r] if here.r else names)
