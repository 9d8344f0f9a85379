"""From a run to ``results.json``: plain data, nothing infinite, nothing timed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from harness.certificate import Certificate
from harness.concordance.metrics import PairMetrics
from harness.concordance.pair import Pair
from harness.concordance.triage import message_triage, triage
from harness.glmm.separation import unbounded_terms
from harness.panel import Panel
from harness.report.reading import EXACT
from harness.report.words import plural
from harness.result import FitResult, Message
from harness.study.agreement import agreement_block
from harness.study.by_hand import by_hand
from harness.study.claims.ledger import ledger
from harness.study.columns import columns_of
from harness.study.config import BASE
from harness.study.distances import distances
from harness.study.extras import extras
from harness.study.panels import model_of
from harness.study.parts import Indicator
from harness.study.plan import WHOLE_PANEL, PlannedFit, PlannedPair
from harness.study.runner import StudyRun
from harness.study.scrutiny_records import scrutiny_block
from harness.study.selection import selection_records
from harness.study.sentence import unanswered, verdict_sentence
from harness.study.unexplained import reproduction_folders
from harness.study.writable import matrix, number, plain

SCHEMA = 1


def results_dict(run: StudyRun) -> dict[str, Any]:
    """Return the contents of ``results.json``."""
    at_level, known = run.at_level(run.study.level), run.registered(run.study.level)
    fits = [_fit(run, planned, fit) for planned, fit in run.fits.items()]
    comparisons = [_comparison(run, planned, pair) for planned, pair in run.pairs.items()]
    scrutiny = scrutiny_block(run, fits)
    return {
        "schema": SCHEMA,
        "study": _study(run),
        "environment": {**asdict(run.environment), "transport": _transport(run)},
        "panel": _panel(run),
        "fits": fits,
        "comparisons": comparisons,
        "agreement": agreement_block(fits, comparisons, distances(run.fits), run.options.seed),
        "medians": [row for i in run.study.indicators for row in _medians(run, i)],
        "dispersion_null": [
            {
                "indicator": cell.indicator,
                "stratum": cell.stratum,
                "observed": number(null.observed),
                "null_low": number(null.low),
                "null_median": number(null.median),
                "null_high": number(null.high),
                "p_value": number(null.p_value),
                "replicates": null.replicates,
                "failures": null.failures,
                "failure": null.failure,
            }
            for cell, null in run.nulls.items()
        ],
        "claims": ledger(run),
        "selection": selection_records(run),
        **({} if scrutiny is None else {"scrutiny": scrutiny}),
        **extras(run.study, run.data.table, run.data.strata),
        "unfit": [
            {
                "indicator": cell.indicator,
                "stratum": cell.stratum,
                "variant": cell.variant,
                "reason": reason,
            }
            for cell, reason in run.data.unfit.items()
        ],
        "counts": {
            "fits_expected": len(run.fits),
            "fits_done": sum(fit.failure is None for fit in run.fits.values()),
            "pairs_expected": run.pairs_expected,
            "pairs_at_level": len(at_level),
            "pairs_registered": len(known),
        },
        "verdict": {
            "sentence": verdict_sentence(run),
            "ok": len(at_level) + len(known) == run.pairs_expected and not unanswered(run),
        },
    }


def timing_dict(run: StudyRun) -> dict[str, Any]:
    """Return the contents of ``timing.json``: seconds by fit."""
    return {"fits": {planned.id: fit.seconds for planned, fit in run.fits.items()}}


def _transport(run: StudyRun) -> str | None:
    used = {str(f.details["transport"]) for f in run.fits.values() if "transport" in f.details}
    return " and ".join(sorted(used)) or None


def _study(run: StudyRun) -> dict[str, Any]:
    study, table = run.study, run.data.table
    return {
        "name": study.study,
        "title": study.title,
        "unit_word": study.words.unit,
        "period_word": study.words.period,
        "event_word": study.words.event,
        "source": f"{table.source} {table.licence}".strip(),
        "notes": list(table.notes),
        "command": run.options.command or f"harness run {study.study}",
        "level": study.level,
        "engines": list(study.engines),
        "settings": list(study.settings),
        "indicators": [indicator.model_dump() for indicator in study.indicators],
        "strata": [_stratum(run, name) for name in run.data.strata],
        "model": study.model.model_dump(mode="json"),
        "terms": list(next(d for c, d in run.data.designs.items() if c.variant == BASE).exog_names),
    }


def _stratum(run: StudyRun, name: str) -> dict[str, Any]:
    words = run.study.words
    titles = run.study.strata.titles if run.study.strata else {}
    label = f"All {plural(words.unit)}" if name == WHOLE_PANEL else titles.get(name, name)
    descriptions = run.data.table.descriptions
    column = run.study.strata.column if run.study.strata else None
    own = [
        d.n_groups for c, d in run.data.designs.items() if (c.stratum, c.variant) == (name, BASE)
    ]
    return {
        "name": name,
        "label": label,
        "units": max(own, default=0),
        "description": descriptions.get(column, "") if column and name != WHOLE_PANEL else "",
    }


def _panel(run: StudyRun) -> dict[str, Any]:
    panels = run.data.panels
    first = panels[run.study.indicators[0].name]
    window = run.study.model.window
    inside = first.t[first.t.between(*window)]
    width = window[1] - window[0] + 1
    rows_by_unit = first.frame.loc[inside.index].groupby("unit").size()
    return {
        "sha256": hashlib.sha256("".join(p.sha256 for p in panels.values()).encode()).hexdigest(),
        "rows": first.nobs,
        "units": len(first.units),
        "periods": [first.periods[0], first.periods[-1]],
        "window_rows": len(inside),
        "incomplete_units": int((rows_by_unit < width).sum()),
        "rows_by_t": {str(t): int(n) for t, n in inside.value_counts().sort_index().items()},
        "dropped": [*_dropped(panels), *_outside(first, window)],
    }


def _dropped(panels: Mapping[str, Panel]) -> list[dict[str, Any]]:
    """Each reason once; rows and units of the first indicator that it holds for."""
    seen: dict[str, dict[str, Any]] = {}
    for panel in panels.values():
        for part in panel.dropped:
            seen.setdefault(part.reason, {**asdict(part), "units": list(part.units)})
    return list(seen.values())


def _outside(panel: Panel, window: tuple[int, int]) -> list[dict[str, Any]]:
    """Units of which no period lies in the window."""
    inside = set(panel.frame["unit"][panel.t.between(*window)])
    rows = panel.frame["unit"][~panel.frame["unit"].isin(inside)]
    if rows.empty:
        return []
    reason = f"no period within the window [{window[0]}, {window[1]}]"
    return [{"reason": reason, "rows": len(rows), "units": sorted(set(rows))}]


def _fit(run: StudyRun, planned: PlannedFit, fit: FitResult) -> dict[str, Any]:
    cell = planned.cell
    indicator = run.study.indicator(cell.indicator)
    model = model_of(run.study, cell)
    columns = columns_of(indicator, run.study.variant(cell.variant), run.data.table.event)
    bounds = fit.conf_int()
    low, high = bounds["lower"], bounds["upper"]
    return {
        "id": planned.id,
        "variant": cell.variant,
        "indicator": cell.indicator,
        "stratum": cell.stratum,
        "exposure": columns.exposure,
        "response": model.response,
        "scale": model.scale,
        "impact": model.impact,
        "window": list(model.window),
        "random": model.random,
        "covariance": model.covariance,
        "family": model.family,
        "engine": fit.engine,
        "engine_version": fit.engine_version,
        "language": fit.language,
        "estimator": fit.estimator,
        "settings": fit.settings,
        "method": fit.method,
        "n_quadrature": fit.n_quadrature,
        "se_method": fit.se_method,
        "nobs": fit.nobs,
        "n_groups": fit.n_groups,
        "converged": fit.converged,
        "singular": fit.singular,
        "messages": [_message(fit, message) for message in fit.messages],
        "triage": _triage(fit),
        "llf": number(fit.llf),
        "aic": number(fit.aic),
        "bic": number(fit.bic),
        "dispersion": number(fit.dispersion),
        "theta": number(fit.theta),
        "sigma_olre": number(fit.sigma_olre),
        "params": {
            term: {
                "estimate": number(fit.params[term]),
                "se": number(fit.bse[term]),
                "ci_low": number(low[term]),
                "ci_high": number(high[term]),
            }
            for term in fit.design.exog_names
        },
        "df": None if fit.df is None else {str(term): number(df) for term, df in fit.df.items()},
        "cov_params": matrix(fit.covariance),
        "printed_se": None
        if fit.bse_printed is None
        else {str(term): number(se) for term, se in fit.bse_printed.items()},
        "sd_re": [number(sd) for sd in fit.sd_re],
        "corr_re": None if fit.corr_re is None else matrix(fit.corr_re),
        "unbounded": list(unbounded_terms(fit.design)) if fit.estimator == EXACT else [],
        "certificate": None if fit.certificate is None else certificate_dict(fit.certificate),
        "certificate_reason": fit.certificate_reason,
        "failure": fit.failure,
        "reproduce": by_hand(run, cell, fit),
    }


def _message(fit: FitResult, message: Message) -> dict[str, Any]:
    """Return a message with what became of it; null where it is no warning of this answer."""
    word = message_triage(fit, message)
    step = fit.certificate.max_step_se if word and fit.certificate else None
    return {**asdict(message), "triage": word, "distance_se": number(step)}


def _triage(fit: FitResult) -> dict[str, Any] | None:
    found = triage(fit)
    return None if found is None else plain(asdict(found))


def certificate_dict(found: Certificate) -> dict[str, Any]:
    """Return a certificate as plain finite data; ``max_se_error`` is the worst of its errors."""
    return {**plain(asdict(found)), "max_se_error": number(found.max_se_error)}


def _comparison(run: StudyRun, planned: PlannedPair, pair: Pair) -> dict[str, Any]:
    m, why = pair.metrics, pair.explanation
    cell = planned.a.cell
    return {
        "fit_a": planned.a.id,
        "fit_b": planned.b.id,
        "indicator": cell.indicator,
        "stratum": cell.stratum,
        "variant": cell.variant,
        "like_for_like": planned.like_for_like,
        "max_diff_se": number(m.max_diff_se) if m else None,
        "max_rel_se": number(m.max_rel_se) if m else None,
        "llf_diff": number(m.llf_diff) if m else None,
        "sd_re_diff": number(m.sd_re_diff) if m else None,
        "re_diff": number(m.re_diff) if m else None,
        "digits": number(m.digits) if m else None,
        "conclusion_changes": pair.conclusion_changes,
        "knife_edge": pair.knife_edge,
        "verdict": pair.verdict,
        "cause": why.cause if why else None,
        "registered": run.known(planned),
        "evidence": why.evidence if why else None,
        "reproduction": reproduction_folders(run).get(planned),
        "terms": {} if m is None else _terms(m),
    }


def _terms(metrics: PairMetrics) -> dict[str, Any]:
    names = ("diff_se", "rel_se", "digits")
    return {
        str(term): {name: number(metrics.terms[name][term]) for name in names}
        for term in metrics.terms.index
    }


def _medians(run: StudyRun, indicator: Indicator) -> list[dict[str, Any]]:
    """Median rate over units by time to the event, for each stratum."""
    rows = []
    for stratum in run.data.strata:
        panel = run.data.panels[indicator.name].restricted(stratum)
        rate = indicator.per * panel.frame[panel.response] / panel.frame["exposure"]
        inside = panel.t.between(*run.study.model.window)
        by_t = rate[inside].groupby(panel.t[inside])
        rows += [
            {"indicator": indicator.name, "stratum": stratum, "t": int(str(t)),
             "rate": number(group.median()), "units": len(group)}
            for t, group in by_t
        ]  # fmt: skip
    return rows
