"""The sdist and the wheel built from it: complete, licensed, and usable away from the checkout."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from email.message import Message
from email.parser import Parser
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = {
    "harness": "harness",
    "r_scripts": "harness/_data/r_scripts",
    "fixtures/studies": "harness/_data/studies",
}

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the wheel, built from the sdist, so that what the sdist lacks shows here too."""
    out = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def metadata(wheel: Path) -> Message:
    """Give the metadata of the wheel."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".dist-info/METADATA"))
        return Parser().parsestr(archive.read(name).decode())


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


def test_report_templates_are_shipped(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        shipped = set(archive.namelist())
    templates = ROOT / "harness" / "report" / "templates"
    # Pages, styles, the script and the signs of LaTeX.
    found = {path.relative_to(ROOT).as_posix() for path in templates.rglob("*") if path.is_file()}
    assert {path.rpartition(".")[2] for path in found} == {"j2", "css", "js", "json"}
    assert found <= shipped


def test_nothing_else_is_shipped(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        assert {name.split("/")[0] for name in archive.namelist()} == {
            "harness",
            wheel.name.replace("-py3-none-any.whl", ".dist-info"),
        }


def test_licence(wheel: Path, metadata: Message) -> None:
    assert metadata["License-Expression"] == "BSD-3-Clause"
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith("/licenses/LICENSE"))
        assert archive.read(name) == (ROOT / "LICENSE").read_bytes()


def test_r_is_optional(metadata: Message) -> None:
    rpy2 = [line for line in metadata.get_all("Requires-Dist", []) if line.startswith("rpy2")]
    assert rpy2
    assert all("extra == 'r'" in line for line in rpy2)


def test_installed_package_finds_what_it_ships(wheel: Path, tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*pip, "--target", str(tmp_path), str(wheel)], check=True)
    code = "from harness.resources import *; print(folder('r_scripts'), folder('studies'), shipped('divergences.yaml'))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        check=True,
        capture_output=True,
        text=True,
    )
    data = tmp_path / "harness" / "_data"
    assert done.stdout.split() == [
        str(data / name) for name in ("r_scripts", "studies", "divergences.yaml")
    ]
