"""The words of a report: names of stages, units, verdicts, causes and messages."""

from __future__ import annotations

from harness.report.reading import Reading, Record, answered
from harness.report.rounding import brief, fixed, part_of_one, whole

DEFAULT_EVENT = "event"
FAMILIES = {
    "poisson": "Poisson",
    "nb2": "negative binomial (NB2)",
    "poisson-olre": "Poisson with observation effects",
    "binomial": "binomial (odds)",
}
VERDICTS = ("discordant", "not comparable", "equivalent", "concordant", "identical")
LEVELS = {
    "identical": "estimates within 0.0001 standard errors, standard errors and random-effect SDs"
    " within 0.01 %, log-likelihoods of the same objective within 0.00001",
    "concordant": "estimates within 0.001 standard errors, standard errors within 0.2 %,"
    " random-effect SDs within 0.1 %, log-likelihoods of the same objective within 0.001",
    "equivalent": "estimates within 0.05 standard errors, standard errors within 5 %, and no"
    " conclusion changes",
    "discordant": "further apart than that, or a conclusion changes",
    "not comparable": "one of the two fits gave no answer",
}
CAUSES = {
    "optimiser": "both maximise the same function, one stopped short of its maximum",
    "standard-error method": "standard errors computed by different methods",
    "approximation": "the integral over the random effects is approximated differently",
    "estimator": "different estimators: prior distributions or a variational approximation",
    "boundary": "a variance is estimated as zero (singular fit)",
    "data": "not the same rows or values reached both engines",
    "failure": "an engine crashed, hung or did not converge",
    "unexplained": "no cause could be proved: the one to chase",
}
MESSAGE_KINDS = {
    "singular": "a variance of the random effects is estimated as zero; an answer, not an error",
    "gradient": "the gradient at the solution is not as small as the engine wants",
    "hessian": "the curvature at the solution is doubtful",
    "scale": "variables of very different size",
    "optimiser": "the optimiser comments on how it stopped",
    "failure": "no answer",
    "conversion": "values changed on the way to the other language",
    "other": "none of these",
}


def plural(word: str) -> str:
    """Return the English plural."""
    if word.endswith("sis"):
        return f"{word[:-2]}es"
    if word.endswith("y") and word[-2:-1] not in "aeiou":
        return f"{word[:-1]}ies"
    return f"{word}es" if word.endswith(("s", "x", "z", "ch", "sh")) else f"{word}s"


def counted(n: int, word: str) -> str:
    """Return a number and what it counts: 1 analysis, 3 analyses."""
    return f"{whole(n)} {word if n == 1 else plural(word)}"


def all_of(n: int, word: str) -> str:
    """Return words for all n there are: the one analysis, all 3 analyses."""
    return f"the one {word}" if n == 1 else f"all {counted(n, word)}"


def part_of(k: int, n: int, word: str) -> str:
    """Return words for k of n: all 3 analyses, 2 of 3 analyses."""
    return all_of(n, word) if k == n else f"{whole(k)} of {whole(n)} {plural(word)}"


MILLIONTH = 1e-6


def in_standard_errors(d: float) -> str:
    """Return a difference with its unit: 1/80,000 of a standard error, 404 standard errors.

    What is smaller than a millionth is called that: less concerns nobody.
    """
    if d <= MILLIONTH:
        return "a millionth of a standard error"
    return f"{part_of_one(d)} of a standard error" if d <= 1.0 else f"{brief(d)} standard errors"


def stage_name(term: str, period: str) -> str:
    """Return the short name of a stage, for a column head."""
    names = {
        "pre": f"Before, per {period}",
        "step0": f"Event {period}",
        "step1": f"{period.capitalize()} after",
        "post": f"Afterwards, per {period}",
    }
    return names.get(term, term)


def stage_meaning(term: str, period: str) -> str:
    """Return what the coefficient of a stage measures."""
    meanings = {
        "pre": f"change per {period} up to the {period} before the event",
        "step0": f"change from the {period} before the event to the event {period}",
        "step1": f"change from the event {period} to the {period} after it",
        "post": f"change per {period} from then on",
    }
    return meanings.get(term, "change that this coefficient stands for")


def unit_of(indicator: Record) -> str:
    """Return what one unit of an indicator's rate is."""
    if indicator["response"] == "pseudo":
        return f"pseudo-response, {indicator['scale']}"
    if indicator["exposure"] is None:
        return "count"
    per = indicator["per"]
    size = "" if per in (None, 1) else f"{whole(per)} "
    return f"per {size}{indicator.get('unit') or indicator['exposure']}"


def model_sentence(reading: Reading) -> str:
    """Return the model in one sentence."""
    model, period = reading.study["model"], reading.study["period_word"]
    family = FAMILIES.get(model["family"], model["family"])
    unit = reading.study["unit_word"]
    effects = {
        "none": "no random effects",
        "intercept": f"a random intercept for each {unit}",
        "slope": f"a random intercept and a random time slope for each {unit}"
        f" ({model['covariance']} covariance)",
    }.get(model["random"], model["random"])
    first, last = reading.window
    return (
        f"Segmented {family} regression, {model['impact']} impact model, {effects},"
        f" {plural(period)} {fixed(first, 0)} to {fixed(last, 0)} around the event."
    )


def failed_fits(reading: Reading) -> list[Record]:
    """Return the fits without an answer."""
    return [fit for fit in reading.fits if not answered(fit)]
