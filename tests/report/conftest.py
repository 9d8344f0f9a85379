"""Synthetic results in the shape of results.json, schema 1, from plain seeded numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from harness.report import render_report
from harness.study.agreement import agreement_block

TERMS = ("intercept", "pre", "step0", "step1", "post")
ENGINES: dict[str, tuple[str, str, str]] = {
    "lme4": ("R", "maximum likelihood", "1.1.31"),
    "glmmtmb": ("R", "maximum likelihood", "1.1.5"),
    "laplace": ("Python", "maximum likelihood", "0.1.0"),
    "statsmodels-map": ("Python", "maximum a posteriori", "0.15.0"),
    "statsmodels-vb": ("Python", "variational Bayes", "0.15.0"),
}
SD_RE = {"none": [], "intercept": [0.31], "slope": [0.31, 0.021]}
FAILURE = "R was killed in mid-fit after 3 s"
Results = dict[str, Any]
# No service of the browser's own; no sandbox, which root and containers cannot have.
CHROMIUM_ARGUMENTS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update",
)  # fmt: skip
SCREEN = {"width": 1280, "height": 900}
PATIENCE = 120_000  # milliseconds; a guard against hangs, on a machine that is busy


def _indicator(k: int) -> Results:
    names = [
        ("totfat", "All deaths", "statepop", 100000),
        ("nghtfat", "Deaths at night", "statepop", 100000),
        ("wkndfat", "Deaths at weekends", "statepop", 100000),
        ("totfat_per_mile", "All deaths", "vehicmiles", 1),
        ("nghtfat_per_mile", "Deaths at night", "vehicmiles", 1),
        ("wkndfat_per_mile", "Deaths at weekends", "vehicmiles", 1),
    ]
    name, label, exposure, per = (
        names[k] if k < len(names) else (f"extra{k}", f"Indicator number {k + 1}", "pop", 1000)
    )
    return {
        "name": name,
        "label": label,
        "count": name.split("_")[0],
        "exposure": exposure,
        "per": per,
        "response": "count",
        "scale": None,
    }


SHORT = "the standard error of pre is off by -0.3 % from the exact one at this point"


def _certificate(engine: str, settings: str) -> Results:
    tight = settings == "tight"
    return {
        "objective": "Laplace log-likelihood", "value": -1234.56, "newton_decrement": 3e-5,
        "steps_se": dict.fromkeys(TERMS, 1e-5), "max_step_se": 2e-5, "llf_gap": 4.5e-10,
        "definite": True, "cone_gain": None, "cone_slack": None,
        "se_errors": {**dict.fromkeys(TERMS, 1e-7), "pre": 1e-7 if tight else -0.003},
        "llf_error": 1e-9, "own": {"lme4": 1e-11}, "own_gradient_se": None, "certified": tight,
        "reason": None if tight else SHORT, "max_se_error": 1e-7 if tight else -0.003,
    }  # fmt: skip


def _fit(
    rng: np.random.Generator, ind: Results, stratum: Results, engine: str, settings: str,
    variant: str, random: str, beta: np.ndarray, cov: np.ndarray,
) -> Results:  # fmt: skip
    language, estimator, version = ENGINES[engine]
    exact = estimator == "maximum likelihood"
    se = np.sqrt(np.diag(cov))
    shift = {"tight": 2e-5, "default": 6e-4}[settings] if exact else 0.12
    factor = 1.0 if exact else {"maximum a posteriori": 0.9, "variational Bayes": 0.35}[estimator]
    factor *= 1.9 if variant == "nb2" else 1.0
    b = beta + se * rng.normal(0, shift, len(beta))
    s = se * factor * (1 + rng.normal(0, shift, len(beta)))
    params = {
        term: {"estimate": e, "se": d, "ci_low": e - 1.96 * d, "ci_high": e + 1.96 * d}
        for term, e, d in zip(TERMS, b.tolist(), s.tolist(), strict=True)
    }
    sd_re = SD_RE[random]
    singular = stratum["name"] == "slow" and ind["name"] == "totfat"
    messages = [{"kind": "singular", "text": "boundary (singular) fit: see help('isSingular')"}]
    return {
        "id": f"{ind['name']}/{stratum['name']}/{variant}/{engine}/{settings}",
        "variant": variant, "indicator": ind["name"], "stratum": stratum["name"],
        "exposure": ind["exposure"], "response": ind["response"], "scale": ind["scale"],
        "impact": "two-step", "window": [-3, 3], "random": random,
        "covariance": "unstructured", "family": "nb2" if variant == "nb2" else "poisson",
        "engine": engine, "engine_version": version, "language": language,
        "estimator": estimator, "settings": settings, "method": "laplace",
        "n_quadrature": None, "se_method": "observed", "nobs": 7 * stratum["units"],
        "n_groups": stratum["units"], "converged": True, "singular": singular,
        "messages": messages if singular and language == "R" else [],
        "llf": -1234.5678901234 if exact else None, "aic": 2485.1 if exact else None,
        "bic": 2512.9 if exact else None, "dispersion": 3.21,
        "theta": 41.2 if variant == "nb2" else None, "sigma_olre": None,
        "params": params, "cov_params": (cov * factor**2).tolist(), "printed_se": None,
        "sd_re": sd_re, "corr_re": [[1.0, -0.4], [-0.4, 1.0]] if len(sd_re) == 2 else None,
        "certificate": _certificate(engine, settings),
        "certificate_reason": None if settings == "tight" else SHORT,
        "triage": {"word": "rightly silent", "distance_se": 2e-5, "why": None},
        "failure": None, "unbounded": [],
        "reproduce": f"# {engine}, {settings}\nfit <- glmer(y ~ x + (1 + t | g), data = d)\n",
    }  # fmt: skip


def fail(fit: Results, reason: str) -> None:
    """Turn a fit into a failed one, in place: every number null, the reason kept."""
    for key in (
        "llf",
        "aic",
        "bic",
        "dispersion",
        "theta",
        "cov_params",
        "corr_re",
        "certificate",
        "triage",
    ):
        fit[key] = None
    fit["params"] = {
        t: {"estimate": None, "se": None, "ci_low": None, "ci_high": None} for t in fit["params"]
    }
    fit["sd_re"] = [None] * len(fit["sd_re"])
    fit["converged"] = False
    fit["failure"] = reason
    fit["messages"] = [{"kind": "failure", "text": reason}]


def _verdict(d: float, s: float) -> str:
    for verdict, d_limit, s_limit in (
        ("identical", 1e-4, 1e-4), ("concordant", 1e-3, 2e-3), ("equivalent", 0.05, 0.05),
    ):  # fmt: skip
        if d <= d_limit and s <= s_limit:
            return verdict
    return "discordant"


def _digits(x: float, c: float, se: float) -> float:
    return min(15.0, -float(np.log10(max(abs(x - c) / max(abs(c), se), 1e-15))))


def compare(a: Results, b: Results) -> Results:
    """Return one comparison of two fits by the rules of the schema."""
    like = (
        a["estimator"] == b["estimator"] and a["family"] == b["family"]
        and a["settings"] == b["settings"] == "tight"
    )  # fmt: skip
    pair = {
        "fit_a": a["id"], "fit_b": b["id"], "indicator": a["indicator"],
        "stratum": a["stratum"], "variant": a["variant"], "like_for_like": like,
    }  # fmt: skip
    if a["failure"] or b["failure"]:
        nothing = dict.fromkeys(
            ("max_diff_se", "max_rel_se", "llf_diff", "sd_re_diff", "digits"), None
        )
        evidence = "; ".join(f["failure"] for f in (a, b) if f["failure"])
        return pair | nothing | {
            "conclusion_changes": False, "knife_edge": False, "verdict": "not comparable",
            "cause": "failure", "evidence": evidence, "terms": {},
        }  # fmt: skip
    terms = {}
    for term, p in a["params"].items():
        q = b["params"][term]
        terms[term] = {
            "diff_se": (q["estimate"] - p["estimate"]) / p["se"], "rel_se": q["se"] / p["se"] - 1,
            "digits": _digits(q["estimate"], p["estimate"], p["se"]),
        }  # fmt: skip
    d = max(abs(t["diff_se"]) for t in terms.values())
    s = max(abs(t["rel_se"]) for t in terms.values())
    same = a["estimator"] == b["estimator"]
    verdict = _verdict(d, s)
    cause = ("optimiser" if same else "estimator") if verdict != "identical" else None
    return pair | {
        "max_diff_se": d, "max_rel_se": s, "llf_diff": 2.5e-7 if same else None,
        "sd_re_diff": 3e-6, "digits": float(-np.log10(max(d, 1e-15))),
        "conclusion_changes": False, "knife_edge": False, "verdict": verdict, "cause": cause,
        "evidence": f"largest difference {d:.2g} SE" if cause else None, "terms": terms,
    }  # fmt: skip


def distances(fits: list[Results]) -> list[Results]:
    """Return each fit's distance from the first maximum-likelihood fit of its analysis."""
    reference: dict[tuple[str, ...], Results] = {}
    for fit in fits:
        if fit["estimator"] == "maximum likelihood" and not fit["failure"]:
            reference.setdefault((fit["indicator"], fit["stratum"], fit["variant"]), fit)
    return [_distance(f, reference.get((f["indicator"], f["stratum"], f["variant"]))) for f in fits]


def _distance(fit: Results, c: Results | None) -> Results:
    nothing = dict.fromkeys(("reference_decrement", "diff_se", "rel_se", "digits"))
    row = {"fit": fit["id"], "reference": c and c["id"], **nothing, "reason": "no answer"}
    if c is None or fit["failure"]:
        return row
    pair = compare(c, fit)
    errors = {"rel_se": abs(pair["max_rel_se"]), "digits": pair["digits"], "reason": None}
    return row | {"reference_decrement": 3e-9, "diff_se": pair["max_diff_se"]} | errors


def build_results(
    indicators: int = 6,
    strata: Sequence[str] = ("all", "fast", "slow"),
    engines: Sequence[str] = tuple(ENGINES),
    settings: Sequence[str] = ("default", "tight"),
    random: str = "slope",
    nb2: bool = True,
    dispersion_null: bool = True,
    seed: int = 20,
    edit: Callable[[Results], None] | None = None,
    failing: Callable[[Results], bool] = lambda fit: False,
) -> Results:
    """Return a results dict; ``edit`` may change the fits, ``failing`` picks those that fail."""
    rng = np.random.default_rng(seed)
    labels = {"all": "All units", "fast": "Limit 70 or more", "slow": "Limit below 70"}
    inds = [_indicator(k) for k in range(indicators)]
    layers = [
        {"name": s, "label": labels.get(s, s), "units": 40 - 9 * k} for k, s in enumerate(strata)
    ]
    fits: list[Results] = []
    for ind in inds:
        for stratum in layers:
            beta = np.array([2.9, *rng.normal([-0.02, -0.05, -0.01, -0.015], 0.02)])
            root = rng.normal(0, 1, (5, 5)) * 0.3 + np.eye(5)
            scale = np.diag([0.03, 0.006, 0.013, 0.014, 0.008])
            cov = scale @ (root @ root.T) @ scale
            plan = [(e, s, "base") for e in engines for s in settings]
            plan += [("glmmtmb", "tight", "nb2")] if nb2 and "glmmtmb" in engines else []
            fits += [
                _fit(rng, ind, stratum, e, s, v, random, beta, cov) for e, s, v in plan
            ]  # fmt: skip
    results: Results = {"fits": fits, "indicators": inds}
    if edit:
        edit(results)
    for fit in filter(failing, fits):
        fail(fit, FAILURE)
    pairs = [
        compare(a, b)
        for a, b in combinations(fits, 2)
        if (a["indicator"], a["stratum"], a["variant"], a["settings"])
        == (b["indicator"], b["stratum"], b["variant"], b["settings"])
    ]
    like = [p for p in pairs if p["like_for_like"]]
    good = sum(p["verdict"] in ("identical", "concordant") for p in like)
    analyses = [(i["name"], s["name"]) for i in inds for s in layers]
    return {
        "schema": 1,
        "study": {
            "name": "us-traffic", "title": "Graduated driver licences and traffic deaths",
            "unit_word": "state", "period_word": "year", "event_word": "law in force",
            "source": "Made-up numbers in the shape of a real study.",
            "command": "harness run us-traffic", "level": "concordant",
            "engines": list(engines), "settings": list(settings), "indicators": inds,
            "strata": layers,
            "model": {
                "impact": "two-step", "window": [-3, 3], "random": random,
                "covariance": "unstructured", "family": "poisson",
            },
            "terms": list(TERMS),
        },
        "environment": {
            "python": "3.11.7", "platform": "Linux x86_64", "packages": {"numpy": "2.4.6"},
            "r": "R version 4.2.2 (2022-10-31)" if "lme4" in engines else None,
            "r_packages": {"lme4": "1.1.31"}, "transport": "rpy2",
        },
        "panel": {
            "sha256": "ab" * 32, "rows": 280, "units": 40, "periods": [1980, 2004],
            "window_rows": 275, "incomplete_units": 2,
            "rows_by_t": {str(t): 40 - (t == 3) * 5 for t in range(-3, 4)},
            "dropped": [
                {"reason": "no event: the law never took effect by 2004", "rows": 200,
                 "units": ["Delaware", "Kansas"]},
            ],
        },
        "fits": fits,
        "comparisons": pairs,
        "agreement": agreement_block(fits, pairs, distances(fits), seed),
        "medians": [
            {"indicator": i, "stratum": s, "t": t, "rate": 17.0 - 0.6 * t + k / 3, "units": 40}
            for k, (i, s) in enumerate(analyses) for t in range(-3, 4)
        ],
        "dispersion_null": [
            {"indicator": i, "stratum": s, "observed": 3.21 if k % 3 else 0.99,
             "null_median": 0.9, "null_low": 0.71, "null_high": 1.12, "replicates": 200,
             "p_value": 0.005 if k % 3 else 0.31}
            for k, (i, s) in enumerate(analyses)
        ] if dispersion_null else [],
        "claims": [],
        "counts": {
            "fits_expected": len(fits), "fits_done": sum(f["failure"] is None for f in fits),
            "pairs_expected": len(like), "pairs_at_level": good, "pairs_registered": 0,
        },
        "verdict": {
            "sentence": f"In all {len(analyses)} analyses the like-for-like engines agree."
            if good == len(like) else "The engines do not agree in every analysis.",
            "ok": good == len(like),
        },
    }  # fmt: skip


@pytest.fixture(scope="session")
def make_results() -> Callable[..., Results]:
    """Give tests the builder."""
    return build_results


@pytest.fixture(scope="session")
def results() -> Results:
    """Give one whole results dict; tests that change it build their own."""
    return build_results(indicators=2)


@pytest.fixture(scope="session")
def files(results: Results) -> dict[str, bytes]:
    """Give every file of its report."""
    return render_report(results)


@pytest.fixture(scope="session")
def browser(chromium: str) -> Iterator[Browser]:
    """Give headless Chromium; a test that asks for it is marked ``needs_chromium``."""
    with sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=chromium, args=list(CHROMIUM_ARGUMENTS))
        yield started
        started.close()


@pytest.fixture
def look(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Give a function that opens a page; in the end none may have complained or asked for more."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def opened(path: Path, before: str = "", fragment: str = "", **options: Any) -> Page:
        context = browser.new_context(
            **({"viewport": SCREEN, "reduced_motion": "reduce"} | options)
        )
        contexts.append(context)
        context.set_default_timeout(PATIENCE)
        context.grant_permissions(["clipboard-read", "clipboard-write"])
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.append(request.url))
        page.add_init_script(before)
        page.goto(path.as_uri() + fragment)
        return page

    yield opened
    for context in contexts:
        context.close()
    own = ("data:image/svg+xml", "blob:", "file:///")
    assert [words for words in said if not words.startswith(own)] == []
    assert all(words.split("#")[0].endswith("index.html") for words in said if words[:5] == "file:")
