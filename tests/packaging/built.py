"""What is built from the checkout, and an environment in which only that is installed."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# A compilation and a study; long enough on a machine with much else to do.
LIMIT = 1800.0


@dataclass(frozen=True)
class Built:
    """The sdist, and the wheel built from it, so that what the sdist lacks shows in both."""

    sdist: Path
    wheel: Path


def build(out: Path) -> Built:
    """Build both."""
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True)
    return Built(next(out.glob("*.tar.gz")), next(out.glob("*.whl")))


@dataclass(frozen=True)
class Environment:
    """A virtual environment, and an empty folder beside it to work in."""

    folder: Path
    work: Path

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run one of its programs in the empty folder, knowing nothing of the checkout."""
        return subprocess.run(
            [str(self.folder / "bin" / words[0]), *words[1:]], cwd=self.work, check=check,
            capture_output=True, text=True, timeout=LIMIT,
            env={"PATH": f"{self.folder / 'bin'}:/usr/local/bin:/usr/bin:/bin", "HOME": str(self.work)},
        )  # fmt: skip


def install(package: Path, folder: Path) -> Environment:
    """Install a package alone: what it depends on is that of the running Python.

    A path in a ``.pth`` file makes a folder's packages importable without its own ``.pth`` files,
    by which the checkout is installed there.
    """
    home, work = folder / "env", folder / "work"
    work.mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(home)], check=True)
    places = sysconfig.get_paths(vars={"base": str(home), "platbase": str(home)})
    beside = sysconfig.get_paths()["purelib"]
    (Path(places["purelib"]) / "dependencies.pth").write_text(f"{beside}\n")
    pip = [sys.executable, "-m", "pip", "--python", str(home / "bin" / "python"), "install"]
    alone = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--force-reinstall"]
    subprocess.run([*pip, *alone, str(package)], check=True, capture_output=True, text=True)
    return Environment(home, work)
