"""Which R is here, with which packages, and the command that mends what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGES = ("lme4", "glmmTMB", "Matrix", "TMB", "minqa", "nloptr")
MEND = "sudo apt-get install r-base-core r-cran-lme4 r-cran-glmmtmb (or `make setup`)"

_PROBE = """
cat(R.version.string, "\\n", sep = "")
for (p in commandArgs(TRUE)) {
  v <- tryCatch(as.character(utils::packageVersion(p)), error = function(e) "")
  cat(p, "\\t", v, "\\n", sep = "")
}
"""


@dataclass(frozen=True, slots=True)
class RInstallation:
    """What was found.

    Attributes
    ----------
    rscript : str or None
        The Rscript that will be called; None where there is no R.
    version : str or None
    packages : mapping
        Version by package, for those installed.
    problem : str or None
        Why an R that seems to be there cannot be used.
    """

    rscript: str | None
    version: str | None
    packages: Mapping[str, str] = field(default_factory=dict)
    problem: str | None = None

    def missing(self, package: str) -> str | None:
        """Return None where ``package`` can be used, else one line with the mend."""
        if self.problem is not None:
            return self.problem
        if self.rscript is None:
            return f"R is not installed: {MEND}"
        if package not in self.packages:
            return f"the R package {package} is not installed: {MEND}"
        return None


def find_rscript() -> str | None:
    """Return Rscript of ``R_HOME`` where that is set, else the one on the path."""
    home = os.environ.get("R_HOME")
    if home:
        path = Path(home) / "bin" / "Rscript"
        return str(path) if path.exists() else None
    return shutil.which("Rscript")


@cache
def r_installation() -> RInstallation:
    """Ask R once for its version and packages."""
    rscript = find_rscript()
    if rscript is None:
        home = os.environ.get("R_HOME")
        no_home = f"R_HOME is {home!r}, where there is no bin/Rscript: unset R_HOME or correct it"
        return RInstallation(None, None, problem=no_home if home else None)
    try:
        run = subprocess.run(
            [rscript, "--vanilla", "-e", _PROBE, *PACKAGES],
            capture_output=True, text=True, timeout=60, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        problem = f"{rscript} does not start: try it, or install R anew: {MEND}"
        return RInstallation(None, None, problem=problem)
    version, *lines = run.stdout.splitlines()
    pairs = (line.split("\t") for line in lines)
    return RInstallation(rscript, version, {name: v for name, v in pairs if v})
