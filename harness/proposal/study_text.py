"""The study file of a proposal: every key with a comment, the less usual ones commented out.

A line that begins with ``#`` and no space is a key commented out: taking the ``#`` away makes it
count.
"""

from __future__ import annotations

import math
import os
import textwrap
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from harness.proposal.propose import Proposal
from harness.proposal.yaml_text import flow, scalar
from harness.report.slug import slugs

# A rate between 1 and 1000 is read most easily.
LARGEST_POWER = 6


def study_text(found: Proposal, target: Path, engines: Sequence[str]) -> str:
    """Return the text of the study file.

    Parameters
    ----------
    target : Path
        Where it will stand: the path of the data starts from its folder.
    engines : sequence of str
        That can run here; ``laplace`` among them.
    """
    blocks = (
        _head(found, target), _source(found, target), _indicators(found), _strata(found),
        _model(found), _engines(engines), _variants(engines), _rules(), _words(), _claims(found),
        _scrutiny(found), _power(found),
    )  # fmt: skip
    return "\n".join(blocks)


def _head(found: Proposal, target: Path) -> str:
    title = f"{_label(found.file.stem)} before and after the event"
    return f"""\
# Study of {_shown(found.file.name)}, proposed by harness new.
# A line that begins with # and a word is a key left out: take the # away and it counts.
#   harness check {_shown(target.name)}    what it asks for, nothing fitted
#   harness run {_shown(target.name)}      fits, compares, writes the report

# Name of the report's folder, and its title.
study: {scalar(_slug(target.stem))}
title: {scalar(title)}
"""


def _source(found: Proposal, target: Path) -> str:
    roles = [(role, scalar(found.column(role))) for role in ("unit", "period", "event")]
    never = found.survey.never
    path = Path(os.path.relpath(found.file.resolve(), target.parent.resolve())).as_posix()
    none = (
        f"# Units without an event ({never} here): drop lists them and leaves them out; error\n"
        "# refuses them.\nno_event: drop"
        if never
        else "# Units without an event, of which there are none: error refuses them, drop\n"
        "# leaves them out.\nno_event: error"
    )
    return f"""\
# The data, one row a unit and period; periods and events are whole numbers. The path starts from
# this file's folder. A column of strata would be named here too, as stratum.
source:
  reader: table
  path: {scalar(path)}
  columns: {flow(roles)}
{none}
"""


def _indicators(found: Proposal) -> str:
    exposure = found.column("exposure")
    names = _names(found)
    lines = [
        "  - "
        + flow(
            (
                ("name", names[column]), ("label", scalar(_label(column))),
                ("count", scalar(column)), ("exposure", scalar(exposure)),
                ("per", f"{_per(found.rates[column]):.0f}"), ("unit", scalar(_spaced(exposure))),
            )
        )
        for column in found.counts
    ]  # fmt: skip
    return "\n".join(
        (
            "# One entry a series: a count out of an exposure, shown as a rate per so many of its",
            "# units. Amounts and rates take the place of a count as",
            "#   {name: spend, label: Spend, value: spend, response: pseudo, scale: GBP per child}",
            "indicators:",
            *lines,
            "",
        )
    )  # fmt: skip


def _names(found: Proposal) -> dict[str, str]:
    """Name of the indicator of each column of counts."""
    columns = found.counts
    different = _different([_slug(column) for column in columns])
    return dict(zip(columns, map(scalar, different), strict=True))


def _strata(found: Proposal) -> str:
    lines = [f"#strata: {_stratum(*item)}" for item in found.strata.items()]
    return "\n".join(
        (
            "# A column that is the same in all rows of a unit divides the units; every model is",
            "# then fitted to all of them and to each stratum.",
            *(lines or ["#strata: {column: region, minimum_units: 5}"]),
            "",
        )
    )


def _stratum(column: str, values: tuple[str, ...]) -> str:
    names = _different([_slug(value) for value in values])
    labels = flow((scalar(v), scalar(n)) for v, n in zip(values, names, strict=True))
    return flow((("column", scalar(column)), ("labels", labels), ("minimum_units", "5")))


def _model(found: Proposal) -> str:
    able = [name for name, why in found.model.impacts.items() if why is None]
    first, last = found.model.window
    return f"""\
{_comment(f"impact: {', '.join(able)} can be estimated here.")}
# window: first and last period around the event. random: slope, intercept, step or none.
# covariance: unstructured or diagonal. family: poisson, nb2, poisson-olre or binomial.
model:
  impact: {found.model.impact}
  window: [{first}, {last}]
  random: {found.model.random}
  covariance: unstructured
  family: poisson
"""


def _engines(engines: Sequence[str]) -> str:
    absent = "" if len(engines) > 1 else "\n# R is not here: harness check says how to have it."
    return f"""\
# Who fits. lme4 and glmmtmb are R's, laplace is Python's and the like-for-like partner of both;
# agq, statsmodels-map, statsmodels-vb, glmm and glmm-agq are other methods.{absent}
engines: [{", ".join(engines)}]
# default is what a user gets by typing the call, tight the best that an engine can do.
settings: [default, tight]
# Where an engine is slow: only there, or only so.
#engine_limits: {{{engines[0]}: {{settings: [tight]}}}}
"""


def _variants(engines: Sequence[str]) -> str:
    both = [name for name in engines if name != "lme4"]
    return f"""\
# The same with one thing changed. Counts mostly vary more than a Poisson distribution allows:
# nb2 shows what that does to the intervals. More to put in the list, each on its own line:
#   {{name: agq, engines: [agq], n_quadrature: 7}}              how much the approximation costs
#   {{name: cluster, engines: [laplace], se_method: cluster}}   errors that hold whatever varies
#   {{name: level, impact: level, engines: [laplace]}}          another impact model
#   {{name: calendar, calendar: true, engines: [laplace]}}      every period with its own effect
variants:
  - {{name: nb2, family: nb2, engines: [{", ".join(both)}]}}
"""


def _rules() -> str:
    return """\
# What like-for-like pairs must reach, else harness run ends with 1: identical, concordant,
# equivalent or discordant.
level: concordant
# Simulated panels that the dispersion of a Poisson fit is held against; 0 leaves it out.
dispersion_replicates: 499
# error refuses an analysis that the data cannot answer; list names it in the report.
#unfit: list
# false keeps the rows of the data out of the report's folder.
#publish_rows: false
"""


def _words() -> str:
    return """\
# What your field calls them, for the sentences of the report.
#words: {unit: ward, period: quarter, event: new protocol}
"""


def _claims(found: Proposal) -> str:
    about = _names(found)[found.counts[0]]
    term = {"two-step": "step0", "level": "level", "level-slope": "level", "slope": "slope"}
    says = f"{term.get(found.model.impact, 'trend')} < 0"
    return f"""\
# Sentences of a paper, checked for every engine and model in turn (docs/study-file.md), and
# by which models.
#claims: [{{id: C1, text: It falls., parts: [{{about: [{about}], says: ["{says}"]}}]}}]
#claims_by: [{{name: nb2, label: Negative binomial, variants: [nb2]}}]
# Tables and figures of a paper that are made anew.
#products: [{{name: Figure 1, kind: chained-index, indicators: [{about}]}}]
"""


def _scrutiny(found: Proposal) -> str:
    asked = ["multiplicity: true", "composition: true"]
    if found.model.impact == "two-step":
        asked = ["contrasts: true", "placebo: {replicates: 199}", *asked]
    return f"""\
# What a referee would ask of fits that agree; docs/study-file.md has them all.
#scrutiny: {{{", ".join(asked)}}}
"""


def _power(found: Proposal) -> str:
    panel = f"observed: {{indicator: {_names(found)[found.counts[0]]}}}"
    truth = f"{panel}, percent: {{step0: -10}}"
    return f"""\
# harness power FILE: how often the test of a contrast rejects in such a design. harness simulate
# FILE: bias, coverage and error rates of methods (docs/simulation.md has every process).
#power: {{process: {{{truth}}}, contrast: step0 = 0}}
#simulate: {{processes: [{{name: base, {panel}}}], methods: [{{name: laplace}}]}}
"""


def _comment(text: str) -> str:
    return textwrap.fill(text, 100, initial_indent="# ", subsequent_indent="# ")


def _per(rate: float) -> float:
    if rate <= 0:
        return 1.0
    return 10.0 ** min(max(0, math.ceil(-math.log10(rate))), LARGEST_POWER)


def _slug(name: str) -> str:
    """A name made of ASCII letters, digits, ``-`` and ``_`` that begins with a letter or digit."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    slug = slugs([plain])[plain].strip("_-")[:60] or "series"
    return slug if slug[0].isalpha() else f"s{slug}"


def _different(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        k, other = 1, name
        while other in found:
            k += 1
            other = f"{name}-{k}"
        found.append(other)
    return found


def _spaced(name: str) -> str:
    return " ".join(name.replace("_", " ").split()) or name


def _label(name: str) -> str:
    text = _spaced(name)
    return text[:1].upper() + text[1:]


def _shown(name: str) -> str:
    """A name in a comment, which ends with its line."""
    return "".join(c if c.isprintable() else "?" for c in name)
