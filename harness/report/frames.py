"""Tidy data frames with every digit, one a CSV file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pandas as pd

from harness.report.agreement_frames import AGREEMENT_HEADS, agreement_rows
from harness.report.derived import index_of, overdispersion
from harness.report.numerics import percentage_change, wald_p
from harness.report.products.made import Product
from harness.report.reading import Reading, Record, unreliable
from harness.report.scrutiny_frames import SCRUTINY_HEADS, scrutiny_rows
from harness.report.truth import truths

FIT_FIELDS = (
    "id", "variant", "indicator", "stratum", "exposure", "response", "scale", "impact", "random",
    "covariance", "family", "engine", "engine_version", "language", "estimator", "settings",
    "method", "n_quadrature", "se_method", "nobs", "n_groups", "converged", "singular", "llf",
    "aic", "bic", "dispersion", "theta", "sigma_olre",
)  # fmt: skip
PAIR_FIELDS = (
    "fit_a", "fit_b", "indicator", "stratum", "variant", "like_for_like", "verdict", "cause",
    "max_diff_se", "max_rel_se", "llf_diff", "sd_re_diff", "digits", "conclusion_changes",
    "knife_edge", "evidence",
)  # fmt: skip
CERTIFICATE_FIELDS = (
    "objective", "certified", "newton_decrement", "max_step_se", "llf_gap", "definite", "cone_gain",
    "cone_slack", "max_se_error", "llf_error", "own_gradient_se",
)  # fmt: skip
ASKED = ("id", "variant", "indicator", "stratum", "engine", "settings", "language", "estimator")

# A table without rows still says what its columns would be.
EMPTY_HEADS = {
    "covariances": ("id", "term"),
    "random_effects": ("id", "effect", "sd", "correlation_with_intercept"),
    "chained_index": (
        "indicator",
        "stratum",
        "engine",
        "settings",
        "family",
        "t",
        "index",
        "low",
        "high",
    ),
    "comparisons": (*PAIR_FIELDS, "reproduction", "different_estimator"),
    "comparison_terms": ("fit_a", "fit_b", "term", "diff_se", "rel_se", "digits"),
    **AGREEMENT_HEADS,
    **SCRUTINY_HEADS,
    "messages": ("id", "kind", "text", "triage", "distance_se"),
    "medians": ("indicator", "stratum", "t", "rate", "units"),
    "dropped": ("unit", "reason", "rows_for_reason"),
    "rows_by_t": ("t", "rows"),
    "truth": ("indicator", "stratum", "term", "truth"),
}


def all_frames(reading: Reading) -> dict[str, pd.DataFrame]:
    """Return every CSV table by file stem."""
    frames = {
        "coefficients": _frame(_coefficients(reading)),
        "covariances": _frame(_covariances(reading)),
        "random_effects": _frame(_random_effects(reading)),
        "fits": _frame(_fits(reading)),
        "chained_index": _frame(_chained_index(reading)),
        "comparisons": _frame(_comparisons(reading)),
        "comparison_terms": _frame(_comparison_terms(reading)),
        **{name: _frame(rows) for name, rows in agreement_rows(reading).items()},
        **{name: _frame(rows) for name, rows in scrutiny_rows(reading).items()},
        "overdispersion": _frame(_overdispersion(reading)),
        "messages": _frame(_messages(reading)),
        "certificates": _frame(_certificates(reading)),
        "medians": _frame(reading.results["medians"]),
        "dropped": _frame(_dropped(reading)),
        "rows_by_t": _frame(_rows_by_t(reading)),
        "versions": _frame(version_rows(reading.results["environment"])),
        **_claims(reading),
        **({"truth": _frame(_truth(reading))} if reading.results.get("truth") else {}),
    }
    return {name: _with_head(name, frame) for name, frame in frames.items()}


def _claims(reading: Reading) -> dict[str, pd.DataFrame]:
    """Claims, their statements and the choice of an impact model, where the study has them."""
    claims, chosen = reading.results["claims"], reading.results.get("selection", [])
    where = ("id", "basis", "engine", "family")
    frames = {
        "claims": [{k: v for k, v in claim.items() if k != "statements"} for claim in claims],
        "claim_statements": [
            {**{key: claim[key] for key in where}, **one}
            for claim in claims
            for one in claim["statements"]
        ],
        "selection": chosen,
    }
    return {name: _frame(rows) for name, rows in frames.items() if rows}


# First characters of what a spreadsheet calculates.
_CALCULATED = ("=", "+", "-", "@", "\t", "\r")


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Return a frame as UTF-8 CSV; floats as the shortest text that reads back the same."""
    # As objects: a column of whole numbers and gaps stays one of whole numbers.
    columns = {
        as_text(name): pd.Series(list(map(as_text, cells)), dtype=object)
        for name, cells in frame.items()
    }
    text: str = pd.DataFrame(columns, dtype=object).to_csv(index=False, lineterminator="\n")
    return text.encode("utf-8")


def as_text(cell: Any) -> Any:
    """Put an apostrophe before text that a spreadsheet would calculate, as it does itself.

    A unit or a stratum may have any name, such as ``=HYPERLINK(...)``.
    """
    if not isinstance(cell, str) or not cell.startswith(_CALCULATED):
        return cell
    try:
        float(cell)
    except ValueError:
        return f"'{cell}"
    return cell


def product_frame(product: Product) -> pd.DataFrame:
    """Return the numbers of a product."""
    return pd.DataFrame(product.rows, columns=list(product.heads), dtype=object)


def _frame(rows: Any) -> pd.DataFrame:
    return pd.DataFrame(list(rows), dtype=object)


def _with_head(name: str, frame: pd.DataFrame) -> pd.DataFrame:
    return frame if len(frame.columns) else pd.DataFrame(columns=list(EMPTY_HEADS.get(name, ())))


def _coefficients(reading: Reading) -> Iterator[Record]:
    for fit in reading.fits:
        for term, p in fit["params"].items():
            yield {
                **{key: fit[key] for key in ASKED},
                "term": term,
                **{key: p[key] for key in ("estimate", "se", "ci_low", "ci_high")},
                "percentage_change": percentage_change(p["estimate"]),
                "percentage_low": percentage_change(p["ci_low"]),
                "percentage_high": percentage_change(p["ci_high"]),
                "p_value": wald_p(p["estimate"], p["se"], (fit.get("df") or {}).get(term)),
                "printed_se": (fit["printed_se"] or {}).get(term),
            }


def _covariances(reading: Reading) -> Iterator[Record]:
    for fit in reading.fits:
        terms = list(fit["params"])  # a variant may have others than the study's model
        for term, row in zip(terms, fit["cov_params"] or [], strict=False):
            yield {"id": fit["id"], "term": term, **dict(zip(terms, row, strict=True))}


def _random_effects(reading: Reading) -> Iterator[Record]:
    for fit in reading.fits:
        corr = fit["corr_re"]
        for k, sd in enumerate(fit["sd_re"]):
            yield {
                "id": fit["id"],
                "effect": ("intercept", "slope in t")[k] if k < 2 else f"effect {k + 1}",
                "sd": sd,
                "correlation_with_intercept": corr[0][k] if corr else None,
            }


def _fits(reading: Reading) -> Iterator[Record]:
    for fit in reading.fits:
        yield {
            **{key: fit[key] for key in FIT_FIELDS},
            "window_first": fit["window"][0],
            "window_last": fit["window"][1],
            "messages": len(fit["messages"]),
            "failure": fit["failure"],
            "unreliable": unreliable(fit),
        }


def _chained_index(reading: Reading) -> Iterator[Record]:
    for found in overdispersion(reading):
        key = (found.indicator["name"], found.stratum["name"])
        for fit in (*(reading.spoken(voice, *key) for voice in reading.voices), found.nb2):
            index = index_of(fit, reading)
            for k, t in enumerate(index.t if index else ()):
                assert index is not None
                assert fit is not None
                yield {
                    "indicator": fit["indicator"],
                    "stratum": fit["stratum"],
                    "engine": fit["engine"],
                    "settings": fit["settings"],
                    "family": fit["family"],
                    "t": t,
                    "index": float(index.index[k]),
                    "low": None if index.low is None else float(index.low[k]),
                    "high": None if index.high is None else float(index.high[k]),
                }


def _comparisons(reading: Reading) -> Iterator[Record]:
    for pair in reading.results["comparisons"]:
        yield {
            **{key: pair[key] for key in PAIR_FIELDS},
            "reproduction": pair.get("reproduction"),
            "different_estimator": not reading.is_exact(pair),
        }


def _comparison_terms(reading: Reading) -> Iterator[Record]:
    for pair in reading.results["comparisons"]:
        for term, difference in pair["terms"].items():
            yield {
                "fit_a": pair["fit_a"],
                "fit_b": pair["fit_b"],
                "term": term,
                "diff_se": difference["diff_se"],
                "rel_se": difference["rel_se"],
                "digits": difference.get("digits"),
            }


def _overdispersion(reading: Reading) -> Iterator[Record]:
    for found in overdispersion(reading):
        null = found.null or {}
        head = {
            "indicator": found.indicator["name"],
            "stratum": found.stratum["name"],
            "observed": found.observed,
            **{k: null.get(k) for k in ("null_median", "null_low", "null_high", "replicates")},
            "p_value": null.get("p_value"),
        }
        for term in reading.stages if found.poisson and found.nb2 else [None]:
            yield head | _two_families(found.poisson, found.nb2, term, found.changed)


def _two_families(
    poisson: Record | None, nb2: Record | None, term: str | None, changed: tuple[str, ...]
) -> dict[str, Any]:
    row: dict[str, Any] = {"term": term}
    for name, fit in (("poisson", poisson), ("nb2", nb2)):
        p = fit["params"][term] if fit and term else {}
        row[f"{name}_id"] = fit["id"] if fit and term else None
        row |= {f"{name}_{k}": p.get(k) for k in ("estimate", "se", "ci_low", "ci_high")}
    return row | {"conclusion_changes": term in changed if term else None}


def _messages(reading: Reading) -> Iterator[Record]:
    for fit in reading.fits:
        for message in fit["messages"]:
            judged = {key: message.get(key) for key in ("triage", "distance_se")}
            yield {"id": fit["id"], "kind": message["kind"], "text": message["text"], **judged}


def _certificates(reading: Reading) -> Iterator[Record]:
    for fit in reading.fits:
        found, triage = fit.get("certificate") or {}, fit.get("triage") or {}
        own, errors = found.get("own") or {}, found.get("se_errors") or {}
        yield {
            "id": fit["id"],
            **{key: found.get(key) for key in CERTIFICATE_FIELDS},
            "own_objective": max(map(abs, own.values()), default=None),
            **{f"se_error_{term}": errors.get(term) for term in reading.terms},
            "triage": triage.get("word"),
            "reason": fit.get("certificate_reason"),
        }


def _dropped(reading: Reading) -> Iterator[Record]:
    for block in reading.results["panel"]["dropped"]:
        for unit in block["units"] or [None]:
            yield {"unit": unit, "reason": block["reason"], "rows_for_reason": block["rows"]}


def _rows_by_t(reading: Reading) -> Iterator[Record]:
    rows = reading.results["panel"]["rows_by_t"]
    for t in sorted(rows, key=int):
        yield {"t": int(t), "rows": rows[t]}


def _truth(reading: Reading) -> Iterator[Record]:
    for truth in truths(reading):
        row = {"indicator": truth.indicator, "stratum": truth.stratum, "term": truth.term,
               "truth": truth.value}  # fmt: skip
        for family, fit in truth.fits.items():
            p = fit["params"][truth.term] if fit else {}
            row |= {
                f"{family}_{key}": p.get(key) for key in ("estimate", "se", "ci_low", "ci_high")
            }
            row[f"{family}_covers"] = truth.covered(family)
        yield row


def version_rows(environment: Record) -> Iterator[Record]:
    """Yield language, name and version of everything that computed."""
    yield {"language": "Python", "name": "Python", "version": environment["python"]}
    for name, version in sorted((environment["packages"] or {}).items()):
        yield {"language": "Python", "name": name, "version": version}
    if environment["r"]:
        yield {"language": "R", "name": "R", "version": environment["r"]}
    for name, version in sorted((environment["r_packages"] or {}).items()):
        yield {"language": "R", "name": name, "version": version}
