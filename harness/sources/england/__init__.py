"""Reader ``england``: children's social care in English local authorities, 2010 to 2019."""

from __future__ import annotations

from harness.sources.england.folder import england_folder
from harness.sources.england.reader import read_england
from harness.sources.england.simulated import simulated_folder, truth

__all__ = ["england_folder", "read_england", "simulated_folder", "truth"]
