"""Every error a user can cause or meet, in one flat hierarchy."""

from __future__ import annotations


class HarnessError(Exception):
    """Base of all errors of this package; the message is one line for a person.

    ``exit_code`` is what the command line returns for it.
    """

    exit_code = 2


class PanelError(HarnessError):
    """The data are not a usable panel; the message names file, row, column and value."""


class ConfigError(HarnessError):
    """A study file or an option is wrong; the message names the file, the line and the mend."""


class DesignError(HarnessError):
    """The model cannot be built on this panel (collinear columns, empty window, one unit)."""


class EngineUnavailable(HarnessError):
    """An engine asked for cannot run here; the message says what to install."""

    exit_code = 3


class Defect(HarnessError):
    """The program is wrong, not what it was given; the message says what to report."""

    exit_code = 4

    @classmethod
    def of(cls, where: str, reason: str) -> Defect:
        """Return the error for what went wrong there."""
        return cls(
            f"{where}: {reason}: a defect of the harness; what was done is kept: please report"
            " this line and the study file"
        )


class FitFailure(HarnessError):
    """An engine crashed, hung or gave up on one fit; the run goes on without that fit."""


class ConversionError(FitFailure):
    """Values that reached the other language are not the values that were sent."""
