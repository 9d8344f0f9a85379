#!/usr/bin/env bash
# Prepares .venv: R with lme4 and glmmTMB from the system, Python packages pinned by version.
#
#   tools/setup.sh [--with-chromium]
#
#   HARNESS_PYTHON=path     the Python to use (3.11 to 3.13)
#   HARNESS_NO_INSTALL=1    never call the system's package manager
#
# Exit codes: 0 ready, 1 the Python packages did not install, 2 wrong usage, 3 something is
# missing that may not be installed from here (the commands that install it are printed).
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly PINS=requirements/pins.txt
readonly VENV_PYTHON=.venv/bin/python
readonly STAMP=.venv/.stamp
# R is linked with libtirpc; Ubuntu's r-base-dev does not bring what linking with it takes.
readonly R_APT="r-base-core r-base-dev libtirpc-dev r-cran-lme4 r-cran-glmmtmb make"
readonly INSTALL_FROM_CRAN="chooseCRANmirror(graphics = FALSE, ind = 1); install.packages(c(\"lme4\", \"glmmTMB\"))"

say() { printf '%s\n' "$*"; }
have() { command -v "$1" >/dev/null 2>&1; }

# ---- Python ------------------------------------------------------------------------------

# Runs it, because a version manager's shim may stand on the PATH for a Python that is not there.
supported() { "$1" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' >/dev/null 2>&1; }

# The Python below an active virtual environment, which may be the very one to be rebuilt.
base_of() { "$1" -c 'import sys; print(sys._base_executable)'; }

find_python() {
  local candidate
  if [ -n "${HARNESS_PYTHON:-}" ]; then
    if supported "$HARNESS_PYTHON"; then base_of "$HARNESS_PYTHON"; fi
    return
  fi
  for candidate in python3.13 python3.12 python3.11 python3; do
    if supported "$candidate"; then
      base_of "$candidate"
      return
    fi
  done
}

python_version() { "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])'; }
has_venv() { "$1" -c 'import ensurepip, venv' >/dev/null 2>&1; }
has_headers() {
  "$1" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_path("include"), "Python.h")))' >/dev/null 2>&1
}

# ---- R -----------------------------------------------------------------------------------

missing_r_packages() {
  Rscript --no-init-file -e 'p <- c("lme4", "glmmTMB"); writeLines(p[!nzchar(sapply(p, function(x) system.file(package = x)))])'
}

# What rpy2-rinterface asks of a machine: R's headers, libR and every library R was linked with.
# Without them it would build itself in a slower mode that is not tested here.
links_with_r() {
  local folder status=0
  folder=$(mktemp -d)
  printf '#include <Rinterface.h>\nint main(void) { return 0; }\n' >"$folder/probe.c"
  # shellcheck disable=SC2046,SC2086  # flags are several words
  ${CC:-cc} $(R CMD config --cppflags) "$folder/probe.c" -o "$folder/probe" $(R CMD config --ldflags) \
    >/dev/null 2>&1 || status=1
  rm -rf "$folder"
  return "$status"
}

r_version() { R --version 2>/dev/null | sed -n 1p; }

# ---- What is missing ---------------------------------------------------------------------

missing_r() {
  if ! have R || ! have Rscript; then
    say "R with lme4 and glmmTMB"
  else
    missing_r_packages || say "an R that starts"
  fi
}

# Only needed to build .venv; a machine that runs a finished one may lack them.
missing_to_build() {
  if ! have make; then say "make"; fi
  if ! have "${CC:-cc}"; then
    say "a C compiler"
  elif have R && ! links_with_r; then
    say "the headers and libraries that R is linked with"
  fi
  if [ -z "$python" ]; then
    say "Python 3.11 to 3.13${HARNESS_PYTHON:+ (HARNESS_PYTHON=$HARNESS_PYTHON is not one)}"
    return
  fi
  if ! has_venv "$python"; then say "the venv module of Python"; fi
  if ! has_headers "$python"; then say "the headers of Python"; fi
}

missing_parts() {
  missing_r
  if ! is_ready; then missing_to_build; fi
}

# ---- The system's packages ---------------------------------------------------------------

may_install() {
  [ -z "${HARNESS_NO_INSTALL:-}" ] && have apt-get &&
    { [ "$(id -u)" -eq 0 ] || sudo -n true >/dev/null 2>&1; }
}

as_root() { if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo -n "$@"; fi; }

# Under /usr/bin stands the system's own; the packages of another minor version are named after it.
python_apt() {
  local name=python3
  case "$python" in /usr/bin/*) name=python$(python_version "$python") ;; esac
  say "$name $name-venv $name-dev"
}

# A Python from elsewhere brings its own headers and venv.
apt_packages() {
  say "$R_APT"
  if [ -z "$python" ] || ! has_venv "$python" || ! has_headers "$python"; then python_apt; fi
}

apt_install() {
  local log
  log=$(mktemp)
  say "Installing with apt-get (a few minutes): $*"
  if ! { as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 update &&
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
      install --yes --no-install-recommends "$@"; } >"$log" 2>&1 </dev/null; then
    tail -n 20 "$log" >&2
    rm -f "$log"
    return 1
  fi
  rm -f "$log"
}

explain() {
  cat >&2 <<END
Missing on this machine: ${1//$'\n'/, }.
$2
Run the lines for your system, then the same command again.

  apt (Debian 12, Ubuntu 24.04 and later; for an older one take conda-forge)
    sudo apt-get update
    sudo apt-get install -y --no-install-recommends $R_APT $(python_apt)

  dnf (Fedora; elsewhere with EPEL). lme4 and glmmTMB come from CRAN and are compiled: some minutes.
    sudo dnf install -y R-core R-core-devel python3.12 python3.12-devel gcc gcc-c++ gcc-gfortran make cmake
    sudo Rscript -e '$INSTALL_FROM_CRAN'

  brew (macOS). lme4 and glmmTMB come from CRAN here too.
    brew install r python@3.13 make cmake
    Rscript -e '$INSTALL_FROM_CRAN'

  conda-forge (any system, no root)
    conda create -y -n glmm-harness -c conda-forge python=3.13 r-base r-lme4 r-glmmtmb c-compiler make
    conda activate glmm-harness

The set-up ends here, with exit code 3.
END
}

ensure_system() {
  local missing reason="The set-up installs with apt-get only, as root or by a sudo that asks for no password."
  missing=$(missing_parts)
  if [ -z "$missing" ]; then return; fi
  if may_install; then
    # shellcheck disable=SC2046  # one word a package
    apt_install $(apt_packages) || true
    reason="apt-get did not bring all of it."
    python=$(find_python)
    missing=$(missing_parts)
    if [ -z "$missing" ]; then return; fi
  fi
  explain "$missing" "$reason"
  exit 3
}

# ---- Chromium, for the tests that look at a report -----------------------------------------

has_chromium() {
  local name
  for name in chromium chromium-browser google-chrome google-chrome-stable \
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"; do
    if "$name" --version >/dev/null 2>&1; then return; fi
  done
  return 1
}

# Never fatal: without it those tests are skipped, or fail under --harness-require-all.
ensure_chromium() {
  if has_chromium; then return; fi
  if may_install && apt_install chromium && has_chromium; then return; fi
  cat >&2 <<'END'
Chromium is missing: the tests that look at a report as a picture will be skipped. To have it:
  apt   sudo apt-get install -y chromium     (Debian; on Ubuntu: sudo snap install chromium)
  dnf   sudo dnf install -y chromium
  brew  brew install --cask google-chrome
  conda-forge has none: install Chromium or Google Chrome for your system
END
}

# ---- .venv -------------------------------------------------------------------------------

# A stamp of three lines: this folder, R, and what was asked for. No times: a checkout changes them.
fingerprint() {
  pwd
  r_version
  cat pyproject.toml "$PINS" tools/setup.sh | cksum
}

stamped() { if [ -f "$STAMP" ]; then sed -n "$1p" "$STAMP"; fi; }

usable_venv() {
  supported "$VENV_PYTHON" && "$VENV_PYTHON" -c "import pip" >/dev/null 2>&1 || return 1
  [ ! -f "$STAMP" ] || [ "$(stamped 1)" = "$(pwd)" ] || return 1
  [ -z "${HARNESS_PYTHON:-}" ] || [ -z "$python" ] ||
    [ "$(python_version "$VENV_PYTHON")" = "$(python_version "$python")" ]
}

is_ready() { usable_venv && [ "$(cat "$STAMP" 2>/dev/null)" = "$(fingerprint)" ]; }

build_venv() {
  local built_with
  built_with=$(stamped 2)
  if ! usable_venv; then
    say "Making .venv with $("$python" --version) ($python)"
    "$python" -m venv --clear .venv
    built_with=
  fi
  rm -f "$STAMP"
  say "Installing the Python packages of $PINS into .venv (a minute or two)"
  # Both names: newer versions of pip no longer apply the first to what a build needs.
  # Relative: pip splits the value at spaces, and a path may hold some.
  export PIP_CONSTRAINT=$PINS PIP_BUILD_CONSTRAINT=$PINS PIP_DISABLE_PIP_VERSION_CHECK=1
  # Fail rather than fall back to the slower mode.
  export RPY2_CFFI_MODE=API
  if [ "$built_with" != "$(r_version)" ]; then
    # pip's cache may hold one that was built for another R.
    "$VENV_PYTHON" -m pip install --quiet --no-cache-dir --force-reinstall --no-deps rpy2-rinterface
  fi
  "$VENV_PYTHON" -m pip install --quiet --editable ".[r,test,dev,certified,docs,glmm,england,dask]"
  unset RPY2_CFFI_MODE
  "$VENV_PYTHON" -c 'import rpy2.rinterface as r; r.initr()'
  say "Compiling the likelihood (half a minute, once)"
  "$VENV_PYTHON" -m harness.glmm.warm
  fingerprint >"$STAMP"
}

# ------------------------------------------------------------------------------------------

with_chromium=
case "${1-}" in
  "") ;;
  --with-chromium) with_chromium=1 ;;
  *)
    say "usage: tools/setup.sh [--with-chromium]" >&2
    exit 2
    ;;
esac

python=$(find_python)
ensure_system
if ! is_ready; then
  trap 'say "The Python packages did not install: the lines above say why. Exit code 1." >&2; exit 1' EXIT
  build_venv
  trap - EXIT
  say "Ready: $("$VENV_PYTHON" --version), $(r_version)."
fi
if [ -n "$with_chromium" ]; then ensure_chromium; fi
