"""The columns of a design as a CSV file, and the lines that load them in either language."""

from __future__ import annotations

import pandas as pd

from harness.design import Design


def design_frame(design: Design) -> pd.DataFrame:
    """Return the very columns that the engines received.

    ``y``, ``n`` (trials, where there are any), ``o`` (offset: log exposure), ``unit``, then the
    terms of fixed and random effects.
    """
    columns = {"y": design.endog}
    columns |= {} if design.trials is None else {"n": design.trials}
    columns |= {"o": design.offset}
    frame = pd.DataFrame(columns)
    frame["unit"] = [design.group_labels[code] for code in design.groups]
    terms = dict(zip(design.exog_re_names, design.exog_re.T, strict=True))
    terms |= dict(zip(design.exog_names, design.exog.T, strict=True))
    ordered = [*design.exog_names, *(n for n in design.exog_re_names if n not in design.exog_names)]
    return frame.join(pd.DataFrame({name: terms[name] for name in ordered}))


def loading_in_r(file: str) -> str:
    """Return R lines that read the columns into a data frame ``d``."""
    # A unit may be called 01, or NA.
    return (
        f'd <- read.csv("{file}", check.names = FALSE, na.strings = "",\n'
        f'              colClasses = c(unit = "character"))'
    )


def loading_in_python(file: str, design: Design) -> str:
    """Return Python lines that read ``y``, ``X``, ``Z``, ``groups``, ``offset`` and trials."""
    trials = 'trials = d["n"]\n'
    return (
        "import pandas as pd\n"
        f'd = pd.read_csv("{file}", dtype={{"unit": str}}, keep_default_na=False)\n'
        f'y, offset, groups = d["y"], d["o"], d["unit"]\n'
        f"{'' if design.trials is None else trials}"
        f"X = d[{list(design.exog_names)}]\nZ = d[{list(design.exog_re_names)}]"
    )
