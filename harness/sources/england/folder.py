"""Which folder holds the England data: the one given, HARNESS_DATA, or the simulated one."""

from __future__ import annotations

import os
from pathlib import Path

from harness import resources
from harness.errors import ConfigError

VARIABLE = "HARNESS_DATA"
PANEL = "panel.csv"
# Only a simulated folder knows the truth.
TRUTH = "truth.yaml"
MEND = "give the folder that `harness import-england` wrote"


def england_folder(base: Path | None = None) -> tuple[Path, bool]:
    """Return the folder to read, and whether its data are simulated.

    Parameters
    ----------
    base : Path, optional
        A folder given. The working directory and the folder of the built-in studies, which stand
        here when none was given, count as given only if they hold ``panel.csv``.

    Returns
    -------
    folder : Path
        ``base``; else the environment variable HARNESS_DATA; else Simulated England.
    simulated : bool
        Whether the folder holds the truth that its data were drawn from.

    Raises
    ------
    ConfigError
        If the folder given, or HARNESS_DATA, does not hold ``panel.csv``, or none is given.
    """
    if base is not None and ((base / PANEL).is_file() or not _stands_for_none(base)):
        return _with_panel(base, f"the data folder {base}")
    named = os.environ.get(VARIABLE)
    if named:
        return _with_panel(Path(named), f"{VARIABLE} names the folder {named}, which")
    try:
        return resources.folder("england-simulated"), True
    except FileNotFoundError:
        raise ConfigError(
            f"reader 'england': no data folder is given: use --data DIR, or set {VARIABLE}; {MEND}"
        ) from None


def _stands_for_none(base: Path) -> bool:
    return base == Path() or base.resolve() == resources.folder("studies").resolve()


def _with_panel(folder: Path, what: str) -> tuple[Path, bool]:
    if not folder.is_dir():
        raise ConfigError(f"reader 'england': {what} does not exist: {MEND}")
    if not (folder / PANEL).is_file():
        raise ConfigError(f"reader 'england': {what} does not hold {PANEL}: {MEND}")
    return folder, (folder / TRUTH).is_file()
