"""The sdist and the wheel built from it: complete, licensed, and usable away from the checkout."""

from __future__ import annotations

import json
import shutil
import tarfile
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

from harness.study.built_in import built_in_studies
from tests.packaging.built import ROOT, Built, Environment, build, install

SHIPPED = {
    "harness": "harness",
    "r_scripts": "harness/_data/r_scripts",
    "fixtures/studies": "harness/_data/studies",
}
EXTRAS = {"r", "dask", "docs", "dev", "glmm", "england", "test", "certified"}
# What pip makes of the sdist is the same package: what takes long is tried once.
WHEEL = pytest.mark.parametrize("environment", ["wheel"], indirect=True)
pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return build(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def wheel(built: Built) -> Path:
    return built.wheel


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """Give the metadata of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


@pytest.fixture(scope="module", params=["wheel", "sdist"])
def environment(
    request: pytest.FixtureRequest, built: Built, tmp_path_factory: pytest.TempPathFactory
) -> Environment:
    """Give an environment with the wheel, and one with what pip makes of the sdist."""
    return install(getattr(built, request.param), tmp_path_factory.mktemp(request.param))


@pytest.mark.parametrize("folder", SHIPPED)
def test_every_file_is_shipped(wheel: Path, folder: str) -> None:
    files = {
        f"{SHIPPED[folder]}/{path.relative_to(ROOT / folder).as_posix()}"
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert files
    with zipfile.ZipFile(wheel) as archive:
        assert files - set(archive.namelist()) == set()


@pytest.mark.parametrize(
    "name", ["harness/py.typed", "harness/report/templates/report.html.j2", "harness/__main__.py"]
)
def test_what_must_not_be_forgotten(wheel: Path, name: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert name in archive.namelist()


def test_nothing_else_is_shipped(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {
            "harness",
            wheel.name.replace("-py3-none-any.whl", ".dist-info"),
        }


@pytest.mark.parametrize("name", ["tests", "docs", "fixtures", "CHANGELOG.md", "CITATION.cff"])
def test_the_sdist_is_what_a_packager_works_from(built: Built, name: str) -> None:
    with tarfile.open(built.sdist) as archive:
        tops = {member.split("/")[1] for member in archive.getnames() if "/" in member}
    assert name in tops
    assert not tops & {"reports", ".ci", ".venv", ".git"}


def test_licence(wheel: Path, metadata: Message) -> None:
    assert metadata["License-Expression"] == "BSD-3-Clause"
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith("/licenses/LICENSE"))
        assert archive.read(name) == (ROOT / "LICENSE").read_bytes()


def test_extras(metadata: Message) -> None:
    assert set(metadata.get_all("Provides-Extra", [])) == EXTRAS
    rpy2 = [line for line in metadata.get_all("Requires-Dist", []) if line.startswith("rpy2")]
    assert rpy2
    assert all("extra == 'r'" in line for line in rpy2)


PLACES = """
import harness.resources as r
print(r.__file__, r.folder("r_scripts"), r.folder("studies"), r.shipped("divergences.yaml"), sep="\\n")
"""


def test_it_finds_what_it_ships(environment: Environment) -> None:
    places = environment.run("python", "-c", PLACES).stdout.splitlines()
    assert all(place.startswith(f"{environment.folder}/lib") for place in places)
    listed = json.loads(environment.run("harness", "studies", "--json").stdout)
    assert [row["study"] for row in listed] == list(built_in_studies())
    assert all(row["file"].startswith(str(environment.folder)) for row in listed)


@WHEEL
@pytest.mark.needs_r
def test_the_built_in_study_runs(environment: Environment) -> None:
    environment.run("python", "-m", "harness.glmm.warm")  # once, not in every worker
    done = environment.run(
        "harness", "run", "us-traffic", "--engines", "lme4,laplace", "--settings", "tight"
    )
    assert "Pairs at level concordant: 18 of 18 expected; fits: 54 of 54." in done.stdout
    report = environment.work / "reports" / "us-traffic"
    assert (report / "index.html").stat().st_size > 100_000
    assert (environment.work / done.stdout.splitlines()[-1].removeprefix("Report: ")).is_file()


def test_a_study_of_ones_own_from_nothing(environment: Environment) -> None:
    outside = ROOT / "tests" / "testing" / "outside"
    shutil.copy(outside / "falls.csv", environment.work)
    assert "Written: falls.yaml" in environment.run("harness", "new", "falls.csv").stdout
    assert "Plan: 1 indicator" in environment.run("harness", "check", "falls.yaml").stdout


@WHEEL
def test_the_pytest_plugin_is_there(environment: Environment) -> None:
    shown = environment.run("python", "-m", "pytest", "--help").stdout
    assert "--harness-report" in shown
    test = environment.work / "test_it.py"
    test.write_text("def test_it(concordance):\n    assert callable(concordance)\n")
    passed = environment.run("python", "-m", "pytest", "-q", str(test)).stdout
    assert "1 passed" in passed


TYPED = """
import harness
reveal_type(harness.SegmentedPoisson(random="slope").window)
harness.SegmentedPoisson(impact=1)
"""


@WHEEL
def test_its_types_reach_others(environment: Environment) -> None:
    (environment.work / "typed.py").write_text(TYPED)
    python = environment.folder / "bin" / "python"
    done = environment.run(
        "python", "-m", "mypy", "--python-executable", str(python), "--cache-dir", "/dev/null",
        "typed.py", check=False,
    )  # fmt: skip
    assert 'note: Revealed type is "tuple[int, int]"' in done.stdout.replace("builtins.", "")
    assert 'Argument "impact" to "SegmentedPoisson" has incompatible type "int"' in done.stdout
    assert "Found 1 error" in done.stdout
