"""Which R is here, with which packages, and the command that mends what is missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGES = ("lme4", "glmmTMB", "Matrix", "TMB", "minqa", "nloptr")
FROM_CRAN = (
    "Rscript -e 'chooseCRANmirror(graphics = FALSE, ind = 1);"
    ' install.packages(c("lme4", "glmmTMB"))\''
)
# What brings R with both packages, by the program that installs on such a system.
INSTALLERS = (
    ("apt-get", "sudo apt-get install r-base-core r-cran-lme4 r-cran-glmmtmb"),
    ("dnf", f"sudo dnf install R-core R-core-devel && sudo {FROM_CRAN}"),
    ("brew", f"brew install r && {FROM_CRAN}"),
    ("conda", "conda install -c conda-forge r-base r-lme4 r-glmmtmb"),
)


def mend() -> str:
    """Return the command that installs R with lme4 and glmmTMB on a system like this."""
    inside = "conda" if os.environ.get("CONDA_PREFIX") else None
    known = dict(INSTALLERS)
    name = inside or next((name for name in known if shutil.which(name)), "conda")
    return f"{known[name]} (in a checkout: make setup)"


MEND = mend()

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


def unsafe_for_r(place: str, name: str) -> str | None:
    """Return None where R may have its temporary folder in a place, else a line with the mend.

    As it ends, R up to 4.2 removes that folder by a shell, ``rm -Rf <folder>``, without quotes: of
    a name with a space or a dollar sign other folders are removed, and commands in it are run.

    Parameters
    ----------
    place : str
    name : str
        Of the variable that sets it.
    """
    if re.fullmatch(r"[\w./+,:@%=-]+", place):
        return None
    return (
        f"{name} is {place!r}: R removes its temporary folder by a shell, which would read"
        f" this as something else: set {name} to a path of letters, digits and ._-/"
    )


def unsafe_environment() -> str | None:
    """Return None where R may be started, else one line that says why not and the mend."""
    for name in ("TMPDIR", "TMP", "TEMP"):
        place = os.environ.get(name)
        unsafe = unsafe_for_r(place, name) if place else None
        if unsafe is not None:
            return unsafe
    return None


@cache
def r_installation() -> RInstallation:
    """Ask R once for its version and packages."""
    unsafe = unsafe_environment()
    if unsafe is not None:
        return RInstallation(None, None, problem=unsafe)
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
