"""The sentences that answer a referee's questions, from the records of ``results.json``."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from harness.report.numerics import excludes_zero, percentage_change
from harness.report.reading import WHOLE_PANEL, Reading, Record, by_name
from harness.report.rounding import fixed
from harness.report.tables.scrutiny_tests import family_name
from harness.report.words import counted, part_of, plural, stage_name

ALPHA, HALF = 0.05, 0.5
RULES = (
    "Two 95 % intervals fail to overlap where the difference exceeds 1.96 times the sum of the two"
    " standard errors. The Wald test asks for 1.96 times the standard error of the difference,"
    " which is never larger than that sum. So intervals apart always mean a significant difference,"
    " and overlapping ones do not mean that there is none: for two independent estimates of equal"
    " precision the rule of overlap works at a level of 0.6 % instead of 5 %."
)
PLACEBO = (
    "The events are permuted among the units and the model is refitted. Each unit keeps its counts,"
    " so growth over the calendar stays and only the place of the event is broken. The p-values"
    " hold whatever the overdispersion and the autocorrelation, if the timing of the events is"
    " exchangeable. Placebo events lie few periods from the true ones, so a true effect leaks into"
    " the band and makes the test weaker."
)
AUTOCORRELATION = (
    "Standard errors of the model take the periods of a unit as independent but for its random"
    " effects. Where residuals of neighbouring periods go together, because shocks last or because"
    " units follow other paths than the stages, these standard errors do not hold; cluster-robust"
    " ones do."
)
COMPOSITION = (
    "Units whose event came late have no last periods, and series that began late no first ones."
    " A move in standard errors is large where Poisson standard errors are too small; judge it by"
    " the percentage changes as well."
)
REGRESSION = (
    "Strata are defined by an outcome that is known only at the event, so they may gather units"
    " whose last period was extreme by chance and would have gone back anyway. Expected: the slope"
    " of change on deviation, common to the strata, times how far the stratum deviated in its last"
    " period from its own earlier ones, against all. Assumed: one linear slope for all, deviations"
    " that regress because they are transient, and common growth that cancels. A level that is"
    " always high does not regress, and no more than the whole deviation can."
)
BOUNDS = (
    "Every suppressed cell at its smallest, then every one at its largest possible count. Fillings"
    " that differ from cell to cell could go further."
)


def contrasts(reading: Reading) -> str:
    """Say how many contrasts are significant, and how often the two rules disagree."""
    rows = [row for row in reading.scrutiny("contrasts") if row["significant"] is not None]
    compared = [row for row in rows if row["rules_disagree"] is not None]
    rises = [
        row for row in rows if row["contrast"] == "step0 - pre" and row["stratum"] == WHOLE_PANEL
    ]
    parts = []
    for family, own in _by(rises, "family").items():
        clear = [row for row in own if row["significant"]]
        above = sum(row["estimate"] > 0 for row in clear)
        parts.append(
            f"{family_name(family)}: in the event {reading.study['period_word']}"
            f" {_some(len(clear), len(own))} depart from the trend before it"
            f"{f', {above} of them upwards' if clear else ''}"
        )
    found = sum(row["significant"] for row in compared)
    missed = sum(row["rules_disagree"] for row in compared)
    rules = (
        f"Over all strata the rule of intervals that must not overlap misses {missed} of the"
        f" {found} differences of two stages that the Wald test finds."
        if found
        else "Over all strata neither rule finds a difference of two stages."
    )
    return f"{_sentences(parts)} {rules}".strip()


def multiplicity(reading: Reading) -> str:
    """Say how many significant stages of the whole panel survive, by family."""
    rows = [
        row
        for row in reading.scrutiny("multiplicity")
        if row["stratum"] == WHOLE_PANEL and row["kind"] == "stage"
    ]
    parts = []
    for family, own in _by(rows, "family").items():
        first = sum(row["significant"] for row in own)
        holm = sum(row["survives_holm"] for row in own)
        discovery = sum(row["survives_benjamini_hochberg"] for row in own)
        parts.append(
            f"{family_name(family)}: of {counted(len(own), 'test')} of a stage, significant at 5 %:"
            f" {first} by themselves, {holm} by Holm, {discovery} by Benjamini and Hochberg"
        )
    return f"{by_name(reading.strata, WHOLE_PANEL)['label']}. {_sentences(parts)}"


def placebo(reading: Reading) -> str:
    """Say for which measures the step at the event stands out of the placebo steps."""
    rows = [row for row in reading.scrutiny("placebo") if row["observed"] is not None]
    if not rows:
        return "No analysis has an answer."
    own = [row for row in rows if row["stratum"] == WHOLE_PANEL] or rows
    period, parts = reading.study["period_word"], []
    for term, tested in _by(own, "term").items():
        out = [row for row in tested if row["p_centred"] < ALPHA]
        which = f" ({_labels(reading, out)})" if out else ""
        parts.append(
            f"{stage_name(term, period)}: {_some(len(out), len(tested))} stand out of the placebo"
            f" estimates{which}"
        )
    return f"{_sentences(parts)} Counted by the centred p-value below 5 %."


def autocorrelation(reading: Reading) -> str:
    """Say in how many analyses residuals go together more than the model has it."""
    rows = [row for row in reading.scrutiny("autocorrelation") if row["observed"] is not None]
    if not rows:
        return "No analysis has an answer."
    parts = []
    for family, own in _by(rows, "family").items():
        above = sum(row["p_value"] < ALPHA and row["observed"] > row["high"] for row in own)
        below = sum(row["p_value"] < ALPHA and row["observed"] < row["low"] for row in own)
        less = f", and less in {below}" if below else ""
        parts.append(
            f"{family_name(family)}: in {_some(above, len(own), 'analysis')} neighbouring residuals"
            f" go together more than the model has it{less}"
        )
    return _sentences(parts)


def composition(reading: Reading) -> str:
    """Say how many units are complete, and which measures move most without the others."""
    rows = [row for row in reading.scrutiny("composition") if row["stratum"] == WHOLE_PANEL]
    heads = {row["indicator"]: row for row in rows if row["units"] is not None}
    if not heads:
        return "No analysis has an answer."
    few = [row["complete_units"] for row in heads.values()]
    units = plural(reading.study["unit_word"])
    step = [row for row in rows if row["term"] == "step0" and row["difference_se"] is not None]
    moved = [row for row in step if abs(row["difference_se"]) >= 1.0]
    told = (
        f" Without the others the step at the event moves by a standard error or more in"
        f" {len(moved)} of {counted(len(step), 'measure')}{_most(reading, moved, 'difference_se')}."
        if step
        else ""
    )
    return f"Between {min(few)} and {max(few)} {units} have a row at every t.{told}"


def regression(reading: Reading) -> str:
    """Say how many differences of strata regression alone could half explain."""
    rows = [row for row in reading.scrutiny("regression_to_the_mean") if row["level"] is not None]
    told = [row for row in rows if row["observed_difference"] is not None]
    if not told:
        return "No analysis has an answer."
    half = [row for row in told if _half(row, "expected") and _clear(row)]
    most = [row for row in told if _half(row, "at_most")]
    largest = max(told, key=lambda row: abs(row["expected"]))
    return (
        "Regression to the mean would explain half or more of a stratum's difference from all at"
        f" the event in {len(half)} of {len(told)} cases{_listed(reading, half)}; counted where the"
        " interval of what it would bring leaves out zero. If the whole deviation of the last"
        f" period went back, it could in {len(most)}. The largest step that it would bring is"
        f" {fixed(percentage_change(largest['expected']), 1)} % ({_labels(reading, [largest])},"
        f" {by_name(reading.strata, largest['stratum'])['label']})."
    )


def _half(row: Record, key: str) -> bool:
    """Whether what regression brings goes the observed way, and half of it or more."""
    brought, observed = row[key], row["observed_difference"]
    return bool(brought * observed > 0 and abs(brought) >= HALF * abs(observed))


def _clear(row: Record) -> bool:
    return bool(excludes_zero(row["expected_low"], row["expected_high"]))


def bounds(reading: Reading) -> str:
    """Say how far suppressed cells move estimates and how many conclusions change."""
    rows = [row for row in reading.scrutiny("bounds") if row["range_se"] is not None]
    if not rows:
        return "No analysis has an answer."
    moved = [row for row in rows if row["range_se"]]
    changed = [row for row in rows if row["conclusion_changes"]]
    measures = len({row["indicator"] for row in moved})
    verb = "has" if measures == 1 else "have"
    return (
        f"{counted(measures, 'measure')} {verb} suppressed cells in the window."
        f" Filling them changes {len(changed)} of {len(rows)} conclusions at the 5 %"
        f" level{_listed(reading, changed)}."
    )


def _some(k: int, n: int, word: str = "measure") -> str:
    """Return words for k of n: none of 3 measures, 2 of 3 measures, all 3 measures."""
    return part_of(k, n, word) if k else f"none of {n} {plural(word)}"


def _sentences(parts: Iterable[str]) -> str:
    """Join sentences, the first letter of each a capital."""
    return " ".join(f"{part[:1].upper()}{part[1:]}." for part in parts)


def _by(rows: Iterable[Record], key: str) -> dict[str, list[Record]]:
    groups: dict[str, list[Record]] = {}
    for row in rows:
        groups.setdefault(row[key], []).append(row)
    return groups


def _labels(reading: Reading, rows: Iterable[Record]) -> str:
    names = dict.fromkeys(row["indicator"] for row in rows)
    return "; ".join(by_name(reading.indicators, name)["label"] for name in names)


def _listed(reading: Reading, rows: Sequence[Record]) -> str:
    """Name measure and stratum of every row, each once."""
    if not rows:
        return ""
    keys = dict.fromkeys((row["indicator"], row["stratum"]) for row in rows)
    names = [
        f"{by_name(reading.indicators, i)['label']}, {by_name(reading.strata, s)['label']}"
        for i, s in keys
    ]
    return f" ({'; '.join(names)})"


def _most(reading: Reading, rows: Sequence[Record], key: str) -> str:
    if not rows:
        return ""
    most = max(rows, key=lambda row: abs(row[key]))
    return f", most in {_labels(reading, [most])} ({fixed(most[key], 1)})"
