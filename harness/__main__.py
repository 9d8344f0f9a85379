"""``python -m harness``: the command line, where the folder of scripts is not on the path."""

from __future__ import annotations

from harness.cli import main

main()
