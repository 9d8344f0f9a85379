"""Reader ``table``: a CSV file of one's own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from harness.errors import ConfigError
from harness.sources.base import Table, reader
from harness.sources.cells import pick
from harness.sources.csv_text import read_text_csv
from harness.sources.names import suggestion

REQUIRED = ("unit", "period", "event")
ROLES = (*REQUIRED, "stratum")


@reader("table")
def read_table(*, path: str, columns: Mapping[str, str], base: Path) -> Table:
    """Read a CSV file; every cell stays text until a Panel parses it.

    Parameters
    ----------
    path : str
        The file; a relative path starts from ``base``.
    columns : mapping of role to column
        ``unit``, ``period``, ``event`` and, optionally, ``stratum``.
    base : Path
        Folder that a relative path starts from.

    Raises
    ------
    ConfigError
        If a role is unknown or missing.
    PanelError
        If the file is not a table, or lacks one of the columns.
    """
    _check_roles(columns)
    file = base / path
    frame = read_text_csv(file)
    for role, name in columns.items():
        pick(frame, name, role, file.name)
    return Table(
        frame=frame,
        unit=columns["unit"],
        period=columns["period"],
        event=columns["event"],
        name=file.name,
        source=f"The file {file.name}.",
        strata=(columns["stratum"],) if "stratum" in columns else (),
    )


def _check_roles(columns: Mapping[str, str]) -> None:
    for role in columns:
        if role not in ROLES:
            raise ConfigError(
                f"columns of reader 'table': there is no role {role!r}: {suggestion(role, ROLES)}"
            )
    for role in REQUIRED:
        if role not in columns:
            raise ConfigError(f"columns of reader 'table': add {role!r}, the name of its column")
