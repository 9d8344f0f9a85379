#!/usr/bin/env bash
# Tries the lower bounds of pyproject.toml: their versions into a fresh environment, and the part of
# the suite that meets every dependency once.
#
#   tools/lowest.sh [arguments of pytest]
#
# What they bring themselves is at its newest, which old versions warn of: warnings are no errors
# here. Exit codes: those of pytest, or pip's where the versions do not go together.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

readonly VENV=build/lowest
readonly EXTRAS=(r glmm england dask test)
# A file or two a dependency: numba and scipy (fits), pandas (panels), statsmodels and rpy2 (engines),
# pydantic and ruamel.yaml (studies), matplotlib and Jinja2 (report), typer and rich (commands),
# polars and calamine (importer), distributed (clusters), Hypothesis and pytest (plugin).
readonly CORE=(
  tests/test_panel.py tests/test_design.py tests/test_model.py tests/glmm/test_laplace.py
  tests/glmm/test_quadrature.py tests/glmm/test_contrasts.py tests/engines/test_transports.py
  tests/study/test_loading.py tests/study/test_results.py tests/study/test_cluster.py
  tests/report/test_files.py tests/sources/test_us_traffic.py tests/sources/test_england_import.py
  tests/proposal tests/cli/test_help.py tests/cli/test_check.py tests/testing/test_plugin.py
)

[ -x "$VENV/bin/python" ] || .venv/bin/python -m venv "$VENV"
.venv/bin/python tools/lowest.py "${EXTRAS[@]}" >"$VENV/lowest.txt"
if ! cmp -s "$VENV/lowest.txt" "$VENV/installed.txt"; then
  "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
    --constraint "$VENV/lowest.txt" --editable ".[$(IFS=,; echo "${EXTRAS[*]}")]"
  cp "$VENV/lowest.txt" "$VENV/installed.txt"
fi
# Compiled code of another numba would be thrown away, and the checkout's with it.
export NUMBA_CACHE_DIR="$PWD/$VENV/numba"
exec "$VENV/bin/python" -m pytest -p no:cacheprovider -n "${PYTEST_WORKERS:-2}" --dist loadfile \
  -m "not long" -o filterwarnings=ignore "${CORE[@]}" "$@"
