"""What is missing is said in one line with the command that mends it."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import pytest

import harness
from harness.engines import engine, require
from harness.engines.context import workers_folder
from harness.engines.r_installation import (
    MEND,
    RInstallation,
    find_rscript,
    r_installation,
    unsafe_environment,
)
from harness.errors import ConfigError, EngineUnavailable, HarnessError
from tests.engines.panels import design

ANSWERS = {
    "both": "echo 'R version 4.2.2'; printf 'lme4\\t1.1.31\\nglmmTMB\\t1.1.5\\n'",
    "lme4 only": "echo 'R version 4.2.2'; printf 'lme4\\t1.1.31\\nglmmTMB\\t\\n'",
    "broken": "echo 'libR.so: cannot open shared object file' >&2; exit 127",
}


def fake_r(folder: Path, answer: str) -> Path:
    """Return a folder bin/ with an Rscript that gives this answer."""
    path = folder / "bin" / "Rscript"
    path.parent.mkdir()
    path.write_text(f"#!/bin/sh\n{ANSWERS[answer]}\n")
    path.chmod(0o755)
    return path.parent


def probe() -> RInstallation:
    """Ask anew: the answer is kept for the life of a process."""
    return r_installation.__wrapped__()


def one_line_with_mend(text: str | None) -> str:
    assert text is not None
    assert "\n" not in text
    assert "apt-get install" in text or "R_HOME" in text
    return text


def test_no_r_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("R_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_rscript() is None
    for package in ("lme4", "glmmTMB"):
        assert probe().missing(package) == f"R is not installed: {MEND}"


def test_r_home_that_leads_nowhere_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(fake_r(tmp_path, "both")))
    monkeypatch.setenv("R_HOME", str(tmp_path / "nowhere"))
    text = one_line_with_mend(probe().missing("lme4"))
    assert str(tmp_path / "nowhere") in text
    assert "R_HOME" in text


def test_r_home_goes_before_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "other").mkdir()
    fake_r(tmp_path / "home", "lme4 only")
    monkeypatch.setenv("PATH", str(fake_r(tmp_path / "other", "both")))
    monkeypatch.setenv("R_HOME", str(tmp_path / "home"))
    assert probe().packages == {"lme4": "1.1.31"}
    monkeypatch.setenv("R_HOME", "")
    assert probe().packages == {"lme4": "1.1.31", "glmmTMB": "1.1.5"}


def test_r_without_the_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("R_HOME", raising=False)
    monkeypatch.setenv("PATH", str(fake_r(tmp_path, "lme4 only")))
    found = probe()
    assert found.version == "R version 4.2.2"
    assert found.missing("lme4") is None
    assert found.missing("glmmTMB") == f"the R package glmmTMB is not installed: {MEND}"


def test_r_that_does_not_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("R_HOME", raising=False)
    monkeypatch.setenv("PATH", str(fake_r(tmp_path, "broken")))
    found = probe()
    assert found.version is None
    one_line_with_mend(found.missing("lme4"))


def test_a_missing_engine_stops_before_anything_is_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.engines.lme4.r_installation", lambda: RInstallation(None, None))
    with pytest.raises(EngineUnavailable) as error:
        harness.fit(design(), engines=["laplace", "lme4"])
    assert str(error.value) == f"engine 'lme4' cannot run: R is not installed: {MEND}"
    assert error.value.exit_code == 3


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("lme", "did you mean 'lme4'?"),
        ("GLMMTMB", "did you mean 'glmmtmb'?"),
        ("statsmodel-map", "did you mean 'statsmodels-map'?"),
        ("inla", "choose one of 'agq', 'glmm', 'glmm-agq', 'glmmtmb', 'laplace', 'lme4'"),
        ("a\nb", "engine 'a\\nb' is not known: choose one of"),
    ],
)
def test_unknown_engine(name: str, says: str) -> None:
    for ask in (engine, lambda n: require([n]), lambda n: harness.fit(design(), engines=[n])):
        with pytest.raises(ConfigError) as error:
            ask(name)
        assert says in str(error.value)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", ["TMPDIR", "TMP", "TEMP"])
@pytest.mark.parametrize(
    "place", ["/tmp/two words", "/tmp/$nothing", "/tmp/a;b", "/tmp/`b`", "/tmp/'"]
)
def test_r_is_not_started_where_it_would_remove_other_folders(
    monkeypatch: pytest.MonkeyPatch, name: str, place: str
) -> None:
    """As it ends, R hands the name of its temporary folder to a shell, without quotes."""

    def start(*_: object, **__: object) -> None:
        raise AssertionError("a process was started")

    monkeypatch.setenv(name, place)
    monkeypatch.setattr(subprocess, "run", start)
    found = r_installation.__wrapped__()
    assert found.problem is not None
    assert f"set {name} to a path" in found.problem
    with pytest.raises(HarnessError, match=f"set {name} to a path"):
        workers_folder.__wrapped__()


def test_nor_where_python_settles_on_such_a_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "two words"
    place.mkdir()
    for name in ("TMPDIR", "TMP", "TEMP"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(tempfile, "tempdir", str(place))
    with pytest.raises(HarnessError, match="set TMPDIR to a path"):
        workers_folder.__wrapped__()


def test_r_is_started_where_names_are_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/var/folders/x_1/T.a-b+c/Söhne")
    assert unsafe_environment() is None
