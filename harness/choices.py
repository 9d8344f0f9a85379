"""What can be chosen by a word: for options and for types, with nothing else to import.

The command line shows these in ``--help`` and completes them, which must not load what fits.
"""

from __future__ import annotations

from typing import Literal

Settings = Literal["default", "tight"]
Transport = Literal["auto", "rpy2", "rscript"]
Verdict = Literal["identical", "concordant", "equivalent", "discordant", "not comparable"]

# Entry points by which another package offers engines.
ENGINE_GROUP = "harness.engines"
SEED = 20260101
# Seconds; a call of lme4 or glmmTMB on a panel of this kind takes a few, statsmodels' variational
# Bayes up to half a minute.
TIME_LIMIT = 600.0
