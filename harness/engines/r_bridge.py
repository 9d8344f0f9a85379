"""Two ways to one R function: rpy2 in this process, or Rscript beside it.

Both send the same doubles and the same text and bring the same fields back, so the numbers are
the same to the last bit. This module runs in worker processes only: R owns its process.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from harness.design import FloatArray
from harness.engines.base import Transport
from harness.engines.r_installation import MEND, find_rscript
from harness.errors import ConversionError, EngineUnavailable, FitFailure
from harness.resources import folder

Field = FloatArray | str | list[str]
# What both transports need of R to be the same R: no user profile, one thread, a fixed locale.
# LC_ALL would override the others, and letters in Turkish have other capitals.
R_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "R_PROFILE_USER": "",
    "R_ENVIRON_USER": "",
    "LC_ALL": "",
    "LC_CTYPE": "en_US.UTF-8" if sys.platform == "darwin" else "C.UTF-8",
    "LC_NUMERIC": "C",
    "LC_COLLATE": "C",
    "LANGUAGE": "en",
}
# R without what the working directory or the user keeps for interactive work.
R_OPTIONS = ("--no-restore", "--no-init-file")


def call_r(script: str, request: dict[str, Field], transport: Transport) -> dict[str, Any]:
    """Call ``fit_<script>`` of ``<script>.R`` and return its named fields.

    Numeric fields return as float64 arrays, text as lists of str. The field ``transport`` says
    which way was taken; "auto" takes rpy2 where it starts.

    Raises
    ------
    EngineUnavailable
        If the transport asked for cannot start.
    FitFailure
        If R ends without an answer.
    """
    for value in request.values():
        if isinstance(value, np.ndarray) and value.dtype != np.float64:
            raise ConversionError(f"only float64 goes to R, not {value.dtype}")
    if transport != "rscript":
        reason = rpy2_missing()
        if reason is None:
            return {**_by_rpy2(script, request), "transport": "rpy2"}
        if transport == "rpy2":
            raise EngineUnavailable(reason)
    return {**_by_rscript(script, request), "transport": "rscript"}


@cache
def rpy2_missing() -> str | None:
    """Return None where rpy2 starts in this process, else one line that says why not."""
    os.environ.update(R_ENVIRONMENT)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from rpy2.rinterface_lib import embedded

            options: tuple[Any, ...] = ("rpy2", "--quiet", "--no-save", *R_OPTIONS)
            embedded.set_initoptions(options)
            import rpy2.robjects  # noqa: F401 - starts R, so only in a worker
        # R has taken it; an interrupt is for the caller, who ends the workers.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ImportError:
        return "rpy2 is not installed: pip install 'glmm-harness[r]', or use --transport rscript"
    except Exception as error:  # noqa: BLE001 - rpy2 raises anything from RuntimeError to OSError
        return f"rpy2 does not start ({type(error).__name__}: {error}): {MEND}"
    return None


@cache
def _r_function(script: str) -> Any:
    import rpy2.rinterface_lib.callbacks as console
    from rpy2 import robjects

    # Chatter of package start-up must not mix with the harness's own output.
    console.consolewrite_print = lambda s: None
    console.consolewrite_warnerror = lambda s: None
    for name in ("exchange.R", "design.R", f"{script}.R"):
        robjects.r["source"](str(folder("r_scripts") / name), local=False)
    return robjects.globalenv[f"fit_{script}"]


def _by_rpy2(script: str, request: dict[str, Field]) -> dict[str, Any]:
    from rpy2 import rinterface, robjects

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            sent = robjects.ListVector({k: _to_r(v, rinterface) for k, v in request.items()})
        except Warning as warning:
            raise ConversionError(f"conversion warning on the way to R: {warning}") from None
    try:
        answer = _r_function(script)(sent)
    except Exception as error:  # noqa: BLE001 - whatever R raises is this fit's failure
        raise FitFailure(f"R stopped: {' '.join(str(error).split())}") from None
    return {str(name): _from_r(value) for name, value in zip(answer.names, answer, strict=True)}


def _to_r(value: Field, rinterface: Any) -> Any:
    # Vectors are built by hand, never by a converter: converters turn some integers into text.
    if isinstance(value, np.ndarray):
        return rinterface.FloatSexpVector.from_memoryview(value.data)
    return rinterface.StrSexpVector([value] if isinstance(value, str) else value)


def _from_r(value: Any) -> FloatArray | list[str]:
    if type(value).__name__.startswith("Str"):
        return [str(text) for text in value]
    return np.array(value, dtype=np.float64)


def _by_rscript(script: str, request: dict[str, Field]) -> dict[str, Any]:
    rscript = find_rscript()
    if rscript is None:
        raise EngineUnavailable(f"R is not installed: {MEND}")
    with tempfile.TemporaryDirectory(prefix="harness-r-") as name:
        place = Path(name)
        _write_request(request, place)
        file = str(folder("r_scripts") / f"{script}.R")
        status, words = _run([rscript, *R_OPTIONS, file, name])
        if status != 0:
            said = " ".join(words.removesuffix("Execution halted\n").split())
            raise FitFailure(f"Rscript ended without an answer: {said or f'exit code {status}'}")
        return _read_answer(place)


@cache
def _until_this_process_ends() -> tuple[str, ...]:
    """Words before a command that make Linux end it when this process ends, however that was.

    A worker that is killed outright runs no handler, and its R would go on for ever. Setting the
    signal between fork and exec is not safe where threads run; util-linux does it in a program.
    """
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return ()
    words = (setpriv, "--pdeathsig", "KILL")
    tried = subprocess.run([*words, "true"], capture_output=True, check=False)
    return words if tried.returncode == 0 else ()


def _run(command: list[str]) -> tuple[int, str]:
    """Run R to its end, or to this worker's: what outlives a worker nobody would end."""
    process = subprocess.Popen(
        [*_until_this_process_ends(), *command],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        encoding="utf-8", errors="replace", env={**os.environ, **R_ENVIRONMENT},
    )  # fmt: skip
    if threading.current_thread() is not threading.main_thread():
        # Of a cluster's worker: only a main thread may see to signals.
        _, words = process.communicate()
        return process.returncode, words
    told = signal.getsignal(signal.SIGTERM)

    def end(number: int, frame: Any) -> None:
        process.kill()
        process.wait()
        shutil.rmtree(command[-1], ignore_errors=True)
        if callable(told):
            told(number, frame)

    signal.signal(signal.SIGTERM, end)
    try:
        _, words = process.communicate()
    finally:
        signal.signal(signal.SIGTERM, told)
    return process.returncode, words


def _write_request(request: dict[str, Field], place: Path) -> None:
    numeric = {k: v for k, v in request.items() if isinstance(v, np.ndarray)}
    text = {k: v for k, v in request.items() if isinstance(v, str)}
    (place / "numbers.bin").write_bytes(
        b"".join(v.astype("<f8").tobytes() for v in numeric.values())
    )
    (place / "layout.txt").write_text("".join(f"{k}\t{v.size}\n" for k, v in numeric.items()))
    (place / "text.txt").write_text(
        "".join(f"{k}\t{v}\n" for k, v in text.items()), encoding="utf-8"
    )


def _read_answer(place: Path) -> dict[str, Any]:
    numbers = np.frombuffer((place / "answer_numbers.bin").read_bytes(), dtype="<f8")
    answer: dict[str, Any] = {}
    at = 0
    for line in (place / "answer_layout.txt").read_text().splitlines():
        name, size = line.split("\t")
        answer[name] = numbers[at : at + int(size)].copy()
        at += int(size)
    for line in (place / "answer_text.txt").read_text(encoding="utf-8").splitlines():
        name, value = line.split("\t", 1)
        answer.setdefault(name, []).append(value)
    return answer
