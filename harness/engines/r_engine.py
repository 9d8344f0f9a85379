"""What lme4 and glmmTMB share: the request, the answer and the lines that redo it by hand."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from harness.design import Design, FloatArray
from harness.engines.assembly import assemble
from harness.engines.base import Engine, FitOptions
from harness.engines.messages import classify_all
from harness.engines.r_bridge import Field, call_r
from harness.engines.r_lines import GLM, O_ID, PSEUDO, PSEUDO_RX, R_FAMILIES, R_LINES
from harness.errors import ConversionError, FitFailure
from harness.result import FitResult

_NOTHING = np.zeros(0)


def r_request(design: Design, options: FitOptions) -> dict[str, Field]:
    """Return the fields of a request: columns as float64, the rest as text, and a checksum."""
    columns: dict[str, FloatArray] = {
        "y": design.endog,
        "x": design.exog.ravel(order="F"),
        "z": design.exog_re.ravel(order="F"),
        "g": (design.groups + 1).astype(np.float64),
        "o": design.offset,
        **({} if design.trials is None else {"n": design.trials}),
    }
    digest = hashlib.md5(usedforsecurity=False)
    for values in columns.values():
        digest.update(np.ascontiguousarray(values, dtype="<f8").tobytes())
    return {
        **{name: np.array(values, dtype=np.float64) for name, values in columns.items()},
        "p": str(design.exog.shape[1]),
        "q": str(design.exog_re.shape[1]),
        "family": design.family,
        "covariance": design.covariance,
        "response": design.response,
        "settings": options.settings,
        "se_method": options.se_method,
        "md5": digest.hexdigest(),
    }


def fit_in_r(script: str, identity: Engine, design: Design, options: FitOptions) -> FitResult:
    """Fit a design by an R script.

    Raises
    ------
    FitFailure
        With R's own words where R gives no answer.
    ConversionError
        Where the checksum taken in R is not the sender's.
    """
    answer = call_r(script, r_request(design, options), options.transport)
    notes = answer.get("notes", [])
    if "failure" in answer:
        reason = answer["failure"][0]
        raise (
            ConversionError(reason)
            if "checksum" in reason
            else FitFailure("; ".join([f"R says: {reason}", *notes]))
        )
    p, q = design.exog.shape[1], design.exog_re.shape[1]
    theta, sigma = (answer.get(name, _NOTHING) for name in ("theta", "sigma_olre"))
    return assemble(
        design,
        engine=identity.name,
        engine_version=answer["version"][0],
        language="R",
        method=identity.method,
        estimator=identity.estimator,
        settings=options.settings,
        se_method=options.se_method,
        params=answer["params"],
        covariance=answer["cov_params"].reshape(p, p, order="F"),
        printed_se=answer["printed_se"],
        cov_re=answer["cov_re"].reshape(q, q),
        random_effects=answer["random_effects"].reshape(design.n_groups, q, order="F"),
        theta=float(theta[0]) if theta.size else None,
        sigma_olre=float(sigma[0]) if sigma.size else None,
        llf=float(answer["llf"][0]),
        converged=bool(answer["converged"][0]),
        messages=classify_all(notes),
        seconds=float(answer["seconds"][0]),
        reproduce=reproduce_lines(script, design, options, answer),
        details=_details(answer),
    )


def _details(answer: dict[str, Any]) -> dict[str, Any]:
    details: dict[str, Any] = {"transport": answer["transport"]}
    for name in ("tolPwrss", "decrement"):
        if answer.get(name, _NOTHING).size:
            details[name] = float(answer[name][0])
    if answer.get("own_gradient", _NOTHING).size:
        details["own_gradient"] = answer["own_gradient"].tolist()
    return details


def reproduce_lines(
    script: str, design: Design, options: FitOptions, answer: dict[str, Any]
) -> str:
    """R lines that redo the fit on a data frame ``d`` with columns y, n, o, unit and the terms.

    A tight fit is redone from the start that led to it, with the tolerances that it used; the
    Newton steps after it are replaced by the point that they led to. The last line shows the
    estimates with the standard errors of the fit.
    """
    by_row = design.family == "poisson-olre"
    rows_own = ["(1 | o_id)"] if by_row else []
    terms = [_sum(design.exog_names, design.exog), *rows_own, *_random_terms(design)]
    response = "y" if design.trials is None else "cbind(y, n - y)"
    words = {"formula": f"{response} ~ {' + '.join(terms)}"}
    words["sds"] = str(len(design.exog_re_names) + by_row)
    own = script == "lme4" and design.response == "pseudo"
    words["family"] = "pseudo" if own else R_FAMILIES[design.family]
    words["scale"] = ", dispersion = 1" if own else ""
    if script == "lme4" and not design.exog_re_names and not by_row:
        return f"{PSEUDO if own else ''}{GLM.format(**words)}"
    words["asked"] = asked = ", use.hessian = FALSE" if options.se_method == "rx" else ""
    start, tolerance, optimum, h, there = (
        answer.get(name, _NOTHING)
        for name in ("start", "tolPwrss", "optimum", "h", "tolerance_there")
    )
    words |= {"start": f", start = list(theta = {_vector(start)})" if start.size else ""}
    words |= {"best": _vector(optimum), "tolerance": _vector(tolerance), "h": _vector(h)}
    other = there.size and there[0] != tolerance[0]
    words["looser"] = f", control = glmerControl(tolPwrss = {_vector(there)})" if other else ""
    lines = R_LINES[script]
    parts = [lines.tight if options.settings == "tight" else lines.call]
    parts += [lines.optimum] if optimum.size else []
    # A direction without information is left out of the inverse, which summary() does not do.
    left_out = answer.get("left_out", _NOTHING).any() and not asked
    parts += [lines.left_out if left_out else PSEUDO_RX if own and asked else lines.show]
    return f"{PSEUDO if own else O_ID if by_row else ''}{_joined(parts, words)}"


def _joined(parts: Sequence[str], words: Mapping[str, str]) -> str:
    return "\n".join(parts).format_map(words)


def _vector(values: FloatArray) -> str:
    """Numbers as R reads them, to the last bit."""
    texts = [repr(float(value)) for value in values]
    return texts[0] if len(texts) == 1 else f"c({', '.join(texts)})"


def _random_terms(design: Design) -> list[str]:
    names, z = design.exog_re_names, design.exog_re
    if not names:
        return []
    if design.covariance == "diagonal":
        return [f"({_sum((name,), z[:, [k]])} | unit)" for k, name in enumerate(names)]
    return [f"({_sum(names, z)} | unit)"]


def _sum(names: tuple[str, ...], columns: FloatArray) -> str:
    """Terms of an R formula; R's own intercept for a first column of ones of that name, else none.

    R puts its own first, and the terms have to stay in the order of the columns.
    """
    own = names[0] == "intercept" and bool((columns[:, 0] == 1).all())
    rest = [_quoted(name) for name in (names[1:] if own else names)]
    return " + ".join(["1" if own else "0", *rest])


def _quoted(name: str) -> str:
    """A name as R writes it whatever its letters: in backticks, escaped, on one line."""
    return f"`{name.translate(_R_ESCAPES)}`"


_R_ESCAPES = str.maketrans({"\\": "\\\\", "`": "\\`", "\n": "\\n", "\r": "\\r"})
