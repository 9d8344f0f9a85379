"""Sheet of a workbook -> text cells."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from harness.errors import ConfigError, PanelError
from harness.sources.england_import.workbook import check_workbook

INSTALL = "pip install 'glmm-harness[england]'"


def read_sheet(path: Path, sheet: str | int) -> pd.DataFrame:
    """Read a sheet of an ``.xls`` or ``.xlsx`` workbook, nothing guessed.

    Returns
    -------
    DataFrame
        Text cells; columns are numbered from 0, rows bear the workbook's own numbers, from 1.

    Raises
    ------
    ConfigError
        If python-calamine is not installed.
    PanelError
        If the file is not a workbook, unpacks to more than any real one, or has no such sheet.
    """
    try:
        import python_calamine
    except ImportError:
        raise ConfigError(f"{path.name} is a workbook, which takes {INSTALL}") from None
    check_workbook(path)
    try:
        frame = pd.read_excel(path, sheet_name=sheet, header=None, dtype=str, engine="calamine")
    except python_calamine.CalamineError as error:
        raise PanelError(f"{path.name}: the workbook cannot be read: {error}") from None
    except ValueError:
        raise PanelError(f"{path.name}: the workbook has no sheet {sheet!r}") from None
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame.fillna("")
